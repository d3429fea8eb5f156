"""Colours. They only repeat what symbols and words already say."""

from __future__ import annotations

from rich.text import Text

from acsctl.model.change import Action, Impact

DIM = "dim"
BOLD = "bold"
GOOD = "green"
BAD = "red"
DANGER = "bold red"
CARE = "yellow"
NOTE = "cyan"

ACTIONS = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.DELETE: "red",
    Action.REPLACE: "red",
    Action.CREATE_THEN_DELETE: "red",
    Action.READ: "cyan",
    Action.ADOPT: "cyan",
    Action.FORGET: "magenta",
    Action.NONE: "dim",
}
SEVERITIES = {"error": ("✘", DANGER), "warning": ("!", CARE), "note": ("·", NOTE)}


def impact(value: Impact) -> str:
    """The worse, the louder: a change in place that stops machines must not look harmless."""
    if value >= Impact.OUTAGE:
        return DANGER
    return CARE if value > Impact.NONE else ""


def line(*parts: str | tuple[str, str] | Text) -> Text:
    """A line from texts, and pairs of text and style."""
    return Text.assemble(*parts)


def symbol(action: Action) -> tuple[str, str]:
    """The action's symbol, right-aligned in three columns."""
    return f"{action.value:>3}", ACTIONS[action]
