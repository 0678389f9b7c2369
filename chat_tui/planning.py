"""Context planning: what the next request will carry, what the server will keep, and what follows.

Pure. ``plan_turn`` decides before anything is sent, ``settle`` says what is true afterwards. The
rows of docs/architecture.md (chaining × store × compaction × capabilities × anchor) are all here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chat_tui.config import MIN_COMPACT_THRESHOLD, Chaining, Compaction
from chat_tui.items import Place, RawItem, Record, visible_line
from chat_tui.replaying import replay, replayable

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
    ("demo", 128_000),
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
        if self.window <= 0:
            return UNKNOWN_WINDOW_THRESHOLD
        return max(int(self.window * AUTO_COMPACT_SHARE), MIN_COMPACT_THRESHOLD)


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
    apart: tuple[Record, ...] = field(init=False, repr=False, compare=False)
    """Those that do not live in the conversation: few, and all that most plans ask about."""

    def __post_init__(self) -> None:
        listed = Place.CONVERSATION
        apart = tuple([record for record in self.records if record.place is not listed])
        object.__setattr__(self, "apart", apart)

    def placed(self, *places: Place) -> list[Record]:
        """Return the records at any of ``places``."""
        among = self.records if Place.CONVERSATION in places else self.apart
        return [record for record in among if record.place in places]

    def chosen(self, refs: Iterable[int]) -> list[Record]:
        """Return the records with these refs, in their order."""
        wanted = set(refs)
        return [record for record in self.records if record.ref in wanted]


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
    seeds: tuple[int, ...] = ()
    """Refs of the records that new conversation starts with, copied without their ids."""
    carries: tuple[int, ...] = ()
    """Refs of the records sent along as input, without their ids."""
    flushes: tuple[int, ...] = ()
    """Those of them that the server did not know and will keep with this turn."""
    threshold: int = 0
    needs_all: bool = False
    """The plan needs records older than those loaded; load them and plan again."""
    notes: tuple[str, ...] = ()
    """Consequences worth knowing, one sentence each."""

    @property
    def summary(self) -> str:
        """One sentence: what is sent and who keeps it."""
        count = len(self.carries) or len(self.seeds)
        if self.needs_all:
            sent = "the whole history and your message"
        elif count:
            sent = f"{_items(count)} from before and your message"
        else:
            sent = "your message"
        if self.creates:
            target = "a new conversation"
        elif not self.parent:
            target = "the model"
        elif self.place is Place.CONVERSATION:
            target = short_id(self.parent)
        else:
            target = f"the model as a reply to {short_id(self.parent)}"
        kept = {
            Place.CONVERSATION: "the conversation keeps the turn",
            Place.CHAIN: "the server keeps the response",
            Place.PRIVATE: "nothing is kept on the server or on disk",
        }[self.place]
        return f"Sends {sent} to {target}; {kept}."

    def seed(self, state: State) -> list[RawItem]:
        """Return what a conversation to be created starts with."""
        return replay(state.chosen(self.seeds))

    def request(
        self, state: State, choices: Choices, new: Sequence[RawItem], conversation_id: str = ""
    ) -> RawItem:
        """Return the body of ``POST /responses``; ``conversation_id`` is one just created."""
        context = replay(state.chosen(self.carries)) if self.carries else []
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
    """Return an id short enough for a sentence, still recognisable, safe to show."""
    identifier = visible_line(identifier)
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
        plan = _flushing(_noting_asides(plan, state), state)
    else:
        seeds = _refs(replayable(state.placed(Place.CHAIN, Place.STOPPED)))
        plan = replace(plan, creates=True, seeds=seeds, needs_all=not state.complete)
        if seeds or plan.needs_all:
            plan = _noting(
                plan, "Creates a conversation from the items so far; the chain stays as it is."
            )
    return _leaving_private(plan, state)


def _plan_chain(draft: TurnPlan, state: State) -> TurnPlan:
    plan = replace(draft, place=Place.CHAIN, parent=state.response_id)
    if state.response_id:
        plan = _flushing(plan, state)
    else:
        plan = _with_history(plan, state, private=False)
        if plan.carries or plan.needs_all:
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
        if draft.chaining is Chaining.CONVERSATION and state.conversation_id:
            plan = _noting_asides(plan, state)
    return _noting(plan, "Gone when you quit, and left out of later stored turns.")


def _with_history(plan: TurnPlan, state: State, *, private: bool) -> TurnPlan:
    """Send everything; asides are left out of a conversation's own history."""
    places = [Place.CONVERSATION, Place.STOPPED]
    if plan.chaining is not Chaining.CONVERSATION or not state.conversation_id:
        places.append(Place.CHAIN)
    if private:
        places.append(Place.PRIVATE)
    return replace(_carrying(plan, state, *places), needs_all=not state.complete)


def _carrying(plan: TurnPlan, state: State, *places: Place) -> TurnPlan:
    """Send what can be replayed; a stored turn brings what was stopped to the server."""
    records = replayable(state.placed(*places))
    stopped = [record for record in records if record.place is Place.STOPPED]
    return replace(plan, carries=_refs(records), flushes=_refs(stopped) if plan.stored else ())


def _flushing(plan: TurnPlan, state: State) -> TurnPlan:
    plan = _carrying(plan, state, Place.STOPPED)
    if not plan.flushes:
        return plan
    return _noting(plan, "Sends the stopped turn along, so that the server knows it.")


def _noting_asides(plan: TurnPlan, state: State) -> TurnPlan:
    asides = state.placed(Place.CHAIN)
    if not asides:
        return plan
    return _noting(plan, f"Not part of the conversation: {_items(len(asides))} shown here.")


def _leaving_private(plan: TurnPlan, state: State) -> TurnPlan:
    private = state.placed(Place.PRIVATE)
    if not private:
        return plan
    return _noting(plan, f"Left out: {_items(len(private))} off the record.")


def _noting(plan: TurnPlan, note: str) -> TurnPlan:
    return replace(plan, notes=(*plan.notes, note))


def _refs(records: Iterable[Record]) -> tuple[int, ...]:
    return tuple(record.ref for record in records)


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


def copied(state: State, refs: Iterable[int], place: Place) -> State:
    """Return the state after the server took copies of records: they live at ``place`` now."""
    taken = set(refs)

    def moved(record: Record) -> Record:
        if record.ref not in taken or record.place is place:
            return record
        # The server gave the copy an id of its own, which is not known yet.
        raw = {name: value for name, value in record.raw.items() if name != "id"}
        return replace(record, held=raw, place=place)

    return replace(state, records=tuple(moved(record) for record in state.records))


def settle(state: State, plan: TurnPlan, turn: Iterable[Record], outcome: Outcome) -> State:
    """Return the state after a turn whose records are ``turn`` (a subset of the state's records).

    Off the record nothing advances. A turn the server did not keep stays as the stopped tail;
    what could not be replayed stays where it was.
    """
    refs = {record.ref for record in turn}
    if plan.place is Place.PRIVATE:
        place = Place.PRIVATE
    else:
        place = plan.place if outcome.kept else Place.STOPPED
    if outcome.kept:
        state = copied(state, plan.flushes, plan.place)
    if outcome.conversation_id:
        state = copied(state, plan.seeds, plan.place)

    def settled(record: Record) -> Record:
        if record.ref in refs:
            return replace(record, place=place, response_id=outcome.response_id)
        return record

    advanced = outcome.kept and plan.stored and outcome.response_id
    return replace(
        state,
        conversation_id=outcome.conversation_id or state.conversation_id,
        response_id=outcome.response_id if advanced else state.response_id,
        records=tuple(settled(record) for record in state.records),
    )
