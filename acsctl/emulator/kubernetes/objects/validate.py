"""Objects against schemas: wrong types, what is missing, what is unknown."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.emulator.kubernetes.objects.fieldset import encode
from acsctl.emulator.kubernetes.objects.formats import is_valid
from acsctl.emulator.kubernetes.objects.quantity import BadQuantity, amount
from acsctl.emulator.kubernetes.objects.schema import Schema

GO_NUMBERS = {"integer": "int64", "number": "float64"}
RAW = "runtime.RawExtension"
INTEGERS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


@dataclass(frozen=True)
class Problem:
    """One refusal. field: `spec.ports[0].port`. reason: as in a cause of a Status, `FieldValueInvalid`, `FieldValueRequired`,
    `FieldValueForbidden`, `FieldValueNotSupported`, `FieldValueDuplicate`, `FieldValueTypeInvalid`, `FieldValueNotFound`,
    `FieldValueTooLong`, `FieldValueTooMany`. message: the whole text of the cause, `Invalid value: 0: must be between 1 and
    65535, inclusive`. value: what was found. `str()` gives `field: message`, as the message of the Status joins them.
    """

    field: str
    reason: str
    message: str
    value: Any = None

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def shown(value: Any) -> str:
    """A value as messages tell it: text in quotes, objects as JSON."""
    return encode(value)


def check(obj: Any, schema: Schema) -> list[Problem]:
    """What a custom resource's schema does not allow (422). metadata is not looked at."""
    found: list[Problem] = []
    for name, place in schema.fields.items():
        if place.name != "meta.v1.ObjectMeta" and name in obj:
            found += _check(obj[name], place, path=name)
    return [*found, *_missing(obj, schema, path="")]


def _check(value: Any, schema: Schema, *, path: str) -> list[Problem]:
    wrong = _type_problem(value, schema, path=path)
    if wrong or value is None:
        return [wrong] if wrong else []
    found = [*_checks(value, schema, path=path), *_enum(value, schema, path=path)]
    if isinstance(value, Mapping):
        for key in sorted(set(value) - set(schema.fields)):
            if schema.values is not None:
                found += _check(value[key], schema.values, path=f"{path}.{key}")
        for key, place in schema.fields.items():
            if key in value and place.name != "meta.v1.ObjectMeta":
                found += _check(value[key], place, path=f"{path}.{key}")
        found += _missing(value, schema, path=path)
    elif isinstance(value, list) and schema.item is not None:
        found += _duplicates(value, schema, path=path)
        for index, one in enumerate(value):
            found += _check(one, schema.item, path=f"{path}[{index}]")
    return found


def _type_problem(value: Any, schema: Schema, *, path: str) -> Problem | None:
    if value is None:
        if schema.nullable or not schema.type:
            return None
        message = f'Invalid value: "null": {path} in body must be of type {schema.type}: "null"'
        return Problem(path, "FieldValueTypeInvalid", message)
    actual = _json_type(value)
    if schema.int_or_string:
        fits = actual in ("integer", "string")
    else:
        fits = not schema.type or actual == schema.type or (schema.type == "number" and actual == "integer")
    if fits:
        return None
    wanted: str = "integer,string" if schema.int_or_string else schema.type
    if schema.type == "string" and schema.format:
        wanted, actual = schema.format, GO_NUMBERS.get(actual, actual)
    message = f'Invalid value: "{actual}": {path} in body must be of type {wanted}: "{actual}"'
    return Problem(path, "FieldValueTypeInvalid", message, value)


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    if isinstance(value, float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _missing(value: Mapping[str, Any], schema: Schema, *, path: str) -> list[Problem]:
    names = [f"{path}.{name}".lstrip(".") for name in schema.required if name not in value]
    return [Problem(name, "FieldValueRequired", "Required value") for name in names]


def _enum(value: Any, schema: Schema, *, path: str) -> list[Problem]:
    if not schema.enum or value in schema.enum:
        return []
    supported = ", ".join(shown(one) for one in schema.enum)
    return [Problem(path, "FieldValueNotSupported", f"Unsupported value: {shown(value)}: supported values: {supported}", value)]


def _checks(value: Any, schema: Schema, *, path: str) -> list[Problem]:
    found = [Problem(path, reason, f"{text}", value) for reason, text in _broken(value, schema.checks, path=path)]
    if schema.format and isinstance(value, str) and not is_valid(value, form=schema.format):
        text = f"Invalid value: {shown(value)}: {path} in body must be of type {schema.format}: {shown(value)}"
        found.append(Problem(path, "FieldValueTypeInvalid", text, value))
    return found


def _broken(value: Any, checks: Mapping[str, Any], *, path: str) -> Iterator[tuple[str, str]]:
    start = f"Invalid value: {shown(value)}: {path} in body"
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high, step = (checks.get(name) for name in ("minimum", "maximum", "multipleOf"))
        strict_low, strict_high = bool(checks.get("exclusiveMinimum")), bool(checks.get("exclusiveMaximum"))
        if low is not None and (value < low or (strict_low and value == low)):
            yield "FieldValueInvalid", f"{start} should be greater than {'' if strict_low else 'or equal to '}{low}"
        if high is not None and (value > high or (strict_high and value == high)):
            yield "FieldValueInvalid", f"{start} should be less than {'' if strict_high else 'or equal to '}{high}"
        if step and value % step:
            yield "FieldValueInvalid", f"{start} should be a multiple of {step}"
    if isinstance(value, str):
        # Of a text the first thing is told only.
        if len(value) > checks.get("maxLength", len(value)):
            yield "FieldValueTooLong", f"Too long: may not be more than {checks['maxLength']} bytes"
        elif len(value) < checks.get("minLength", 0):
            yield "FieldValueInvalid", f"{start} should be at least {checks['minLength']} chars long"
        elif "pattern" in checks and not re.search(checks["pattern"], value):
            yield "FieldValueInvalid", f"{start} should match '{checks['pattern']}'"
    yield from _broken_sizes(value, checks, path=path)


def _broken_sizes(value: Any, checks: Mapping[str, Any], *, path: str) -> Iterator[tuple[str, str]]:
    what, size = ("items", "Items") if isinstance(value, list) else ("properties", "Properties")
    least, most = f"min{size}", f"max{size}"
    if not isinstance(value, list | Mapping):
        return
    if len(value) < checks.get(least, 0):
        yield "FieldValueInvalid", f"Invalid value: {len(value)}: {path} in body should have at least {checks[least]} {what}"
    if len(value) > checks.get(most, len(value)):
        yield "FieldValueTooMany", f"Too many: {len(value)}: must have at most {checks[most]} items"


def _duplicates(value: list[Any], schema: Schema, *, path: str) -> list[Problem]:
    if schema.list_type == "atomic":
        return []
    found, seen = [], set()
    for index, one in enumerate(value):
        is_keyed = schema.list_type == "map" and isinstance(one, Mapping)
        key = {name: one[name] for name in schema.list_keys if name in one} if is_keyed else one
        if encode(key) in seen:
            found.append(Problem(f"{path}[{index}]", "FieldValueDuplicate", f"Duplicate value: {shown(key)}", key))
        seen.add(encode(key))
    return found


def unknown_fields(obj: Any, schema: Schema) -> list[str]:
    """Dotted paths as strict decoding names them: `spec.template.spec.containers[0].foo`."""
    return list(_unknown(obj, schema, path=""))


def _unknown(value: Any, schema: Schema, *, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            place = schema.child(key)
            here = f"{path}.{key}" if path else key
            if place is not None:
                yield from _unknown(one, place, path=here)
            elif not is_open(schema):
                yield here
    elif isinstance(value, list) and schema.item is not None:
        for index, one in enumerate(value):
            yield from _unknown(one, schema.item, path=f"{path}[{index}]")


def is_open(schema: Schema) -> bool:
    """Whether a place takes fields that are not named."""
    return schema.preserve_unknown or not schema.type or schema.name == RAW


def prune(obj: Any, schema: Schema) -> Any:
    """The object without unknown fields, and without nulls where there may be none and no default stands for them."""
    if isinstance(obj, Mapping):
        known = {key: schema.child(key) for key in obj}
        kept = {key: place for key, place in known.items() if _is_kept(obj[key], place, within=schema)}
        return {key: obj[key] if place is None else prune(obj[key], place) for key, place in kept.items()}
    if isinstance(obj, list) and schema.item is not None:
        item = schema.item
        return [prune(one, item) for one in obj]
    return obj


def _is_kept(value: Any, place: Schema | None, *, within: Schema) -> bool:
    if place is None:
        return is_open(within)
    return value is not None or place.nullable or place.has_default


def decode_problem(obj: Any, schema: Schema) -> str:
    """Why a built-in object cannot be read (400), worded as the decoder does; empty when it can.

    `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`
    """
    return next(_undecodable(obj, schema, at=Owner("", "")), "")


@dataclass(frozen=True)
class Owner:
    """The Go struct that a value is in, and the path to it: what messages of the decoder name."""

    struct: str
    path: str

    def field(self, name: str, *, struct: str) -> "Owner":
        return Owner(struct or self.struct, f"{self.path}.{name}".lstrip("."))


def _undecodable(value: Any, schema: Schema, *, at: Owner) -> Iterator[str]:
    if value is None:
        return
    problem = _scalar_problem(value, schema)
    if problem:
        what, go_type = problem
        yield (
            what
            if not go_type
            else f"json: cannot unmarshal {what} into Go struct field {at.struct}.{at.path} of type {go_type}"
        )
    elif isinstance(value, Mapping):
        struct = schema.name.rsplit(".", 1)[-1]
        for key, one in value.items():
            place = schema.child(key)
            if place is not None:
                yield from _undecodable(one, place, at=at.field(key, struct=struct) if key in schema.fields else at)
    elif isinstance(value, list) and schema.item is not None:
        for one in value:
            yield from _undecodable(one, schema.item, at=at)


def _scalar_problem(value: Any, schema: Schema) -> tuple[str, str] | None:
    """What was found and the Go type that it is not; a whole message and no type when the type reads itself."""
    if schema.name == "api.resource.Quantity":
        return _quantity_problem(value)
    kind = {bool: "bool", int: "number", float: "number", str: "string", list: "array"}.get(type(value), "object")
    if schema.int_or_string:
        return None if kind in ("number", "string") else (kind, "int32")
    if schema.format == "byte" and isinstance(value, str):
        return _base64_problem(value)
    if not schema.type or _fits(value, schema, kind=kind):
        return None
    if kind == "number" and schema.type == "integer":
        return f"number {value}", schema.format or "int64"
    return kind, _go_type(schema)


def _fits(value: Any, schema: Schema, *, kind: str) -> bool:
    if schema.type == "integer":
        low, high = INTEGERS.get(schema.format, INTEGERS["int64"])
        return kind == "number" and isinstance(value, int) and low <= value <= high
    return kind == {"boolean": "bool", "number": "number"}.get(schema.type, schema.type)


def _quantity_problem(value: Any) -> tuple[str, str] | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'", ""
    try:
        amount(str(value))
    except BadQuantity as error:
        return str(error), ""
    return None


def _base64_problem(text: str) -> tuple[str, str] | None:
    """Where base64 stops to be one, as Go counts it."""
    plain = text.replace("\n", "").replace("\r", "")
    wrong = re.search(r"[^A-Za-z0-9+/]", plain.rstrip("="))
    at = wrong.start() if wrong else len(plain) // 4 * 4  # the last group, which is not whole
    padded = len(plain) % 4 == 0 and len(plain) - len(plain.rstrip("=")) <= 2
    return None if wrong is None and padded else (f"illegal base64 data at input byte {at}", "")


def _go_type(schema: Schema) -> str:
    if schema.name:
        *_, group, version, name = schema.name.split(".")
        return f"{version}.{name}" if group else name
    if schema.type == "object":
        return f"map[string]{_go_type(schema.values) if schema.values else 'interface {}'}"
    if schema.type == "array":
        return f"[]{_go_type(schema.item) if schema.item else 'interface {}'}"
    if schema.type == "integer":
        return schema.format or "int64"
    return {"boolean": "bool", "number": "float64"}.get(schema.type, "string" if schema.format != "byte" else "[]uint8")
