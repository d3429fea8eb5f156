"""The conditions of a Deployment (k8s.io/kubernetes pkg/controller/deployment/progress.go); pure but for the clock."""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.kubernetes.builtin.controllers.rollouts import bounds, replicas
from acsctl.emulator.kubernetes.builtin.controllers.work import Work
from acsctl.emulator.kubernetes.client import Object, moment
from acsctl.emulator.kubernetes.conditions import Condition, find, with_condition, without_condition

AVAILABLE, TIMED_OUT, PAUSED = "NewReplicaSetAvailable", "ProgressDeadlineExceeded", "DeploymentPaused"
NO_DEADLINE = 2147483647


def is_complete(deployment: Mapping[str, Any], counts: Mapping[str, Any]) -> bool:
    wanted = replicas(deployment)
    return all(counts[name] == wanted for name in ("updatedReplicas", "replicas", "availableReplicas"))


def with_created(deployment: Mapping[str, Any], status: Object, *, name: str, stamp: str) -> Object:
    created = Condition("Progressing", "True", "NewReplicaSetCreated", f'Created new replica set "{name}"')
    return _progressing(deployment, status, condition=created, stamp=stamp)


def with_failed_create(deployment: Mapping[str, Any], status: Object, *, message: str, stamp: str) -> Object:
    failed = Condition("Progressing", "False", "ReplicaSetCreateError", message)
    return _progressing(deployment, status, condition=failed, stamp=stamp)


def with_found(deployment: Mapping[str, Any], status: Object, *, name: str, stamp: str) -> Object:
    """Of a ReplicaSet that was there before the Deployment knew it."""
    if find(status, "Progressing") is not None:
        return status
    found = Condition("Progressing", "True", "FoundNewReplicaSet", f'Found new replica set "{name}"')
    return _progressing(deployment, status, condition=found, stamp=stamp)


def with_pause(deployment: Mapping[str, Any], status: Object, *, stamp: str) -> Object:
    current = find(status, "Progressing")
    reason = current["reason"] if current else ""
    if reason == TIMED_OUT:
        return status
    if deployment["spec"].get("paused") and reason != PAUSED:
        paused = Condition("Progressing", "Unknown", PAUSED, "Deployment is paused")
        return _progressing(deployment, status, condition=paused, stamp=stamp)
    if not deployment["spec"].get("paused") and reason == PAUSED:
        resumed = Condition("Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed")
        return _progressing(deployment, status, condition=resumed, stamp=stamp)
    return status


def conditions(
    deployment: Mapping[str, Any], status: Object, *, counts: Mapping[str, Any], name: str, work: Work
) -> list[dict[str, Any]]:
    """Available and Progressing as they are now. name: of the new ReplicaSet."""
    stamp = work.client.stamp
    found = list(status.get("conditions") or [])
    if counts["availableReplicas"] >= replicas(deployment) - bounds(deployment)[1]:
        available = Condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        note = "Deployment does not have minimum availability."
        available = Condition("Available", "False", "MinimumReplicasUnavailable", note)
    found = with_condition(found, available, stamp=stamp, touch="lastUpdateTime")
    if not _has_deadline(deployment):
        return without_condition(found, "Progressing")
    current = find(status, "Progressing")
    settled = counts["replicas"] == counts["updatedReplicas"] and current is not None and current["reason"] == AVAILABLE
    if settled or deployment["spec"].get("paused") or deployment["metadata"].get("deletionTimestamp"):
        return found
    return _estimated(deployment, found, counts=counts, name=name, work=work)


def _estimated(
    deployment: Mapping[str, Any], found: list[dict[str, Any]], *, counts: Mapping[str, Any], name: str, work: Work
) -> list[dict[str, Any]]:
    stamp, current = work.client.stamp, find({"conditions": found}, "Progressing")
    who = f'ReplicaSet "{name}"' if name else f'Deployment "{deployment["metadata"]["name"]}"'
    if is_complete(deployment, counts):
        done = Condition("Progressing", "True", AVAILABLE, f"{who} has successfully progressed.")
        return with_condition(found, done, stamp=stamp, touch="lastUpdateTime")
    if _has_moved(deployment.get("status") or {}, counts):
        moving: dict[str, Any] = {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}
        kept = current["lastTransitionTime"] if current and current["status"] == "True" else stamp
        moving |= {"message": f"{who} is progressing.", "lastTransitionTime": kept, "lastUpdateTime": stamp}
        return [*without_condition(found, "Progressing"), moving]
    if current is None or current["reason"] in (AVAILABLE, TIMED_OUT):
        return found
    late = (
        moment(current.get("lastUpdateTime") or current["lastTransitionTime"]) + deployment["spec"]["progressDeadlineSeconds"]
    )
    if not work.has_come(late + 1):
        return found
    timed_out = Condition("Progressing", "False", TIMED_OUT, f"{who} has timed out progressing.")
    return with_condition(found, timed_out, stamp=stamp, touch="lastUpdateTime")


def _has_moved(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    before = {name: int(old.get(name) or 0) for name in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")}
    fewer_old = new["replicas"] - new["updatedReplicas"] < before["replicas"] - before["updatedReplicas"]
    return fewer_old or any(new[name] > before[name] for name in ("updatedReplicas", "readyReplicas", "availableReplicas"))


def _has_deadline(deployment: Mapping[str, Any]) -> bool:
    return bool(deployment["spec"].get("progressDeadlineSeconds", NO_DEADLINE) != NO_DEADLINE)


def _progressing(deployment: Mapping[str, Any], status: Object, *, condition: Condition, stamp: str) -> Object:
    if not _has_deadline(deployment):
        return status
    found = with_condition(status.get("conditions") or [], condition, stamp=stamp, touch="lastUpdateTime")
    return {**status, "conditions": found}
