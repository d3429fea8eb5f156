"""What the lists of a cluster show of a stack's workloads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from acsctl.kinds.objects import door
from acsctl.kinds.objects.wanted import titled
from acsctl.kube import applyset, inventory, readiness, summary
from acsctl.kube.client import Kube
from acsctl.kube.difference import bare
from acsctl.kube.inventory import Inventory
from acsctl.kube.manifest import ADDRESS, PART_OF, STACK, Key, hidden, key_of, label_of
from acsctl.model import address as addresses
from acsctl.model import ownership
from acsctl.model.resource import Live, Part

WORKERS = 8
Object = Mapping[str, Any]
Sort = tuple[str, str]
"""apiVersion and kind."""


@dataclass(frozen=True)
class Seen:
    """A workload as its cluster shows it: what its inventory says, the members of its set, and those of all sets of the stack.

    `owned` are members of `every` that have an owner outside of the sets, with its name: they go when that goes.
    """

    inventory: Inventory
    objects: Mapping[Key, Object] = field(default_factory=dict[Key, Object])
    every: Mapping[Key, Object] = field(default_factory=dict[Key, Object])
    owned: Mapping[Key, str] = field(default_factory=dict[Key, str])


@dataclass(frozen=True)
class Members:
    """The members of some sets, by key, and those of them that have an owner outside, with its name."""

    rows: Mapping[Key, Object] = field(default_factory=dict[Key, Object])
    owned: Mapping[Key, str] = field(default_factory=dict[Key, str])


def members(kube: Kube, of: Sequence[Inventory]) -> Members:
    """The members of the sets whose parents these inventories are: one list a kind, in all namespaces, side by side.

    What an older acsctl has applied, and is not yet in a set, is found by the stack's label: another list a kind.
    """
    sorts = {(member.key.group, member.key.kind): member.sort for item in of for member in item.every}
    selectors = [applyset.selector(item.set_id for item in of)] if of else []
    selectors += [f"{STACK}={stack},!{PART_OF}" for stack in sorted({item.stack for item in of if item.legacy})]

    def listed(sort: Sort) -> list[dict[str, Any]]:
        version = kube.served(*sort)
        return [row for selector in selectors if version for row in kube.list(version, sort[1], selector=selector)]

    with ThreadPoolExecutor(WORKERS) as pool:
        found = [row for rows in pool.map(listed, sorted(sorts.values())) for row in rows]
    return _sifted(found, of)


def _sifted(found: Sequence[Object], of: Sequence[Inventory]) -> Members:
    """Labels are copied onto what controllers make of an object: who has an owner is a member if we have applied it."""
    named = {member.key for item in of for member in item.every}
    scopes = {item.set_id: item.scope for item in of}
    uids = [row["metadata"]["uid"] for row in found]
    rows: dict[Key, Object] = {}
    owned: dict[Key, str] = {}
    for row in found:
        key, meta = key_of(row), row["metadata"]
        outside = key.namespace not in scopes.get(applyset.set_of(row), {key.namespace})
        made = meta.get("ownerReferences") and key not in named
        if outside or made or inventory.INVENTORY in (meta.get("labels") or {}):
            continue
        rows[key] = row
        if strangers := [*applyset.strangers(row, uids)]:
            owned[key] = ", ".join(strangers)
    return Members(rows, owned)


def inventories(kube: Kube, stack: str) -> list[Inventory]:
    """The inventories of a stack in a cluster. Raises AcsctlError where another tool manages one."""
    rows = kube.list("v1", "ConfigMap", selector=inventory.selector(stack), namespace=inventory.NAMESPACE)
    for row in rows:
        applyset.verify(row)
    return [found for row in rows if (found := inventory.read(row)) is not None]


def workloads(kube: Kube, cluster: str, *, stack: str) -> list[Live]:
    """The workloads that have an inventory in a cluster: an overlay that is made of objects has one, too."""
    found = [item for item in inventories(kube, stack) if item.address.startswith("workload.")]
    every = members(kube, found)
    return [live(item, every, cluster=cluster) for item in found]


def having(every: Mapping[Key, Object], of: Inventory) -> dict[Key, Object]:
    """Those of the objects that are in the set of an inventory; what bears no set's id is told by the address."""
    label = label_of(of.address)

    def belongs(row: Object) -> bool:
        there = applyset.set_of(row)
        return there == of.set_id or (of.legacy and not there and row["metadata"]["labels"].get(ADDRESS) == label)

    return {key: row for key, row in every.items() if belongs(row)}


def live(found: Inventory, every: Members, *, cluster: str) -> Live:
    """A workload in the shape of the schema."""
    objects = having(every.rows, found)
    mark = ownership.read(found.tags)
    # What is broken is mended in place: a failed workload is not made again as a whole.
    staying = {key: row for key, row in sorted(objects.items()) if key not in found.leaving}
    state, reason = state_of(staying.values())
    return Live(
        mark.address if mark else addresses.parse(found.address),
        str(door.Id(cluster, found.stack, found.address)),
        spec={"cluster": cluster, "manifests": titled({key: hidden(bare(row)) for key, row in sorted(objects.items())})},
        outputs=outputs(staying.values()),
        tags=ownership.user_tags(found.tags),
        mark=mark,
        state="ready" if state == "ready" else "pending",
        reason=reason,
        parts=tuple(Part(title, _detail(row)) for title, row in titled(staying).items()),
        raw=Seen(found, objects, every.rows, every.owned),
    )


def _detail(row: Object) -> str:
    """What it is, and how far: image and replicas and "2 of 3 ready", ports and the address."""
    status = readiness.status(row)
    balanced = row["kind"] in ("Service", "Ingress") and readiness.addresses(row)
    told = ", ".join(readiness.addresses(row)) if balanced else status.said or status.state
    return " · ".join(part for part in (summary.detail(hidden(bare(row))), told) if part)


def state_of(objects: Iterable[Object]) -> tuple[Literal["pending", "ready", "failed"], str]:
    """How far all of them are together, and what the first that is not ready says."""
    states = [(readiness.status(row), row) for row in objects]
    for wanted in ("failed", "pending"):
        for status, row in states:
            if status.state == wanted:
                return status.state, f"{row['kind']} {row['metadata']['name']} {status.said}"
    return "ready", ""


def outputs(objects: Iterable[Object]) -> dict[str, Any]:
    """The address of the Service that has one, or addresses by Service where there are several."""
    rows: Sequence[Object] = list(objects)
    balanced = [row for row in rows if row["kind"] == "Service" and (row.get("spec") or {}).get("type") == "LoadBalancer"]
    found = {str(row["metadata"]["name"]): addresses_[0] for row in balanced if (addresses_ := readiness.addresses(row))}
    result: dict[str, Any] = {"objects": len(rows)}
    if found and len(found) == len(balanced):
        result["load_balancer"] = found if len(found) > 1 else next(iter(found.values()))
    return result
