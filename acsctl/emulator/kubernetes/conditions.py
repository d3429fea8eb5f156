"""Conditions in the status of Kubernetes objects."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Truth = Literal["True", "False", "Unknown"]


@dataclass(frozen=True)
class Condition:
    """What a controller says; the times are added when it is set."""

    type: str
    status: Truth
    reason: str = ""
    message: str = ""


def find(status: Mapping[str, Any], type: str) -> dict[str, Any] | None:
    """The condition of this type in a status."""
    return next((one for one in status.get("conditions") or [] if one["type"] == type), None)


def is_true(status: Mapping[str, Any], type: str) -> bool:
    found = find(status, type)
    return found is not None and found["status"] == "True"


def with_condition(
    conditions: Iterable[Mapping[str, Any]], condition: Condition, *, stamp: str, touch: str = ""
) -> list[dict[str, Any]]:
    """A new list in which it replaces the one of its type. lastTransitionTime moves only with the status.

    touch: a second time that moves whenever anything but the times does (`lastUpdateTime`, `lastProbeTime`).
    """
    before = [dict(one) for one in conditions]
    old = next((one for one in before if one["type"] == condition.type), None)
    new: dict[str, Any] = {"type": condition.type, "status": condition.status}
    new |= {name: text for name, text in (("reason", condition.reason), ("message", condition.message)) if text}
    if old is not None and all(old.get(name, "") == new.get(name, "") for name in ("status", "reason", "message")):
        return before
    moved = old is None or old["status"] != condition.status
    new["lastTransitionTime"] = stamp if moved or old is None else old.get("lastTransitionTime", stamp)
    if touch:
        new[touch] = stamp
    if old is None:
        return [*before, new]
    return [new if one["type"] == condition.type else one for one in before]


def without_condition(conditions: Iterable[Mapping[str, Any]], type: str) -> list[dict[str, Any]]:
    return [dict(one) for one in conditions if one["type"] != type]
