"""Markdown: the reference of all kinds for the documentation, and a plan as a comment on a change. Without rich."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from acsctl.model.change import Action, Change, Impact
from acsctl.model.path import field_at
from acsctl.model.plan import Plan
from acsctl.view import facts, tally, values, wording
from acsctl.view.contract import Stats
from acsctl.view.page import names_in

if TYPE_CHECKING:
    from acsctl.model.schema import Schema

MOST_CHARACTERS = 60_000
"""GitHub refuses comments of more than 65,536 characters."""
GRAVEST_FIRST = (
    Action.REPLACE,
    Action.CREATE_THEN_DELETE,
    Action.DELETE,
    Action.UPDATE,
    Action.CREATE,
    Action.ADOPT,
    Action.FORGET,
)


MAKING = (Action.CREATE, Action.REPLACE, Action.CREATE_THEN_DELETE)


def kinds(schemas: Mapping[str, Schema]) -> str:
    """The whole reference, in the order of `schemas`."""
    contents = "\n".join(f"- [`{name}`](#{name}): {schema.doc}" for name, schema in schemas.items())
    head = (
        "# Kinds\n\nWritten by `make docs` from the schemas; `acsctl explain KIND` says the same in the terminal.\n"
        "A field marked ! cannot change in place: a change of it replaces the resource.\n"
    )
    return "\n".join((head, contents, "", *(part for schema in schemas.values() for part in _kind(schema))))


def _kind(schema: Schema) -> Iterator[str]:
    yield f"## {schema.kind}\n"
    fleet = " A fleet: `count` makes many that are alike." if schema.fleet else ""
    stateful = " A replacement loses its data." if schema.stateful else ""
    remarks = "".join(f" {text[:1].upper()}{text[1:]}." for text in facts.remarks(schema))
    yield f"{schema.doc[:1].upper()}{schema.doc[1:]}.{fleet}{stateful}{remarks}\n"
    yield "| Field | Type | Meaning |\n|--|--|--|"
    for path, field in facts.rows(schema.fields):
        notes = [_note(note) for note in facts.notes(field) if not note.startswith("cannot change")]
        meaning = field.doc + (f"; {'; '.join(notes)}" if notes else "")
        yield f"| `{path}`{' !' if field.meta.immutable else ''} | {_cell(facts.type_of(field))} | {_cell(meaning)} |"
    yield "\n| Output | Meaning |\n|--|--|\n| `id` | its id in the cloud |"
    yield from (f"| `{name}` | {_cell(doc)} |" for name, doc in schema.outputs.items())
    yield from (f"| `{name}` | {_cell(f'all {one} of a fleet')} |" for name, one in schema.aggregate.items())
    yield ""


def _note(text: str) -> str:
    """A note; a pattern as code, since its brackets would be read as a link."""
    word, _, rest = text.partition(" ")
    return f"{word} `{rest}`" if word == "pattern" else text


def _cell(text: str) -> str:
    """Text for a cell of a table; what stands in code spans is shown as it is."""
    spans = text.replace("|", "\\|").replace("\n", " ").split("`")
    return "`".join(span if place % 2 else span.replace("<", "&lt;") for place, span in enumerate(spans))


def plan(item: Plan, *, stats: Stats, schemas: Mapping[str, Schema]) -> str:
    """A plan as a comment: the sentence first, what is grave before what is not, details folded; cut where it is too long."""
    head = [f"### {item.stack.name} ({item.stack.region})", "", f"**{_verdict(item, stats=stats)}**", ""]
    warnings = [tally.standing(item)] if item.left_standing else []
    for finding in (*item.findings, *warnings):
        head.append(f"> **{finding.severity}**: {_cell(finding.message)}{_remedy(finding.remedy)}  ")
    changes = sorted((change for change in item.changes if change.action in GRAVEST_FIRST), key=_gravity)
    rows = ["", "| | Resource | Reason | Impact |", "|--|--|--|--|", *(_row(change) for change in changes)] if changes else []
    details = _details(changes, names=names_in(item), schemas=schemas)
    body = "\n".join([*head, *rows, "", *details])
    return body if len(body) <= MOST_CHARACTERS else body[:MOST_CHARACTERS] + "\n```\n</details>\n\nToo long: cut here.\n"


def _remedy(text: str) -> str:
    if text.startswith("--"):
        return f": allow it with `{text}`"
    return f": {_cell(text)}" if text else ""


def _verdict(item: Plan, *, stats: Stats) -> str:
    return tally.nothing(item, stats=stats) if item.empty else tally.counts(item, stats=stats)


def _gravity(change: Change) -> int:
    return GRAVEST_FIRST.index(change.action)


def _row(change: Change) -> str:
    many = f" ×{change.size}" if change.size > 1 else ""
    impact = f"**{change.impact.word}**" if change.impact >= Impact.OUTAGE else change.impact.word
    reason = " ".join(word for word in (change.reason.value if change.reason else "", change.note) if word)
    return f"| `{change.action.value}` | `{change.address}`{many} | {_cell(reason)} | {impact if change.impact else ''} |"


def _details(changes: list[Change], *, names: Mapping[str, str], schemas: Mapping[str, Schema]) -> Iterator[str]:
    rows = [row for change in changes if change.fields for row in _fields(change, names=names, schemas=schemas)]
    rows += [row for change in changes if change.action in MAKING for row in _parts(change, schemas=schemas)]
    if rows:
        yield f"<details><summary>{wording.count(len(rows), 'line')} of fields</summary>\n\n```diff"
        yield from rows
        yield "```\n</details>\n"


def _parts(change: Change, *, schemas: Mapping[str, Schema]) -> Iterator[str]:
    schema = schemas.get(change.address.kind)
    parts = list(schema.parts(change.spec)) if schema else []
    if parts:
        yield f"# {change.address}"
    for part in parts:
        yield _quoted(f"+ {part.title}: {part.detail}" if part.detail else f"+ {part.title}")


def _fields(change: Change, *, names: Mapping[str, str], schemas: Mapping[str, Schema]) -> Iterator[str]:
    known = schemas[change.address.kind].fields if change.address.kind in schemas else {}
    yield f"# {change.address}"
    for field in change.fields:
        at = field_at(known, field.path)
        inner = at.fields if at else {}
        if field.added or field.removed:
            for sign, items in (("+", field.added), ("-", field.removed)):
                for value in items:
                    yield _quoted(f"{sign} {field.path}: {values.item(values.masked(value, at), fields=inner, names=names)}")
            continue
        yield _quoted(f"- {field.path}: {values.shown(values.masked(field.before, at), names=names)}")
        yield _quoted(f"+ {field.path}: {values.shown(values.masked(field.after, at), names=names)}")


def _quoted(text: str) -> str:
    """One row of a code block, which the text cannot end."""
    return text.replace("```", "ʼʼʼ").replace("\n", "⏎")
