"""A world without its ids and moments, so that two worlds can be compared."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]

# What differs between two worlds that are the same to everybody: moments, and what the cloud deals out.
DEALT = {
    "AttachedTime", "CreateTime", "StartTime", "HostName", "MacAddress", "PrivateIp", "PrivateIpAddress", "IpAddress", "SnatIp",
    "SecurityGroupRuleId",
    "Resizing", "NetworkChanged",  # how an instance came to be what it is
    "Address", "Ip", "Port", "EipId", "StackId", "Updated", "UserData", "RoleId", "CreateDate", "UpdateDate",
}  # fmt: skip
REPLACES = "acsctl:replaces"
"""Where the old thing was gone before the kill, the new one is no replacement any more: the tag tells of the past."""
SETS = {"BackendServers"}
ID = re.compile(r"\b([a-z]+)-(?:[a-z0-9]{20,})\b")
PARTS = re.compile(r"\bc[0-9a-f]{32}\b|\ba[0-9a-f]{31}\b|\bk8s-eni-[0-9a-f]{16}\b|\b(?i:KubernetesWorkerRole)-[0-9a-f-]+\b")
"""Names that the cloud makes up for what belongs to a cluster."""


def normalised(world: Iterable[Row], *, placed: bool = True) -> list[str]:
    """The rows as sorted text. An id is told by the address that its thing bears, else by its type.

    Without `placed`, members of fleets are not told apart by what they stand in: how many stand where is `spread`.
    """
    rows = list(world)
    names = {str(row["id"]): _name(row) for row in rows}
    return sorted(json.dumps(_row(row, names, placed), sort_keys=True) for row in rows)


def spread(world: Iterable[Row]) -> list[int]:
    """How many instances stand in each zone, the fullest first."""
    zones = Counter(row["attributes"]["ZoneId"] for row in world if row["type"] == "instance")
    return sorted(zones.values(), reverse=True)


def _name(row: Row) -> str:
    address = row["tags"].get("acsctl:address", "")
    return f"<{row['type']} {address}>" if address else f"<{row['type']}>"


def _row(row: Row, names: Mapping[str, str], placed: bool) -> Any:
    hidden = DEALT if placed else DEALT | {"ZoneId", "VSwitchId"} if _is_member(row) else DEALT
    if row["attributes"].get("NextHops"):
        hidden = hidden | {"DestinationCidrBlock"}  # which node of a cluster has which part of the pods' range
    kept = {name: value for name, value in row["attributes"].items() if name not in hidden}
    tags = {key: value for key, value in row["tags"].items() if key != REPLACES}
    return _told({"type": row["type"], "tags": tags, "attributes": kept}, names)


def unreplaced(world: Iterable[Row]) -> list[str]:
    """The ids of things that a replacement was made for, and that are still there."""
    rows = list(world)
    return sorted({row["tags"].get(REPLACES, "") for row in rows} & {str(row["id"]) for row in rows})


def _is_member(row: Row) -> bool:
    return row["type"] in ("instance", "disk", "network_interface")


def _set(name: str, value: Any) -> Any:
    """A list whose order is that of ids, in an order of its own."""
    return sorted(value, key=lambda item: json.dumps(item, sort_keys=True)) if name in SETS else value


def _told(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _set(name, _told(item, names)) for name, item in value.items() if name not in DEALT}
    if isinstance(value, list):
        return [_told(item, names) for item in value]
    if isinstance(value, str):
        return names.get(value) or PARTS.sub("<dealt>", ID.sub(r"<\1>", value))
    return value
