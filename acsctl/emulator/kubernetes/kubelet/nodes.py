"""What a kubelet says of its node."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from acsctl.emulator.kubernetes.client import stamp
from acsctl.emulator.kubernetes.conditions import Condition, find, with_condition

STOPPED = "local.acsctl.dev/stopped"  # the annotation of a node whose machine is off
NETWORK = "local.acsctl.dev/network"
"""The annotation of a node whose network for pods comes from a DaemonSet: MISSING until a pod has installed a CNI plugin."""
MISSING, INSTALLED = "missing", "installed"
PLAIN = {"cpu": "4", "memory": "8Gi", "ephemeral-storage": "40Gi", "pods": "110"}  # of a Node that tells no capacity

_FINE = (
    Condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    Condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    Condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
)
_READY = Condition("Ready", "True", "KubeletReady", "kubelet is posting ready status")
_UNPLUGGED = Condition(
    "Ready",
    "False",
    "KubeletNotReady",
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized",
)
_SILENT = "Kubelet stopped posting node status."


def is_alive(node: Mapping[str, Any]) -> bool:
    """Whether its machine runs."""
    return (node["metadata"].get("annotations") or {}).get(STOPPED) != "true"


def network(node: Mapping[str, Any]) -> str:
    """See NETWORK; empty for a node whose network is none of a DaemonSet's making."""
    return str((node["metadata"].get("annotations") or {}).get(NETWORK, ""))


def address(node: Mapping[str, Any]) -> str:
    """Its InternalIP, or empty."""
    addresses = (node.get("status") or {}).get("addresses") or ()
    return next((str(one["address"]) for one in addresses if one["type"] == "InternalIP"), "")


def node_status(node: Mapping[str, Any], *, now: float) -> dict[str, Any]:
    """The status that its kubelet, or what misses its kubelet, gives it."""
    status = dict(node.get("status") or {})
    conditions: list[dict[str, Any]] = list(status.get("conditions") or ())
    if not is_alive(node):
        for one in (*_FINE, _READY):
            silent = Condition(one.type, "Unknown", "NodeStatusUnknown", _SILENT)
            conditions = with_condition(conditions, silent, stamp=stamp(now))
        return {**status, "conditions": conditions}
    ready = _UNPLUGGED if network(node) == MISSING else _READY
    for one in (*_FINE, ready):
        conditions = with_condition(conditions, one, stamp=stamp(now), touch="lastHeartbeatTime")
    capacity = status.get("capacity") or PLAIN
    return {**status, "conditions": conditions, "capacity": capacity, "allocatable": status.get("allocatable") or capacity}


def has_turned_ready(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    old, new = find(before.get("status") or {}, "Ready"), find(after, "Ready")
    return new is not None and new["status"] == "True" and (old is None or old["status"] != "True")


def free_address(node: Mapping[str, Any], *, taken: set[str]) -> str:
    """The lowest free address of the node's pod CIDR (the first is the bridge's), or empty when there is none."""
    cidr = node["spec"].get("podCIDR")
    if not cidr:
        return ""
    hosts = ip_network(cidr).hosts()
    next(hosts, None)
    return next((str(one) for one in hosts if str(one) not in taken), "")
