"""How far workloads are while they are waited for, and which pods they wait for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from acsctl.cloud import Cloud, is_absent
from acsctl.errors import CloudError
from acsctl.kinds.contract import Readiness
from acsctl.kinds.objects import door, look, seen, write
from acsctl.kinds.objects.look import Moments
from acsctl.kube import order, pods, readiness
from acsctl.kube.client import Kube
from acsctl.kube.inventory import Inventory
from acsctl.kube.manifest import Key
from acsctl.kube.readiness import Status

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
            found |= _in_cluster(cloud, kube, stack, group)
        except door.SILENT:
            if not door.gone(cloud, cluster):
                raise
            found |= {str(id): GONE for id in group}
    return found


def _in_cluster(cloud: Cloud, kube: Kube, stack: str, ids: Sequence[door.Id]) -> dict[str, Readiness]:
    inventories = {item.address: item for item in seen.inventories(kube, stack)}
    wanted = [inventories[id.address] for id in ids if id.address in inventories]
    every = seen.members(kube, wanted).rows
    moments, now = look.moments(cloud, ids[0].cluster), cloud.clock.now() * cloud.speed
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
            mine = seen.having(every, item)
            keys = order.sorted_keys(member.key for member in item.members if _waited(member.key, id.part))
            states = {key: _state(kube, mine.get(key), moments, now=now) for key in keys}
            found[str(id)] = _coming(kube, item, mine, states)
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


def _state(kube: Kube, item: Object | None, moments: Moments, *, now: float) -> Status:
    if item is None:
        return Status("pending", "is not there")
    status = look.further(kube, item, readiness.status(item))
    if status.state == "ready":
        return look.stays(kube, item, moments, now=now)
    moments.lost(item)
    return status


def _coming(kube: Kube, of: Inventory, mine: Mapping[Key, Object], states: Mapping[Key, Status]) -> Readiness:
    outputs = seen.outputs(mine[member.key] for member in of.members if member.key in mine)
    pending = ""
    for key, status in states.items():
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


def _told(kube: Kube, key: Key, item: Object | None, status: Status) -> tuple[str, bool]:
    """What to say of an object that is not ready, with its worst pod, and whether waiting is in vain."""
    text = f"{key.kind} {key.name} {status.said}"
    # Until its controller has looked at it, the newest pods are those that it is about to replace.
    looked_at = item is not None and readiness.observed(item) and bool(pods.selector(item))
    found = pods.troubles([item]) if item is not None and item["kind"] == "Pod" else []
    if item is not None and looked_at:
        found = _troubles(kube, item)
    if not found:
        return text, False
    return f"{text}: {found[0]}", found[0].definite


def _troubles(kube: Kube, item: Object) -> list[pods.Trouble]:
    """What is wrong with the pods of the newest revision: the old ones' troubles are what the change may be about to mend.

    Not so in a StatefulSet, which stops before an old pod that is broken: then that is told, though it proves nothing.
    """
    namespace = str(item["metadata"]["namespace"])
    rows = kube.list("v1", "Pod", selector=pods.selector(item), namespace=namespace)
    label, value = _newest(kube, item, namespace)
    newest = [row for row in rows if not label or (row["metadata"].get("labels") or {}).get(label) == value]
    found = pods.troubles(newest)
    if not found and item["kind"] == "StatefulSet":
        return [replace(trouble, definite=False) for trouble in pods.troubles(rows)]
    return found


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
