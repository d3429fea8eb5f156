"""A kind's schema in the terminal: every field, or one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from acsctl.view import facts, fields, style, values, wording
from acsctl.view.page import Page
from acsctl.view.style import line

if TYPE_CHECKING:
    from acsctl.model.schema import Field, Schema

MOST_COLUMN = 30


def kind(schema: Schema, *, page: Page) -> Iterator[Text]:
    """What the kind is, its fields, its outputs."""
    yield line((schema.kind, style.BOLD), f"  {schema.doc}")
    remarks = (
        "a fleet: `count` makes many alike" if schema.fleet else "",
        "a replacement loses its data" if schema.stateful else "",
        _usual(schema),
    )
    yield from (line(f"  {text}") for text in remarks if text)
    for text in facts.remarks(schema):
        yield from _hanging("  ", text=text, page=page)
    rows = list(facts.rows(schema.fields))
    column = min(max((len(path) for path, _ in rows), default=0), MOST_COLUMN)
    yield from _heading("Fields", remark="(! cannot change in place, * required)")
    for path, field in rows:
        yield from _row(path, field=field, column=column, page=page)
    yield from _heading("Outputs", remark="")
    outputs = {
        "id": "its id in the cloud",
        **schema.outputs,
        **{name: f"all {one} of a fleet" for name, one in schema.aggregate.items()},
    }
    width = max(len(name) for name in outputs)
    for name, doc in outputs.items():
        yield from _hanging(f"    {name:<{width}}  ", text=doc, page=page)
    yield line("")
    yield line((f"One field: acsctl explain {schema.kind}.{rows[0][0] if rows else 'FIELD'}", style.DIM))


def _usual(schema: Schema) -> str:
    usual = (f"{verb} {wording.rough(seconds)}" for verb, seconds in schema.durations.items())
    return f"takes about: {', '.join(usual)}" if schema.durations else ""


def _heading(text: str, *, remark: str) -> Iterator[Text]:
    yield line("")
    yield line((f"  {text}", style.BOLD), f"  {remark}" if remark else "")


def _row(path: str, *, field: Field, column: int, page: Page) -> Iterator[Text]:
    sign = ("*" if field.required else " ") + ("!" if field.meta.immutable else " ")
    told = [note for note in facts.notes(field) if note != "required" and not note.startswith(("cannot change", "pattern"))]
    text = f"{field.doc} [{'; '.join((facts.type_of(field), *told))}]"
    yield from _hanging(f" {sign} {path:<{column}}  ", text=text, page=page)


def _hanging(label: str, *, text: str, page: Page) -> Iterator[Text]:
    first, *rest = fields.wrapped(text, room=max(30, page.width - len(label)))
    yield line(label, first)
    yield from (line(" " * len(label), row) for row in rest)


def field(schema: Schema, *, path: str, page: Page) -> Iterator[Text]:
    """One field with all that is known of it. Raises UsageError where there is none."""
    found = values.field_named(schema, path)
    yield line((f"{schema.kind}.{path}", style.BOLD), f"  {facts.type_of(found)}")
    yield from _hanging("  ", text=found.doc, page=page)
    for note in (*facts.notes(found), *facts.remarks(schema, path=path)):
        yield from _hanging("  · ", text=note, page=page)
    rows = list(facts.rows(found.fields))
    column = max((len(name) for name, _ in rows), default=0)
    if rows:
        yield from _heading("Fields", remark="(! cannot change in place, * required)")
    for name, inner in rows:
        yield from _row(name, field=inner, column=column, page=page)
