"""Flannel in a self-managed cluster: applied as objects, and ready when every node is (kind `flannel`; containers.md 2.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from acsctl.cloud import Cloud, is_absent
from acsctl.errors import AcsctlError, CloudError
from acsctl.kinds.ack import addressing
from acsctl.kinds.ack.overlay import Overlay as Nodes
from acsctl.kinds.contract import Made, Prepared, Readiness, Scope, Steps, Update, Wait, Want
from acsctl.kinds.kubeadm import access, clusters
from acsctl.kinds.kubeadm import flannel_objects as flannel
from acsctl.kinds.objects import door, progress, seen, write
from acsctl.kube import applyset
from acsctl.kube.client import Kube
from acsctl.kube.difference import bare
from acsctl.kube.inventory import Inventory
from acsctl.kube.manifest import Key, Manifest, key_of, labelled
from acsctl.model import ownership
from acsctl.model.ownership import Mark
from acsctl.model.plan import Finding
from acsctl.model.resource import Desired, Live, Spec

SUFFIX = "/flannel"
ROLLING = "the flannel DaemonSet is being rolled out"
IMMUTABLE = "pods would lose each other, and no node leaves the old one by itself"


def listed(cloud: Cloud, scope: Scope, desired: Desired, cluster: Live) -> Iterator[Live]:
    """That of one cluster: its objects, each tried as it is wanted, and its nodes."""
    kube = door.opened(cloud, cluster.id)
    id = door.Id(cluster.id, scope.stack, desired.address.tag)
    inventory = write.found(kube, id)
    have = _there(kube)
    if inventory is None or have is None:
        return
    looks = desired.spec.get("ready") is not False
    nodes = kube.list("v1", "Node") if looks else []
    trouble = (_drift(kube, inventory, have) or standing_of(kube, nodes)) if looks else ""
    yield Live(
        desired.address,
        cluster.id + SUFFIX,
        spec={"cluster": cluster.id, "version": have.version, "config": have.config, "ready": trouble or True},
        outputs={"addon_version": have.version, "nodes": len(nodes) if looks else None},
        mark=Mark(scope.stack, desired.address, protect=desired.protect, retain=desired.retain),
        name=flannel.DAEMON_SET,
    )


def left(cloud: Cloud, scope: Scope, cluster: Live) -> Iterator[Live]:
    """That of a cluster for which the file wants none any more."""
    kube = door.opened(cloud, cluster.id)
    for item in seen.inventories(kube, scope.stack):
        mark = ownership.read(item.tags)
        if mark is not None and mark.address.kind == "flannel":
            yield Live(mark.address, cluster.id + SUFFIX, {"cluster": cluster.id}, mark=mark, name=flannel.DAEMON_SET)


def _there(kube: Kube) -> flannel.Overlay | None:
    config_map = kube.get("v1", "ConfigMap", name=flannel.CONFIG_MAP, namespace=flannel.NAMESPACE)
    daemon_set = kube.get("apps/v1", "DaemonSet", name=flannel.DAEMON_SET, namespace=flannel.NAMESPACE)
    return flannel.read(config_map, daemon_set) if config_map and daemon_set else None


def _drift(kube: Kube, inventory: Inventory, have: flannel.Overlay) -> str:
    """The first object that is not as this version applies it, in words: one dry run for each."""
    members = seen.members(kube, [inventory]).rows
    for key, item in _wanted(have, inventory.stack, inventory.address).items():
        predicted = kube.apply(applyset.joined(item, inventory.set_id), dry_run=True, force=True).object
        if key not in members:
            return f"{key} is not there"
        if bare(members[key]) != bare(predicted):
            return f"{key} was changed"
    return ""


def _wanted(overlay: flannel.Overlay, stack: str, address: str) -> dict[Key, Manifest]:
    every = (labelled(item, stack=stack, address=address) for item in flannel.objects(overlay))
    return {key_of(item): item for item in every}


def prepare(cloud: Cloud, spec: Spec, cluster: Mapping[str, Any]) -> Prepared:
    """For how many nodes there is room; that the backend of a live overlay stays what it is."""
    network = cluster.get("network") or {}
    blocks = addressing.blocks(network)
    room = f"{network['pod_cidr']}, /{network['node_cidr_mask']} a node: up to {blocks} nodes" if blocks else ""
    id = str(spec.get("id") or "").removesuffix(SUFFIX)
    have = _there(door.opened(cloud, id)) if id else None
    wanted = (spec.get("config") or {}).get("Backend")
    if have is None or wanted is None or dict(wanted) == dict(have.backend):
        return Prepared(note=room)
    text = f"the backend of an overlay cannot change ({_told(have.backend)} to {_told(wanted)}): {IMMUTABLE}"
    return Prepared(findings=(Finding("error", text, remedy=f"write  Backend: {_told(have.backend)}  or make a new cluster"),))


def _told(backend: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in backend.items()) + "}"


def create(cloud: Cloud, want: Want) -> Steps:
    """Its objects, in order; then every node has to be ready."""
    cluster = want.spec["cluster"]
    kube = door.opened(cloud, cluster)
    made = clusters.find(cloud, cluster)[0].spec["network"]["pod_cidr"]
    overlay = flannel.Overlay.of(made, want.spec.get("version"), want.spec.get("config") or {})
    yield Made((cluster + SUFFIX,))
    yield from _bring(cloud, kube, door.Id(cluster, want.mark.stack, want.address.tag), overlay, mark=want.mark)
    if want.spec.get("ready", True):
        yield Wait((cluster + SUFFIX,))


def _bring(cloud: Cloud, kube: Kube, id: door.Id, overlay: flannel.Overlay, *, mark: Mark) -> Steps:
    goal = write.Goal(_wanted(overlay, id.stack, id.address), mark.tags(), force=True)
    yield from write.bring(cloud, kube, id, goal)


def update(cloud: Cloud, live: Live, change: Update) -> Steps:
    """Apply it again, with the backend that it has."""
    cluster = live.id.removesuffix(SUFFIX)
    kube = door.opened(cloud, cluster)
    have = _there(kube)
    if have is None or live.mark is None:
        raise AcsctlError(f"the overlay of {cluster} is no longer there", remedy="Run the same command again.")
    config = {**have.config, **(change.spec.get("config") or {})}
    if dict(config["Backend"]) != dict(have.backend):
        raise AcsctlError(f"the backend of an overlay cannot change: {IMMUTABLE}", remedy="Make a new cluster for that.")
    overlay = flannel.Overlay.of(have.network, change.spec.get("version") or have.version, config)
    yield from _bring(cloud, kube, door.Id(cluster, live.mark.stack, live.address.tag), overlay, mark=live.mark)
    if change.spec.get("ready", True):
        yield Wait((live.id,))


def delete(cloud: Cloud, live: Live) -> Steps:
    """Its objects go. A cluster that has gone, or is down, has nothing to ask."""
    cluster = live.id.removesuffix(SUFFIX)
    assert live.mark is not None
    try:
        kube = door.opened(cloud, cluster)
        there = write.found(kube, door.Id(cluster, live.mark.stack, live.address.tag))
    except CloudError as error:
        if not is_absent(error) and not isinstance(error, door.SILENT) and error.code != access.NOT_YET:
            raise
        return
    if there is not None:
        yield from write.take_away(kube, door.Id(cluster, live.mark.stack, live.address.tag))


def standing(cloud: Cloud, ids: Sequence[str]) -> dict[str, Readiness]:
    """How far overlays are (`kubeadm-i-1/flannel`); of objects (`.../shop/flannel.overlay`) as those of workloads."""
    whole = [id for id in ids if id.endswith(SUFFIX) and id.count("/") == 1]
    found = progress.ready(cloud, [id for id in ids if id not in whole])
    return {**found, **{id: _standing(cloud, id.removesuffix(SUFFIX)) for id in whole}}


def _standing(cloud: Cloud, cluster: str) -> Readiness:
    try:
        kube = door.opened(cloud, cluster)
        have = _there(kube)
    except CloudError as error:
        if not is_absent(error) and not isinstance(error, door.SILENT) and error.code != access.NOT_YET:
            raise
        return Readiness("pending", reason=str(error), absent=access.gone(cloud, cluster))
    if have is None:
        return Readiness("pending", reason="Flannel is not installed", absent=True)
    nodes = kube.list("v1", "Node")
    trouble = standing_of(kube, nodes)
    outputs = {"id": cluster + SUFFIX, "cluster": cluster, "addon_version": have.version, "nodes": len(nodes)}
    return Readiness("pending" if trouble else "ready", outputs=outputs, reason=trouble)


def standing_of(kube: Kube, nodes: Sequence[Mapping[str, Any]]) -> str:
    """Why not every node has a network, in words: "2 of 3 nodes: <name> is not ready (...)"; empty where each has."""
    daemon_set = kube.get("apps/v1", "DaemonSet", name=flannel.DAEMON_SET, namespace=flannel.NAMESPACE)
    troubles = {str(node["metadata"]["name"]): why for node in nodes if (why := trouble_of(node))}
    if daemon_set is None:
        return "the flannel DaemonSet is not there"
    if troubles:
        name, why = min(troubles.items())
        return f"{len(nodes) - len(troubles)} of {len(nodes)} nodes: {name} {why}"
    return "" if Nodes(tuple(nodes), (), daemon_set).complete else ROLLING


def without_network(kube: Kube, name: str) -> str:
    """Why a node that has registered has no network; empty where it has one, or where there is no overlay yet."""
    daemon_set = kube.get("apps/v1", "DaemonSet", name=flannel.DAEMON_SET, namespace=flannel.NAMESPACE)
    if daemon_set is None:
        return ""
    nodes = {str(node["metadata"]["name"]): node for node in kube.list("v1", "Node")}
    if why := trouble_of(nodes.get(name, {})):
        return f"{name} {why}"
    # A node that is broken keeps it from being complete for ever.
    done = any(map(trouble_of, nodes.values())) or Nodes(tuple(nodes.values()), (), daemon_set).complete
    return "" if done else ROLLING


def trouble_of(node: Mapping[str, Any]) -> str:
    """Why a node has no network; empty where it has. With vxlan no route of the VPC is needed."""
    if not (node.get("spec") or {}).get("podCIDR"):
        return "has no pod range (spec.podCIDR)"
    rows = (node.get("status") or {}).get("conditions") or ()
    ready = next((row for row in rows if row["type"] == "Ready"), {"status": "Unknown"})
    said = ": ".join(filter(None, (ready.get("reason"), ready.get("message"))))
    return "" if ready["status"] == "True" else f"is not ready ({said or 'Ready'})"
