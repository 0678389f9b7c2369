"""Context planning: what the next request will carry, what the server will keep, and what follows.

Pure. ``plan_turn`` decides before anything is sent, ``settle`` says what is true afterwards. The
rows of docs/architecture.md (chaining × store × compaction × capabilities × anchor) are all here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chat_tui.config import Chaining, Compaction
from chat_tui.items import Item, Kind, Place, RawItem, Record

ENCRYPTED_REASONING = "reasoning.encrypted_content"
AUTO_COMPACT_SHARE = 0.8
UNKNOWN_WINDOW_THRESHOLD = 100_000
"""Tokens at which ``auto`` compacts when nobody knows the model's window."""

_WINDOWS = (
    ("gpt-5", 400_000),
    ("gpt-4.1", 1_047_576),
    ("gpt-4o", 128_000),
    ("gpt-4-turbo", 128_000),
    ("o1", 200_000),
    ("o3", 200_000),
    ("o4", 200_000),
    ("gpt-oss", 131_072),
    ("demo", 32_000),
)
"""Context windows in tokens by model name prefix; no endpoint reports them."""


def context_window(model: str) -> int:
    """Return the context window of a model in tokens, 0 when unknown."""
    return next((size for prefix, size in _WINDOWS if model.startswith(prefix)), 0)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user chose for a conversation."""

    model: str = ""
    chaining: Chaining = Chaining.CONVERSATION
    store: bool = True
    compaction: Compaction = "auto"
    instructions: str = ""
    window: int = 0
    """The model's context window in tokens; 0 when unknown."""

    @property
    def threshold(self) -> int:
        """Tokens at which the server is asked to compact; 0 for never."""
        if self.compaction == "off":
            return 0
        if isinstance(self.compaction, int):
            return self.compaction
        return int(self.window * AUTO_COMPACT_SHARE) or UNKNOWN_WINDOW_THRESHOLD


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an endpoint was found to support."""

    conversations: bool = True
    chaining: bool = True
    """Whether ``previous_response_id`` works."""
    compaction: bool = True
    """Whether ``context_management`` is accepted."""


@dataclass(frozen=True, slots=True)
class State:
    """What is known about a conversation: its anchors and its records, oldest first.

    The tail of design terms is the records whose place is PRIVATE, STOPPED or PENDING.
    """

    conversation_id: str = ""
    response_id: str = ""
    """The last stored response, to chain from."""
    records: tuple[Record, ...] = ()
    complete: bool = True
    """Whether ``records`` reaches back to the first item."""

    def placed(self, *places: Place) -> list[Record]:
        """Return the records at any of ``places``."""
        return [record for record in self.records if record.place in places]


@dataclass(frozen=True, slots=True)
class TurnPlan:
    """What the next request carries and what follows from it."""

    chaining: Chaining
    """The mode in effect, which capabilities may have lowered."""
    stored: bool
    place: Place
    """Where the turn's items will live when it succeeds."""
    parent: str = ""
    """The conversation or response the request refers to; empty for none."""
    creates: bool = False
    """A conversation is created first."""
    seeds: tuple[Place, ...] = ()
    """Records at these places are what that new conversation starts with."""
    carries: tuple[Place, ...] = ()
    """Records at these places are sent along as input, ids stripped."""
    carried: int = 0
    """How many loaded records those are."""
    flushes: tuple[int, ...] = ()
    """Refs of stopped records that this request brings to the server."""
    threshold: int = 0
    needs_all: bool = False
    """The plan needs records older than those loaded; load them and plan again."""
    notes: tuple[str, ...] = ()
    """Consequences worth knowing, one sentence each."""

    @property
    def summary(self) -> str:
        """One sentence: what is sent and who keeps it."""
        if self.needs_all:
            carried = "the whole history and your message"
        elif self.carried:
            carried = f"{_items(self.carried)} from before and your message"
        else:
            carried = "your message"
        if self.creates:
            target = "a new conversation"
        elif self.parent.startswith("resp"):
            target = f"a reply to {short_id(self.parent)}"
        elif self.parent:
            target = short_id(self.parent)
        else:
            target = "the model"
        kept = {
            Place.CONVERSATION: "the conversation keeps the turn",
            Place.CHAIN: "the server keeps the response",
            Place.PRIVATE: "nothing is kept on the server or on disk",
        }[self.place]
        return f"Sends {carried} to {target}; {kept}."

    def seed(self, state: State) -> list[RawItem]:
        """Return what a conversation to be created starts with."""
        return replay(state.placed(*self.seeds))

    def request(
        self, state: State, choices: Choices, new: Sequence[RawItem], conversation_id: str = ""
    ) -> RawItem:
        """Return the body of ``POST /responses``; ``conversation_id`` is one just created."""
        context = replay(state.placed(*self.carries)) if self.carries else []
        body: dict[str, Any] = {"input": [*context, *new], "stream": True}
        body["store"] = self.stored
        if choices.model:
            body["model"] = choices.model
        if choices.instructions:
            body["instructions"] = choices.instructions
        if self.place is Place.CONVERSATION:
            body["conversation"] = conversation_id or self.parent
        elif self.parent:
            body["previous_response_id"] = self.parent
        if not self.stored:
            body["include"] = [ENCRYPTED_REASONING]
        if self.threshold:
            body["context_management"] = [
                {"type": "compaction", "compact_threshold": self.threshold}
            ]
        return body


def short_id(identifier: str) -> str:
    """Return an id short enough for a sentence, still recognisable."""
    return identifier if len(identifier) <= 14 else f"{identifier[:12]}…"


def plan_turn(state: State, choices: Choices, able: Capabilities) -> TurnPlan:
    """Return the plan of the next turn."""
    chaining, notes = _effective(choices.chaining, able)
    threshold = choices.threshold if able.compaction else 0
    if choices.threshold and not able.compaction:
        notes.append("This server cannot compact: the context grows until it is full.")
    draft = TurnPlan(chaining, choices.store, Place.PRIVATE, threshold=threshold)
    if not choices.store:
        plan = _plan_private(draft, state)
    elif chaining is Chaining.CONVERSATION:
        plan = _plan_conversation(draft, state)
    elif chaining is Chaining.RESPONSE:
        plan = _plan_chain(draft, state)
    else:
        plan = _plan_manual(draft, state)
    return replace(plan, notes=(*notes, *plan.notes))


def _effective(asked: Chaining, able: Capabilities) -> tuple[Chaining, list[str]]:
    if asked is Chaining.CONVERSATION and not able.conversations:
        if able.chaining:
            return Chaining.RESPONSE, [
                "This server has no conversations: turns are chained by response instead."
            ]
        return Chaining.MANUAL, [
            "This server keeps neither conversations nor chains: all history is sent each turn."
        ]
    if asked is Chaining.RESPONSE and not able.chaining:
        return Chaining.MANUAL, [
            "This server cannot chain responses: the whole history is sent each turn."
        ]
    return asked, []


def _plan_conversation(draft: TurnPlan, state: State) -> TurnPlan:
    plan = replace(draft, place=Place.CONVERSATION, parent=state.conversation_id)
    if state.conversation_id:
        aside = state.placed(Place.CHAIN)
        plan = _flushing(plan, state)
        if aside:
            plan = _noting(plan, f"Not part of the conversation: {_items(len(aside))} made aside.")
    else:
        shared = state.placed(Place.CHAIN, Place.STOPPED)
        plan = replace(plan, creates=True)
        if shared:
            plan = _noting(
                replace(plan, seeds=(Place.CHAIN, Place.STOPPED), needs_all=not state.complete),
                "Creates a conversation from the items so far; the chain stays as it is.",
            )
    return _leaving_private(plan, state)


def _plan_chain(draft: TurnPlan, state: State) -> TurnPlan:
    plan = replace(draft, place=Place.CHAIN, parent=state.response_id)
    if state.response_id:
        plan = _flushing(plan, state)
    else:
        plan = _with_history(plan, state, private=False)
        if plan.carried or plan.needs_all:
            plan = _noting(plan, "No response to chain from is known: sends the history once.")
    if state.conversation_id:
        plan = _noting(plan, "An aside: the conversation itself will not see this turn.")
    return _leaving_private(plan, state)


def _plan_manual(draft: TurnPlan, state: State) -> TurnPlan:
    plan = _with_history(replace(draft, place=Place.CHAIN), state, private=False)
    if state.conversation_id:
        plan = _noting(plan, "An aside: the conversation itself will not see this turn.")
    return _leaving_private(plan, state)


def _plan_private(draft: TurnPlan, state: State) -> TurnPlan:
    if draft.chaining is Chaining.RESPONSE and state.response_id:
        plan = _carrying(draft, state, Place.PRIVATE, Place.STOPPED)
        plan = replace(plan, parent=state.response_id)
    else:
        plan = _with_history(draft, state, private=True)
    return _noting(plan, "Off the record: gone when you leave, and left out of later stored turns.")


def _with_history(plan: TurnPlan, state: State, *, private: bool) -> TurnPlan:
    """Send everything; asides are left out of a conversation's own history."""
    places = [Place.CONVERSATION, Place.STOPPED]
    if plan.chaining is not Chaining.CONVERSATION or not state.conversation_id:
        places.append(Place.CHAIN)
    if private:
        places.append(Place.PRIVATE)
    stopped = [] if private else [record.ref for record in state.placed(Place.STOPPED)]
    plan = _carrying(plan, state, *places)
    return replace(plan, flushes=tuple(stopped), needs_all=not state.complete)


def _carrying(plan: TurnPlan, state: State, *places: Place) -> TurnPlan:
    return replace(plan, carries=places, carried=len(state.placed(*places)))


def _flushing(plan: TurnPlan, state: State) -> TurnPlan:
    stopped = state.placed(Place.STOPPED)
    if not stopped:
        return plan
    plan = _carrying(plan, state, Place.STOPPED)
    plan = replace(plan, flushes=tuple(record.ref for record in stopped))
    return _noting(plan, "Sends the stopped turn along, so that the server knows it.")


def _leaving_private(plan: TurnPlan, state: State) -> TurnPlan:
    private = state.placed(Place.PRIVATE)
    if not private:
        return plan
    return _noting(plan, f"Left out: {_items(len(private))} off the record.")


def _noting(plan: TurnPlan, note: str) -> TurnPlan:
    return replace(plan, notes=(*plan.notes, note))


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


# --- afterwards ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a turn ended, as far as is known."""

    kept: bool
    """Whether the server holds the turn (completed, incomplete, or found there after a stop)."""
    response_id: str = ""
    conversation_id: str = ""
    """The conversation the turn went to, new or old."""


def settle(state: State, plan: TurnPlan, turn: Iterable[Record], outcome: Outcome) -> State:
    """Return the state after a turn whose records are ``turn`` (a subset of the state's records).

    Off the record nothing advances. A turn the server did not keep stays as the stopped tail.
    """
    refs = {record.ref for record in turn}
    if plan.place is Place.PRIVATE:
        place = Place.PRIVATE
    else:
        place = plan.place if outcome.kept else Place.STOPPED
    flushed = set(plan.flushes) if outcome.kept else set()
    seeded = plan.creates and bool(outcome.conversation_id)

    def settled(record: Record) -> Record:
        if record.ref in refs:
            return replace(record, place=place, response_id=outcome.response_id)
        if record.ref in flushed:
            return replace(record, place=plan.place)
        if seeded and record.place in (Place.CHAIN, Place.STOPPED):
            return replace(record, place=Place.CONVERSATION)
        return record

    advanced = outcome.kept and plan.stored and outcome.response_id
    return replace(
        state,
        conversation_id=outcome.conversation_id or state.conversation_id,
        response_id=outcome.response_id if advanced else state.response_id,
        records=tuple(settled(record) for record in state.records),
    )


# --- replaying ----------------------------------------------------------------------------------

_REPLAYED = {
    "message": ("type", "role", "content", "phase"),
    "reasoning": ("type", "summary", "content", "encrypted_content"),
    "compaction": ("type", "encrypted_content"),
    "function_call": ("type", "call_id", "name", "arguments", "namespace"),
    "function_call_output": ("type", "call_id", "output"),
    "custom_tool_call": ("type", "call_id", "name", "input", "namespace"),
    "custom_tool_call_output": ("type", "call_id", "output"),
}
"""Fields a server accepts back. Server ids are left out: sent again they would share or be refused
(api A.3, D.4); statuses and nulls give unknown_parameter (D.5)."""


def replay(records: Iterable[Record]) -> list[RawItem]:
    """Return items as input for a request that stands alone, oldest first.

    Starts at the latest compaction item, keeps groups whole (a call with its output, a reasoning
    item with what follows it) and leaves out what cannot be replayed: hosted calls, unknown types
    and reasoning that is not encrypted.
    """
    raws = [record.raw for record in records]
    last = max((i for i, raw in enumerate(raws) if raw.get("type") == "compaction"), default=0)
    raws = raws[last:]
    calls = {Item(raw).call_id for raw in raws if Item(raw).is_call}
    outputs = {Item(raw).call_id for raw in raws if Item(raw).is_output}
    paired = calls & outputs
    kept: list[RawItem] = []
    for raw in raws:
        item = Item(raw)
        fields = _REPLAYED.get(item.type)
        if fields is None or ((item.is_call or item.is_output) and item.call_id not in paired):
            continue
        if item.kind is Kind.REASONING and not raw.get("encrypted_content"):
            continue
        if kept and kept[-1]["type"] == "reasoning" and item.kind in (Kind.USER, Kind.SYSTEM):
            kept.pop()
        clean = {name: raw[name] for name in fields if raw.get(name) is not None}
        clean["type"] = item.type
        if item.type == "message":
            clean["content"] = _replayed_content(item)
            if not clean["content"]:
                continue
        kept.append(clean)
    if kept and kept[-1]["type"] == "reasoning":
        kept.pop()
    return kept


def _replayed_content(item: Item) -> list[RawItem]:
    content = item.raw.get("content")
    if isinstance(content, str):
        kind = "output_text" if item.kind is Kind.ASSISTANT else "input_text"
        return [{"type": kind, "text": content}] if content else []
    parts = content if isinstance(content, list) else []
    dropped = ("annotations", "logprobs", "prompt_cache_breakpoint")
    return [
        {key: value for key, value in part.items() if key not in dropped and value is not None}
        for part in parts
        if isinstance(part, dict) and part.get("text") != ""
    ]
