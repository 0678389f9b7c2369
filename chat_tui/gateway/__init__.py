"""The only place that knows HTTP and the SDK: raw JSON in and out, one error type."""

from chat_tui.gateway.client import CREATE_LIMIT, PAGE_LIMIT, Gateway, Page
from chat_tui.gateway.errors import GatewayError, Trouble
from chat_tui.gateway.keys import KeySource, find_key
from chat_tui.gateway.nearby import NearbyServer, find_nearby

__all__ = [
    "CREATE_LIMIT",
    "PAGE_LIMIT",
    "Gateway",
    "GatewayError",
    "KeySource",
    "NearbyServer",
    "Page",
    "Trouble",
    "find_key",
    "find_nearby",
]
