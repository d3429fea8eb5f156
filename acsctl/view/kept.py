"""Plans that are kept in files: the text that a person is shown of one, and in what it differs from a new one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from acsctl.model.plan import Plan
from acsctl.model.stale import Difference
from acsctl.view import fields, plan, style, wording
from acsctl.view.contract import Stats
from acsctl.view.differences import LABELS, said
from acsctl.view.page import Page
from acsctl.view.style import line

if TYPE_CHECKING:
    from acsctl.model.schema import Schema

WIDTH = 100
MOST = 12
MOST_NAME = 40


def text(plan_: Plan, *, stats: Stats, schemas: Mapping[str, Schema]) -> str:
    """The plan as a person is shown it, without colours."""
    page = Page(width=WIDTH, schemas=schemas)
    return "".join(f"{row.plain.rstrip()}\n" for row in plan.lines(plan_, stats=stats, page=page))


def stale(differences: Sequence[Difference], *, page: Page) -> Iterator[Text]:
    """A row for each difference: first what has changed, then what that means for the plan."""
    for part, group in groupby(differences, key=lambda item: item.part):
        rows = _together(group)
        shown = rows if page.verbose or len(rows) <= MOST else rows[: MOST - 1]
        label = f"  {LABELS[part]:<10}  "
        column = min(max(len(item.name) for item in shown), MOST_NAME)
        for item in shown:
            yield from _row(label, item, column=column, page=page)
            label = " " * len(label)
        if rest := len(rows) - len(shown):
            yield line(label, (f"and {rest} more (-v shows them)", style.DIM))


def _row(label: str, item: Difference, *, column: int, page: Page) -> Iterator[Text]:
    """The name, and behind it or below what is different."""
    told, room = said(item), max(30, page.width - len(label))
    if not item.name or max(column, len(item.name)) + 2 + len(told) <= room:
        yield line((label, style.NOTE), f"{item.name:<{column}}  {told}" if item.name else told)
        return
    yield line((label, style.NOTE), item.name)
    yield from (line(" " * (len(label) + 2), row) for row in fields.wrapped(told, room=room - 2))


def _together(rows: Iterable[Difference]) -> list[Difference]:
    """Members of a fleet of which the same is to be said become one row."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    found: dict[tuple[str, str, str], Difference] = {}
    for item in rows:
        whole, _, number = item.name.rpartition(".")
        is_member = item.part == "change" and number.isdecimal()
        key = (whole if is_member else item.name, item.how, item.detail)
        found.setdefault(key, item)
        groups.setdefault(key, []).extend([int(number)] if is_member else [])
    several = {key: f"{key[0]} {wording.ranges(numbers)}" for key, numbers in groups.items() if len(numbers) > 1}
    return [replace(item, name=several.get(key, item.name)) for key, item in found.items()]
