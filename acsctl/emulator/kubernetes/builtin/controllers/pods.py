"""Pods as their controllers see them."""

from collections.abc import Iterable, Mapping
from typing import Any

from acsctl.emulator.kubernetes.builtin.controllers.work import Work, owned_by
from acsctl.emulator.kubernetes.client import PODS, Object, message, moment
from acsctl.emulator.kubernetes.conditions import find, is_true

FINAL = ("Succeeded", "Failed")
COST = "controller.kubernetes.io/pod-deletion-cost"


def phase(pod: Mapping[str, Any]) -> str:
    return str((pod.get("status") or {}).get("phase", "Pending"))


def is_going(pod: Mapping[str, Any]) -> bool:
    return bool(pod["metadata"].get("deletionTimestamp"))


def is_active(pod: Mapping[str, Any]) -> bool:
    """Neither ended nor on its way out."""
    return phase(pod) not in FINAL and not is_going(pod)


def is_ready(pod: Mapping[str, Any]) -> bool:
    return is_true(pod.get("status") or {}, "Ready")


def is_available(pod: Mapping[str, Any], *, seconds: int, work: Work) -> bool:
    """Ready for so many seconds; when not yet, `work` is woken then."""
    ready = find(pod.get("status") or {}, "Ready")
    if ready is None or ready["status"] != "True":
        return False
    return not seconds or work.has_come(moment(ready["lastTransitionTime"]) + seconds)


def deletion_order(pod: Mapping[str, Any]) -> tuple[Any, ...]:
    """Sorts first what is given up first: not placed, not running, not ready, cheap, often restarted, young."""
    status, notes = pod.get("status") or {}, pod["metadata"].get("annotations") or {}
    restarts = sum(one.get("restartCount", 0) for one in status.get("containerStatuses") or ())
    return (
        bool(pod["spec"].get("nodeName")),
        ("Pending", "Unknown", "Running").index(phase(pod)) if phase(pod) in ("Pending", "Unknown", "Running") else 0,
        is_ready(pod),
        int(notes.get(COST, "0")),
        -restarts,
        -moment(pod["metadata"]["creationTimestamp"]),
        pod["metadata"]["name"],
    )


def from_template(template: Mapping[str, Any], *, owner: Mapping[str, Any]) -> Object:
    """The pod that a controller makes of a template; its name is to be set or generated."""
    meta = template.get("metadata") or {}
    kept = {name: meta[name] for name in ("labels", "annotations", "finalizers") if meta.get(name)}
    where = {"namespace": owner["metadata"]["namespace"], "ownerReferences": owned_by(owner)}
    return {"metadata": {**kept, **where}, "spec": dict(template["spec"])}


def create(work: Work, pod: Mapping[str, Any], *, owner: Mapping[str, Any]) -> str:
    """Makes a pod and tells of it. Returns why it was refused, or ""."""
    reply = work.client.create(PODS, pod)
    if not reply.ok:
        work.refused(owner)
        work.client.event(owner, reason="FailedCreate", note=f"Error creating: {message(reply)}", warning=True)
        return message(reply)
    work.client.event(owner, reason="SuccessfulCreate", note=f"Created pod: {reply.document['metadata']['name']}")
    return ""


def delete(work: Work, pods: Iterable[Object], *, owner: Mapping[str, Any]) -> None:
    for pod in pods:
        if work.client.delete(PODS, pod):
            work.client.event(owner, reason="SuccessfulDelete", note=f"Deleted pod: {pod['metadata']['name']}")
