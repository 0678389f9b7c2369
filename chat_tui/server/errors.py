"""Errors a caller of the API sees, and the one a person starting the server sees."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A request that ends in an HTTP error with the API's error body.

    `code` and `param` follow the reference; both may be None and are then sent as null.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind

    def body(self) -> dict[str, Any]:
        """Return the JSON body, always with its four keys."""
        error = {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }
        return {"error": error}


def invalid(message: str, code: str | None, param: str | None) -> ApiError:
    """Return a 400 for a request that is wrong in itself."""
    return ApiError(400, message, code=code, param=param)


def not_found(message: str, param: str | None = None) -> ApiError:
    """Return a 404; the reference sends no code with it."""
    return ApiError(404, message, param=param)


class StartError(Exception):
    """The server cannot start: one sentence for a person, and the exit code."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
