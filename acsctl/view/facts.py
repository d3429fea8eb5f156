"""What a schema says of a field, in words; `explain` and the documentation say it alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from acsctl.model.change import Impact
from acsctl.view import values

if TYPE_CHECKING:
    from acsctl.model.schema import Field, Schema

BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
    "minLength": "length at least",
    "maxLength": "length at most",
    "pattern": "pattern",
}


def type_of(field: Field) -> str:
    """The type as a user writes it: "text", "list of objects", "name of a vpc, or its id"."""
    if field.meta.reference:
        one = f"{' or '.join(field.meta.reference.kinds)}: a name or an id"
        return f"list of {one}" if field.shape == "list" else one
    if field.shape == "list":
        return f"list of {_plural(field.item or 'any')}" if field.item else "list"
    return "any value" if field.shape == "any" else field.shape


def _plural(shape: str) -> str:
    return {"any": "values", "text": "texts", "boolean": "booleans"}.get(shape, f"{shape}s")


def notes(field: Field) -> list[str]:
    """What else there is to know, the most important first."""
    meta = field.meta
    said = ["required"] if field.required else []
    if values.has_default(field):
        said.append(f"default {values.shown(values.masked(field.default, field))}")
    said += limits(field)
    if meta.immutable:
        said.append("cannot change in place: a change replaces")
    elif meta.impact > Impact.NONE:
        said.append(f"a change means {meta.impact.word}")
    if meta.choice:
        said.append("ordered by preference; a live thing has one of them")
    if meta.as_set:
        said.append("compared as a set")
    if meta.reference and meta.reference.late:
        said.append("may point in a circle")
    if meta.secret:
        said.append("secret")
    said += {"each": ["compared by digest, read only with --deep"], "never": ["cannot be read back"]}.get(meta.read, [])
    return said


def remarks(schema: Schema, *, path: str = "") -> list[str]:
    """What holds between kinds, for all fields or for the one at `path`: what it takes over of what it names, and empties."""
    said = [
        f"`{name}` takes over {', '.join(fields)} of what it names: they are not compared there any more"
        for name, fields in schema.takes_over.items()
        if path in ("", name)
    ]
    if schema.wipes and path in ("", schema.wipes):
        said.append(f"what `{schema.wipes}` newly names loses what it held, which has to be allowed where it was there before")
    return said


def limits(field: Field) -> list[str]:
    """Allowed values and bounds of a leaf."""
    if field.fields or field.meta.reference:
        return []
    schema = field.adapter.json_schema()
    if choices := schema.get("enum"):
        return [f"one of {', '.join(values.shown(choice) for choice in choices)}"]
    return [f"{word} {schema[name]}" for name, word in BOUNDS.items() if name in schema]


def rows(fields: Mapping[str, Field], *, above: str = "") -> Iterator[tuple[str, Field]]:
    """Each field with its dotted path, those of objects right below."""
    for name, field in fields.items():
        path = f"{above}.{name}" if above else name
        yield path, field
        yield from rows(field.fields, above=path)
