"""What is in the cloud: the plan's shape without symbols, with ids and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.text import Text

from acsctl.model.plan import Observation
from acsctl.model.resource import Live, Stack
from acsctl.view import fields, style, summary, values, wording
from acsctl.view.page import Page
from acsctl.view.style import line

if TYPE_CHECKING:
    from acsctl.model.schema import Field

FEW = 5
"""Members of a fleet that are shown one by one without `-v`."""


def lines(stack: Stack, *, observation: Observation, page: Page) -> Iterator[Text]:
    """The whole screen."""
    things = sorted(observation.everything(), key=lambda live: (str(live.address.whole), live.address.number or 0, live.id))
    yield line((f"Stack {stack.name} · {stack.region} · {wording.count(len(things), 'resource')}", style.BOLD))
    if things:
        yield line("")
    column = max((len(str(live.address)) for live in things), default=0)
    for _, group in groupby(things, key=lambda live: live.address.whole):
        members = list(group)
        shown = members if page.verbose or len(members) <= FEW else members[: FEW - 1]
        for live in shown:
            yield from _thing(live, page=page, column=column)
        if rest := len(members) - len(shown):
            yield line((f"  {'':<{column}}  and {rest} more (-v shows them)", style.DIM))


def _thing(live: Live, *, page: Page, column: int) -> Iterator[Text]:
    state = "" if live.state == "ready" else f"  {live.state}{f' ({live.reason})' if live.reason else ''}"
    told = f"{page.id(live.id)}  {live.name}" if live.name else page.id(live.id)
    room = page.width - column - 6 - len(told) - len(state)
    short = summary.of_live(live, page=page, width=room)
    if short and len(short) <= room:  # with -v every field stands below
        told = f"{told}  {short}"
    color = style.BAD if live.state == "failed" else style.CARE
    yield line("  ", (f"{live.address!s:<{column}}", style.BOLD), f"  {told}", (state, color))
    rows = dict(live.outputs)
    if page.verbose:
        rows = {**live.spec, **rows, **{f"tags.{key}": tag for key, tag in live.tags.items()}}
    shown = {name: value for name, value in _leaves(rows, page=page, kind=live.address.kind) if value not in (None, "", [], {})}
    yield from _fields(shown, schema=page.fields(live.address.kind), page=page)
    width = max((len(part.title) for part in live.parts), default=0)
    for part in live.parts:
        for place, row in enumerate(fields.wrapped(part.detail, room=max(20, page.width - width - 8)) or [""]):
            yield line(f"{fields.INDENT}{'' if place else part.title:<{width}}  {row}".rstrip())


def _leaves(rows: Mapping[str, Any], *, page: Page, kind: str) -> Iterator[tuple[str, Any]]:
    """Each value; what is deeply nested by its dotted paths."""
    schema = page.fields(kind)
    for name, value in rows.items():
        if isinstance(value, Mapping) and any(isinstance(part, Mapping) for part in value.values()):
            yield from values.leaves(values.masked(value, schema.get(name)), path=name)
        else:
            yield name, value


def _fields(rows: Mapping[str, Any], *, schema: Mapping[str, Field], page: Page) -> Iterator[Text]:
    column = fields.column_of(rows)
    for name, value in rows.items():
        label, width = name, max(column, len(name))
        for text in _texts(value, field=schema.get(name)):
            for row in fields.wrapped(text, room=max(20, page.width - width - 8)):
                yield line(f"{fields.INDENT}{label:<{width}}  {row}")
                label = ""


def _texts(value: Any, *, field: Field | None) -> list[str]:
    """A list of mappings gives a text each, everything else one."""
    value = values.masked(value, field)
    if isinstance(value, list | tuple) and any(isinstance(row, Mapping) for row in value):
        return [values.item(row, fields=field.fields if field else {}) for row in value]
    return [values.shown(value)]
