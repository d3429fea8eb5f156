"""The status of a pod as a pure function of the pod and the time."""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.kubernetes.client import moment, stamp
from acsctl.emulator.kubernetes.conditions import Condition, with_condition
from acsctl.emulator.kubernetes.kubelet.containers import ERRORS, Container, Place, Scene, Told, waiting

FINAL = ("Succeeded", "Failed")


def first_status(pod: Mapping[str, Any], *, host: str, now: float) -> dict[str, Any]:
    """What the kubelet says when it has taken the pod over. host: IP of the node, may be empty."""
    spec, before = pod["spec"], pod.get("status") or {}
    reason = "PodInitializing" if spec.get("initContainers") else "ContainerCreating"
    status = {**before, "phase": "Pending", "startTime": stamp(now)}
    if host:
        status |= {"hostIP": host, "hostIPs": [{"ip": host}]}
    if spec.get("initContainers"):
        status["initContainerStatuses"] = [waiting(one, reason="PodInitializing") for one in spec["initContainers"]]
    status["containerStatuses"] = [waiting(one, reason=reason) for one in spec["containers"]]
    return _with_conditions(pod, status, now=now)


class PodLife:
    """A pod that its kubelet has taken over."""

    def __init__(self, pod: Mapping[str, Any], scene: Scene) -> None:
        self._pod = pod
        self._scene = scene
        meta = pod["metadata"]
        self._name = f"{meta['name']}_{meta['namespace']}({meta['uid']})"

    def advance(self, status: Mapping[str, Any]) -> dict[str, Any]:
        """The status now. status: of `first_status`, with the pod's IP, or any later one."""
        if status["phase"] in FINAL:
            return dict(status)
        new = dict(status)
        begun = moment(status["startTime"])
        inits, base = self._init_containers(status, base=begun)
        if inits:
            new["initContainerStatuses"] = inits
        if base is not None:
            new["containerStatuses"] = self._containers(status, base=base)
        new["phase"] = self._phase(new, initialized=base is not None)
        self._check_deadline(new, begun=begun)
        return _with_conditions(self._pod, new, now=self._scene.now)

    def _init_containers(self, status: Mapping[str, Any], *, base: float) -> tuple[list[dict[str, Any]], float | None]:
        """Their statuses, and when the next container may begin; None while one is not done."""
        specs, statuses = self._pod["spec"].get("initContainers") or [], []
        following: float | None = base
        for spec, old in zip(specs, status.get("initContainerStatuses") or (), strict=True):
            if following is None:
                statuses.append(old)
                continue
            new = Container(spec, place=self._place(spec, init=True), scene=self._scene, base=following).advance(old)
            statuses.append(new)
            following = _done_at(new, sidecar=_is_sidecar(spec))
        return statuses, following

    def _containers(self, status: Mapping[str, Any], *, base: float) -> list[dict[str, Any]]:
        old = {one["name"]: one for one in status["containerStatuses"]}
        return [
            Container(spec, place=self._place(spec), scene=self._scene, base=base).advance(old[spec["name"]])
            for spec in self._pod["spec"]["containers"]
        ]

    def _place(self, spec: Mapping[str, Any], *, init: bool = False) -> Place:
        policy = self._pod["spec"].get("restartPolicy", "Always")
        sidecar = init and _is_sidecar(spec)
        if init and not sidecar and policy == "Always":
            policy = "OnFailure"
        field = f"spec.{'initContainers' if init else 'containers'}{{{spec['name']}}}"
        return Place(self._name, field, "Always" if sidecar else policy, init, sidecar)

    def _phase(self, status: Mapping[str, Any], *, initialized: bool) -> str:
        policy = self._pod["spec"].get("restartPolicy", "Always")
        if not initialized:
            failed = any(_exit_code(one) not in (None, 0) for one in status.get("initContainerStatuses") or ())
            return "Failed" if failed and policy == "Never" else "Pending"
        statuses = status["containerStatuses"]
        if any(_never_began(one) for one in statuses):
            return "Pending"
        codes = [_exit_code(one) for one in statuses]
        if None in codes or policy == "Always":
            return "Running"
        if not any(codes):
            return "Succeeded"
        return "Failed" if policy == "Never" else "Running"

    def _check_deadline(self, status: dict[str, Any], *, begun: float) -> None:
        seconds = self._pod["spec"].get("activeDeadlineSeconds")
        if seconds is None or status["phase"] in FINAL or not self._scene.has_come(begun + seconds * self._scene.pace):
            return
        note = "Pod was active on the node longer than the specified deadline"
        status |= {"phase": "Failed", "reason": "DeadlineExceeded", "message": note}
        status["containerStatuses"] = [_killed(one, now=self._scene.now) for one in status["containerStatuses"]]
        self._scene.told.append(Told("DeadlineExceeded", note))


def is_stuck(status: Mapping[str, Any]) -> bool:
    """Whether a container waits for something outside: an image, a ConfigMap."""
    statuses = (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ()))
    return any(one["state"].get("waiting", {}).get("reason") in ERRORS for one in statuses)


def _with_conditions(pod: Mapping[str, Any], status: dict[str, Any], *, now: float) -> dict[str, Any]:
    found: list[dict[str, Any]] = [dict(one) for one in status.get("conditions") or ()]
    for condition in _conditions(pod, status):
        found = with_condition(found, condition, stamp=stamp(now))
    generation = pod["metadata"].get("generation")
    if not generation:
        return {**status, "conditions": found}
    # Pods tell what they have observed since 1.34 (PodObservedGenerationTracking).
    found = [{**one, "observedGeneration": generation} for one in found]
    return {**status, "conditions": found, "observedGeneration": generation}


def _conditions(pod: Mapping[str, Any], status: Mapping[str, Any]) -> list[Condition]:
    specs = pod["spec"].get("initContainers") or []
    inits = dict(zip((one["name"] for one in specs), status.get("initContainerStatuses") or (), strict=True))
    open_ones = [name for name, one in inits.items() if not one["ready"]]
    unready = [one["name"] for one in status["containerStatuses"] if not one["ready"]]
    unready = [one["name"] for one in specs if _is_sidecar(one) and not inits[one["name"]]["ready"]] + unready
    initialized = Condition("Initialized", "True", "PodCompleted" if status["phase"] == "Succeeded" else "")
    if open_ones and status["phase"] != "Succeeded":
        note = f"containers with incomplete status: [{' '.join(open_ones)}]"
        initialized = Condition("Initialized", "False", "ContainersNotInitialized", note)
    return [
        Condition("PodReadyToStartContainers", "True" if status.get("podIP") and status["phase"] not in FINAL else "False"),
        initialized,
        *(_readiness(type, phase=status["phase"], unready=unready) for type in ("Ready", "ContainersReady")),
        Condition("PodScheduled", "True"),
    ]


def _readiness(type: str, *, phase: str, unready: list[str]) -> Condition:
    if phase in FINAL:
        return Condition(type, "False", "PodCompleted" if phase == "Succeeded" else "PodFailed")
    if unready:
        return Condition(type, "False", "ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]")
    return Condition(type, "True")


def _is_sidecar(spec: Mapping[str, Any]) -> bool:
    return spec.get("restartPolicy") == "Always"


def _done_at(status: Mapping[str, Any], *, sidecar: bool) -> float | None:
    """When an init container lets the next one begin."""
    if sidecar:
        return moment(status["state"]["running"]["startedAt"]) if status["started"] else None
    ended = status["state"].get("terminated")
    return moment(ended["finishedAt"]) if ended and ended["exitCode"] == 0 else None


def _exit_code(status: Mapping[str, Any]) -> int | None:
    ended = status["state"].get("terminated")
    return int(ended["exitCode"]) if ended else None


def _never_began(status: Mapping[str, Any]) -> bool:
    return "waiting" in status["state"] and not status.get("lastState", {}).get("terminated")


def _killed(status: Mapping[str, Any], *, now: float) -> dict[str, Any]:
    if "running" not in status["state"]:
        return dict(status)
    ended = {"exitCode": 137, "reason": "Error", "startedAt": status["state"]["running"]["startedAt"], "finishedAt": stamp(now)}
    return {**status, "ready": False, "started": False, "state": {"terminated": ended}}
