"""`metadata.managedFields`, read and written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from acsctl.emulator.kubernetes.objects.fieldset import FieldSet, from_fields

MOST_UPDATERS = 10
FOLDED = "ancient-changes"

Operation = Literal["Apply", "Update"]


@dataclass(frozen=True)
class Identity:
    """Who owns fields. version: of an Update only; who applies is the same at every version."""

    manager: str
    operation: Operation
    version: str = ""
    subresource: str = ""

    @property
    def key(self) -> str:
        """What managers are sorted by."""
        parts = {
            "manager": self.manager,
            "operation": self.operation,
            "apiVersion": self.version,
            "subresource": self.subresource,
        }
        return json.dumps({name: value for name, value in parts.items() if value}, separators=(",", ":"))

    def describe(self) -> str:
        """As messages name it: `"kubectl" with subresource "scale" using apps/v1`."""
        made = json.dumps(self.manager, ensure_ascii=False)
        if self.subresource:
            made += f' with subresource "{self.subresource}"'
        return f"{made} using {self.version}" if self.operation == "Update" else made


@dataclass(frozen=True)
class Entry:
    """What a manager owns, at which API version. time: unix seconds; None when never told."""

    version: str
    fields: FieldSet
    time: float | None


@dataclass(frozen=True)
class Managers:
    """All managers of an object."""

    entries: Mapping[Identity, Entry] = field(default_factory=dict)


def is_reset(entries: Any) -> bool:
    """Whether a client asks to forget all managers."""
    return entries in ([], [{}])


def decode(entries: Sequence[Mapping[str, Any]] | None) -> Managers:
    """From `metadata.managedFields`; none when one entry cannot be read."""
    made: dict[Identity, Entry] = {}
    try:
        for one in entries or ():
            if one.get("fieldsType") != "FieldsV1":
                return Managers({})
            operation: Operation = "Apply" if one["operation"] == "Apply" else "Update"
            who = Identity(
                one.get("manager", ""),
                operation=operation,
                version="" if operation == "Apply" else one.get("apiVersion", ""),
                subresource=one.get("subresource", ""),
            )
            time = datetime.fromisoformat(one["time"]).timestamp() if one.get("time") else None
            made[who] = Entry(one.get("apiVersion", ""), fields=from_fields(one.get("fieldsV1") or {}), time=time)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Managers({})
    return Managers(made)


def encode(managers: Managers) -> list[dict[str, Any]]:
    """For `metadata.managedFields`, in the server's order."""
    ordered = sorted(managers.entries.items(), key=lambda one: _order(*one))
    return [_encoded(who, entry) for who, entry in ordered]


def _order(who: Identity, entry: Entry) -> tuple[Any, ...]:
    return who.operation, int(entry.time or 0), who.manager, entry.version, who.subresource


def _encoded(who: Identity, entry: Entry) -> dict[str, Any]:
    made: dict[str, Any] = {
        "manager": who.manager,
        "operation": who.operation,
        "apiVersion": entry.version,
        "time": None if entry.time is None else datetime.fromtimestamp(int(entry.time), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "fieldsType": "FieldsV1",
        "fieldsV1": entry.fields.to_fields(),
        "subresource": who.subresource,
    }
    return {key: value for key, value in made.items() if value not in (None, "")}


def fold_oldest(managers: Managers) -> Managers:
    """At most ten managers of updates are told apart: the oldest of a version become one, `ancient-changes`."""
    entries = dict(managers.entries)
    updaters = [who for who in entries if who.operation == "Update"]
    updaters.sort(key=lambda who: (int(entries[who].time or 0), who.key))
    count, first = len(updaters), dict[str, Identity]()
    for who in updaters:
        if count <= MOST_UPDATERS:
            break
        entry = entries[who]
        bucket = Identity(FOLDED, operation="Update", version=entry.version)
        if entry.version not in first:
            first[entry.version] = who
            continue
        if bucket not in entries:
            entries[bucket] = entries.pop(first[entry.version])
        gathered = entries[bucket].fields.union(entry.fields)
        entries[bucket] = Entry(entry.version, fields=gathered, time=entry.time)
        entries.pop(who)
        count -= 1
    return Managers(entries)
