"""An open conversation as the controller holds it; the UI only ever sees its ``View``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from chat_tui.config import Chaining, Profile, Settings, read_compaction
from chat_tui.controller.view import Queued, TurnReport, View
from chat_tui.items import Item, Kind, Place, RawItem, Record, visible_line
from chat_tui.library import ConversationRow, Window
from chat_tui.planning import Capabilities, Choices, State, TurnPlan, context_window, plan_turn

TITLE_LENGTH = 60
UNTITLED = "New conversation"


@dataclass(slots=True)
class Conversation:
    """Mutable state of one open conversation."""

    row: ConversationRow
    choices: Choices
    state: State
    first_rank: int
    """Rank in the cache of the first loaded record that is cached."""
    draft: str = ""
    pending_text: str = ""
    turn: TurnReport | None = None
    stop: Callable[[], None] | None = None
    """Stops the running turn; None when there is none."""
    catch_up: Callable[[], None] | None = None
    """Brings the records up to what the running turn received."""
    asking: bool = False
    """Whether the server is being asked what it holds."""
    deleting: bool = False
    """Whether it is being deleted: what a look at it finds missing is no news."""
    editing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the server's metadata is read, merged and written."""
    loading: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while older records are loaded."""
    queue: tuple[Queued, ...] = ()
    queue_waits: bool = False
    """Whether the queue goes on only when the user says so."""
    seals_asked: set[str] = field(default_factory=set)
    """Ids of reasoning items whose encrypted content the server was asked for."""
    _planned: tuple[State, Choices, Capabilities, TurnPlan] | None = None
    """What was planned last, and from what: planning looks through all records."""

    @property
    def key(self) -> int:
        """The library's number of this conversation."""
        return self.row.key

    @property
    def running(self) -> bool:
        """Whether a turn is under way."""
        return self.stop is not None

    @property
    def busy(self) -> bool:
        """Whether what is sent now has to wait its turn."""
        return self.running or bool(self.queue and not self.queue_waits)

    def plan(self, able: Capabilities) -> TurnPlan:
        """Return what the next turn would do."""
        last = self._planned
        if last is None or last[0] is not self.state or last[1:3] != (self.choices, able):
            plan = plan_turn(self.state, self.choices, able)
            last = self._planned = self.state, self.choices, able, plan
        return last[3]

    def view(self, able: Capabilities) -> View:
        """Return a snapshot for the UI."""
        row = self.row
        return View(
            key=row.key,
            profile=row.profile,
            title=self.title,
            conversation_id=self.state.conversation_id,
            response_id=self.state.response_id,
            records=self.state.records,
            older=not self.state.complete,
            choices=self.choices,
            plan=self.plan(able),
            draft=self.draft,
            running=self.running,
            pending_text=self.pending_text,
            turn=self.turn,
            usage=row.usage,
            metadata=row.metadata,
            created_at=row.created_at,
            updated_at=row.updated_at,
            queued=self.queue,
            queue_waits=self.queue_waits,
        )

    @property
    def title(self) -> str:
        """What the conversation is called."""
        return self.row.title or UNTITLED

    @property
    def holds_private(self) -> bool:
        """Whether closing it would lose off-the-record turns, an unsent message or a draft."""
        return self.only_here or bool(self.state.placed(Place.PENDING))

    @property
    def only_here(self) -> bool:
        """Whether something of it is in this program's memory only: it is off the record."""
        if self.draft and not self.choices.store:
            return True
        if any(not queued.kept for queued in self.queue):
            return True
        unsent = self.pending_text and self.turn is not None and not self.turn.plan.stored
        return bool(unsent) or bool(self.state.placed(Place.PRIVATE))

    # --- records --------------------------------------------------------------------------------

    def add(self, record: Record) -> None:
        """Append a record."""
        self.state = replace(self.state, records=(*self.state.records, record))

    def put(self, record: Record) -> None:
        """Replace the record with the same ref; searched from the end, where turns happen."""
        records = list(self.state.records)
        for position in range(len(records) - 1, -1, -1):
            if records[position].ref == record.ref:
                records[position] = record
                break
        self.state = replace(self.state, records=tuple(records))

    def drop(self, refs: Iterable[int]) -> None:
        """Remove records."""
        gone = set(refs)
        kept = tuple(record for record in self.state.records if record.ref not in gone)
        self.state = replace(self.state, records=kept)

    def state_without(self, ref: int) -> State:
        """Return the state as it is without one record."""
        kept = tuple(record for record in self.state.records if record.ref != ref)
        return replace(self.state, records=kept)

    def chosen(self, refs: Iterable[int]) -> list[Record]:
        """Return the records with these refs, in their order."""
        wanted = set(refs)
        return [record for record in self.state.records if record.ref in wanted]

    def last_listed_id(self) -> str:
        """Return the id of the newest item known to be in the server's conversation."""
        for record in reversed(self.state.records):
            if record.place is Place.CONVERSATION and record.id:
                return record.id
        return ""

    def last_before_unnamed(self) -> Record | None:
        """Return the newest record before the first one whose id is not known yet, if any."""
        last = None
        for record in self.state.placed(Place.CONVERSATION):
            if not record.id:
                break
            last = record
        return last


def from_row(row: ConversationRow, profile: Profile, window: Window) -> Conversation:
    """Return a conversation as the library knows it."""
    state = State(
        conversation_id=row.conversation_id,
        response_id=row.response_id,
        records=window.records,
        complete=window.reaches_start and row.complete,
    )
    choices = Choices(
        model=row.model,
        chaining=Chaining(row.chaining or Chaining.CONVERSATION),
        store=row.store,
        compaction=read_compaction(row.compaction or "auto"),
        instructions=row.instructions,
        window=profile.context_window or context_window(row.model),
    )
    return Conversation(row, choices, state, window.first_rank)


def first_choices(settings: Settings, profile: Profile) -> Choices:
    """Return what a new conversation starts with: the profile's word, else the defaults."""
    defaults = settings.defaults
    return Choices(
        model=profile.model,
        chaining=profile.chaining or defaults.chaining,
        store=defaults.store if profile.store is None else profile.store,
        compaction=defaults.compaction if profile.compaction is None else profile.compaction,
        instructions=(
            defaults.instructions if profile.instructions is None else profile.instructions
        ),
        window=profile.context_window or context_window(profile.model),
    )


def row_values(choices: Choices) -> dict[str, Any]:
    """Return choices as columns of the index."""
    return {
        "model": choices.model,
        "chaining": str(choices.chaining),
        "store": choices.store,
        "compaction": str(choices.compaction),
        "instructions": choices.instructions,
    }


def title_from(text: str) -> str:
    """Return a title made of the first words of a message's first line."""
    line = visible_line(text.strip().partition("\n")[0])
    if len(line) <= TITLE_LENGTH:
        return line
    cut = line[:TITLE_LENGTH].rsplit(" ", 1)[0]
    return f"{cut}…"


def title_of_items(items: Iterable[RawItem]) -> str:
    """Return a title from the first user message among ``items``."""
    for raw in items:
        item = Item(raw)
        if item.kind is Kind.USER and item.text:
            return title_from(item.text)
    return ""
