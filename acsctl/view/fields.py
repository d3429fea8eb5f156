"""The lines below a change: what differs, field by field, and with `-v` everything that is wanted."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.text import Text

from acsctl.model.change import Action, Change, FieldChange, Impact
from acsctl.model.path import field_at
from acsctl.model.unknown import Secret
from acsctl.view import style, summary, values, wording
from acsctl.view.page import Page
from acsctl.view.style import line

if TYPE_CHECKING:
    from acsctl.model.schema import Field

INDENT = " " * 6
MOST_TITLE = 48
MOST_PARTS = 12
MOST_LABEL = 32
NARROW = 40
"""Columns in which a value that has to be broken inside of a word is worth a row of its own."""


def changed(change: Change, *, page: Page) -> Iterator[Text]:
    """A line for each field that differs, for each item of a list that is compared as a set."""
    several = len(change.fields) > 1
    for part, group in groupby(change.fields, key=lambda field: field.part):
        rows = list(group)
        if part:
            yield line(INDENT, style.symbol(Action.UPDATE)[0].strip(), f" {part}")
        yield from _rows_of(rows, page=page, kind=change.address.kind, several=several)


def _rows_of(rows: Sequence[FieldChange], *, page: Page, kind: str, several: bool) -> Iterator[Text]:
    """The rows of fields that stand together; those of a part under its title."""
    labels = [field.path.removeprefix(field.part).strip() or "whole" for field in rows]
    column = max(map(len, labels), default=0)
    indent = INDENT + ("    " if rows[0].part else "")
    for field, path in zip(rows, labels, strict=True):
        known = field_at(page.fields(kind), field.path)
        remarks = _remarks(field, several=several)
        for number, (text, color) in enumerate(_values(field, known=known, page=page)):
            label = f"{indent}{path if number == 0 else '':<{column}}  "
            note = remarks if number == 0 else ()
            yield from _beside(label, value=(text, color), notes=note, page=page)


def made_of(change: Change, *, page: Page) -> Iterator[Text]:
    """A line for each thing that is made, of a kind that is made of several."""
    _, parts = summary.parts_of(change, page=page)
    column = min(max((len(part.title) for part in parts), default=0), MOST_TITLE)
    for part in parts:
        label = f"{INDENT}+ {part.title:<{column}}  " if part.detail else f"{INDENT}+ {part.title}"
        rows = wrapped(part.detail, room=max(20, page.width - len(label)))
        yield line((label, ""), rows[0])
        for row in rows[1:]:
            yield line(" " * len(label), row)


def taken_apart(change: Change, *, page: Page) -> Iterator[Text]:
    """A line for each thing that goes with a live thing that is made of several; of many only the first without `-v`."""
    parts = [part for live in change.live for part in live.parts]
    shown = parts if page.verbose or len(parts) <= MOST_PARTS else parts[: MOST_PARTS - 1]
    yield from (line(INDENT, ("- ", style.BAD), part.title) for part in shown)
    if rest := len(parts) - len(shown):
        yield line(INDENT, (f"and {rest} more (-v shows them)", style.DIM))


def _values(field: FieldChange, *, known: Field | None, page: Page) -> Iterator[tuple[str, str]]:
    inner = known.fields if known else {}
    if field.added or field.removed:
        for items, sign, color in ((field.added, "+", style.GOOD), (field.removed, "-", style.BAD)):
            for value in items:
                text = values.SECRET if known and known.meta.secret else values.item(value, fields=inner, names=page.names)
                yield f"{sign} {text}", color
        return
    secret = isinstance(field.before, Secret) or isinstance(field.after, Secret)
    before, after = (Secret(None) if secret else values.masked(value, known) for value in (field.before, field.after))
    if isinstance(before, str) and isinstance(after, str) and ("\n" in before or "\n" in after):
        yield from _text_diff(before, after=after)
        return
    old, new = (values.shown(value, names=page.names) for value in (before, after))
    if old == new:
        yield f"{new} (differs)", ""
    else:
        yield f"{old} → {new}", ""


def _text_diff(before: str, *, after: str) -> Iterator[tuple[str, str]]:
    rows = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))[2:]
    added, removed = (sum(row.startswith(sign) for row in rows) for sign in "+-")
    yield f"{wording.count(added, 'line')} added, {removed} removed", ""
    for row in rows:
        if not row.startswith("@@"):
            yield row, {"+": style.GOOD, "-": style.BAD}.get(row[:1], style.DIM)


def _remarks(field: FieldChange, *, several: bool) -> tuple[tuple[str, str], ...]:
    words = [(wording.WHY[field.reason], style.DIM)]
    if field.forces:
        words.append(("cannot change in place", style.BAD))
    elif several and field.impact > Impact.NONE:
        words.append((field.impact.word, style.impact(field.impact)))
    words.append((field.note, style.DIM))
    return tuple(word for word in words if word[0])


def _beside(label: str, *, value: tuple[str, str], notes: Sequence[tuple[str, str]], page: Page) -> Iterator[Text]:
    """The value behind its label, and the notes behind that, or below where they do not fit; nothing is cut off."""
    room = max(20, page.width - len(label))
    note = " · ".join(text for text, _ in notes)
    if note and len(value[0]) + 4 + len(note) <= room:
        yield line(label, value, "    ", *_dotted(notes))
        return
    below = INDENT + " " * 6
    if room < NARROW and _breaks(value[0], room=room):
        yield line(label.rstrip())
        label, room = below, page.width - len(below)
    rows = wrapped(value[0], room=room)
    yield line(label, (rows[0], value[1]))
    for row in rows[1:]:
        yield line(" " * len(label), (row, value[1]))
    if len(note) > room:
        yield from (line(" " * len(label), (row, style.DIM)) for row in _folded(note, room=room))
    elif note:
        yield line(" " * len(label), *_dotted(notes))


def _breaks(text: str, *, room: int) -> bool:
    """Whether a word of the text is longer than `room`."""
    return any(len(word) > room for word in text.split(" "))


def _dotted(notes: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    for note in notes:
        parts += [(" · ", style.DIM), note] if parts else [note]
    return parts


def wrapped(text: str, *, room: int) -> list[str]:
    """The text in rows of at most `room` columns, broken at an arrow or a blank where there is one."""
    if len(text) <= room:
        return [text]
    old, arrow, new = text.partition(" → ")
    return [*_folded(old, room=room), *_folded(f"→ {new}", room=room)] if arrow else _folded(text, room=room)


def _folded(text: str, *, room: int) -> list[str]:
    rows: list[str] = []
    while len(text) > room:
        cut = text.rfind(" ", room // 2, room + 1)
        cut = cut if cut > 0 else room
        rows.append(text[:cut])
        text = text[cut:].lstrip(" ")
    return [*rows, text]


def everything(change: Change, *, page: Page) -> Iterator[Text]:
    """Each wanted field with its value, defaults too, short of those that `changed` shows: what `-v` adds."""
    differing = {field.path for field in change.fields}
    rows = [row for row in _rows(change, page=page) if row[0] not in differing]
    column = column_of(path for path, _ in rows)
    for path, value in rows:
        yield from _beside(f"{INDENT}{path:<{column}}  ", value=(value, ""), notes=(), page=page)


def column_of(labels: Iterable[str]) -> int:
    """Where values stand: behind the longest label, short of those that are as long as a path into an object."""
    return max((len(label) for label in labels if len(label) <= MOST_LABEL), default=0)


def _rows(change: Change, *, page: Page) -> Iterator[tuple[str, str]]:
    for name, value, field in summary.wanted(change, page=page):
        inner = field.fields if field else {}
        if isinstance(value, list | tuple) and len(value) > 1 and not all(isinstance(row, str) for row in value):
            for number, row in enumerate(value):
                yield (name if number == 0 else ""), values.item(row, fields=inner, names=page.names)
        elif isinstance(value, list | tuple):
            yield name, ", ".join(values.item(row, fields=inner, names=page.names) for row in value) or "none"
        else:
            for path, leaf in values.leaves(value, path=name):
                yield from _leaf(path, value=leaf)
    for key, tag in change.tags.items():
        yield f"tags.{key}", values.shown(tag)


def _leaf(path: str, *, value: Any) -> Iterator[tuple[str, str]]:
    rows = values.shown(value).split("\n")
    yield path, rows[0]
    yield from (("", row) for row in rows[1:])
