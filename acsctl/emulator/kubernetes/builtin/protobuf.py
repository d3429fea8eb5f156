"""Bodies in the protobuf form of Kubernetes, which clients in Go send for built-in kinds, to plain JSON data."""

import base64
import json
import struct
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from acsctl.emulator.kubernetes.builtin.status import bad_request
from acsctl.emulator.kubernetes.objects.metadata import load
from acsctl.emulator.kubernetes.objects.schema import Schema, schema_of

_MAGIC = b"k8s\x00"
_FILE = "kubernetes-protobuf.json"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_ZEROS: tuple[Any, ...] = ("", 0, False, None)
_ANY = Schema()

Fields = Iterator[tuple[int, Any]]


def decode(body: bytes) -> dict[str, Any]:
    """The object in an envelope. Raises StatusError 400."""
    if not body.startswith(_MAGIC):
        raise bad_request("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    try:
        envelope = dict(_fields(body[len(_MAGIC) :]))
        names = dict(_fields(envelope.get(1, b"")))
        version, kind = names.get(1, b"").decode(), names.get(2, b"").decode()
        return {"apiVersion": version, "kind": kind, **_object(envelope.get(2, b""), version=version, kind=kind)}
    except (LookupError, ValueError, struct.error) as error:
        raise bad_request(f"unable to decode protobuf: {error}") from error


def _object(data: bytes, *, version: str, kind: str) -> dict[str, Any]:
    schema = schema_of(version, kind=kind) or _ANY
    group, _, plain = version.rpartition("/")
    package = {"": "core", "rbac.authorization.k8s.io": "rbac"}.get(group, group.split(".")[0])
    names = (schema.name, f"{package}.{plain}.{kind}", f"meta.v1.{kind}")
    name = next((one for one in names if one in load(_FILE)), None)
    if name is None:
        raise LookupError(f'no kind "{kind}" is registered for version "{version}"')
    return _message(data, name=name, schema=schema)


def _fields(data: bytes) -> Fields:
    """Numbers and raw values of a message. Raises ValueError."""
    place = 0
    while place < len(data):
        tag, place = _varint(data, place=place)
        wire = tag & 7
        if wire == _VARINT:
            value: Any
            value, place = _varint(data, place=place)
        elif wire == _BYTES:
            length, place = _varint(data, place=place)
            value, place = data[place : place + length], place + length
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
            value, place = data[place : place + length], place + length
        else:
            raise ValueError(f"wire type {wire}")
        yield tag >> 3, value


def _varint(data: bytes, *, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def _message(data: bytes, *, name: str, schema: Schema) -> dict[str, Any]:
    """What the encoder of Go writes of a message as JSON: zeros that it would leave out are left out."""
    known: Mapping[str, str] = load(_FILE)[name]
    made: dict[str, Any] = {}
    for number, raw in _fields(data):
        if str(number) not in known:
            continue
        field, kind = known[str(number)].split()
        if field == "~":
            made.update(_message(raw, name=kind[1:], schema=schema))
            continue
        place = schema.fields.get(field, _ANY)
        if kind[0] == "*":
            made.setdefault(field, []).append(_value(raw, kind=kind[1:], schema=place.item or _ANY))
        elif kind[0] == "%":
            entry = dict(_fields(raw))
            value = entry.get(2, b"")
            made.setdefault(field, {})[entry.get(1, b"").decode()] = _value(value, kind=kind[1:], schema=place.values or _ANY)
        else:
            value = _value(raw, kind=kind, schema=place)
            if place.zero == "keep" or value not in _ZEROS:
                made[field] = value
    return {field: value for field, value in made.items() if value is not None}


def _value(raw: Any, *, kind: str, schema: Schema) -> Any:
    if kind == "s":
        return raw.decode()
    if kind == "i":
        return raw - (1 << 64) if raw >= 1 << 63 else raw
    if kind == "b":
        return bool(raw)
    if kind == "y":
        return base64.b64encode(raw).decode()
    if kind == "d":
        return struct.unpack("<d", raw)[0]
    return _special(raw, name=kind[1:]) if kind[1:] in _SPECIAL else _message(raw, name=kind[1:], schema=schema)


_SPECIAL = (
    "meta.v1.Time", "meta.v1.MicroTime", "meta.v1.Duration", "meta.v1.FieldsV1", "meta.v1.Verbs", "api.resource.Quantity",
    "util.intstr.IntOrString", "runtime.RawExtension", "authentication.v1.ExtraValue", "authorization.v1.ExtraValue",
)  # fmt: skip
"""Messages that are no objects in JSON."""


def _special(raw: bytes, *, name: str) -> Any:
    fields = list(_fields(raw))
    found = dict(fields)
    if name.endswith("Time"):
        return _time(found, micro=name.endswith("MicroTime"))
    if name.endswith("Quantity"):
        return found.get(1, b"").decode() or "0"
    if name.endswith("IntOrString"):
        return found.get(3, b"").decode() if found.get(1) else _value(found.get(2, 0), kind="i", schema=_ANY)
    if name.endswith(("RawExtension", "FieldsV1")):
        return json.loads(found[1]) if found.get(1) else None
    if name.endswith("Duration"):
        return f"{found.get(1, 0) / 1e9:g}s"
    return [value.decode() for _, value in fields]


def _time(found: Mapping[int, int], *, micro: bool) -> str | None:
    if not found:
        return None
    moment = datetime.fromtimestamp(_value(found.get(1, 0), kind="i", schema=_ANY), tz=UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{found.get(2, 0) // 1000:06}Z" if micro else f"{text}Z"
