"""Values of a field from its JSON Schema: enums, patterns, least and most, lengths."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from annotated_types import MaxLen, MinLen
from hypothesis import strategies as st
from pydantic import ValidationError

from acsctl.model.schema import Field

MANY = 3
"""Items of a list where nothing asks for more."""
WORD = st.from_regex(r"[a-z][a-z0-9-]{1,8}[a-z0-9]", fullmatch=True)
SAID = st.text(alphabet="abcXYZ0189 .,;:_-+/@#&<>'\"äß二", max_size=12).map(lambda text: text and f"b{text}")
TEXT = st.one_of(WORD, SAID)


def leaf(field: Field) -> st.SearchStrategy[Any]:
    """What the schema of the field takes."""
    return of_schema(field.adapter.json_schema()).filter(lambda value: fits(field, value))


def fits(field: Field, value: Any) -> bool:
    """Whether the field's own validation takes a value."""
    try:
        field.adapter.validate_python(value)
    except ValidationError:
        return False
    return True


def of_schema(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """A strategy for the part of JSON Schema that pydantic writes for a field."""
    if "anyOf" in schema:
        return st.one_of([of_schema(one) for one in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if isinstance(schema["type"], list):
        return st.sampled_from(schema["examples"]) | st.one_of([of_schema({"type": one}) for one in schema["type"]])
    return _BY_TYPE[schema["type"]](schema)


def _text(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 1 << 20)
    if pattern := schema.get("pattern"):
        made = st.one_of(WORD, st.from_regex(pattern, fullmatch=True, alphabet=st.characters(codec="ascii")))
        return made.filter(lambda text: re.fullmatch(pattern, text) is not None and least <= len(text) <= most)
    return TEXT.filter(lambda text: least <= len(text) <= most)


def _object(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    parts = {name: of_schema(part) for name, part in schema["properties"].items()}
    required = set(schema.get("required", ()))
    optional = {name: part for name, part in parts.items() if name not in required}
    return st.fixed_dictionaries({name: parts[name] for name in sorted(required)}, optional=optional)


_BY_TYPE = {
    "string": _text,
    "object": _object,
    "boolean": lambda schema: st.booleans(),
    "integer": lambda schema: st.integers(schema.get("minimum"), schema.get("maximum")),
    "number": lambda schema: st.floats(0.01, 9.0).map(lambda number: round(number, 2)),
}


def lengths(field: Field) -> tuple[int, int]:
    """How many items a list may have: at least, and at most or MANY."""
    least = next((limit.min_length for limit in field.limits if isinstance(limit, MinLen)), 0)
    most = next((limit.max_length for limit in field.limits if isinstance(limit, MaxLen)), MANY)
    return least, max(least, min(most, MANY))
