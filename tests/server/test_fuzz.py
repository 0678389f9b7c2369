"""Whatever is sent, the answer is never a 500, and an error always has the API's shape."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat_tui.server.item_types import TYPES
from chat_tui.server.response_params import RESPONSE_FIELDS
from tests.server.asking import new_conversation, user
from tests.server.bad_requests import example, valid_body

if TYPE_CHECKING:
    import httpx2

    from chat_tui.server.web import Operation

FUZZ = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        ["user", "assistant", "message", "input_text", "demo", "auto", "function", "completed"]
    ),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=8,
)
PART_TYPES = ["input_text", "output_text", "refusal", "input_image", "input_file"]
PART_FIELDS = ["text", "refusal", "image_url", "detail", "file_data", "annotations", "logprobs"]
parts = st.fixed_dictionaries(
    {"type": st.sampled_from(PART_TYPES)}, optional=dict.fromkeys(PART_FIELDS, values)
)
messages = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system"])},
    optional={
        "type": st.just("message"),
        "content": st.one_of(st.text(max_size=20), st.lists(parts, max_size=2), values),
        "id": st.one_of(st.text(max_size=10), st.just("msg_fuzz")),
        "status": values,
        "phase": values,
    },
)


def _of_type(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    shape = TYPES[kind]
    texts = st.text(max_size=10)
    plausible: st.SearchStrategy[Any] = st.one_of(texts, st.just({}), st.just([]), values)
    required = dict.fromkeys(shape.required, plausible)
    optional = {key: plausible for key in ("id", *shape.fields) if key not in required}
    return st.fixed_dictionaries({"type": st.just(kind), **required}, optional=optional)


items = st.one_of(messages, st.sampled_from(sorted(TYPES)).flatmap(_of_type), values)
responses = st.fixed_dictionaries(
    {"model": st.just("demo"), "input": st.one_of(st.lists(items, max_size=3), st.just("x"))},
    optional={key: values for key in RESPONSE_FIELDS if key not in ("model", "input")},
)


def check(reply: httpx2.Response) -> None:
    """Fail on a 500, or an error in another shape."""
    assert reply.status_code < 500, reply.text
    if reply.status_code >= 400:
        assert set(reply.json()["error"]) == {"message", "type", "param", "code"}


@pytest.fixture(scope="module")
def conversation(http: httpx2.Client) -> str:
    return new_conversation(http, user("x", id="msg_fuzz"))


@FUZZ
@given(body=st.one_of(values, responses))
def test_responses(http: httpx2.Client, body: Any) -> None:
    if isinstance(body, dict):
        body = {"max_output_tokens": 16, **body, "stream": False, "store": False}
    check(http.post("/responses", content=json.dumps(body)))


@FUZZ
@given(given_items=st.lists(items, max_size=3))
def test_items(http: httpx2.Client, given_items: list[Any]) -> None:
    reply = http.post("/conversations", content=json.dumps({"items": given_items}))
    check(reply)
    if reply.status_code != 200:
        return
    conversation = reply.json()["id"]
    for include in ([], ["reasoning.encrypted_content", "message.output_text.logprobs"]):
        listed = http.get(f"/conversations/{conversation}/items", params={"include": include})
        assert listed.status_code == 200, listed.text
        assert len(listed.json()["data"]) == len(given_items)
    body = {"model": "demo", "input": "pace 0\ncount", "conversation": conversation}
    check(http.post("/responses", json=body))


@FUZZ
@given(body=values)
def test_other_bodies(http: httpx2.Client, conversation: str, body: Any) -> None:
    text = json.dumps(body)
    for path in (
        "/conversations",
        f"/conversations/{conversation}",
        f"/conversations/{conversation}/items",
    ):
        check(http.post(path, content=text))
        if isinstance(body, dict):
            wrapped = {"metadata": body, "items": [body]}
            check(http.post(path, content=json.dumps(wrapped)))


names = st.text(st.characters(exclude_characters="/?#", exclude_categories=["Cs"]), max_size=30)


@FUZZ
@given(name=names, query=st.dictionaries(names, names, max_size=3))
def test_paths_and_queries(
    http: httpx2.Client, conversation: str, name: str, query: dict[str, str]
) -> None:
    quoted = "/" + quote(name, safe="")
    known = {**query, "limit": name, "after": name}
    for path in (
        f"/conversations{quoted}",
        f"/conversations/{conversation}/items{quoted}",
        f"/responses{quoted}",
        f"/responses{quoted}/input_items",
        f"/models{quoted}",
        quoted,
    ):
        check(http.get(path, params=query))
    for keys in (["limit"], ["after"], ["limit", "after"], list(known)):
        params = {key: known[key] for key in keys}
        check(http.get("/conversations", params=params))
        check(http.get(f"/conversations/{conversation}/items", params=params))


@FUZZ
@given(body=st.binary(max_size=40))
def test_bytes(http: httpx2.Client, body: bytes) -> None:
    check(http.post("/responses", content=body))


def _query_of(operation: Operation) -> st.SearchStrategy[dict[str, str]]:
    known = {key: st.sampled_from(["1", "true", "asc", "x", ""]) | names for key in operation.query}
    return st.fixed_dictionaries({}, optional={**known, "strange": names})


def _body_of(operation: Operation) -> st.SearchStrategy[Any]:
    if operation.body is None:
        return st.none()
    plausible = {
        key: values | items | st.lists(items, max_size=2) | st.just(example_of(check))
        for key, check in operation.body.fields.items()
    }
    valid = {key: st.just(value) for key, value in valid_body(operation.body).items()}
    # Without pauses, and no longer than a moment.
    own = {"max_output_tokens": st.just(16)} if "max_output_tokens" in plausible else {}
    rest = {key: value for key, value in plausible.items() if key not in (*valid, *own)}
    whole = st.fixed_dictionaries({**valid, **own}, optional=rest)
    return st.one_of(whole, whole, values)


def example_of(check: Any) -> Any:
    """Return a good value, or null for what is never good."""
    try:
        return example(check)
    except TypeError:
        return None


@settings(FUZZ, max_examples=250)
@given(data=st.data())
def test_every_operation(
    operations: dict[tuple[str, str], Operation], http: httpx2.Client, data: st.DataObject
) -> None:
    method, path = data.draw(st.sampled_from(sorted(operations)))
    operation = operations[method, path]
    made = http.post("/conversations", json={"items": [user("x")]}).json()["id"]
    item = http.get(f"/conversations/{made}/items").json()["data"][0]["id"]
    response = http.post(
        "/responses", json={"model": "demo", "input": "pace 0\necho x", "conversation": made}
    ).json()["id"]
    real = {"conversation_id": made, "item_id": item, "response_id": response, "model": "demo"}
    parts = {key: data.draw(st.just(value) | names.filter(bool)) for key, value in real.items()}
    url = path.format(**{key: quote(part, safe="") for key, part in parts.items()})
    body = data.draw(_body_of(operation))
    content = b"" if body is None else json.dumps(body).encode()
    reply = http.request(method, url, params=data.draw(_query_of(operation)), content=content)
    assert reply.status_code < 500, reply.text
    if reply.status_code >= 400:
        check(reply)
