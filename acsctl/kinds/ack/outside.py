"""What a cluster has made in the cloud by itself, whoever asked for it inside: load balancers of Services and Ingresses, disks
of dynamic volumes (sheet containers.md 4.3; ack-facts.md 7: DeleteCluster keeps disks).

They go while the cluster still can delete them: the controllers that do so run in it. A cluster whose API cannot be reached is
left to what DeleteCluster takes along.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.cloud import Cloud, Listing, list_all
from acsctl.errors import CloudError, DeniedError
from acsctl.kinds.ack import nodes
from acsctl.kinds.contract import Readiness, Steps, Wait
from acsctl.kinds.ecs import rows
from acsctl.kinds.objects import door
from acsctl.kube.client import Kube

Object = Mapping[str, Any]

MARK = "#outside"
SILENT = "#silent"
CLUSTER_TAG = "ack.aliyun.com"
SERVICE_TAG = "kubernetes.do.not.delete"
"""On each load balancer that the cloud controller manager makes, beside the cluster's; that of the API server is another's."""
DISK = "d-"
BALANCERS = Listing("slb", "DescribeLoadBalancers", items="LoadBalancers.LoadBalancer", key=("LoadBalancerId",), size=100)
SHOWN = 5


@dataclass(frozen=True)
class Found:
    """What is there inside: Services of type LoadBalancer, Ingresses, volumes that their driver deletes with their claims, the
    claims, and what has pods that use those."""

    fronts: tuple[Object, ...] = ()
    volumes: tuple[Object, ...] = ()
    claims: tuple[Object, ...] = ()
    users: tuple[Object, ...] = field(default=())

    @property
    def disks(self) -> list[str]:
        """The ids of the disks behind the volumes."""
        handles = (str(((item["spec"].get("csi") or {}).get("volumeHandle")) or "") for item in self.volumes)
        return sorted(handle for handle in handles if handle.startswith(DISK))

    @property
    def told(self) -> list[str]:
        """What holds things in the cloud, in words."""
        return [*map(_told, self.fronts), *map(_told, self.claims), *map(_told, self.volumes)]


def cleared(cloud: Cloud, cluster: str) -> Steps:
    """Delete them, and wait until inside and in the cloud nothing of it is left. What has volumes goes first with its pods."""
    nodes.leave(cloud, cluster)
    try:
        kube = door.opened(cloud, cluster)
        found = look(kube)
    except CloudError as error:
        if not _is_closed(error):
            raise
        said = f"its API cannot be reached ({error.code}): what its Services made goes with it, disks of its volumes stay"
        yield Wait((cluster + SILENT,), until="gone", said=said)
        return
    for item in (*found.fronts, *found.users, *found.claims):
        if not item["metadata"].get("deletionTimestamp"):
            kube.delete(item)
    said = f"deletes {_list(found.told)}" if found.told else ""
    yield Wait((f"{cluster}{MARK}/{'+'.join(found.disks)}",), until="gone", said=said)


def _is_closed(error: CloudError) -> bool:
    """Whether a cluster has no API, or none that can be reached from here."""
    return isinstance(error, door.SILENT) or error.status == 404 or error.code.startswith("ErrorCluster")


def look(kube: Kube) -> Found:
    """What is there inside a cluster by now."""
    services = [item for item in kube.list("v1", "Service") if item["spec"].get("type") == "LoadBalancer"]
    fronts = (*services, *kube.list("networking.k8s.io/v1", "Ingress"))
    volumes = tuple(item for item in kube.list("v1", "PersistentVolume") if _is_dynamic(item))
    bound = {_key(item["spec"]["claimRef"]) for item in volumes if item["spec"].get("claimRef")}
    claims = [item for item in kube.list("v1", "PersistentVolumeClaim") if _key(item["metadata"]) in bound or _waits(item)]
    users = _users(kube, {_key(item["metadata"]) for item in claims}) if claims else ()
    return Found(fronts, volumes, tuple(claims), tuple(users))


def _is_dynamic(volume: Object) -> bool:
    """Whether the driver made it, and deletes it with its claim."""
    made = (volume["metadata"].get("annotations") or {}).get("pv.kubernetes.io/provisioned-by")
    return bool(made) and volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete"


def _waits(claim: Object) -> bool:
    """Whether a volume may still be made for it."""
    return not claim["spec"].get("volumeName") and claim["spec"].get("storageClassName") != ""


def _key(item: Object) -> tuple[str, str]:
    return str(item.get("namespace") or ""), str(item["name"])


def _users(kube: Kube, claims: set[tuple[str, str]]) -> Iterator[Object]:
    """The pods that use claims; of those that something makes, what that is: or they would come back."""
    seen: set[str] = set()
    for pod in kube.list("v1", "Pod"):
        names = ((row.get("persistentVolumeClaim") or {}).get("claimName") for row in pod["spec"].get("volumes") or ())
        if not any((pod["metadata"]["namespace"], name) in claims for name in names):
            continue
        top = _top(kube, pod)
        if top["metadata"]["uid"] not in seen:
            seen.add(top["metadata"]["uid"])
            yield top


def _top(kube: Kube, item: Object) -> Object:
    while owner := next((row for row in item["metadata"].get("ownerReferences") or () if row.get("controller")), None):
        namespace = str(item["metadata"]["namespace"])
        above = kube.get(owner["apiVersion"], owner["kind"], name=owner["name"], namespace=namespace)
        if above is None or above["metadata"]["uid"] != owner["uid"]:
            break
        item = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], **above}
    return item


def _told(item: Object) -> str:
    meta = item["metadata"]
    return f"{item['kind']} {meta['namespace']}/{meta['name']}" if meta.get("namespace") else f"{item['kind']} {meta['name']}"


def _list(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def is_outside(id: str) -> bool:
    """Whether an id is that of what a cluster has made."""
    return MARK in id or id.endswith(SILENT)


def standing(cloud: Cloud, ids: Iterable[str]) -> dict[str, Readiness]:
    """What is left of it."""
    return {id: Readiness("pending", absent=True) if id.endswith(SILENT) else _standing(cloud, id) for id in ids}


def _standing(cloud: Cloud, id: str) -> Readiness:
    cluster, _, disks = id.partition(f"{MARK}/")
    try:
        left = look(door.opened(cloud, cluster)).told
    except CloudError as error:
        if error.status != 404 and not door.gone(cloud, cluster):
            raise
        left = []
    left += [f"load balancer {row['LoadBalancerId']}" for row in balancers(cloud, cluster)]
    ids = [disk for disk in disks.split("+") if disk]
    left += [f"disk {row['DiskId']}" for row in rows.by_ids(cloud, rows.DISKS, ids=ids, name="DiskIds")]
    if not left:
        return Readiness("pending", absent=True)
    return Readiness("pending", reason="going", message=f"waits for {_list(left)} to go")


def balancers(cloud: Cloud, cluster: str) -> list[dict[str, Any]]:
    """The load balancers that Services of a cluster have made, by tags; none where the key may not list them."""
    params = {"RegionId": cloud.region, "Tag": [{"Key": CLUSTER_TAG, "Value": cluster}]}
    try:
        rows = list_all(cloud, BALANCERS, params)
    except DeniedError:
        return []  # the finalizers of the Services have told the same
    return [row for row in rows if SERVICE_TAG in [tag.get("TagKey") for tag in (row.get("Tags") or {}).get("Tag") or ()]]
