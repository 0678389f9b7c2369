"""What can be chosen when the server is started."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chat_tui.server.errors import StartError

if TYPE_CHECKING:
    from pathlib import Path

DEMO = "demo"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve: either on a Unix socket (`uds`) or on `host` and `port`."""

    database: Path
    uds: Path | None = None
    host: str = "127.0.0.1"
    port: int = 0
    """0 takes any free port."""
    token: str | None = field(default=None, repr=False)
    """What callers over TCP must show; None lets everyone on this machine in."""
    upstream: str = DEMO
    """`demo`, or the base URL of a Chat Completions server, up to and including `/v1`."""
    upstream_key: str | None = field(default=None, repr=False)
    """The key that server wants, if it wants one."""
    interrupted: str = "keep"
    """What stays of a turn whose client goes away: `keep` or `discard`."""
    parent_pipe: bool = False
    """Stop when standard input ends, which it does when the process that started us is gone."""
    access_log: bool = False
    """Write a JSON line about each request, without its content, to standard error."""
    context_window: int | None = None
    """Tokens a context may have; None leaves it to the upstream."""

    def check(self) -> None:
        """Raise StartError for options that cannot be served."""
        if self.uds is None and self.token is None and self.host not in LOOPBACK:
            raise StartError(
                f"Refusing to serve on {self.host} without a token: everyone on the network could "
                "read the conversations.",
                2,
            )
        if not 0 <= self.port <= 65535:
            raise StartError("A port is a number from 0 to 65535.", 2)
        if self.token is not None and not self.token.isascii():
            raise StartError("A token must be of ASCII characters.", 2)
        if self.interrupted not in ("keep", "discard"):
            raise StartError("The rule for interrupted turns is 'keep' or 'discard'.", 2)
        if self.context_window is not None and self.context_window < 1:
            raise StartError("A context window is at least one token.", 2)
        if self.upstream != DEMO and not self.upstream.startswith(("http://", "https://")):
            raise StartError(
                f"There is no upstream '{self.upstream}': it is '{DEMO}' or the base URL of a "
                "Chat Completions server.",
                2,
            )
        if self.upstream_key and self.upstream.startswith("http://") and not self._is_local():
            raise StartError("Refusing to send a key over plain http to another machine.", 2)

    def _is_local(self) -> bool:
        return urlsplit(self.upstream).hostname in LOOPBACK
