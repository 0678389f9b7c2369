"""Every action of the interface, declared once: bindings, footer, help, palette and key reference.

An action's id is its name in ``[keys]`` of the configuration. Keys that terminals or multiplexers
eat (ctrl+i, ctrl+m, ctrl+h, ctrl+s, ctrl+z, ctrl+b, ctrl+a) are never an action's only key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding, BindingType

from chat_tui.config import ConfigError, Settings, line_of, near


class Scope(StrEnum):
    """Where the focus must be for an action's keys to work."""

    EVERYWHERE = "everywhere"
    COMPOSER = "in the composer"
    ITEMS = "in the transcript"
    FIND = "in the find line"
    LIST = "in the list"
    QUEUE = "in the queue"
    INSPECTOR = "in the inspector"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a key can do."""

    id: str
    keys: str
    """Default keys, comma-separated, in Textual's names."""
    run: str
    """The Textual action that does it."""
    sentence: str
    scope: Scope = Scope.EVERYWHERE
    hint: str = ""
    """A word for the footer; empty keeps it out."""
    palette: bool = False
    """Whether the command palette lists it."""
    group: str = "Program"


def _everywhere(
    id: str,  # noqa: A002 - the field's own name
    keys: str,
    sentence: str,
    group: str,
    hint: str = "",
    *,
    palette: bool = True,
) -> Action:
    run = "app." + re.sub(r"\W", "_", id)
    return Action(id, keys, run, sentence, Scope.EVERYWHERE, hint, palette, group)


def _item(
    id: str,  # noqa: A002 - the field's own name
    keys: str,
    run: str,
    sentence: str,
    hint: str = "",
    *,
    palette: bool = False,
) -> Action:
    return Action(id, keys, run, sentence, Scope.ITEMS, hint, palette, group="Items")


def _match(id: str, keys: str, run: str, sentence: str, hint: str = "") -> Action:  # noqa: A002
    return Action(id, keys, run, sentence, Scope.FIND, hint, group="Find")


def _row(id: str, keys: str, run: str, sentence: str, hint: str = "") -> Action:  # noqa: A002
    return Action(id, keys, run, sentence, Scope.LIST, hint, group="Conversation list")


def _queued(id: str, keys: str, run: str, sentence: str, hint: str = "") -> Action:  # noqa: A002
    return Action(id, keys, run, sentence, Scope.QUEUE, hint, group="Queue")


def _tab(id: str, keys: str, run: str, sentence: str, hint: str = "") -> Action:  # noqa: A002
    return Action(id, keys, run, sentence, Scope.INSPECTOR, hint, group="Inspector")


ACTIONS: tuple[Action, ...] = (
    Action("send", "enter", "send", "Send the message", Scope.COMPOSER, "send", group="Composer"),
    Action(
        "newline",
        "shift+enter,alt+enter,ctrl+j",
        "newline",
        "Break the line (also: backslash, enter)",
        Scope.COMPOSER,
        "new line",
        group="Composer",
    ),
    _everywhere(
        "interrupt",
        "escape",
        "Stop the answer, or back to the composer",
        "Conversation",
        "stop",
        palette=False,
    ),
    _everywhere("conversation.new", "ctrl+n", "Start a new conversation", "Conversation", "new"),
    _everywhere(
        "conversation.open", "ctrl+o", "Open a conversation by id or title", "Conversation", "open"
    ),
    _everywhere("conversation.rename", "f2", "Rename the conversation", "Conversation"),
    _everywhere("conversation.delete", "ctrl+delete", "Delete the conversation", "Conversation"),
    _everywhere(
        "conversation.resend",
        "ctrl+r",
        "Send what waits: the unsent message, or the queue",
        "Conversation",
    ),
    _everywhere(
        "conversation.take_back",
        "ctrl+t",
        "Take the unsent or last queued message back to edit it",
        "Conversation",
    ),
    _everywhere(
        "toggle.store", "f5", "Go off the record, or back on it", "What the server keeps", "store"
    ),
    _everywhere(
        "toggle.chaining", "f6", "Change the chaining mode", "What the server keeps", "chaining"
    ),
    _everywhere(
        "toggle.compaction",
        "f7",
        "Turn automatic compaction on or off",
        "What the server keeps",
        "compaction",
    ),
    _everywhere("find", "ctrl+f", "Find in the conversation", "Conversation"),
    _everywhere("outline", "ctrl+l", "List the turns and go to one", "Conversation"),
    _everywhere("instructions", "", "Edit the instructions of this conversation", "Conversation"),
    _everywhere("metadata", "", "Edit the metadata of this conversation", "Conversation"),
    _everywhere("conversation.export", "", "Export the conversation to a file", "Conversation"),
    _everywhere("conversation.import", "", "Import a conversation from a file", "Conversation"),
    _everywhere(
        "conversation.copy", "", "Copy the conversation to another profile", "Conversation"
    ),
    _everywhere("model", "f8", "Choose the model", "Conversation"),
    _everywhere("profile", "f9", "Choose the profile", "Program"),
    _everywhere("pane.list", "f3", "Show or hide the conversation list", "Panes"),
    _everywhere("pane.inspector", "f4", "Show or hide the inspector", "Panes"),
    _everywhere("focus.next", "tab", "Go to the next pane", "Panes", palette=False),
    _everywhere("focus.previous", "shift+tab", "Go to the previous pane", "Panes", palette=False),
    _everywhere("theme", "", "Choose the colours", "Program"),
    _everywhere("palette", "ctrl+p", "Open the command palette", "Program", palette=False),
    _everywhere("help", "f1", "Show help", "Program", "help"),
    _everywhere("quit", "ctrl+q", "Quit", "Program"),
    _everywhere("quit.twice", "ctrl+c", "Pressed twice: quit", "Program", palette=False),
    _item("items.up", "k,up", "cursor_up", "To the item above"),
    _item("items.down", "j,down", "cursor_down", "To the item below"),
    _item("items.first", "g,home", "cursor_first", "To the first item"),
    _item("items.last", "G,end", "cursor_last", "To the last item"),
    _item("items.page_up", "pageup,ctrl+u", "page_up", "A page up"),
    _item("items.page_down", "pagedown,ctrl+d", "page_down", "A page down"),
    _item(
        "items.previous_turn", "left_curly_bracket,shift+up", "previous_turn", "To the turn above"
    ),
    _item("items.turn_down", "right_curly_bracket,shift+down", "next_turn", "To the turn below"),
    _item("items.next_call", "t", "next_call", "To the next tool call", palette=True),
    _item("items.previous_call", "T", "previous_call", "To the tool call before", palette=True),
    _item("items.next_error", "x", "next_error", "To the next error", palette=True),
    _item("items.previous_error", "X", "previous_error", "To the error before", palette=True),
    _item("items.next_code", "c", "next_code", "To the next code block", palette=True),
    _item("items.previous_code", "C", "previous_code", "To the code block before", palette=True),
    _item("items.find_next", "n", "find_next", "To the next match"),
    _item("items.find_previous", "N", "find_previous", "To the match before"),
    _item("items.open", "enter,space", "toggle_open", "Fold or unfold the item", "fold"),
    _item("items.open_all", "o", "toggle_all", "Fold or unfold all items"),
    _item("items.raw", "r", "toggle_raw", "Show the item as raw JSON, or rendered", "raw"),
    _item("items.select", "v", "select_lines", "Select lines: moving extends", palette=True),
    _item("items.copy", "y", "copy_item", "Copy the selection, or the item's source", "copy"),
    _item("items.copy_code", "Y", "copy_code", "Copy the nearest code block", palette=True),
    _item("items.links", "l", "links", "Open a link of the item", palette=True),
    _match("find.next", "enter,down", "next", "To the next match", "next"),
    _match("find.previous", "shift+enter,up", "previous", "To the match before", "previous"),
    _match("find.stay", "tab", "stay", "Stay at the match, in the transcript", "stay"),
    _match("find.leave", "escape", "leave", "Back to where you were", "back"),
    _row("list.up", "k,up", "cursor_up", "To the conversation above"),
    _row("list.down", "j,down", "cursor_down", "To the conversation below"),
    _row("list.first", "g,home", "cursor_first", "To the first conversation"),
    _row("list.last", "G,end", "cursor_last", "To the last conversation"),
    _row("list.page_up", "pageup", "page_up", "A page up"),
    _row("list.page_down", "pagedown", "page_down", "A page down"),
    _row("list.open", "enter", "open", "Open the conversation", "open"),
    _row("list.delete", "ctrl+d,delete", "delete", "Delete the conversation", "delete"),
    Action(
        "filter",
        "slash",
        "app.filter",
        "Filter the conversation list",
        Scope.LIST,
        "filter",
        palette=True,
        group="Conversation list",
    ),
    Action(
        "list.sort",
        "s",
        "app.list_sort",
        "Sort the conversation list by change, creation or title",
        Scope.LIST,
        "sort",
        palette=True,
        group="Conversation list",
    ),
    _queued("queue.up", "k,up", "cursor_up", "To the message above"),
    _queued("queue.down", "j,down", "cursor_down", "To the message below"),
    _queued("queue.edit", "enter,e", "edit", "Take the message back to edit it", "edit"),
    _queued("queue.remove", "d,delete", "remove", "Remove the message from the queue", "remove"),
    _tab("inspector.up", "k,up", "scroll_up", "A line up"),
    _tab("inspector.down", "j,down", "scroll_down", "A line down"),
    _tab("inspector.first", "g,home", "scroll_home", "To the top"),
    _tab("inspector.last", "G,end", "scroll_end", "To the bottom"),
    _tab("inspector.page_up", "pageup", "page_up", "A page up"),
    _tab("inspector.page_down", "pagedown", "page_down", "A page down"),
    _tab("inspector.next", "right,l", "next_tab", "To the next tab", "next tab"),
    _tab("inspector.previous", "left,h", "previous_tab", "To the previous tab"),
    _tab("inspector.edit", "e", "edit_metadata", "Edit the metadata", "edit metadata"),
    _tab("inspector.copy", "y", "copy", "Copy what is shown as JSON", "copy"),
)

_UNBOUND = "unbound"
"""A name no key has: how Textual is told that an action has no keys."""


def bindings(scope: Scope) -> list[BindingType]:
    """Return the bindings of a scope, remappable by their ids."""
    return [
        Binding(
            action.keys or _UNBOUND,
            action.run,
            action.sentence,
            show=False,
            id=action.id,
            priority=scope in (Scope.EVERYWHERE, Scope.COMPOSER) and action.id not in _YIELDING,
        )
        for action in ACTIONS
        if action.scope is scope
    ]


_YIELDING = frozenset({"quit.twice", "interrupt", "focus.next", "focus.previous"})
"""Keys that a focused widget or an open dialog may want for itself first."""


def keymap(settings: Settings) -> dict[str, str]:
    """Return the user's keys by action id, as Textual wants them.

    Raises ConfigError for an action that does not exist, naming the line.
    """
    known = {action.id: action for action in ACTIONS}
    chosen = dict(settings.keys)
    for action in chosen:
        if action not in known:
            raise ConfigError(_unknown(action, known, settings))
    if not settings.composer.enter_sends:
        chosen.setdefault("send", known["newline"].keys)
        chosen.setdefault("newline", known["send"].keys)
    mapped = {action: keys.replace(" ", "") or _UNBOUND for action, keys in chosen.items()}
    for action in settings.keys:
        if clash := _clash(known[action], mapped):
            raise ConfigError(f"{_place(action, settings)}keys.{action} {clash}.")
    return mapped


def _clash(mine: Action, mapped: Mapping[str, str]) -> str:
    """Return how an action's keys collide with another's where both work, or nothing."""
    keys = set(keys_of(mine, mapped))
    for other in ACTIONS:
        meet = mine.scope is other.scope or Scope.EVERYWHERE in (mine.scope, other.scope)
        if other is mine or not meet:
            continue
        if common := keys & set(keys_of(other, mapped)) - _shared(mine, other):
            return f"takes {shown(min(common))} from {other.id}; give that another key too"
    return ""


def _shared(mine: Action, other: Action) -> set[str]:
    """Return keys that two actions have in common by default: they are meant to."""
    return set(mine.keys.split(",")) & set(other.keys.split(","))


def _unknown(action: str, known: Iterable[str], settings: Settings) -> str:
    hint = near(action, known) or "."
    return f"{_place(action, settings)}keys.{action} is not an action{hint}"


def _place(action: str, settings: Settings) -> str:
    """Return where in the configuration an action's keys are set, to begin a sentence with."""
    if settings.path is None:
        return ""
    line = line_of(settings.path.read_text(encoding="utf-8"), f"keys.{action}")
    return f"{settings.path}, line {line}: " if line else f"{settings.path}: "


def keys_of(action: Action, chosen: Mapping[str, str]) -> list[str]:
    """Return the keys an action has now, in Textual's names."""
    keys = chosen.get(action.id, action.keys)
    return [key for key in keys.split(",") if key and key != _UNBOUND]


_SHOWN = {
    "slash": "/",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "delete": "del",
}


def shown(key: str) -> str:
    """Return a key as a person reads it."""
    *modifiers, last = key.split("+")
    return "+".join([*modifiers, _SHOWN.get(last, last)])
