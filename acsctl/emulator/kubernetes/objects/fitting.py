"""Whether a configuration fits its schema, in the words of structured-merge-diff."""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.kubernetes.objects import fieldset
from acsctl.emulator.kubernetes.objects.schema import ANY, Schema
from acsctl.emulator.kubernetes.objects.typed import SchemaMismatch, atom, element, is_atomic

GO_TYPES = {str: "string", bool: "bool", int: "int64", float: "float64"}


def mismatches(value: Any, schema: Schema, *, path: str = "") -> list[str]:
    """`.spec.foo: field not declared in schema` for each place that does not fit."""
    if value is None:
        return []
    kind = atom(schema, value=value)
    if kind == "map":
        return _of_map(value, schema, path=path)
    if kind == "list":
        return _of_list(value, schema, path=path)
    problem = _of_scalar(value, schema)
    return [f"{path}: {problem}"] if problem else []


def _of_map(value: Any, schema: Schema, *, path: str) -> list[str]:
    """Up to the first field that the schema does not have: there the server stops, as it comes to the fields of a map."""
    if not isinstance(value, Mapping):
        return [f"{path}: expected map, got &{{{_shown(value)}}}"]
    found: list[str] = []
    for key, one in value.items():
        place = schema.child(key)
        if place is None and not _is_open(schema):
            return [*found, f"{path}.{key}: field not declared in schema"]
        found += mismatches(one, place or ANY, path=f"{path}.{key}")
    return found


def _of_list(value: Any, schema: Schema, *, path: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{path}: expected list, got &{{{_shown(value)}}}"]
    found: list[str] = []
    seen = set()
    for index, one in enumerate(value):
        name = f"i:{index}"
        if not is_atomic(schema, kind="list"):
            try:
                name = element(schema, item=one)
            except SchemaMismatch as problem:
                return [*found, f"{path}: element {index}: {problem}"]
            if name in seen:
                found.append(f"{path}: duplicate entries for key {fieldset.text((name,))}")
            seen.add(name)
        found += mismatches(one, schema.item or ANY, path=path + fieldset.text((name,)))
    return found


def _is_open(schema: Schema) -> bool:
    return schema.preserve_unknown or schema.type == "" or not (schema.fields or schema.values)


def _of_scalar(value: Any, schema: Schema) -> str:
    is_scalar = isinstance(value, str | bool | int | float)
    if schema.type in ("integer", "number") and (isinstance(value, bool) or not isinstance(value, int | float)):
        return f"expected numeric (int or float), got {GO_TYPES.get(type(value), _container(value))}"
    if schema.type == "string" and not schema.format and not isinstance(value, str):
        return f"expected string, got &value.valueUnstructured{{Value:{_syntax(value)}}}"
    if schema.type == "boolean" and not isinstance(value, bool):
        return f"expected boolean, got &{{{_shown(value)}}}"
    return "" if is_scalar else f"expected any scalar, got &{{{_shown(value)}}}"


def _container(value: Any) -> str:
    return "map[string]interface {}" if isinstance(value, Mapping) else "[]interface {}"


def _shown(value: Any) -> str:
    """A value as Go prints it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{key}:{_shown(one)}" for key, one in sorted(value.items())) + "]"
    if isinstance(value, list):
        return "[" + " ".join(_shown(one) for one in value) + "]"
    return "<nil>" if value is None else str(value)


def _syntax(value: Any) -> str:
    """A value as Go source writes it."""
    if isinstance(value, Mapping):
        return "map[string]interface {}{" + ", ".join(f'"{key}":{_syntax(one)}' for key, one in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(_syntax(one) for one in value) + "}"
    return f'"{value}"' if isinstance(value, str) else _shown(value)
