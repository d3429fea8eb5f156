"""Bodies as kubectl 1.35 sends them (recorded), to what it would have sent as JSON."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from acsctl.emulator.kubernetes.builtin import protobuf
from acsctl.emulator.kubernetes.builtin.status import StatusError

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "cases" / "protobuf.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["object"]["kind"])
def test_recorded_bodies(case: dict[str, Any]) -> None:
    assert protobuf.decode(base64.b64decode(case["body"])) == case["object"]


def field(number: int, value: bytes | int) -> bytes:
    """One protobuf field, for small numbers and lengths."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    return bytes([number << 3 | 2, len(value)]) + value


def envelope(version: str, *, kind: str, data: bytes) -> bytes:
    return b"k8s\x00" + field(1, field(1, version.encode()) + field(2, kind.encode())) + field(2, data)


def test_zeros_of_pointers_are_kept_and_others_are_not() -> None:
    metadata = field(1, field(1, b"d") + field(2, b""))
    spec = field(2, field(1, 0) + field(5, 0))  # replicas is a pointer, minReadySeconds is none
    made = protobuf.decode(envelope("apps/v1", kind="Deployment", data=metadata + spec))
    assert made["spec"] == {"replicas": 0}
    assert made["metadata"] == {"name": "d"}


def test_what_is_inlined_in_json_comes_up() -> None:
    volume = field(1, b"v") + field(2, field(2, b""))  # VolumeSource.emptyDir
    made = protobuf.decode(envelope("v1", kind="Pod", data=field(2, field(1, volume))))
    assert made["spec"]["volumes"] == [{"name": "v", "emptyDir": {}}]


def test_times_are_texts() -> None:
    created = field(8, field(1, 5))
    made = protobuf.decode(envelope("v1", kind="ResourceQuota", data=field(1, created)))
    assert made["metadata"] == {"creationTimestamp": "1970-01-01T00:00:05Z"}


@pytest.mark.parametrize("body", [b"", b"{}", b"k8s\x00\xff", envelope("v1", kind="Nothing", data=b"")])
def test_what_cannot_be_read(body: bytes) -> None:
    with pytest.raises(StatusError) as caught:
        protobuf.decode(body)
    assert caught.value.code == 400
