"""What the lists of a cluster show of a stack's workloads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from acsctl.kinds.objects import door
from acsctl.kinds.objects.wanted import titled
from acsctl.kube import inventory, readiness, summary
from acsctl.kube.client import Kube
from acsctl.kube.difference import bare
from acsctl.kube.inventory import Inventory
from acsctl.kube.manifest import ADDRESS, STACK, Key, hidden, key_of, label_of
from acsctl.model import address as addresses
from acsctl.model import ownership
from acsctl.model.resource import Live, Part

WORKERS = 8
Object = Mapping[str, Any]
Sort = tuple[str, str]
"""apiVersion and kind."""


@dataclass(frozen=True)
class Seen:
    """A workload as its cluster shows it: what its inventory says, and the objects that bear its label."""

    inventory: Inventory
    objects: Mapping[Key, Object] = field(default_factory=dict[Key, Object])
    every: Mapping[Key, Object] = field(default_factory=dict[Key, Object])


def objects_of(kube: Kube, stack: str, sorts: Iterable[Sort]) -> dict[Key, Object]:
    """Every object of these kinds that bears the stack's label: one list a kind, in all namespaces, side by side."""

    def listed(sort: Sort) -> list[dict[str, Any]]:
        return kube.list(sort[0], sort[1], selector=f"{STACK}={stack}")

    with ThreadPoolExecutor(WORKERS) as pool:
        rows = [row for found in pool.map(listed, sorted(set(sorts))) for row in found]
    return {key_of(row): row for row in rows if _is_member(row)}


def _is_member(row: Object) -> bool:
    """Labels are copied onto things that controllers make of an object; those have an owner."""
    meta: Object = row["metadata"]
    return inventory.INVENTORY not in (meta.get("labels") or {}) and not meta.get("ownerReferences")


def inventories(kube: Kube, stack: str) -> list[Inventory]:
    """The inventories of a stack in a cluster."""
    rows = kube.list("v1", "ConfigMap", selector=inventory.selector(stack), namespace=inventory.NAMESPACE)
    return [found for row in rows if (found := inventory.read(row)) is not None]


def workloads(kube: Kube, cluster: str, *, stack: str, sorts: Iterable[Sort]) -> list[Live]:
    """The workloads that have an inventory in a cluster; `sorts` are further kinds to look at, for what is wanted."""
    found = inventories(kube, stack)
    known = {member.sort for item in found for member in item.every}
    every = objects_of(kube, stack, known | set(sorts)) if found or sorts else {}
    return [live(item, every, cluster=cluster) for item in found]


def having(every: Mapping[Key, Object], address: str) -> dict[Key, Object]:
    """Those of the objects that bear the label of an address."""
    label = label_of(address)
    return {key: row for key, row in every.items() if (row["metadata"].get("labels") or {}).get(ADDRESS) == label}


def live(found: Inventory, every: Mapping[Key, Object], *, cluster: str) -> Live:
    """A workload in the shape of the schema."""
    objects = having(every, found.address)
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
        raw=Seen(found, objects, every),
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
