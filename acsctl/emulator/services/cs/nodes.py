"""Machines that become nodes, live as nodes and leave (sheet ack-facts.md 4).

A machine that a NODE record announces is set up for a while; then its kubelet registers with what the pool wants, and the
cloud controller manager adds what the cloud knows and takes off the taint that kept pods away until then.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from acsctl.emulator.kubernetes.client import NODES, Object, Refused
from acsctl.emulator.kubernetes.conditions import Condition, find, is_true, with_condition
from acsctl.emulator.services.cs.drain import DONE, GOING, drained, evict_all
from acsctl.emulator.services.cs.node_facts import NODEPOOL_LABEL, capacity, cloud_labels, info, kubelet_labels
from acsctl.emulator.services.cs.rounds import Round, Seen
from acsctl.emulator.services.cs.types import NODE
from acsctl.emulator.services.ecs.instance import INSTANCE, RUNNING, STARTING
from acsctl.emulator.services.network import ROUTE_ENTRY

BOOTSTRAP = 60.0  # cloud seconds; 45 to 90 measured, sheet ack-facts.md 2
RETRY = 10.0  # cloud seconds after which what was refused is tried again
KUBELET_PORT = 10250
UNINITIALIZED = {"key": "node.cloudprovider.kubernetes.io/uninitialized", "value": "true", "effect": "NoSchedule"}
STOPPED = "local.acsctl.dev/stopped"
"""Annotation of a node whose machine does not run: its kubelet is silent."""

Machines = Mapping[str, Seen]


def tend(job: Round) -> None:
    """Brings records, machines and Node objects together."""
    records = job.own(NODE)
    if not records:
        return
    machines = {one.id: one for one in job.all(INSTANCE) if not one["Releasing"]}
    there = {node["metadata"]["name"]: node for node in job.client.listed(NODES)}
    for record in records:
        node, machine = there.get(record["NodeName"]), machines.get(record["InstanceId"])
        try:
            _tend_one(job, record=record, machine=machine, node=node)
        except Refused:  # a webhook, or a label of the pool that is none: the others go on
            job.again(after=RETRY)


def _tend_one(job: Round, *, record: Seen, machine: Seen | None, node: Object | None) -> None:
    if record["State"] == "removing" or machine is None:
        _remove(job, record=record, node=node)
    elif record["State"] == "initial":
        _join(job, record=record, machine=machine, node=node)
    elif node is not None:
        _keep(job, record=record, machine=machine, node=node)
        if record.get("Renew"):
            _renew(job, record=record, node=node)


def _renew(job: Round, *, record: Seen, node: Object) -> None:
    """A node whose system disk is being replaced (rolling.py): drained before, taking pods again when it is back."""
    state = record["Renew"]
    if state == "drain":
        found = drained(job, record=record, node=node)
        if found != GOING:
            job.set(NODE, id=record.id, Renew="drained" if found == DONE else "stuck")
    elif state == "boot" and is_true(node.get("status") or {}, "Ready") and _tells(job, record=record, node=node):
        job.set(NODE, id=record.id, Renew="back")
    elif state == "back":
        wanted = bool(record.get("Unschedulable"))
        if bool(node["spec"].get("unschedulable")) != wanted:
            job.client.update(NODES, {**node, "spec": {**node["spec"], "unschedulable": wanted}})
        else:
            job.set(NODE, id=record.id, Renew="", DrainedSince=None, DrainWhy="")


def _tells(job: Round, *, record: Seen, node: Object) -> bool:
    """Whether the kubelet has told the version that it is to be; a real one has its own."""
    version = str(record.get("Version") or "").removeprefix("v")
    told = str(node["status"].get("nodeInfo", {}).get("kubeletVersion"))
    return job.world.real_nodes or not version or told == f"v{version}"


def _join(job: Round, *, record: Seen, machine: Seen, node: Object | None) -> None:
    """From the machine's boot to the first Ready."""
    if not record.get("Bootstrapped"):
        if machine["Status"] == RUNNING and not record.get("Bootstrapping"):
            with job.change(NODE, id=record.id) as found:
                if found is not None:
                    found.set(Bootstrapping=True)
                    found.later(BOOTSTRAP, Bootstrapped=True)
        return
    if node is None:
        _register(job, record=record, machine=machine)
        return
    _keep(job, record=record, machine=machine, node=node)
    if is_true(node.get("status") or {}, "Ready") and _initialized(node):
        job.set(NODE, id=record.id, State="running")


def _register(job: Round, *, record: Seen, machine: Seen) -> None:
    """What a kubelet does at its first start."""
    room, allocatable = capacity(job.world, machine=machine, mask=job.cluster["NodeCidrMask"])
    address = {"type": "InternalIP", "address": machine["PrivateIpAddress"]}
    node = {
        "metadata": {
            "name": record["NodeName"],
            "labels": {**kubelet_labels(job.cluster, record, machine), **record["Labels"]},
        },
        "spec": {
            "taints": [UNINITIALIZED, *_taints(record)],
            **({"unschedulable": True} if record.get("Unschedulable") else {}),
        },
        "status": {
            "capacity": room,
            "allocatable": allocatable,
            "addresses": [address, {"type": "Hostname", "address": record["NodeName"]}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": KUBELET_PORT}},
            "nodeInfo": info(job.cluster, machine=machine, record=record),
        },
    }
    reply = job.client.create(NODES, node)
    if not reply.ok:
        job.again(after=RETRY)  # as a kubelet does; its pool's labels may be none
        return
    job.set(NODE, id=record.id, Applied=_wanted(record))
    _keep(job, record=record, machine=machine, node=reply.document)


def _keep(job: Round, *, record: Seen, machine: Seen, node: Object) -> None:
    """What the cloud and the pool want of a node that is there; what others wrote is left alone."""
    if node["metadata"].get("deletionTimestamp"):
        return
    wanted = _initialize(job, node=node, machine=machine) if not _initialized(node) else node
    wanted = _with_pool(record, node=wanted)
    wanted = _with_power(machine, node=wanted)
    if wanted != node:
        job.client.update(NODES, wanted)
    else:
        _keep_status(job, record=record, machine=machine, node=node)
    if record.get("Applied") != _wanted(record):
        job.set(NODE, id=record.id, Applied=_wanted(record))


def _initialized(node: Object) -> bool:
    return bool(node["spec"].get("providerID")) and UNINITIALIZED["key"] not in {one["key"] for one in _node_taints(node)}


def _initialize(job: Round, *, node: Object, machine: Seen) -> Object:
    """The cloud controller manager: who the machine is, and the taint off."""
    pool = (node["metadata"].get("labels") or {}).get(NODEPOOL_LABEL, "")
    labels = {**(node["metadata"].get("labels") or {}), **cloud_labels(job.cluster.scope.region, machine, pool=pool)}
    taints = [one for one in _node_taints(node) if one["key"] != UNINITIALIZED["key"]]
    return {
        **node,
        "metadata": {**node["metadata"], "labels": labels},
        "spec": {**node["spec"], "providerID": f"{job.cluster.scope.region}.{machine.id}", "taints": taints},
    }


def _keep_status(job: Round, *, record: Seen, machine: Seen, node: Object) -> None:
    """The versions of an upgraded kubelet; and a new node of Flannel has no network until its route is there."""
    status: dict[str, Any] = node.get("status") or {}
    if not status.get("conditions"):
        return  # its kubelet has not spoken yet
    facts = {} if job.world.real_nodes else info(job.cluster, machine=machine, record=record)  # a real kubelet tells its own
    conditions = status["conditions"]
    if job.cluster["Network"] == "flannel" and find(status, "NetworkUnavailable") is None:
        waiting = Condition("NetworkUnavailable", "True", "NoRouteCreated", "Node created without a route")
        conditions = with_condition(conditions, waiting, stamp=job.client.stamp)
    told = {**(status.get("nodeInfo") or {}), **facts}
    job.client.set_status(NODES, node, status={**status, "nodeInfo": told, "conditions": conditions})


def _with_pool(record: Seen, *, node: Object) -> Object:
    """Labels, taints and cordon that the pool changed since they were last applied."""
    old, new = record.get("Applied"), _wanted(record)
    if old is None or old == new:
        return node
    gone = old["labels"].keys() - new["labels"].keys()
    labels = {key: value for key, value in (node["metadata"].get("labels") or {}).items() if key not in gone}
    ours = {(one["key"], one["effect"]) for one in (*old["taints"], *new["taints"])}
    taints = [one for one in _node_taints(node) if (one["key"], one["effect"]) not in ours]
    spec = {**node["spec"], "taints": [*taints, *new["taints"]]}
    if old["unschedulable"] != new["unschedulable"]:
        spec["unschedulable"] = new["unschedulable"]
    return {**node, "metadata": {**node["metadata"], "labels": {**labels, **new["labels"]}}, "spec": spec}


def _with_power(machine: Seen, *, node: Object) -> Object:
    """The mark of a machine that is off."""
    notes = dict(node["metadata"].get("annotations") or {})
    runs = machine["Status"] in (RUNNING, STARTING)
    if runs == (STOPPED not in notes):
        return node
    if runs:
        del notes[STOPPED]
    else:
        notes[STOPPED] = "true"
    return {**node, "metadata": {**node["metadata"], "annotations": notes}}


def _remove(job: Round, *, record: Seen, node: Object | None) -> None:
    """A node that leaves: its pods are moved when that is wanted, then it goes, and with it its route and its record."""
    if node is not None and node["spec"].get("providerID"):
        wanted = record["State"] == "removing" and record.get("Drain")
        if wanted and drained(job, record=record, node=node) == GOING:
            return
        evict_all(job, node=node)
    if node is not None:
        job.client.delete(NODES, node)
        return
    if _has_route(job, instance_id=record["InstanceId"]):
        return
    with job.change(NODE, id=record.id) as found:
        if found is not None:
            found.remove()


def _has_route(job: Round, *, instance_id: str) -> bool:
    return any(hop["NextHopId"] == instance_id for one in job.all(ROUTE_ENTRY) for hop in one["NextHops"])


def _wanted(record: Seen) -> dict[str, Any]:
    return {"labels": dict(record["Labels"]), "taints": _taints(record), "unschedulable": bool(record.get("Unschedulable"))}


def _taints(record: Seen) -> list[dict[str, str]]:
    """The pool's taints as a Node has them: an empty value is left out."""
    rows: Iterable[Mapping[str, Any]] = record.get("Taints") or ()
    return [{name: str(one[name]) for name in ("key", "value", "effect") if one.get(name)} for one in rows]


def _node_taints(node: Object) -> list[dict[str, Any]]:
    return list(node["spec"].get("taints") or ())
