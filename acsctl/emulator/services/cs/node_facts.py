"""What a kubelet and the cloud controller manager know of a machine: labels, capacity, versions (sheet ack-facts.md 4)."""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.resource import Scope
from acsctl.emulator.services.cs.rounds import Seen
from acsctl.emulator.services.ecs.disk import DISK
from acsctl.emulator.services.ecs.instance_type import find_type
from acsctl.emulator.world import World

NODEPOOL_LABEL = "alibabacloud.com/nodepool-id"
CONTAINERD = "containerd://2.1.6"
OS_IMAGE = "Alibaba Cloud Linux 3.2104 U12 (OpenAnolis Edition)"
KERNEL = "5.10.134-19.1.al8"
MOST_PODS = 256
RESERVED_CPU, RESERVED_MEMORY, RESERVED_DISK = 100, 0.13, 0.1  # milli CPUs; shares of the rest. Chosen.
KERNEL_MEMORY = 0.04  # share of a machine's memory that its system does not show. Chosen.


def kubelet_labels(cluster: Seen, record: Seen, machine: Seen) -> dict[str, str]:
    """What a kubelet registers with, without the pool's own labels."""
    architecture = _architecture(machine)
    return {
        "ack.aliyun.com": cluster.id,
        NODEPOOL_LABEL: record["NodePoolId"],
        "alibabacloud.com/ecs-instance-id": machine.id,
        "kubernetes.io/hostname": record["NodeName"],
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": architecture,
        "beta.kubernetes.io/os": "linux",
        "beta.kubernetes.io/arch": architecture,
    }


def cloud_labels(region: str, machine: Seen, *, pool: str) -> dict[str, str]:
    """What the cloud controller manager and the storage driver add."""
    zone, kind = machine["ZoneId"], machine["InstanceType"]
    return {
        "node.kubernetes.io/instance-type": kind,
        "beta.kubernetes.io/instance-type": kind,
        "topology.kubernetes.io/region": region,
        "topology.kubernetes.io/zone": zone,
        "failure-domain.beta.kubernetes.io/region": region,
        "failure-domain.beta.kubernetes.io/zone": zone,
        "node.alibabacloud.com/instance-charge-type": machine.get("InstanceChargeType") or "PostPaid",
        "node.alibabacloud.com/spot-strategy": machine.get("SpotStrategy") or "NoSpot",
        "node.alibabacloud.com/nodepool-id": pool,
        "topology.diskplugin.csi.alibabacloud.com/zone": zone,
    }


def capacity(world: World, *, machine: Seen, mask: int) -> tuple[dict[str, str], dict[str, str]]:
    """Capacity and allocatable of a machine. mask: of a node's block of pod addresses."""
    kind = find_type(machine["InstanceType"]) or {"cpu": 2, "memory_gib": 8}
    memory = int(kind["memory_gib"] * 1024 * 1024 * (1 - KERNEL_MEMORY))
    disk, pods = _system_disk(world, machine=machine) * 1024 * 1024, min(2 ** (32 - mask), MOST_PODS)
    room = {"cpu": f"{kind['cpu']}", "memory": f"{memory}Ki", "ephemeral-storage": f"{disk}Ki", "pods": f"{pods}"}
    left = {
        "cpu": f"{kind['cpu'] * 1000 - RESERVED_CPU}m",
        "memory": f"{int(memory * (1 - RESERVED_MEMORY))}Ki",
        "ephemeral-storage": f"{int(disk * 1024 * (1 - RESERVED_DISK))}",
        "pods": room["pods"],
    }
    return {**room, **_HUGE}, {**left, **_HUGE}


def info(cluster: Seen, *, machine: Seen, record: Seen) -> dict[str, str]:
    """nodeInfo, with the versions of the record or else the cluster's."""
    plain = str(record.get("Version") or cluster["Version"]).removeprefix("v")
    return {
        "kubeletVersion": f"v{plain}",
        "kubeProxyVersion": f"v{plain}",
        "containerRuntimeVersion": record.get("Runtime") or CONTAINERD,
        "osImage": OS_IMAGE,
        "operatingSystem": "linux",
        "kernelVersion": f"{KERNEL}.{'aarch64' if _architecture(machine) == 'arm64' else 'x86_64'}",
        "architecture": _architecture(machine),
        "machineID": machine.id,
        "systemUUID": machine.id,
        "bootID": f"{cluster.id}-{machine.id}",
    }


_HUGE: Mapping[str, str] = {"hugepages-1Gi": "0", "hugepages-2Mi": "0"}


def _architecture(machine: Seen) -> str:
    found: Mapping[str, Any] = find_type(machine["InstanceType"]) or {}
    return "arm64" if str(found.get("architecture", "")).lower().startswith("arm") else "amd64"


def _system_disk(world: World, *, machine: Seen) -> int:
    """GiB."""
    scope = Scope(machine.scope.account, machine.scope.region)
    with world.lock:
        disks = [one for one in world.store.all(DISK, scope=scope) if one["InstanceId"] == machine.id]
    return next((int(one["Size"]) for one in disks if one["Type"] == "system"), 40)
