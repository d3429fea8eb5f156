"""Values as text for people and as plain data for programs. What is secret stays so in both."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from acsctl.errors import UsageError
from acsctl.model.unknown import UNKNOWN, Deferred, NotKnown, Ref, Secret, hidden

if TYPE_CHECKING:
    from acsctl.model.schema import Field, Schema

SECRET = str(Secret(None))
NOT_SET = "(not set)"
KEYWORDS = {"from": "from", "to": "to", "zone": "in", "name": "named"}
"""Fields that read better behind a word of their own than behind their name."""

NO_NAMES: Mapping[str, str] = {}
NO_FIELDS: Mapping[str, Field] = {}


def shown(value: Any, *, names: Mapping[str, str] = NO_NAMES) -> str:
    """A value in a line. `names` turns ids into addresses."""
    match value:
        case Secret() | Deferred(secret=True):
            return SECRET
        case NotKnown() | Deferred():
            return str(UNKNOWN)
        case None:
            return NOT_SET
        case bool():
            return "true" if value else "false"
        case str():
            return names.get(value, value) if value else '""'
        case Mapping():
            return "{" + ", ".join(f"{key}: {shown(item, names=names)}" for key, item in value.items()) + "}"
        case list() | tuple() | set() | frozenset():
            return ", ".join(shown(item, names=names) for item in value) or "[]"
        case _:
            return str(value)


def masked(value: Any, field: Field | None) -> Any:
    """The value with a `Secret` wherever the schema says so, in a live thing's plain values too.

    A live thing has in plain what the file calls secret: a text that repeats a secret which this command knows is one.
    """
    if isinstance(value, str) and hidden(value) != value:
        return Secret(None)
    if isinstance(value, Mapping) and not (field and field.fields):
        return {key: masked(item, None) for key, item in value.items()}
    if field is None or value is None:
        return value
    if field.meta.secret and not isinstance(value, NotKnown | Deferred):
        return Secret(None)
    if isinstance(value, Mapping) and field.fields:
        return masked_spec(value, field.fields)
    if isinstance(value, list | tuple) and field.fields:
        return [masked_spec(item, field.fields) if isinstance(item, Mapping) else item for item in value]
    return value


def masked_spec(spec: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    """`masked` for each field."""
    return {name: masked(value, fields.get(name)) for name, value in spec.items()}


def field_named(schema: Schema, path: str) -> Field:
    """The field at a dotted path. Raises UsageError, with what is there instead."""
    first, *rest = path.split(".")
    found = _field_of(schema, name=first, fields=schema.fields, above=schema.kind)
    above = f"{schema.kind}.{first}"
    for name in rest:
        found = _field_of(schema, name=name, fields=found.fields, above=above)
        above = f"{above}.{name}"
    return found


def _field_of(schema: Schema, *, name: str, fields: Mapping[str, Field], above: str) -> Field:
    if name in fields:
        return fields[name]
    near = difflib.get_close_matches(name, fields, n=1)
    known = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(fields) or 'no fields'}"
    raise UsageError(f"{above} has no field {name!r}: {known}", remedy=f"acsctl explain {schema.kind}")


def item(value: Any, *, fields: Mapping[str, Field] = NO_FIELDS, names: Mapping[str, str] = NO_NAMES) -> str:
    """One item of a list in a line: "tcp 443 from 0.0.0.0/0".

    Of a mapping the values stand in the schema's order, without those that the cloud would have anyway; what departs
    from a default is named ("priority 10"), a few fields have a word of their own. What was just said is not repeated.
    """
    if not isinstance(value, Mapping):
        return shown(value, names=names)
    order = [name for name in fields if name in value] + [name for name in value if name not in fields]
    words = [_word(name, value=masked(value[name], fields.get(name)), field=fields.get(name), names=names) for name in order]
    told = [word for word, before in zip(words, ["", *words], strict=False) if word and word != before]
    if len(told) == 1 and "name" in value:
        return told[0].removeprefix(f"{KEYWORDS['name']} ")
    return " ".join(told) or "{}"


def _word(name: str, *, value: Any, field: Field | None, names: Mapping[str, str]) -> str:
    if value is None or value in ("", [], {}) or (field and usual(value, field)):
        return ""
    if field is None and value is False:  # what is not known otherwise is off unless it is on
        return ""
    text = shown(value, names=names)
    if name in KEYWORDS:
        return f"{KEYWORDS[name]} {text}"
    if name == "description":
        return f"“{text}”"
    named = isinstance(value, bool | Mapping) or (field is not None and has_default(field))
    return f"{name} {text}" if named else text


def usual(value: Any, field: Field) -> bool:
    """Whether the cloud or the schema would put this value there by itself."""
    return bool((has_default(field) and value == field.default) or value == field.meta.reset)


def has_default(field: Field) -> bool:
    """Whether the schema puts something there when nothing is written."""
    from acsctl.model.schema import MISSING  # loads pydantic, as whoever hands in a field has done already

    return not field.required and field.default is not MISSING


def plain(value: Any, *, path: str = "", unknown: list[str] | None = None) -> Any:
    """The value as JSON has it. What is known after apply becomes null, and its dotted path is added to `unknown`."""
    match value:
        case Secret() | Deferred(secret=True):
            return SECRET
        case NotKnown() | Deferred():
            if unknown is not None:
                unknown.append(path)
            return None
        case Ref():
            return str(value)
        case Mapping():
            return {str(key): plain(part, path=_join(path, key), unknown=unknown) for key, part in value.items()}
        case list() | tuple():
            return [plain(part, path=_join(path, index), unknown=unknown) for index, part in enumerate(value)]
        case set() | frozenset():
            return sorted((plain(part) for part in value), key=str)
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def leaves(value: Any, *, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf below a value with its dotted path; lists are leaves."""
    if isinstance(value, Mapping) and value:
        for key, part in value.items():
            yield from leaves(part, path=_join(path, key))
    else:
        yield path, value


def revealed(value: Any) -> Any:
    """The value with what is secret in it in the open: only for who asked to see it."""
    match value:
        case Secret():
            return value.reveal()
        case Mapping():
            return {key: revealed(part) for key, part in value.items()}
        case list() | tuple():
            return [revealed(part) for part in value]
        case _:
            return value
