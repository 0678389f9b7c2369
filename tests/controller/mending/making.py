"""Items as a server lists them, for the pure tests of mending."""

from __future__ import annotations

import itertools

from chat_tui.items import RawItem

_numbers = itertools.count(1)


def message(role: str, text: str, **more: object) -> RawItem:
    part = "output_text" if role == "assistant" else "input_text"
    content = [{"type": part, "text": text}]
    return {"id": f"msg_{next(_numbers)}", "type": "message", "role": role, "content": content} | (
        dict(more)
    )


def user(text: str = "hello") -> RawItem:
    return message("user", text)


def answer(text: str = "hi", **more: object) -> RawItem:
    return message("assistant", text, **more)


def call(call_id: str, kind: str = "function_call", **more: object) -> RawItem:
    fields = {"id": f"fc_{next(_numbers)}", "type": kind, "call_id": call_id, "name": "look"}
    return {**fields, "arguments": "{}", **more}


def output(call_id: str, kind: str = "function_call_output", **more: object) -> RawItem:
    fields = {"id": f"fco_{next(_numbers)}", "type": kind, "call_id": call_id}
    return {**fields, "output": "found", **more}


def thought(**more: object) -> RawItem:
    return {"id": f"rs_{next(_numbers)}", "type": "reasoning", "summary": [], **more}


def request() -> RawItem:
    number = f"mcpr_{next(_numbers)}"
    return {"id": number, "type": "mcp_approval_request", "name": "pay", "arguments": "{}"}


def decision(request_id: str) -> RawItem:
    return {
        "id": f"mcpa_{next(_numbers)}",
        "type": "mcp_approval_response",
        "approval_request_id": request_id,
        "approve": True,
    }
