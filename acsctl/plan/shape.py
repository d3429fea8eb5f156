"""Values as JSON holds them, and beside them, in the same shape, what is not known yet and what is secret."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acsctl.model.field import Field, FileText, Folder
from acsctl.model.unknown import Deferred, NotKnown, Secret

HIDDEN = str(Secret(None))


@dataclass(frozen=True)
class Shape:
    """A value; `unknown` and `sensitive` are true for a whole leaf, have the parts of an object or a list, or are false."""

    plain: Any
    unknown: Any = False
    sensitive: Any = False


SECRET = Shape(HIDDEN, sensitive=True)


def shape(value: Any, field: Field | None, *, wanted: Any = None) -> Shape:
    """The shape of a value of `field`. What the file says of it (`wanted`) tells what is secret by its origin.

    The order of a list that is compared as a set does not matter: it is sorted.
    """
    if value is not None and not isinstance(value, NotKnown) and (is_secret(value) or is_secret(wanted) or _hides(field)):
        return SECRET
    match value:
        case NotKnown() | Deferred():
            return Shape(None, unknown=True, sensitive=_hides(field))
        case FileText() | Folder():
            return Shape(value.name or value.path)
        case Mapping():
            inner = field.fields if field else {}
            return _object({str(key): shape(part, inner.get(key), wanted=_part(wanted, key)) for key, part in value.items()})
        case list() | tuple() | set() | frozenset():
            return _list(value, field, wanted=wanted)
        case None | bool() | int() | float() | str():
            return Shape(value)
        case _:
            return Shape(str(value))


def shapes(spec: Mapping[str, Any], fields: Mapping[str, Field], *, wanted: Mapping[str, Any]) -> Shape:
    """The shape of a whole spec."""
    return _object({name: shape(value, fields.get(name), wanted=wanted.get(name)) for name, value in spec.items()})


def is_secret(value: Any) -> bool:
    """Whether a value is secret by itself."""
    return isinstance(value, Secret) or (isinstance(value, Deferred) and value.secret)


def canonical(value: Any) -> str:
    """A text that is equal for equal plain values."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _hides(field: Field | None) -> bool:
    return bool(field and field.meta.secret)


def _part(wanted: Any, key: Any) -> Any:
    return wanted.get(key) if isinstance(wanted, Mapping) else None


def _object(parts: Mapping[str, Shape]) -> Shape:
    unknown = {key: part.unknown for key, part in parts.items() if part.unknown}
    sensitive = {key: part.sensitive for key, part in parts.items() if part.sensitive}
    return Shape({key: part.plain for key, part in parts.items()}, unknown or False, sensitive or False)


def _list(value: Any, field: Field | None, *, wanted: Any) -> Shape:
    if _holds_secret(wanted) and not _holds_secret(value):
        return SECRET
    each = field.each if field and field.shape == "list" else None
    parts = [shape(item, each) for item in value]
    if (field and field.meta.as_set) or isinstance(value, (set, frozenset)):
        parts.sort(key=lambda part: canonical([part.plain, part.unknown]))
    unknown, sensitive = [part.unknown for part in parts], [part.sensitive for part in parts]
    return Shape([part.plain for part in parts], any(unknown) and unknown, any(sensitive) and sensitive)


def _holds_secret(value: Any) -> bool:
    """Whether there is something secret in a list: which item of a live one that is cannot be told."""
    if isinstance(value, Mapping):
        return any(map(_holds_secret, value.values()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(map(_holds_secret, value))
    return is_secret(value)
