"""The key reference: actions with their keys, as plain text and as Markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from chat_tui.config import Settings
from chat_tui.tui.keymap import ACTIONS, Action, Scope, keymap, keys_of, shown

UNBOUND = "–"


def key_lines(settings: Settings) -> Iterator[str]:
    """Yield the keys in effect, by group; raises ConfigError for an action that does not exist."""
    chosen = keymap(settings)
    width = max(len(_plain(action, chosen)) for action in ACTIONS)
    for number, (group, actions) in enumerate(_groups(ACTIONS)):
        yield f"\n{group}" if number else group
        for action in actions:
            yield f"  {_plain(action, chosen):<{width}}  {action.sentence}  [{action.id}]"


def reference() -> str:
    """Return all actions as Markdown tables."""
    parts: list[str] = []
    for group, actions in _groups(ACTIONS):
        where = {action.scope for action in actions}
        note = f" ({where.pop()})" if len(where) == 1 else ""
        rows = [f"| {_marked(action)} | {action.sentence} | `{action.id}` |" for action in actions]
        parts.append("\n".join([f"## {group}{note}\n", "| Keys | | Action |", "|-|-|-|", *rows]))
    return "\n\n".join(parts)


def summary() -> str:
    """Return the actions that work everywhere or in the composer as one Markdown table."""
    chosen = [
        action
        for action in ACTIONS
        if action.keys and action.scope in (Scope.EVERYWHERE, Scope.COMPOSER)
    ]
    rows = [f"| {_marked(action)} | {action.sentence} |" for action in chosen]
    return "\n".join(["| Keys | |", "|-|-|", *rows])


def _groups(actions: Sequence[Action]) -> list[tuple[str, list[Action]]]:
    """Return the actions by group, groups in the order in which they first come."""
    order = list(dict.fromkeys(action.group for action in actions))
    ordered = sorted(actions, key=lambda action: order.index(action.group))
    return [(name, list(group)) for name, group in groupby(ordered, key=lambda a: a.group)]


def _plain(action: Action, chosen: Mapping[str, str]) -> str:
    return ", ".join(shown(key) for key in keys_of(action, chosen)) or UNBOUND


def _marked(action: Action) -> str:
    """Return the default keys as Markdown code."""
    return " ".join(f"`{shown(key)}`" for key in keys_of(action, {})) or UNBOUND
