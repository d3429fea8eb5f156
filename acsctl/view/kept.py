"""Plans that are kept in files: the text that a person is shown of one, and in what it differs from a new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from acsctl.model.plan import Plan
from acsctl.model.stale import Difference
from acsctl.view import fields, plan, style
from acsctl.view.contract import Stats
from acsctl.view.page import Page
from acsctl.view.style import line

if TYPE_CHECKING:
    from acsctl.model.schema import Schema

WIDTH = 100
MOST = 12
LABELS = {
    "file": "file",
    "value": "value of",
    "variable": "variable",
    "live": "live world",
    "record": "record",
    "offer": "cloud",
    "change": "change",
    "output": "output",
}
HOW = {"new": "is new", "gone": "is gone", "different": "is another one"}
HOW_CHANGE = {"new": "was not planned", "gone": "was planned", "different": "is another one"}


def text(plan_: Plan, *, stats: Stats, schemas: Mapping[str, Schema]) -> str:
    """The plan as a person is shown it, without colours."""
    page = Page(width=WIDTH, schemas=schemas)
    return "".join(f"{row.plain.rstrip()}\n" for row in plan.lines(plan_, stats=stats, page=page))


def stale(differences: Sequence[Difference], *, page: Page) -> Iterator[Text]:
    """A row for each difference: first what has changed, then what that means for the plan."""
    shown = [row for _, group in groupby(differences, key=lambda item: item.part) for row in _few(list(group), page=page)]
    column = max((len(item.name) for item in shown if item.part not in ("record", "offer")), default=0)
    for item in shown:
        label = f"  {LABELS[item.part]:<11}"
        told = said(item)
        rows = fields.wrapped(told, room=max(30, page.width - len(label) - column - 2))
        yield line((label, style.NOTE), f"{item.name:<{column}}  " if item.name else "", rows[0])
        yield from (line(" " * (len(label) + column + 2), row) for row in rows[1:])


def _few(rows: list[Difference], *, page: Page) -> list[Difference]:
    """Of very many the first, and how many more there are."""
    if page.verbose or len(rows) <= MOST:
        return rows
    return [*rows[: MOST - 1], Difference(rows[0].part, "", detail=f"and {len(rows) - MOST + 1} more (-v shows them)")]


def said(item: Difference) -> str:
    """What is different, in words."""
    if item.part == "change" and item.how != "different":
        return f"{item.detail} {HOW_CHANGE[item.how]}"
    return item.detail or HOW[item.how]


def sentence(item: Difference) -> str:
    """The same with its place, for a line of its own."""
    return " ".join(part for part in (LABELS[item.part], item.name, said(item)) if part)
