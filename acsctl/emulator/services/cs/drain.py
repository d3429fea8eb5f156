"""Moving pods off a node (sheet ack-facts.md 2): by eviction, which a disruption budget may forbid for the moment.

Why the last evictions were refused is kept in the record of the node, DrainWhy: tasks tell it.
"""

from typing import Any

from acsctl.emulator.kubernetes.client import NODES, PODS, Object, message
from acsctl.emulator.kubernetes.plane import Reply
from acsctl.emulator.services.cs.rounds import Round, Seen
from acsctl.emulator.services.cs.types import NODE

RETRY = 5.0  # cloud seconds between two tries to evict
WINDOW = 1800.0  # cloud seconds that a drain waits for budgets, sheet ack-facts.md 2
GOING, DONE, LATE = "going", "done", "late"
BLOCKED = 429


def drained(job: Round, *, record: Seen, node: Object) -> str:
    """Cordons, evicts, and tells how far that is: GOING, DONE when nothing is left, LATE when the window has passed."""
    if not node["spec"].get("unschedulable"):
        job.client.update(NODES, {**node, "spec": {**node["spec"], "unschedulable": True}})
    if record.get("DrainedSince") is None:
        job.set(NODE, id=record.id, DrainedSince=job.client.now, DrainWhy="")
        return GOING
    pods = _movable(job, node=node)
    if not pods:
        return DONE
    if job.client.now - record["DrainedSince"] >= WINDOW:
        return LATE
    _evict_some(job, record=record, pods=pods)
    return GOING


def _evict_some(job: Round, *, record: Seen, pods: list[Object]) -> None:
    """One pod of each owner at a time, so that a budget knows of the last one before the next is asked for."""
    until, _ = job.memory.delays.get(f"drain {record.id}", (0.0, RETRY))
    if job.client.now >= until:
        asked, whys = set[str](), list[str]()
        for pod in pods:
            if not pod["metadata"].get("deletionTimestamp") and _owner(pod) not in asked:
                asked.add(_owner(pod))
                whys.append(_evict(job, pod=pod))
        job.memory.delays[f"drain {record.id}"] = (job.client.now + RETRY, RETRY)
        why = "; ".join(sorted(one for one in whys if one))
        if why != record.get("DrainWhy", default=""):
            job.set(NODE, id=record.id, DrainWhy=why)
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


def _evict(job: Round, *, pod: Object) -> str:
    """Why it is refused while a budget forbids it, which is no failure of the server; else nothing."""
    meta = {name: pod["metadata"][name] for name in ("name", "namespace")}
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": meta}
    reply = job.plane.request("POST", PODS.path(**meta, subresource="eviction"), body=body)
    return f"{meta['namespace']}/{meta['name']}: {_reason(reply)}" if reply.status == BLOCKED else ""


def _reason(reply: Reply) -> str:
    """What the server says, with the budget that it names."""
    details: dict[str, Any] = reply.document.get("details") or {}
    causes = [str(one.get("message", "")) for one in details.get("causes") or ()]
    return " ".join([message(reply), *causes]).strip()
