"""One scalar of a field: read as its type, checked by the schema, refused in our own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pydantic

from acsctl.model.schema import Field, Shape
from acsctl.stack import scalars
from acsctl.stack.problems import meant
from acsctl.stack.tree import Scalar

WANTED: dict[Shape, str] = {
    "text": "a text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "any": "a value",
    "list": "a list",
    "object": "a mapping",
    "mapping": "a mapping",
}


class LeafError(ValueError):
    """A value that its field does not take."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def typed(node: Scalar, shape: Shape) -> Any:
    """The scalar as the type that the field wants; a plain scalar is its source text where text is wanted."""
    if shape == "text":
        return node.text if not node.computed and node.value is not None else as_text(node.value)
    value = node.value
    if shape == "any":
        return value
    fits = {
        "boolean": isinstance(value, bool),
        "integer": isinstance(value, int) and not isinstance(value, bool),
        "number": isinstance(value, (int, float)) and not isinstance(value, bool),
    }.get(shape, False)
    if not fits:
        raise wrong_type(value, shape)
    return value


def as_text(value: Any) -> str:
    """A computed scalar as text. Raises LeafError."""
    try:
        return scalars.as_text(value)
    except TypeError as error:
        raise wrong_type(value, "text") from error


def wrong_type(value: Any, shape: Shape) -> LeafError:
    """The error for a value of another type."""
    hint = ""
    if isinstance(value, str):
        given = f"the text {value[:40]!r}"
        meaning = scalars.resolve(value.strip())
        if shape in ("integer", "number") and isinstance(meaning, (int, float)) and not isinstance(meaning, bool):
            hint = "write it without quotes; in an expression, `| int` makes a number of a text"
        elif shape == "boolean":
            hint = "write true or false" + (", without quotes" if isinstance(meaning, bool) else "")
    else:
        given = scalars.name_of(value)
    return LeafError(f"expected {WANTED[shape]}, found {given}", hint=hint)


def checked(value: Any, field: Field) -> Any:
    """The value as the schema normalises it. Raises LeafError."""
    try:
        return field.adapter.validate_python(value)
    except pydantic.ValidationError as error:
        raise _own_words(error.errors()[0], value) from error


def _own_words(found: Mapping[str, Any], value: Any) -> LeafError:
    context: Mapping[str, Any] = found.get("ctx", {})
    if found["type"] == "value_error":
        return LeafError(str(context["error"]))
    if found["type"] == "literal_error":
        allowed = [word.strip("' ") for word in str(context["expected"]).replace(" or ", ",").split(",")]
        return LeafError(f"{str(value)[:60]!r} is not allowed here", hint=meant(str(value), allowed))
    template = _WORDS.get(found["type"])
    if template:
        return LeafError(template.format(value=str(value)[:60], **context))
    return LeafError(f"{str(value)[:60]!r} is not allowed here: {str(found['msg'])[:1].lower()}{str(found['msg'])[1:]}")


_WORDS = {
    "greater_than_equal": "{value} is too small: at least {ge}",
    "greater_than": "{value} is too small: more than {gt}",
    "less_than_equal": "{value} is too large: at most {le}",
    "less_than": "{value} is too large: less than {lt}",
    "multiple_of": "{value} is not a multiple of {multiple_of}",
    "string_too_short": "the text is too short: at least {min_length} characters",
    "string_too_long": "the text is too long: at most {max_length} characters",
    "string_pattern_mismatch": "{value!r} does not have the form {pattern}",
}
