"""One error type for everything an endpoint can do to us, with a sentence and a way out."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from chat_tui.errors import EXIT_FAILED, EXIT_NOT_FOUND, EXIT_REFUSED, EXIT_USAGE, ChatTuiError
from chat_tui.items import visible_line


class Trouble(StrEnum):
    """What kind of failure it was; the controller's way out depends on it."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CUT = "cut"
    """The stream ended before the response did."""
    AUTH = "auth"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not found"
    NO_ROUTE = "no route"
    """The endpoint does not offer this operation at all."""
    LOCKED = "locked"
    CHAIN_BROKEN = "chain broken"
    CONTEXT_FULL = "context full"
    RATE_LIMIT = "rate limit"
    QUOTA = "quota"
    UNSUPPORTED = "unsupported"
    """A parameter the endpoint does not know."""
    INVALID = "invalid"
    SERVER = "server"


_EXITS = {
    Trouble.AUTH: EXIT_REFUSED,
    Trouble.FORBIDDEN: EXIT_REFUSED,
    Trouble.NOT_FOUND: EXIT_NOT_FOUND,
    Trouble.INVALID: EXIT_USAGE,
    Trouble.UNSUPPORTED: EXIT_USAGE,
}

_WAYS_OUT = {
    Trouble.UNREACHABLE: "Check the address and the network, or choose another profile.",
    Trouble.TIMEOUT: "Try again, or choose another profile.",
    Trouble.CUT: "What came is kept here; send again to go on.",
    Trouble.AUTH: "Set a valid key for this profile, then send again.",
    Trouble.FORBIDDEN: "Use a key or project that may do this.",
    Trouble.NOT_FOUND: "Check the id, or go on in a new conversation.",
    Trouble.NO_ROUTE: "Choose another chaining mode or another profile.",
    Trouble.LOCKED: "Wait until the running turn ends, then send again.",
    Trouble.CHAIN_BROKEN: "Switch the chaining mode to send the history anew.",
    Trouble.CONTEXT_FULL: "Turn compaction on, or go on in a new conversation.",
    Trouble.RATE_LIMIT: "Wait a moment, then send again.",
    Trouble.QUOTA: "Check the plan and billing of this account.",
    Trouble.SERVER: "Try again in a moment.",
}


class GatewayError(ChatTuiError):
    """A request failed. ``trouble`` says how; the rest is what the server said, for the inspector.

    ``retry_after`` is in seconds (0 when the server named none); ``nothing_done`` tells that the
    server certainly did not act on the request, so that repeating it cannot double anything.
    """

    def __init__(
        self,
        trouble: Trouble,
        sentence: str,
        *,
        status: int = 0,
        code: str = "",
        param: str = "",
        request_id: str = "",
        retry_after: float = 0.0,
        nothing_done: bool = False,
    ) -> None:
        super().__init__(
            sentence, _WAYS_OUT.get(trouble, ""), exit_code=_EXITS.get(trouble, EXIT_FAILED)
        )
        self.trouble = trouble
        self.status = status
        self.code = code
        self.param = param
        self.request_id = request_id
        self.retry_after = retry_after
        self.nothing_done = nothing_done


_BY_CODE = {
    "conversation_locked": Trouble.LOCKED,
    "previous_response_not_found": Trouble.CHAIN_BROKEN,
    "context_length_exceeded": Trouble.CONTEXT_FULL,
    "insufficient_quota": Trouble.QUOTA,
    "unknown_parameter": Trouble.UNSUPPORTED,
    "unsupported_parameter": Trouble.UNSUPPORTED,
}
_BY_STATUS = {
    401: Trouble.AUTH,
    403: Trouble.FORBIDDEN,
    404: Trouble.NOT_FOUND,
    405: Trouble.NO_ROUTE,
    408: Trouble.TIMEOUT,
    429: Trouble.RATE_LIMIT,
    501: Trouble.NO_ROUTE,
}


def from_status(status: int, body: object, headers: Mapping[str, str]) -> GatewayError:
    """Return the error for an HTTP reply with an error status (api A.9)."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, str):
        error = {"message": error}
    if error is None and isinstance(body, dict):
        error = _detailed(body.get("detail"))
    shaped = isinstance(error, dict)
    fields: dict[str, Any] = error if isinstance(error, dict) else {}
    code = _text(fields.get("code"))
    trouble = _BY_CODE.get(code) or _BY_STATUS.get(status)
    if trouble is None:
        trouble = Trouble.INVALID if 400 <= status < 500 else Trouble.SERVER
    if status == 404 and not shaped:
        trouble = Trouble.NO_ROUTE
    said = visible_line(_text(fields.get("message"))) or _plain(status)
    return GatewayError(
        trouble,
        f"The server refused: {_sentence(said)}" if status < 500 else _failed(status, said),
        status=status,
        code=code,
        param=_text(fields.get("param")),
        request_id=headers.get("x-request-id", ""),
        retry_after=_retry_after(headers),
        nothing_done=status < 500,
    )


def _detailed(detail: object) -> dict[str, str] | None:
    """Return the first refusal of a server built on FastAPI, in the API's own fields.

    Other servers of this API are often that; they refuse a key they do not know with status 422
    and where it stood: ``{"detail": [{"type", "loc": ["body", KEY], "msg"}]}``.
    """
    first = detail[0] if isinstance(detail, list) and detail else None
    if not isinstance(first, dict):
        return None
    where = first.get("loc")
    names = [str(name) for name in where if name != "body"] if isinstance(where, list) else []
    unknown = first.get("type") == "extra_forbidden"
    param = ".".join(names)
    said = _text(first.get("msg"))
    return {
        "code": "unknown_parameter" if unknown else "",
        "param": param,
        "message": f"{param}: {said}" if param else said,
    }


def from_stream(error: Mapping[str, Any] | None) -> GatewayError:
    """Return the error for a response that failed after its stream began."""
    fields = error or {}
    code = _text(fields.get("code"))
    said = visible_line(_text(fields.get("message"))) or "no reason given"
    trouble = {"rate_limit_exceeded": Trouble.RATE_LIMIT}.get(
        code, _BY_CODE.get(code, Trouble.SERVER)
    )
    name = f" ({visible_line(code)})" if code else ""
    return GatewayError(trouble, f"The response failed{name}: {_sentence(said)}", code=code)


def _failed(status: int, said: str) -> str:
    return f"The server failed with status {status}: {_sentence(said)}"


def _plain(status: int) -> str:
    return f"status {status} without an explanation"


def _sentence(text: str) -> str:
    text = text if len(text) <= 400 else f"{text[:399]}…"
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _retry_after(headers: Mapping[str, str]) -> float:
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if 0 < seconds <= 3600:
            return seconds
    return 0.0
