"""The columns of pods (printPod)."""

from collections.abc import Mapping, Sequence
from typing import Any

from acsctl.emulator.kubernetes.builtin.cells import AGE, NAME, NONE, Column, at, condition, since
from acsctl.emulator.kubernetes.builtin.storage import Object


def _statuses(pod: Object) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = pod.get("status", {}).get("containerStatuses") or []
    return found


def _sidecars(pod: Object) -> set[str]:
    """Names of the init containers that keep running."""
    return {one["name"] for one in pod["spec"].get("initContainers") or [] if one.get("restartPolicy") == "Always"}


def _sidecar_statuses(pod: Object) -> list[Mapping[str, Any]]:
    sidecars = _sidecars(pod)
    return [one for one in pod.get("status", {}).get("initContainerStatuses") or [] if one["name"] in sidecars]


def _ready(pod: Object, now: float) -> str:
    total = len(pod["spec"].get("containers") or []) + len(_sidecars(pod))
    running = (one for one in _statuses(pod) if one.get("ready") and "running" in (one.get("state") or {}))
    sidecars = (one for one in _sidecar_statuses(pod) if one.get("started") and one.get("ready"))
    return f"{sum(1 for _ in running) + sum(1 for _ in sidecars)}/{total}"


def _restarts(pod: Object, now: float) -> str:
    initializing = _initializing(pod) is not None
    own = (
        pod.get("status", {}).get("initContainerStatuses") or [] if initializing else [*_statuses(pod), *_sidecar_statuses(pod)]
    )
    count = sum(one.get("restartCount", 0) for one in own)
    ends = [(one.get("lastState") or {}).get("terminated", {}).get("finishedAt") for one in own]
    last = max((one for one in ends if one), default="")
    return f"{count} ({since(last, now=now)} ago)" if count and last else str(count)


def _status(pod: Object, now: float) -> str:
    status = pod.get("status", {})
    phase = status.get("phase", "")
    reason = status.get("reason") or phase
    if condition(pod, "PodScheduled").get("reason") == "SchedulingGated":
        reason = "SchedulingGated"
    reason = _initializing(pod) or _running(pod, reason=reason)
    if "deletionTimestamp" in pod["metadata"]:
        if status.get("reason") == "NodeLost":
            return "Unknown"
        return reason if phase in ("Failed", "Succeeded") else "Terminating"
    return reason


def _initializing(pod: Object) -> str | None:
    """What the first unfinished init container is at; None when all are through."""
    statuses = pod.get("status", {}).get("initContainerStatuses") or []
    sidecars, total = _sidecars(pod), len(pod["spec"].get("initContainers") or [])
    for index, one in enumerate(statuses):
        state = one.get("state") or {}
        ended = state.get("terminated")
        if (ended and ended.get("exitCode", 0) == 0) or (one["name"] in sidecars and one.get("started")):
            continue
        if ended:
            return f"Init:{_end(ended)}"
        waiting = (state.get("waiting") or {}).get("reason", "")
        return f"Init:{waiting}" if waiting not in ("", "PodInitializing") else f"Init:{index}/{total}"
    return None


def _end(ended: Mapping[str, Any]) -> str:
    if ended.get("reason"):
        return str(ended["reason"])
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _running(pod: Object, *, reason: str) -> str:
    running = False
    for one in reversed(_statuses(pod)):
        state = one.get("state") or {}
        if (state.get("waiting") or {}).get("reason"):
            reason = state["waiting"]["reason"]
        elif state.get("terminated"):
            reason = _end(state["terminated"])
        elif one.get("ready") and "running" in state:
            running = True
    if reason == "Completed" and running:
        return "Running" if condition(pod, "Ready").get("status") == "True" else "NotReady"
    return reason


def _gates(pod: Object, now: float) -> str:
    gates = pod["spec"].get("readinessGates") or []
    if not gates:
        return NONE
    met = sum(condition(pod, one["conditionType"]).get("status") == "True" for one in gates)
    return f"{met}/{len(gates)}"


def _or_none(path: str) -> Any:
    return lambda pod, now: at(path)(pod, now) or NONE


COLUMNS = (
    NAME,
    Column("Ready", _ready),
    Column("Status", _status),
    Column("Restarts", _restarts),
    AGE,
    Column("IP", _or_none("status.podIP"), wide=True),
    Column("Node", _or_none("spec.nodeName"), wide=True),
    Column("Nominated Node", _or_none("status.nominatedNodeName"), wide=True),
    Column("Readiness Gates", _gates, wide=True),
)
