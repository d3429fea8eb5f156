"""How far an object is, from what the cluster shows of it: the rules of kstatus, stricter where those call ready what is not
(sheet containers.md 4.2). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from acsctl.kube.manifest import group_of

Object = Mapping[str, Any]
State = Literal["ready", "pending", "failed"]


@dataclass(frozen=True)
class Status:
    """`said` is what a person should know: "1 of 3 ready", "waits for an address"."""

    state: State
    said: str = ""


READY = Status("ready")
NO_NODE = Status("pending", "no node takes it yet")
"""Of a DaemonSet: its controller counts no node, which may be none that it is for, or none at all."""


def status(item: Object) -> Status:
    """How far `item` is."""
    meta: Object = item.get("metadata") or {}
    if meta.get("deletionTimestamp"):
        return Status("pending", "is being deleted")
    if not observed(item):
        return Status("pending", "not looked at yet")
    stalled = condition(item, "Stalled")
    if stalled.get("status") == "True":
        return Status("failed", _told(stalled, "stalled"))
    if condition(item, "Reconciling").get("status") == "True":
        return Status("pending", _told(condition(item, "Reconciling"), "reconciling"))
    rule = _RULES.get((group_of(str(item.get("apiVersion"))), str(item.get("kind"))), _any)
    return rule(item)


def observed(item: Object) -> bool:
    """Whether the controller has looked at the newest generation, as far as its status tells."""
    seen = (item.get("status") or {}).get("observedGeneration")
    generation = (item.get("metadata") or {}).get("generation")
    return seen is None or generation is None or seen == generation


def may_end_at_once(item: Object) -> bool:
    """Whether pods of it count as ready as soon as they run: a container without a probe, and no time that it has to last."""
    spec = _spec(item)
    if item.get("kind") not in ("Deployment", "StatefulSet", "DaemonSet") or _number(spec, "minReadySeconds"):
        return False
    rows: Sequence[Object] = ((spec.get("template") or {}).get("spec") or {}).get("containers") or ()
    return any(not row.get("readinessProbe") for row in rows)


def condition(item: Object, name: str) -> Object:
    """A condition of the status; empty where it is not there."""
    rows: Sequence[Object] = (item.get("status") or {}).get("conditions") or ()
    return next((row for row in rows if row.get("type") == name), {})


def _told(found: Object, otherwise: str) -> str:
    return str(found.get("message") or found.get("reason") or otherwise).rstrip(".")


def _spec(item: Object) -> Object:
    found: Object = item.get("spec") or {}
    return found


def _number(source: Object, name: str, default: int = 0) -> int:
    value = source.get(name)
    return value if isinstance(value, int) else default


def _status(item: Object) -> Object:
    found: Object = item.get("status") or {}
    return found


def _seen(item: Object) -> bool:
    """Whether the controller has looked at it at all."""
    return _status(item).get("observedGeneration") is not None


def _deployment(item: Object) -> Status:
    want, state = _number(_spec(item), "replicas", 1), _status(item)
    progress = condition(item, "Progressing")
    if progress.get("reason") == "ProgressDeadlineExceeded":
        return Status("failed", f"{_ready(state)} of {want} ready: {_told(progress, 'made no progress in time')}")
    if not _seen(item):
        return Status("pending", "not looked at yet")
    if _spec(item).get("paused"):
        return Status("ready", "paused")
    counts = [_number(state, name) for name in ("replicas", "updatedReplicas", "availableReplicas", "readyReplicas")]
    if min(counts) < want or counts[0] > want:
        return Status("pending", _rollout(state, want))
    if want and condition(item, "Available").get("status") != "True":
        return Status("pending", _rollout(state, want))
    deadline = _spec(item).get("progressDeadlineSeconds")
    done = progress.get("reason") == "NewReplicaSetAvailable" or deadline is None or not progress
    return READY if done else Status("pending", _rollout(state, want))


def _rollout(state: Object, want: int) -> str:
    updated = _number(state, "updatedReplicas")
    return f"{_ready(state)} of {want} ready" + (f", {updated} up to date" if updated < want else "")


def _ready(state: Object) -> int:
    return _number(state, "readyReplicas")


def _stateful_set(item: Object) -> Status:
    spec, state = _spec(item), _status(item)
    want = _number(spec, "replicas", 1)
    strategy: Object = spec.get("updateStrategy") or {}
    if not _seen(item):
        return Status("pending", "not looked at yet")
    if strategy.get("type") == "OnDelete":
        return READY
    said = f"{_ready(state)} of {want} ready"
    if _number(state, "replicas") != want or _ready(state) < want:
        return Status("pending", said)
    partition = _number(strategy.get("rollingUpdate") or {}, "partition")
    updated = _number(state, "updatedReplicas")
    if partition:
        told = f"{updated} up to date, {max(want - partition, 0)} to be"
        return READY if updated >= want - partition else Status("pending", told)
    if state.get("currentRevision") != state.get("updateRevision"):
        return Status("pending", f"{updated} of {want} up to date")
    if _number(spec, "minReadySeconds") and _number(state, "availableReplicas") < want:
        return Status("pending", f"{_number(state, 'availableReplicas')} of {want} available")
    return READY if _number(state, "currentReplicas") >= want else Status("pending", said)


def _daemon_set(item: Object) -> Status:
    state = _status(item)
    if not _seen(item):
        return Status("pending", "not looked at yet")
    want = _number(state, "desiredNumberScheduled")
    if not want:
        return NO_NODE
    strategy: Object = _spec(item).get("updateStrategy") or {}
    counts = ["currentNumberScheduled", "numberAvailable", "numberReady"]
    counts += [] if strategy.get("type") == "OnDelete" else ["updatedNumberScheduled"]
    if min(_number(state, name) for name in counts) < want:
        updated = _number(state, "updatedNumberScheduled")
        told = f", {updated} up to date" if updated < want else ""
        return Status("pending", f"{_number(state, 'numberReady')} of {want} ready{told}")
    return READY


def _replica_set(item: Object) -> Status:
    want, state = _number(_spec(item), "replicas", 1), _status(item)
    counts = [_number(state, name) for name in ("replicas", "fullyLabeledReplicas", "availableReplicas", "readyReplicas")]
    return READY if min(counts) >= want >= counts[0] else Status("pending", f"{_ready(state)} of {want} ready")


def _job(item: Object) -> Status:
    if condition(item, "Complete").get("status") == "True":
        return READY
    failed = condition(item, "Failed")
    if failed.get("status") == "True":
        return Status("failed", _told(failed, "failed"))
    if _spec(item).get("suspend"):
        return READY
    state = _status(item)
    return Status("pending", f"{_number(state, 'succeeded')} of {_number(_spec(item), 'completions', 1)} complete")


def _pod(item: Object) -> Status:
    phase = _status(item).get("phase")
    if phase == "Succeeded":
        return READY
    if phase == "Failed":
        return Status("failed", str(_status(item).get("message") or _status(item).get("reason") or "failed"))
    if phase == "Running" and condition(item, "Ready").get("status") == "True":
        return READY
    return Status("pending", str(phase or "not scheduled").lower())


def _service(item: Object) -> Status:
    if _spec(item).get("type") != "LoadBalancer":
        return READY
    return READY if addresses(item) else Status("pending", "waits for an address")


def _ingress(item: Object) -> Status:
    return READY if addresses(item) else Status("pending", "waits for an address")


def addresses(item: Object) -> list[str]:
    """The addresses that a load balancer has given: IPs, else host names."""
    rows: Sequence[Object] = (_status(item).get("loadBalancer") or {}).get("ingress") or ()
    return [str(row.get("ip") or row.get("hostname")) for row in rows if row.get("ip") or row.get("hostname")]


def _crd(item: Object) -> Status:
    names = condition(item, "NamesAccepted")
    if names.get("status") == "False":
        return Status("failed", _told(names, "its names are taken"))
    found = condition(item, "Established")
    if found.get("status") == "True":
        return READY
    bad = found.get("status") == "False" and found.get("reason") != "Installing"
    return Status("failed" if bad else "pending", _told(found, "not established yet"))


def _namespace(item: Object) -> Status:
    return READY if _status(item).get("phase", "Active") == "Active" else Status("pending", "is being deleted")


def _api_service(item: Object) -> Status:
    found = condition(item, "Available")
    return READY if found.get("status") == "True" else Status("pending", _told(found, "not available yet"))


def _claim(item: Object) -> Status:
    # One that waits for its first consumer stays Pending until a pod takes it: it must not hold up that pod.
    return Status("failed", "its volume is lost") if _status(item).get("phase") == "Lost" else READY


def _any(item: Object) -> Status:
    found = condition(item, "Ready")
    if not found or found.get("status") == "True":
        return READY
    return Status("pending", _told(found, "not ready yet"))


def _at_once(item: Object) -> Status:
    return READY


_RULES: Mapping[tuple[str, str], Callable[[Object], Status]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "ReplicaSet"): _replica_set,
    ("batch", "Job"): _job,
    ("batch", "CronJob"): _at_once,
    ("", "Pod"): _pod,
    ("", "Service"): _service,
    ("", "Namespace"): _namespace,
    ("", "PersistentVolumeClaim"): _claim,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("policy", "PodDisruptionBudget"): _at_once,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _crd,
    ("apiregistration.k8s.io", "APIService"): _api_service,
}
