"""A model that says what it is told to, at a pace: a Chat Completions server on its own.

``python -m benchmarks.model`` prints its base URL and ends with its standard input. The prompt
``stream SHAPE TOKENS PACE AFTER`` asks for an answer whose marks follow AFTER; a pace of 0 is as
fast as it goes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from benchmarks.shapes import answer

GREETING = "Good day to you."
"""The answer to every other prompt."""
_ASKED = re.compile(r"stream (\w+) (\d+) (\d+) (\d+)")


def prompt(shape: str, tokens: int, pace: int, after: int = 0) -> str:
    """Return what asks for an answer."""
    return f"stream {shape} {tokens} {pace} {after}"


@contextmanager
def model() -> Iterator[str]:
    """Run the model in a process of its own, and yield its base URL."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.model"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a token leaves when it is due, not with the next one

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        """List the one model."""
        body = json.dumps({"object": "list", "data": [{"id": "marks", "object": "model"}]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """Answer the last message."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        asked = _ASKED.search(json.dumps(body["messages"][-1]))
        pace = int(asked[3]) if asked else 0
        tokens = answer(asked[1], int(asked[2]), int(asked[4])) if asked else [GREETING]
        # Made before the clock starts: sending must cost next to nothing.
        chunks = [_chunk({"content": token}) for token in tokens]
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.wfile.write(_chunk({"role": "assistant", "content": ""}))
        started = time.perf_counter()
        for number, chunk in enumerate(chunks):
            if pace and (left := started + number / pace - time.perf_counter()) > 0:
                time.sleep(left)
            self.wfile.write(chunk)
        self.wfile.write(_chunk({}, "stop") + _framed(b"data: [DONE]\n\n") + b"0\r\n\r\n")


def _chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    event = {"id": "c", "object": "chat.completion.chunk", "model": "marks", "choices": [choice]}
    return _framed(f"data: {json.dumps(event)}\n\n".encode())


def _framed(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
    sys.stdin.read()
