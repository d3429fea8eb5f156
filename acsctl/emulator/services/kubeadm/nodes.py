"""The Node objects of machines: registered by their kubelets, silent when the machine is. Nobody plays a cloud controller."""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.kubernetes.client import CONFLICT, NODES, Object, message
from acsctl.emulator.kubernetes.kubelet.nodes import MISSING, NETWORK, STOPPED
from acsctl.emulator.services.cs.node_facts import CONTAINERD, KERNEL, OS_IMAGE, capacity
from acsctl.emulator.services.cs.rounds import Seen
from acsctl.emulator.services.ecs.boots import BOOT
from acsctl.emulator.services.ecs.instance import INSTANCE, RUNNING
from acsctl.emulator.services.ecs.instance_type import find_type
from acsctl.emulator.services.kubeadm.orders import CONTROL_PLANE
from acsctl.emulator.services.kubeadm.records import MEMBER
from acsctl.emulator.services.kubeadm.visits import Visit

KUBELET_PORT = 10250
MOST_PODS = "110"  # the kubelet's default
RETRY = 10.0  # cloud seconds after which what was refused is tried again
NOT_FOR_BALANCERS = "node.kubernetes.io/exclude-from-external-load-balancers"
UNINITIALIZED = {"key": "node.cloudprovider.kubernetes.io/uninitialized", "value": "true", "effect": "NoSchedule"}


def tend(visit: Visit) -> None:
    """Brings records, machines and Node objects together."""
    members = [one for one in visit.all(MEMBER) if one["ClusterId"] == visit.cluster.id]
    machines = {one.id: one for one in visit.all(INSTANCE) if not one["Releasing"]}
    boots = {one.id: one for one in visit.all(BOOT)}
    there = {node["metadata"]["name"]: node for node in visit.client.listed(NODES)}
    for member in members:
        id_ = member["InstanceId"]
        own = id_ in boots and boots[id_]["Node"] == member.id  # else its disk was replaced, or is gone
        machine = machines.get(id_) if own else None
        _tend_one(visit, member=member, machine=machine, node=there.get(member["NodeName"]))


def _tend_one(visit: Visit, *, member: Seen, machine: Seen | None, node: Object | None) -> None:
    runs = machine is not None and machine["Status"] == RUNNING
    if machine is not None and runs and not member["Registered"]:
        _register(visit, member=member, machine=machine, node=node)
    elif node is not None:
        _keep(visit, node=node, runs=runs)
    elif machine is None:
        with visit.change(MEMBER, id=member.id) as found:
            if found is not None:
                found.remove()
    elif not runs and member["Registered"]:
        visit.set(MEMBER, id=member.id, Registered=False)  # a kubelet registers again when it starts


def _register(visit: Visit, *, member: Seen, machine: Seen, node: Object | None) -> None:
    wanted = _node(visit, member=member, machine=machine)
    if node is None:
        reply = visit.client.create(NODES, wanted)
        if not reply.ok and reply.status != CONFLICT:
            visit.again(after=RETRY)
            _say(visit, machine=machine, text=f'kubelet: "Unable to register node with API server" err="{message(reply)}"')
            return
    else:  # the name was another machine's, or this one's before its disk was replaced
        meta = {**node["metadata"], "annotations": {**(node["metadata"].get("annotations") or {}), NETWORK: MISSING}}
        meta["annotations"].pop(STOPPED, None)
        meta["labels"] = {**(meta.get("labels") or {}), **wanted["metadata"]["labels"]}
        if not visit.client.update(NODES, {**node, "metadata": meta}):
            return
    visit.set(MEMBER, id=member.id, Registered=True)


def _say(visit: Visit, *, machine: Seen, text: str) -> None:
    with visit.change(BOOT, id=machine.id) as boot:
        if boot is not None and (not boot["Console"] or boot["Console"][-1][1] != text):
            boot.set(Console=[*boot["Console"], [visit.world.store.now, text]])


def _keep(visit: Visit, *, node: Object, runs: bool) -> None:
    """The mark of a machine that is off."""
    notes = dict(node["metadata"].get("annotations") or {})
    if runs == (STOPPED not in notes):
        return
    if runs:
        del notes[STOPPED]
    else:
        notes[STOPPED] = "true"
    visit.client.update(NODES, {**node, "metadata": {**node["metadata"], "annotations": notes}})


def _node(visit: Visit, *, member: Seen, machine: Seen) -> Object:
    """What a kubelet of kubeadm registers with; it knows nothing of the cloud but what it was told."""
    arguments: Mapping[str, str] = member["Arguments"]
    room, allocatable = capacity(visit.world, machine=machine, mask=visit.cluster["Mask"])
    most = {"pods": arguments.get("max-pods", MOST_PODS)}
    external = arguments.get("cloud-provider") == "external"
    taints = [*([UNINITIALIZED] if external else []), *member["Taints"]]
    address = arguments.get("node-ip") or machine["PrivateIpAddress"]
    addresses = [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": member["NodeName"]}]
    spec: dict[str, Any] = {"taints": taints} if taints else {}
    if arguments.get("provider-id"):
        spec["providerID"] = arguments["provider-id"]
    notes = {
        "kubeadm.alpha.kubernetes.io/cri-socket": member["Socket"],
        "node.alpha.kubernetes.io/ttl": "0",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
        NETWORK: MISSING,
    }
    return {
        "metadata": {"name": member["NodeName"], "labels": _labels(member, machine=machine), "annotations": notes},
        "spec": spec,
        "status": {
            "capacity": {**room, **most},
            "allocatable": {**allocatable, **most},
            "addresses": addresses,
            "daemonEndpoints": {"kubeletEndpoint": {"Port": KUBELET_PORT}},
            "nodeInfo": _info(visit, member=member, machine=machine),
        },
    }


def _info(visit: Visit, *, member: Seen, machine: Seen) -> dict[str, str]:
    architecture = _architecture(machine)
    return {
        "kubeletVersion": member["Version"],
        "kubeProxyVersion": "",
        "containerRuntimeVersion": CONTAINERD,
        "osImage": OS_IMAGE,
        "operatingSystem": "linux",
        "kernelVersion": f"{KERNEL}.{'aarch64' if architecture == 'arm64' else 'x86_64'}",
        "architecture": architecture,
        "machineID": machine.id,
        "systemUUID": machine.id,
        "bootID": f"{visit.cluster.id}-{machine.id}",
    }


def _architecture(machine: Seen) -> str:
    kind: Mapping[str, Any] = find_type(machine["InstanceType"]) or {}
    return "arm64" if str(kind.get("architecture", "")).lower().startswith("arm") else "amd64"


def _labels(member: Seen, *, machine: Seen) -> dict[str, str]:
    architecture = _architecture(machine)
    own = (one.partition("=") for one in str(member["Arguments"].get("node-labels", "")).split(",") if one)
    return {
        "kubernetes.io/hostname": member["NodeName"],
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": architecture,
        "beta.kubernetes.io/os": "linux",
        "beta.kubernetes.io/arch": architecture,
        **({CONTROL_PLANE: "", NOT_FOR_BALANCERS: ""} if member["ControlPlane"] else {}),
        **{key.strip(): value.strip() for key, _, value in own},
    }
