"""Commands on single items: what is there, what ails them, deleting, adding and noting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat_tui.controller.branches import Branching, Fork
from chat_tui.controller.conversation import Conversation
from chat_tui.controller.endpoints import Endpoint
from chat_tui.controller.events import ListChanged, RecordsChanged
from chat_tui.controller.mending.choosing import (
    AdditionPlan,
    Deleted,
    DeletionPlan,
    Fate,
    Filter,
    choose,
    plan_addition,
    plan_deletion,
)
from chat_tui.controller.mending.health import Finding, examine
from chat_tui.controller.mending.progress import Progress, Told, untold
from chat_tui.controller.mending.repairs import Remedy, RepairPlan, plan_repair, worth_repairing
from chat_tui.controller.whole import all_records, listed, take_in_all
from chat_tui.errors import EXIT_USAGE, ChatTuiError, NotFound
from chat_tui.gateway import CREATE_LIMIT, Gateway, GatewayError, Trouble
from chat_tui.items import Item, RawItem
from chat_tui.library import KEPT_PLACES
from chat_tui.replaying import cleaned

_LONGEST_NOTE = 10_000


@dataclass(frozen=True, slots=True)
class Shelf:
    """The items of a conversation as its server lists them, with what only this program knows."""

    key: int
    conversation_id: str
    """Empty for a chain, whose items nobody can change."""
    items: tuple[RawItem, ...]
    seen: Mapping[str, float | None]
    """When items were first seen here (Unix seconds), by id."""
    notes: Mapping[str, str]
    """Notes pinned to items, by id."""


class Mending(Branching):
    """Looking after items."""

    async def items(self, key: int) -> Shelf:
        """Return all items of a conversation, oldest first, as its server lists them now."""
        conversation = await self._find(key)
        notes = await self._library.pins.read(key)
        records = await all_records(self._library, conversation)
        identifier = conversation.state.conversation_id
        if identifier:
            endpoint = await self._endpoints.get(self._profile_of(conversation))
            items = tuple(await listed(endpoint.gateway, identifier))
        else:
            items = tuple(record.raw for record in records if record.place in KEPT_PLACES)
        seen = {record.item.id: record.at for record in records if record.item.id}
        return Shelf(key, identifier, items, seen, notes)

    async def pin_note(self, key: int, item_id: str, text: str) -> None:
        """Pin a note to an item, in place of the one there; an empty one removes it.

        It stays on this machine. Raises NotFound for an item that is not there, and for one off
        the record, of which nothing may be on disk.
        """
        if len(text) > _LONGEST_NOTE:
            raise ChatTuiError(
                f"A note has at most {_LONGEST_NOTE} characters.", exit_code=EXIT_USAGE
            )
        conversation = await self._find(key)
        known = any(
            record.item.id == item_id and record.place in KEPT_PLACES
            for record in conversation.state.records
        )
        if not known and all(Item(raw).id != item_id for raw in (await self.items(key)).items):
            raise NotFound(f"There is no item {item_id} on the server to pin a note to.")
        await self._library.pins.write(key, item_id, text.strip())

    # --- health ---------------------------------------------------------------------------------

    async def health(self, key: int) -> tuple[Shelf, tuple[Finding, ...]]:
        """Return what ails a conversation's items, and the items."""
        shelf = await self.items(key)
        return shelf, examine(shelf.items)

    async def plan_repair(
        self, key: int, remedy: Remedy, findings: Sequence[Finding] | None = None
    ) -> RepairPlan:
        """Return what a repair of ``findings`` does, or of all that need one. Changes nothing."""
        shelf, found = await self.health(key)
        _require_editable(shelf)
        chosen = worth_repairing(found) if findings is None else findings
        return plan_repair(shelf.items, chosen, remedy)

    async def repair(self, key: int, plan: RepairPlan, told: Told = untold) -> int:
        """Carry out a repair; returns the key of the conversation to go on in.

        Raises GatewayError. What was added or deleted until then stays so; the rest is found by
        the next look.
        """
        if plan.remedy is Remedy.FORK:
            fork: Fork = await self.plan_fork(key, without=plan.deletes)
            return await self.fork(fork, told)
        conversation, endpoint = await self._to_edit(key)
        identifier = conversation.state.conversation_id
        for start in range(0, len(plan.adds), CREATE_LIMIT):
            batch = plan.adds[start : start + CREATE_LIMIT]
            await endpoint.gateway.add_items(identifier, batch)
            told(Progress(key, "adding", start + len(batch), len(plan.adds)))
        for done, item in enumerate(plan.deletes, 1):
            result = await _delete(endpoint.gateway, identifier, item)
            if result.fate is Fate.REFUSED:
                await self._look_again(conversation, endpoint)
                raise ChatTuiError(f"The repair is not finished. {result.reason}")
            told(Progress(key, "deleting", done, len(plan.deletes)))
        await self._look_again(conversation, endpoint)
        return key

    # --- deleting and adding --------------------------------------------------------------------

    async def plan_items_deletion(self, key: int, wanted: Filter) -> DeletionPlan:
        """Return what deleting the items that match takes away. Changes nothing."""
        shelf = await self.items(key)
        _require_editable(shelf)
        return plan_deletion(shelf.items, choose(shelf.items, wanted, shelf.seen))

    async def delete_items(
        self, key: int, plan: DeletionPlan, told: Told = untold
    ) -> tuple[Deleted, ...]:
        """Delete items group by group and return what became of each.

        A group whose first member the server refuses to delete stays whole.
        """
        conversation, endpoint = await self._to_edit(key)
        total = sum(map(len, plan.groups))
        results: list[Deleted] = []
        for members in plan.groups:
            for number, item in enumerate(members):
                result = await _delete(endpoint.gateway, conversation.state.conversation_id, item)
                results.append(result)
                if result.fate is Fate.REFUSED and not number:
                    results += [Deleted(other, Fate.UNTRIED) for other in members[1:]]
                    break
            told(Progress(key, "deleting", len(results), total))
        gone = {r.item.id for r in results if r.fate in (Fate.GONE, Fate.ALREADY)}
        for item_id in gone & (await self._library.pins.read(key)).keys():
            await self._library.pins.write(key, item_id, "")
        await self._look_again(conversation, endpoint)
        return tuple(results)

    async def plan_items_addition(self, key: int, items: Sequence[RawItem]) -> AdditionPlan:
        """Return what adding items does; their ids are dropped. Changes nothing."""
        shelf = await self.items(key)
        _require_editable(shelf)
        return plan_addition(shelf.items, [cleaned(raw) for raw in items])

    async def add_items(self, key: int, plan: AdditionPlan, told: Told = untold) -> None:
        """Add items at the end, in batches. What was added is deleted again when one fails.

        Raises GatewayError with the server's reason.
        """
        conversation, endpoint = await self._to_edit(key)
        identifier = conversation.state.conversation_id
        added: list[RawItem] = []
        try:
            for start in range(0, len(plan.items), CREATE_LIMIT):
                batch = plan.items[start : start + CREATE_LIMIT]
                added += await endpoint.gateway.add_items(identifier, batch)
                told(Progress(key, "adding", start + len(batch), len(plan.items)))
        except GatewayError:
            for raw in reversed(added):
                await _delete(endpoint.gateway, identifier, Item(raw))
            await self._look_again(conversation, endpoint)
            raise
        await self._look_again(conversation, endpoint)

    async def _to_edit(self, key: int) -> tuple[Conversation, Endpoint]:
        conversation = await self._find(key)
        if conversation.running:
            raise ChatTuiError("An answer is still coming.", "Stop it first, then change items.")
        return conversation, await self._endpoints.get(self._profile_of(conversation))

    async def _look_again(self, conversation: Conversation, endpoint: Endpoint) -> None:
        """Take in what the server lists after a change of its items."""
        turn = conversation.turn
        try:
            items = await listed(endpoint.gateway, conversation.state.conversation_id)
        except GatewayError:
            return  # the next opening looks again
        if conversation.running or conversation.turn is not turn:
            return  # what was listed may be older than that turn
        if await take_in_all(self._library, conversation, items):
            if conversation.key in self._open:
                self._emit(RecordsChanged(self._view(conversation)))
            self._emit(ListChanged())


def _require_editable(shelf: Shelf) -> None:
    """Raise ChatTuiError where no request can change the items."""
    if not shelf.conversation_id:
        raise ChatTuiError(
            "Only the items of a server-side conversation can be changed.",
            "A chain stays as it is: fork it, or go on from it in a conversation.",
            exit_code=EXIT_USAGE,
        )


async def _delete(gateway: Gateway, conversation_id: str, item: Item) -> Deleted:
    try:
        await gateway.delete_item(conversation_id, item.id)
    except GatewayError as error:
        if error.trouble is Trouble.NOT_FOUND:
            return Deleted(item, Fate.ALREADY)
        return Deleted(item, Fate.REFUSED, error.sentence)
    return Deleted(item, Fate.GONE)
