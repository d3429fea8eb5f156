"""Cluster checks (public pages of RunClusterCheck and GetClusterCheck): asked for, or made before an upgrade.

The status of a check is that of the looking; what was found is told by its items, each at the level normal, warning or error.
"""

import random
import string
from dataclasses import dataclass
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import check_items
from acsctl.emulator.services.cs.check_items import ERROR, WARNING, Item
from acsctl.emulator.services.cs.types import CHECK
from acsctl.emulator.services.cs.wiring import body, require_cluster, require_pool, scope_of, serves, upgradable, wrong
from acsctl.emulator.world import World

CHECKING = 10.0  # cloud seconds, own choice
TYPES = ("ClusterUpgrade", "MasterUpgrade", "NodePoolUpgrade", "ClusterMigrate")
OF_CLUSTER = ("ClusterUpgrade", "MasterUpgrade")


@dataclass(frozen=True)
class Check:
    """target: id of a node pool. next_version: where an upgrade is to go."""

    type: str
    target: str = ""
    next_version: str = ""


@serves("RunClusterCheck")
def run_cluster_check(call: Call) -> dict[str, Any]:
    """Raises InvalidParameter.Type, InvalidParameter.Target, InvalidParameter.Options."""
    cluster, given = require_cluster(call), body(call)
    type_, target = str(given["type"]), str(given.get("target") or "")
    if type_ not in TYPES:
        raise wrong("Type", f"type is one of {', '.join(TYPES)}.")
    if type_ == "NodePoolUpgrade":
        if not target:
            raise wrong("Target", "target is the id of a node pool.")
        require_pool(call, id=target)
    check = Check(type_, target, _next(cluster, options=given.get("options") or {}) if type_ in OF_CLUSTER else "")
    made = _record(call.world, cluster=cluster, check=check, after=CHECKING)
    return {"check_id": made.id}


def _next(cluster: Resource, *, options: dict[str, Any]) -> str:
    offered = upgradable(cluster["Version"])
    asked = str(options.get("next_version") or (offered[0] if offered else ""))
    if asked and asked not in offered:
        raise wrong("Options", f"{cluster['Version']} cannot be upgraded to {asked}.")
    return asked


def problem(world: World, *, cluster: Resource, check: Check, ignore_warnings: bool = True) -> str:
    """Makes the check that comes before an upgrade, listed like any other: what stands in the way, or nothing."""
    made = _record(world, cluster=cluster, check=check)
    levels = (ERROR,) if ignore_warnings else (ERROR, WARNING)
    found = [one for one in _items(world, cluster=cluster, check=check) if one.level in levels]
    told = "; ".join(f"{one.name} ({one.level}): {one.message}" for one in found)
    return f"The check {made.id} has not been passed. {told}" if found else ""


def _record(world: World, *, cluster: Resource, check: Check, after: float = 0.0) -> Resource:
    items = [one.row() for one in _items(world, cluster=cluster, check=check)]
    done = {
        "Status": "Succeeded",
        "FinishedAt": iso_seconds(world.store.now + after),
        "Message": "task succeed",
        "Items": items,
    }
    begun = {"Status": "Running", "FinishedAt": "", "Message": "", "Items": []}
    tail = "".join(random.choices(string.ascii_lowercase, k=5))
    made = world.store.create(
        CHECK,
        scope=scope_of(cluster),
        id=f"{int(world.store.now * 1e9)}-{cluster.id}-clustercheck-{tail}",
        attributes={"ClusterId": cluster.id, "Type": check.type, "Target": check.target, **(begun if after else done)},
    )
    if after:
        made.later(after, **done)
    return made


def _items(world: World, *, cluster: Resource, check: Check) -> list[Item]:
    return check_items.look(world, cluster=cluster, pool_id=check.target, next_version=check.next_version)


@serves("ListClusterChecks")
def list_cluster_checks(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call, listed=True)
    found = [one for one in call.listed(CHECK) if one["ClusterId"] == cluster.id]
    same = {"type": "Type", "target": "Target"}
    asked = [one for one in found if all(call.text(name) in ("", one[field]) for name, field in same.items())]
    return {"checks": [_row(one) for one in reversed(asked)]}


@serves("GetClusterCheck")
def get_cluster_check(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call, listed=True)
    check = call.find(CHECK, id=call.text("check_id"))
    if check is None or check["ClusterId"] != cluster.id:
        raise ApiError("ErrorCheckNotFound", message="The check does not exist.", status=404)
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in check["Items"]:
        groups.setdefault(str(one["Group"]), []).append(one)
    return {**_row(check), "check_items": groups}


def _row(check: Resource) -> dict[str, Any]:
    return {
        "check_id": check.id,
        "type": check["Type"],
        "status": check["Status"],
        "message": check["Message"],
        "created_at": iso_seconds(check.created),
        "finished_at": check["FinishedAt"],
    }
