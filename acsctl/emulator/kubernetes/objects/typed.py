"""Objects with their schemas, as structured-merge-diff (sigs.k8s.io) sees them: fields, comparison, merge, removal.

An object here is JSON; null is a value, and ABSENT is none at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from acsctl.emulator.kubernetes.objects import fieldset
from acsctl.emulator.kubernetes.objects.fieldset import FieldSet, Path
from acsctl.emulator.kubernetes.objects.schema import ANY, Schema

Atom = Literal["map", "list", "scalar"]
ABSENT: Final = object()
RAW = "runtime.RawExtension"


class SchemaMismatch(Exception):
    """An object that its schema does not fit, worded as the server does: `.spec.foo: field not declared in schema`."""


def atom(schema: Schema, *, value: Any) -> Atom:
    """What a place is: by its type, or by what is there when the type is open."""
    if schema.type == "object":
        return "map"
    if schema.type == "array":
        return "list"
    if schema.type or schema.int_or_string or schema.name == "api.resource.Quantity":
        return "scalar"
    if isinstance(value, Mapping) or value is None:
        return "map"
    return "list" if isinstance(value, list) else "scalar"


def is_atomic(schema: Schema, *, kind: Atom) -> bool:
    if kind == "map":
        return schema.map_type == "atomic" or schema.name == RAW
    return schema.list_type == "atomic"


def child(schema: Schema, *, key: str) -> Schema:
    found = schema.child(key)
    return ANY if found is None else found


def element(schema: Schema, *, item: Any) -> str:
    """The path element of an item of a set or map list. Raises SchemaMismatch when it has none."""
    if schema.list_type == "set":
        if item is None or isinstance(item, list | Mapping):
            what = "a map type" if isinstance(item, Mapping) else "a list" if item is not None else "an explicit null"
            raise SchemaMismatch(f"associative list without keys has an element that's {what}")
        return fieldset.value(item)
    if not isinstance(item, Mapping):
        what = "a null element" if item is None else "non-map elements"
        raise SchemaMismatch(f"associative list with keys may not have {what}")
    found = {}
    for name in schema.list_keys:
        place = schema.item.fields.get(name) if schema.item else None
        if name in item:
            found[name] = item[name]
        elif place is not None and place.default is not None:
            found[name] = place.default
    if not found:
        quoted = " ".join(f'"{name}"' for name in schema.list_keys)
        raise SchemaMismatch(
            f"associative list with keys has an element that omits all key fields [{quoted}] "
            "(and doesn't have default values for any key fields)"
        )
    return fieldset.key(found)


def same(left: Any, right: Any) -> bool:
    """Equality of JSON: true is not 1, false is not 0."""
    return bool(left == right) and _booleans(left) == _booleans(right)


def _booleans(value: Any) -> tuple[int, int]:
    """How many; words in strings count too, which does not matter between equal values."""
    told = repr(value)
    return told.count("True"), told.count("False")


def fields_of(value: Any, schema: Schema) -> FieldSet:
    """All that a configuration says: its leaves, list items and map keys."""
    made = FieldSet()
    _collect(value, schema, path=(), into=made)
    return made


def _collect(value: Any, schema: Schema, *, path: Path, into: FieldSet) -> None:
    kind = atom(schema, value=value)
    if kind == "scalar" or is_atomic(schema, kind=kind):
        into.insert(path)
    elif kind == "map" and isinstance(value, Mapping):
        for key, one in value.items():
            here = (*path, fieldset.field(key))
            _collect(one, child(schema, key=key), path=here, into=into)
            if one is None or one == {} or key not in schema.fields:
                into.insert(here)
    elif kind == "list" and isinstance(value, list):
        _collect_items(value, schema, path=path, into=into)


def _collect_items(value: list[Any], schema: Schema, *, path: Path, into: FieldSet) -> None:
    names = [element(schema, item=one) for one in value]
    for name, one in zip(names, value, strict=True):
        here = (*path, name)
        if names.count(name) == 1:
            _collect(one, schema.item or ANY, path=here, into=into)
        into.insert(here)


@dataclass(frozen=True)
class Comparison:
    """What differs between two objects."""

    added: FieldSet
    modified: FieldSet
    removed: FieldSet

    def without(self, fields: FieldSet) -> "Comparison":
        parts = (self.added, self.modified, self.removed)
        return Comparison(*(one.without_trees(fields) for one in parts))


def compare(left: Any, right: Any, *, schema: Schema) -> Comparison:
    made = Comparison(FieldSet(), FieldSet(), FieldSet())
    _compare(left, right, at=(schema, ()), into=made)
    return made


Place = tuple[Schema, Path]


def _compare(left: Any, right: Any, *, at: Place, into: Comparison) -> None:
    schema, path = at
    kinds = dict.fromkeys(atom(schema, value=one) for one in (left, right) if one is not ABSENT)
    # Two kinds at an open place: what was there and what comes are each told in their own way.
    leaf = [_compare_as(kind, (left, right), at=at, into=into) for kind in kinds][-1]
    if not leaf and ABSENT in (left, right):
        (into.added if left is ABSENT else into.removed).insert(path)


def _compare_as(kind: Atom, both: tuple[Any, Any], *, at: Place, into: Comparison) -> bool:
    """Whether the place is a leaf."""
    schema, path = at
    left, right = both
    container = Mapping if kind == "map" else list
    inside: list[Any] = [one if isinstance(one, container) else None for one in both]
    if kind == "scalar" or is_atomic(schema, kind=kind) or not any(inside):
        if left is ABSENT:
            into.added.insert(path)
        elif right is ABSENT:
            into.removed.insert(path)
        elif not same(left, right):
            into.modified.insert(path)
        return True
    if kind == "map":
        lefts, rights = inside[0] or {}, inside[1] or {}
        for key in {**lefts, **rights}:
            here = (child(schema, key=key), (*path, fieldset.field(key)))
            _compare(lefts.get(key, ABSENT), rights.get(key, ABSENT), at=here, into=into)
    else:
        _compare_items(inside[0] or [], inside[1] or [], at=at, into=into)
    return False


def _by_element(items: Iterable[Any], schema: Schema) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for one in items:
        found.setdefault(element(schema, item=one), []).append(one)
    return found


def _compare_items(lefts: Sequence[Any], rights: Sequence[Any], *, at: Place, into: Comparison) -> None:
    schema, path = at
    left, right = _by_element(lefts, schema), _by_element(rights, schema)
    for name in {**left, **right}:
        here = (schema.item or ANY, (*path, name))
        before, after = left.get(name, []), right.get(name, [])
        if len(before) <= 1 and len(after) <= 1:
            _compare(*(one[0] if one else ABSENT for one in (before, after)), at=here, into=into)
        elif len(before) > 1 and len(after) > 1:
            if not same(before, after):
                into.modified.insert(here[1])
        elif len(before) > 1:
            if after:
                _compare(ABSENT, after[0], at=here, into=into)
            into.removed.insert(here[1])
        else:
            if before:
                _compare(before[0], ABSENT, at=here, into=into)
            into.added.insert(here[1])


def named_members(fields: FieldSet, schema: Schema | None) -> FieldSet:
    """With the named fields on the way to a field of the set: `spec.replicas` brings `spec`, keys of maps are not brought."""
    members = set(fields.members)
    below = {}
    for name, one in fields.below.items():
        inner = None
        if schema is not None and name.startswith("f:"):
            inner = schema.child(name[2:])
            if name[2:] in schema.fields:
                members.add(name)
        elif schema is not None and name.startswith("k:"):
            inner = schema.item
        below[name] = named_members(one, inner)
    return FieldSet(members, below)


def removed(value: Any, fields: FieldSet, *, schema: Schema) -> Any:
    """The object without the fields. A map or list of which nothing is left turns null."""
    kind = atom(schema, value=value)
    if kind == "scalar":
        return value
    if kind == "map" and isinstance(value, Mapping) and not is_atomic(schema, kind=kind):
        kept = {
            key: _removed_child(one, fields.under(fieldset.field(key)), schema=child(schema, key=key))
            for key, one in value.items()
            if fieldset.field(key) not in fields.members
        }
        return kept or None
    if kind == "list" and isinstance(value, list) and not is_atomic(schema, kind=kind):
        named = [(element(schema, item=one), one) for one in value]
        left = [
            _removed_child(one, fields.under(name), schema=schema.item or ANY)
            for name, one in named
            if name not in fields.members
        ]
        return left or None
    return None


def _removed_child(value: Any, fields: FieldSet, *, schema: Schema) -> Any:
    return value if fields.empty else removed(value, fields, schema=schema)
