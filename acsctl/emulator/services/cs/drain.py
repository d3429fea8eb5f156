"""Moving pods off a node (sheet ack-facts.md 2): by eviction, which a disruption budget may forbid for the moment."""

from contextlib import suppress
from typing import Any

from acsctl.emulator.kubernetes.client import NODES, PODS, Object, Refused
from acsctl.emulator.services.cs.rounds import Round, Seen
from acsctl.emulator.services.cs.types import NODE

RETRY = 5.0  # cloud seconds between two tries to evict
WINDOW = 1800.0  # cloud seconds that a drain waits for budgets, sheet ack-facts.md 2


def drained(job: Round, *, record: Seen, node: Object) -> bool:
    """Cordons, evicts, and tells whether nothing is left to wait for; true too when the window has passed."""
    if not node["spec"].get("unschedulable"):
        job.client.update(NODES, {**node, "spec": {**node["spec"], "unschedulable": True}})
    if record.get("DrainedSince") is None:
        job.set(NODE, id=record.id, DrainedSince=job.client.now)
        return False
    if job.client.now - record["DrainedSince"] >= WINDOW:
        return True
    pods = _movable(job, node=node)
    if pods:
        _evict_some(job, key=f"drain {record.id}", pods=pods)
    return not pods


def _evict_some(job: Round, *, key: str, pods: list[Object]) -> None:
    """One pod of each owner at a time, so that a budget knows of the last one before the next is asked for."""
    until, _ = job.memory.delays.get(key, (0.0, RETRY))
    if job.client.now >= until:
        asked = set[str]()
        for pod in pods:
            if not pod["metadata"].get("deletionTimestamp") and _owner(pod) not in asked:
                asked.add(_owner(pod))
                _evict(job, pod=pod)
        job.memory.delays[key] = (job.client.now + RETRY, RETRY)
    job.again(after=RETRY)


def _owner(pod: Object) -> str:
    """The uid of what controls a pod, else its own."""
    owners = pod["metadata"].get("ownerReferences") or ()
    return next((str(one["uid"]) for one in owners if one.get("controller")), str(pod["metadata"]["uid"]))


def evict_all(job: Round, *, node: Object) -> None:
    """Deletes what is still bound to a node that goes, at once: its kubelet is no more."""
    for pod in job.client.listed(PODS):
        if pod["spec"].get("nodeName") == node["metadata"]["name"]:
            job.client.delete(PODS, pod, grace=0)


def _movable(job: Round, *, node: Object) -> list[Object]:
    """Pods that a drain waits for: not those of daemon sets, of the machine itself, or that have ended."""
    return [
        pod for pod in job.client.listed(PODS) if pod["spec"].get("nodeName") == node["metadata"]["name"] and _is_movable(pod)
    ]


def _is_movable(pod: Object) -> bool:
    meta: dict[str, Any] = pod["metadata"]
    owners = {one["kind"] for one in meta.get("ownerReferences") or ()}
    ended = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    return not ended and "DaemonSet" not in owners and "kubernetes.io/config.mirror" not in (meta.get("annotations") or {})


def _evict(job: Round, *, pod: Object) -> None:
    """Refused while a budget forbids it: 429."""
    meta = {name: pod["metadata"][name] for name in ("name", "namespace")}
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": meta}
    with suppress(Refused):
        job.client.post(PODS, pod, subresource="eviction", body=body)
