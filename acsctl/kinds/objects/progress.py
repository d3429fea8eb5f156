"""How far workloads are while they are waited for, and which pods they wait for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from acsctl.cloud import Cloud, is_absent
from acsctl.errors import CloudError
from acsctl.kinds.contract import Readiness
from acsctl.kinds.objects import door, seen, write
from acsctl.kube import order, pods, readiness
from acsctl.kube.client import Kube
from acsctl.kube.inventory import Inventory
from acsctl.kube.manifest import Key

Object = Mapping[str, Any]
GONE = Readiness("pending", absent=True)
_GENERATION = "deprecated.daemonset.template.generation"
_REVISION = "deployment.kubernetes.io/revision"


def ready(cloud: Cloud, ids: Sequence[str]) -> dict[str, Readiness]:
    """Each id's readiness; the workloads of one cluster are looked at together."""
    found: dict[str, Readiness] = {}
    groups: dict[tuple[str, str], list[door.Id]] = {}
    for text in ids:
        id = door.parse(text)
        groups.setdefault((id.cluster, id.stack), []).append(id)
    for (cluster, stack), group in groups.items():
        try:
            kube = door.opened(cloud, cluster)
        except CloudError as error:
            if not is_absent(error) and not door.gone(cloud, cluster):
                raise
            found |= {str(id): GONE for id in group}  # the cluster has taken them along
            continue
        try:
            found |= _in_cluster(kube, stack, group)
        except door.SILENT:
            if not door.gone(cloud, cluster):
                raise
            found |= {str(id): GONE for id in group}
    return found


def _in_cluster(kube: Kube, stack: str, ids: Sequence[door.Id]) -> dict[str, Readiness]:
    inventories = {item.address: item for item in seen.inventories(kube, stack)}
    wanted = [inventories[id.address] for id in ids if id.address in inventories]
    every = seen.members(kube, wanted).rows
    found: dict[str, Readiness] = {}
    for id in ids:
        item = inventories.get(id.address)
        if id.part.startswith("gone "):
            found[str(id)] = _single(kube, id.part)
        elif item is None:
            found[str(id)] = GONE
        elif id.part in (write.FORMER, write.OUTSIDE, write.CONTENTS):
            found[str(id)] = _leaving(item, every, part=id.part)
        else:
            found[str(id)] = _coming(kube, item, every, part=id.part)
    return found


def _single(kube: Kube, part: str) -> Readiness:
    """An object that is being deleted to be made anew."""
    _, api_version, kind, namespace, name, uid = part.split(" ")
    item = kube.get(api_version, kind, name=name, namespace=namespace.replace("-", "", 1) if namespace == "-" else namespace)
    if item is None or item["metadata"]["uid"] != uid:
        return GONE
    return Readiness("pending", message=f"{kind} {name} is going{_finalizers(item)}")


def _leaving(item: Inventory, every: Mapping[Key, Object], *, part: str) -> Readiness:
    mine = seen.having(every, item)
    left = [mine[key] for key in item.leaving if key in mine and write.belongs(part, mine[key])]
    if part == write.FORMER:  # what another workload takes over stays until it has
        left = [row for row in left if row["metadata"].get("deletionTimestamp")]
    if not left:
        return GONE
    first = left[0]
    names = f"{first['kind']} {first['metadata']['name']}"
    more = f" and {len(left) - 1} more" if len(left) > 1 else ""
    return Readiness("pending", message=f"{names}{more} going{_finalizers(first)}")


def _finalizers(item: Object) -> str:
    held = [name for name in item["metadata"].get("finalizers") or () if name != "foregroundDeletion"]
    return f", held by {', '.join(held)}" if held else ""


def _coming(kube: Kube, item: Inventory, every: Mapping[Key, Object], *, part: str) -> Readiness:
    mine = seen.having(every, item)
    keys = order.sorted_keys(key for member in item.members if _waited((key := member.key), part))
    outputs = seen.outputs(mine[member.key] for member in item.members if member.key in mine)
    pending = ""
    for key in keys:
        status = readiness.status(mine[key]) if key in mine else readiness.Status("pending", "is not there")
        if status.state == "ready":
            continue
        text, definite = _told(kube, key, mine.get(key), status)
        if definite or status.state == "failed":
            return Readiness("failed", outputs, reason=text, message=text)
        pending = pending or text
    return Readiness("pending" if pending else "ready", outputs, reason=pending, message=pending)


def _waited(key: Key, part: str) -> bool:
    base, rest, _ = order.stages([key])
    return bool(base) if part == write.BASE else bool(base or rest) if part == write.REST else True


def _told(kube: Kube, key: Key, item: Object | None, status: readiness.Status) -> tuple[str, bool]:
    """What to say of an object that is not ready, with its worst pod, and whether waiting is in vain."""
    text = f"{key.kind} {key.name} {status.said}"
    # Until its controller has looked at it, the newest pods are those that it is about to replace.
    looked_at = item is not None and readiness.observed(item) and bool(pods.selector(item))
    found = pods.troubles(_pods(kube, item)) if item is not None and looked_at else []
    if not found:
        return text, False
    return f"{text}: {found[0]}", found[0].definite


def _pods(kube: Kube, item: Object) -> list[Object]:
    """The pods of the newest revision: the old ones' troubles are what the change may be about to mend."""
    namespace = str(item["metadata"]["namespace"])
    rows = kube.list("v1", "Pod", selector=pods.selector(item), namespace=namespace)
    label, value = _newest(kube, item, namespace)
    return [row for row in rows if not label or (row["metadata"].get("labels") or {}).get(label) == value]


def _newest(kube: Kube, item: Object, namespace: str) -> tuple[str, str]:
    """The label that the pods of the newest revision have, and its value; empty where there is no such thing."""
    status: Object = item.get("status") or {}
    annotations: Object = item["metadata"].get("annotations") or {}
    if item["kind"] == "StatefulSet":
        return "controller-revision-hash", str(status.get("updateRevision"))
    if item["kind"] == "DaemonSet" and _GENERATION in annotations:
        return "pod-template-generation", str(annotations[_GENERATION])
    if item["kind"] != "Deployment":
        return "", ""
    sets = kube.list("apps/v1", "ReplicaSet", selector=pods.selector(item), namespace=namespace)
    current = next((row for row in sets if _is_of(row, item, annotations)), None)
    return "pod-template-hash", str(((current or {}).get("metadata", {}).get("labels") or {}).get("pod-template-hash"))


def _is_of(row: Object, item: Object, annotations: Object) -> bool:
    owners: Iterable[Object] = row["metadata"].get("ownerReferences") or ()
    mine = any(owner.get("uid") == item["metadata"]["uid"] for owner in owners)
    return mine and (row["metadata"].get("annotations") or {}).get(_REVISION) == annotations.get(_REVISION)
