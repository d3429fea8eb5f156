"""Nodes: their pod CIDRs, taints by condition, evictions, and pods whose node is gone.

As pkg/controller/nodeipam, nodelifecycle, tainteviction and podgc do.
"""

from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from typing import Any

from acsctl.emulator.kubernetes.builtin.controllers.placement import UNSCHEDULABLE, matching_tolerations
from acsctl.emulator.kubernetes.builtin.controllers.pods import FINAL, is_going, phase
from acsctl.emulator.kubernetes.builtin.controllers.work import Work
from acsctl.emulator.kubernetes.client import NODES, PODS, Object, moment
from acsctl.emulator.kubernetes.conditions import Condition, find, with_condition

NOT_READY, UNREACHABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"
BY_CONDITION = {
    "MemoryPressure": "node.kubernetes.io/memory-pressure",
    "DiskPressure": "node.kubernetes.io/disk-pressure",
    "PIDPressure": "node.kubernetes.io/pid-pressure",
    "NetworkUnavailable": "node.kubernetes.io/network-unavailable",
}
OURS = {NOT_READY, UNREACHABLE, UNSCHEDULABLE, *BY_CONDITION.values()}


class Nodes:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._client = work.client

    def reconcile(self) -> None:
        nodes = self._client.listed(NODES)
        taken = {one["spec"]["podCIDR"] for one in nodes if one["spec"].get("podCIDR")}
        alive = [one for one in nodes if not one["metadata"].get("deletionTimestamp")]
        self._work.each(alive, lambda one: self._tend(one, taken=taken))
        by_name = {one["metadata"]["name"]: one for one in nodes}
        placed = [pod for pod in self._client.listed(PODS) if pod["spec"].get("nodeName")]
        self._work.each(placed, lambda pod: self._tend_pod(pod, nodes=by_name))

    def _tend(self, node: Object, *, taken: set[str]) -> None:
        name = node["metadata"]["name"]
        self._work.tell_once(node, reason="RegisteredNode", note=f"Node {name} event: Registered Node {name} in Controller")
        spec = dict(node["spec"])
        if not spec.get("podCIDR") and (block := self._free_block(taken)):
            taken.add(block)
            spec |= {"podCIDR": block, "podCIDRs": [block]}
        elif not spec.get("podCIDR") and self._work.face.pod_cidr and self._work.may_create(node):
            self._work.refused(node)
            note = f"Node {name} status is now: CIDRNotAvailable"
            self._client.event(node, reason="CIDRNotAvailable", note=note)
        taints = self._taints(node)
        if taints != (spec.get("taints") or []):
            spec["taints"] = taints
        if spec != node["spec"]:
            self._client.update(NODES, {**node, "spec": {name: value for name, value in spec.items() if value != []}})

    def _free_block(self, taken: set[str]) -> str:
        face = self._work.face
        if not face.pod_cidr:
            return ""
        blocks = ip_network(face.pod_cidr).subnets(new_prefix=face.node_cidr_mask)
        return next((str(one) for one in blocks if str(one) not in taken), "")

    def _taints(self, node: Object) -> list[Object]:
        """Others' taints, then those that conditions ask for, each with the time when it came."""
        before = node["spec"].get("taints") or []
        wanted = dict.fromkeys(_wanted_taints(node))
        kept = [one for one in before if one["key"] not in OURS or (one["key"], one["effect"]) in wanted]
        had = {(one["key"], one["effect"]) for one in kept}
        added = [
            {"key": key, "effect": effect, "timeAdded": self._client.stamp}
            for key, effect in wanted
            if (key, effect) not in had
        ]
        return [*kept, *added]

    def _tend_pod(self, pod: Object, *, nodes: Mapping[str, Object]) -> None:
        name = pod["spec"]["nodeName"]
        if name not in nodes:
            self._client.delete(PODS, pod, grace=0)
        elif phase(pod) not in FINAL:
            self._judge(pod, nodes[name])

    def _judge(self, pod: Object, node: Object) -> None:
        """A pod on a node that does not answer is not ready, and goes when it has been tolerated long enough."""
        ready = find(node.get("status") or {}, "Ready")
        status = pod.get("status") or {}
        if ready is not None and ready["status"] != "True" and (find(status, "Ready") or {}).get("status") == "True":
            conditions = with_condition(status["conditions"], Condition("Ready", "False"), stamp=self._client.stamp)
            self._client.set_status(PODS, pod, status={**status, "conditions": conditions})
            self._client.event(pod, reason="NodeNotReady", note="Node is not ready", warning=True)
            return
        if is_going(pod):
            return
        ends = [end for one in node["spec"].get("taints") or () if (end := _tolerated_until(pod, one)) is not None]
        if ends and self._work.has_come(min(ends)):
            note = f"Marking for deletion Pod {pod['metadata']['namespace']}/{pod['metadata']['name']}"
            self._client.event(pod, reason="TaintManagerEviction", note=note)
            self._client.delete(PODS, pod)


def _wanted_taints(node: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    status = node.get("status") or {}
    ready = find(status, "Ready")
    if ready is None or ready["status"] == "False":
        yield NOT_READY, "NoSchedule"
    if ready is not None and ready["status"] == "Unknown":
        yield UNREACHABLE, "NoSchedule"
    for type, key in BY_CONDITION.items():
        if (find(status, type) or {}).get("status") == "True":
            yield key, "NoSchedule"
    if node["spec"].get("unschedulable"):
        yield UNSCHEDULABLE, "NoSchedule"
    if ready is not None and ready["status"] == "False":
        yield NOT_READY, "NoExecute"
    if ready is not None and ready["status"] == "Unknown":
        yield UNREACHABLE, "NoExecute"


def _tolerated_until(pod: Mapping[str, Any], taint: Mapping[str, Any]) -> float | None:
    """Until when the pod may stay in spite of a NoExecute taint; None for ever."""
    if taint["effect"] != "NoExecute":
        return None
    since = moment(taint["timeAdded"]) if taint.get("timeAdded") else 0.0
    found = matching_tolerations(pod, taint)
    if not found:
        return since
    seconds = [one["tolerationSeconds"] for one in found if one.get("tolerationSeconds") is not None]
    return since + max(min(seconds), 0) if seconds else None
