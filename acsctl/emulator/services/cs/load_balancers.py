"""Load balancers of Services (sheet containers.md 4.3): the cloud controller manager makes, changes and deletes them.

A Service of type LoadBalancer gets one of its own, known by its tags, or uses one that it names. Each port is a listener with a
group of the nodes behind it. The Service carries a finalizer until its load balancer is gone.
"""

import json
from typing import Any

from acsctl.emulator.errors import ApiError
from acsctl.emulator.kubernetes.client import NODES, SERVICES, SLICES, Object, Refused
from acsctl.emulator.kubernetes.conditions import is_true
from acsctl.emulator.services.cs import ingresses, listeners
from acsctl.emulator.services.cs.rounds import Round, Seen
from acsctl.emulator.services.cs.service_wishes import Wish, wish_of
from acsctl.emulator.services.ecs.instance import INSTANCE, RUNNING
from acsctl.emulator.services.slb.types import LOAD_BALANCER

FINALIZER = "service.k8s.alibaba/resources"
HASH, ID = "service.beta.kubernetes.io/hash", "service.k8s.alibaba/loadbalancer-id"
SHORTEST_DELAY, LONGEST_DELAY = 5.0, 300.0  # cloud seconds
OWNER_TAG, CLUSTER_TAG = "kubernetes.do.not.delete", "ack.aliyun.com"


def tend(job: Round) -> None:
    services = job.client.listed(SERVICES)
    touched = [one for one in services if _is_wanted(one) or FINALIZER in _finalizers(one)]
    if touched:
        backends, balancers = _backends(job), job.all(LOAD_BALANCER)
        for service in touched:
            if not _is_put_off(job, service=service):
                _try(job, service=service, backends=backends, balancers=balancers)
    ingresses.tend(job)


def _try(job: Round, *, service: Object, backends: list[str], balancers: list[Seen]) -> None:
    """What fails is told in an event and tried again, later each time."""
    key = _attempt(service)
    try:
        _tend_service(job, service=service, backends=backends, balancers=balancers)
    except (ApiError, Refused) as error:
        _, delay = job.memory.delays.get(key, (0.0, SHORTEST_DELAY / 2))
        delay = min(delay * 2, LONGEST_DELAY)
        job.memory.delays[key] = (job.client.now + delay, delay)
        job.again(after=delay)
        job.client.event(service, reason="SyncLoadBalancerFailed", note=f"Error syncing load balancer: {error}", warning=True)
    else:
        job.memory.delays.pop(key, None)


def _is_put_off(job: Round, *, service: Object) -> bool:
    until, _ = job.memory.delays.get(_attempt(service), (0.0, 0.0))
    if until > job.client.now:
        job.again(after=until - job.client.now)
    return until > job.client.now


def _attempt(service: Object) -> str:
    """What failed: this Service as it is asked for now. When that changes it is tried at once."""
    meta = service["metadata"]
    return json.dumps([meta["uid"], meta.get("annotations"), service["spec"], meta.get("deletionTimestamp")], sort_keys=True)


def _tend_service(job: Round, *, service: Object, backends: list[str], balancers: list[Seen]) -> None:
    if not _is_wanted(service):
        _release(job, service=service, balancers=balancers)
        return
    if FINALIZER not in _finalizers(service):
        job.client.event(service, reason="EnsuringLoadBalancer", note="Ensuring load balancer")
        meta = {**service["metadata"], "finalizers": [*_finalizers(service), FINALIZER]}
        job.client.update(SERVICES, {**service, "metadata": meta})
        job.client.stale = True  # goes on with what the server makes of it
        return
    wish = wish_of(service, cluster=job.cluster)
    balancer = _reused(wish, balancers=balancers) if wish.reuse else _find(job, service=service, balancers=balancers)
    if balancer is None:
        _create(job, wish=wish, service=service)
        job.client.stale = True
        return
    changed = _labels(service).get(HASH, wish.digest) != wish.digest
    if not wish.reuse:
        _retag(job, balancer=balancer, wish=wish)
        if changed:
            _adjust(job, balancer=balancer, wish=wish)
    if not wish.reuse or wish.override:
        machines = _local(job, service=service, backends=backends)
        listeners.ensure(job, balancer=balancer, wish=wish, backends=machines, anew=changed)
    _publish(job, service=service, balancer=balancer, wish=wish)


def _is_wanted(service: Object) -> bool:
    """Whether the cloud is to have a load balancer for it. One of another class is somebody else's."""
    spec = service["spec"]
    mine = spec.get("type") == "LoadBalancer" and not spec.get("loadBalancerClass")
    return mine and not service["metadata"].get("deletionTimestamp")


def _find(job: Round, *, service: Object, balancers: list[Seen]) -> Seen | None:
    """The load balancer that was made for a Service."""
    tags = {OWNER_TAG: default_name(service), CLUSTER_TAG: job.cluster.id}
    return next((one for one in balancers if tags.items() <= one.tags.items()), None)


def default_name(service: Object) -> str:
    """`a` and the uid without dashes, at most 32 characters."""
    return f"a{service['metadata']['uid'].replace('-', '')}"[:32]


def _reused(wish: Wish, *, balancers: list[Seen]) -> Seen:
    """Raises ApiError for one that is not there, or that a cluster made."""
    found = next((one for one in balancers if one.id == wish.reuse), None)
    if found is None:
        raise ApiError("LoadBalancerNotFound", message=f"alicloud: not found loadbalancer by id [{wish.reuse}]")
    if OWNER_TAG in found.tags or CLUSTER_TAG in found.tags:
        raise ApiError(
            "LoadBalancerNotReusable",
            message=f"alicloud: the loadbalancer {wish.reuse} can not be reused, it was made by a cluster",
        )
    return found


def _create(job: Round, *, wish: Wish, service: Object) -> None:
    tags = {OWNER_TAG: default_name(service), CLUSTER_TAG: job.cluster.id, **wish.tags}
    name = {} if wish.name else {"LoadBalancerName": default_name(service)}
    rows = [{"Key": key, "Value": value} for key, value in tags.items()]
    job.ask("slb.CreateLoadBalancer", **wish.create, **name, Tag=rows)


def _retag(job: Round, *, balancer: Seen, wish: Wish) -> None:
    missing = {key: value for key, value in wish.tags.items() if balancer.tags.get(key) != value}
    if missing:
        rows = [{"Key": key, "Value": value} for key, value in missing.items()]
        job.ask("slb.TagResources", ResourceType="instance", ResourceId=[balancer.id], Tag=rows)


def _adjust(job: Round, *, balancer: Seen, wish: Wish) -> None:
    """What a changed Service may change of its load balancer: name, size and protection; the rest stays as it was made."""
    which = {"LoadBalancerId": balancer.id}
    wanted = {**wish.create, "LoadBalancerName": wish.name or balancer["LoadBalancerName"]}
    for name, action in _ADJUSTABLE.items():
        if wanted.get(name, balancer[name]) != balancer[name] and not (name == "Bandwidth" and balancer["VSwitchId"]):
            job.ask(f"slb.{action}", **which, **{name: wanted[name]})


_ADJUSTABLE = {
    "LoadBalancerName": "SetLoadBalancerName",
    "LoadBalancerSpec": "ModifyLoadBalancerInstanceSpec",
    "Bandwidth": "ModifyLoadBalancerInternetSpec",
    "DeleteProtection": "SetLoadBalancerDeleteProtection",
    "ModificationProtectionStatus": "SetLoadBalancerModificationProtection",
}


def _publish(job: Round, *, service: Object, balancer: Seen, wish: Wish) -> None:
    """Labels and status of the Service; an event when its address is new."""
    labels = {**(service["metadata"].get("labels") or {}), HASH: wish.digest, ID: balancer.id}
    if labels != (service["metadata"].get("labels") or {}):
        job.client.update(SERVICES, {**service, "metadata": {**service["metadata"], "labels": labels}})
        job.client.stale = True
        return
    point = {"hostname": wish.hostname} if wish.hostname else {"ip": balancer["Address"], "ipMode": "VIP"}
    status = service.get("status") or {}
    if status.get("loadBalancer") == {"ingress": [point]}:
        return
    if job.client.set_status(SERVICES, service, status={**status, "loadBalancer": {"ingress": [point]}}):
        job.client.event(service, reason="EnsuredLoadBalancer", note=f"Ensured load balancer [{balancer.id}]")


def _release(job: Round, *, service: Object, balancers: list[Seen]) -> None:
    """Takes the load balancer away, and then what the Service says of it."""
    wish = wish_of(service, cluster=job.cluster)
    balancer = _find(job, service=service, balancers=balancers)
    used = next((one for one in balancers if one.id == _labels(service).get(ID)), None)
    if balancer is not None and not wish.preserve:
        job.client.event(service, reason="DeletingLoadBalancer", note="Deleting load balancer")
        job.ask("slb.SetLoadBalancerDeleteProtection", LoadBalancerId=balancer.id, DeleteProtection="off")
        job.ask("slb.DeleteLoadBalancer", LoadBalancerId=balancer.id)
        job.client.event(service, reason="DeletedLoadBalancer", note="Deleted load balancer")
    elif balancer is None and used is not None:
        listeners.remove(job, balancer=used, service=service)
    _clear(job, service=service)


def _clear(job: Round, *, service: Object) -> None:
    status = service.get("status") or {}
    if (status.get("loadBalancer") or {}).get("ingress"):
        job.client.set_status(SERVICES, service, status={**status, "loadBalancer": {}})
        job.client.stale = True
        return
    labels = {key: value for key, value in _labels(service).items() if key not in (HASH, ID)}
    finalizers = [one for one in _finalizers(service) if one != FINALIZER]
    meta: dict[str, Any] = {**service["metadata"], "labels": labels, "finalizers": finalizers}
    job.client.update(SERVICES, {**service, "metadata": meta})


def _backends(job: Round) -> list[str]:
    """The machines of the nodes that can take connections."""
    running = {one.id for one in job.all(INSTANCE) if one["Status"] == RUNNING and not one["Releasing"]}
    machines: list[str] = []
    for node in job.client.listed(NODES):
        machine = str(node["spec"].get("providerID") or "").rpartition(".")[2]
        excluded = "node.kubernetes.io/exclude-from-external-load-balancers" in (node["metadata"].get("labels") or {})
        if machine in running and is_true(node.get("status") or {}, "Ready") and not excluded:
            machines.append(machine)
    return sorted(machines)


def _local(job: Round, *, service: Object, backends: list[str]) -> list[str]:
    """Of the machines, those that run a ready pod of the Service, when its traffic is to stay on the node."""
    if service["spec"].get("externalTrafficPolicy") != "Local":
        return backends
    meta = service["metadata"]
    names: set[str] = set()
    for piece in job.client.listed(SLICES, namespace=meta["namespace"]):
        if (piece["metadata"].get("labels") or {}).get("kubernetes.io/service-name") == meta["name"]:
            ready = (one for one in piece.get("endpoints") or () if (one.get("conditions") or {}).get("ready", True))
            names |= {str(one["nodeName"]) for one in ready if one.get("nodeName")}
    nodes = (node for node in job.client.listed(NODES) if node["metadata"]["name"] in names)
    machines = {str(node["spec"].get("providerID") or "").rpartition(".")[2] for node in nodes}
    return [one for one in backends if one in machines]


def _labels(service: Object) -> dict[str, str]:
    return dict(service["metadata"].get("labels") or {})


def _finalizers(service: Object) -> list[str]:
    return list(service["metadata"].get("finalizers") or ())
