"""The life of one container as a pure function of its last status and the time.

All that a kubelet would remember is read from the status, so that one that was killed goes on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.emulator.kubernetes.client import moment, stamp
from acsctl.emulator.kubernetes.kubelet import images
from acsctl.emulator.kubernetes.kubelet.programs import End, end_of

PULL, START, CRASH_AFTER = 2.0, 1.0, 1.0  # cloud seconds
FIRST_BACK_OFF, LONGEST_BACK_OFF = 10.0, 300.0  # of kubelet's restarts and pulls
ERRORS = ("ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError")


@dataclass(frozen=True)
class Told:
    """An event of the pod. field: of the object, `spec.containers{web}`."""

    reason: str
    note: str
    warning: bool = False
    field: str = ""


@dataclass
class Scene:
    """What the containers of a pod see in this moment, and what comes of it.

    pace: multiplies all waits. fault: of an image. missing: why the environment of a container cannot be made, or "".
    told: events, in order. wake: when something happens next, unix seconds.
    """

    now: float
    pace: float
    fault: Callable[[str], str]
    missing: Callable[[Mapping[str, Any]], str]
    told: list[Told] = field(default_factory=list)
    wake: float = float("inf")

    def has_come(self, when: float) -> bool:
        """Whether it is that late; otherwise it is remembered."""
        if when > self.now:
            self.wake = min(self.wake, when)
        return when <= self.now


@dataclass(frozen=True)
class Place:
    """Where a container stands. pod: `name_namespace(uid)`. restart: Always, OnFailure or Never. sidecar: an init container
    that stays."""

    pod: str
    field: str
    restart: str
    init: bool = False
    sidecar: bool = False

    def restarts(self, code: int) -> bool:
        return self.restart == "Always" or (self.restart == "OnFailure" and code != 0)


def waiting(container: Mapping[str, Any], *, reason: str) -> dict[str, Any]:
    """The status of a container that has not been made."""
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": False,
        "started": False,
        "restartCount": 0,
        "state": {"waiting": {"reason": reason}},
        "lastState": {},
    }


class Container:
    """One container on its way. base: when the kubelet may begin with it, unix seconds."""

    def __init__(self, spec: Mapping[str, Any], *, place: Place, scene: Scene, base: float) -> None:
        self._spec = spec
        self._place = place
        self._scene = scene
        self._base = base
        self._image = str(spec["image"])

    def advance(self, status: Mapping[str, Any]) -> dict[str, Any]:
        """Its status now: as many steps as the time that has passed allows."""
        current = dict(status)
        for _ in range(20):
            following = self._step(current)
            if following == current:
                break
            current = following
        return self._with_readiness(current)

    def _step(self, status: dict[str, Any]) -> dict[str, Any]:
        state = status["state"]
        if "running" in state:
            return self._run(status)
        if "terminated" in state:
            return self._after_end(status)
        if state["waiting"].get("reason") == "CrashLoopBackOff":
            return self._back_off(status)
        return self._begin(status)

    def _begin(self, status: dict[str, Any]) -> dict[str, Any]:
        reason = status["state"]["waiting"].get("reason", "")
        pulled = self._base + PULL * self._scene.pace
        if not self._scene.has_come(pulled):
            return status
        what = self._scene.fault(self._image)
        if what in images.UNPULLABLE:
            return self._unpullable(status, reason=reason, what=what, since=pulled)
        if lack := self._scene.missing(self._spec):
            return self._unconfigured(status, reason=reason, lack=lack)
        begun = pulled + START * self._scene.pace
        if reason not in ERRORS and not self._scene.has_come(begun):
            return status
        if reason != "CreateContainerConfigError":
            self._tell_pulled()
        return self._running(status, at=self._scene.now if reason in ERRORS else begun)

    def _tell_pulled(self) -> None:
        self._tell("Pulling", f'Pulling image "{self._image}"')
        took = f"{PULL * self._scene.pace:g}s"
        self._tell("Pulled", f'Successfully pulled image "{self._image}" in {took} ({took} including waiting).')

    def _unpullable(self, status: dict[str, Any], *, reason: str, what: str, since: float) -> dict[str, Any]:
        error = images.pull_error(self._image, what)
        if reason not in ERRORS:
            self._tell("Pulling", f'Pulling image "{self._image}"')
            self._tell("Failed", f'Failed to pull image "{self._image}": {error}', warning=True)
            self._tell("Failed", "Error: ErrImagePull", warning=True)
            self._scene.has_come(since + FIRST_BACK_OFF * self._scene.pace / 2)
            return _waits(status, reason="ErrImagePull", message=error)
        if reason == "ErrImagePull" and self._scene.has_come(since + FIRST_BACK_OFF * self._scene.pace / 2):
            self._tell("BackOff", f'Back-off pulling image "{self._image}"')
            self._tell("Failed", "Error: ImagePullBackOff", warning=True)
            note = f'Back-off pulling image "{self._image}": ErrImagePull: {error}'
            return _waits(status, reason="ImagePullBackOff", message=note)
        return status

    def _unconfigured(self, status: dict[str, Any], *, reason: str, lack: str) -> dict[str, Any]:
        self._scene.has_come(self._scene.now + FIRST_BACK_OFF * self._scene.pace)
        if reason == "CreateContainerConfigError":
            return status
        self._tell_pulled()
        self._tell("Failed", f"Error: {lack}", warning=True)
        return _waits(status, reason="CreateContainerConfigError", message=lack)

    def _running(self, status: dict[str, Any], *, at: float) -> dict[str, Any]:
        self._tell("Created", "Container created")
        self._tell("Started", "Container started")
        identity = images.digest(f"{self._place.pod}/{self._spec['name']}/{status['restartCount']}")
        return {
            **status,
            "image": images.full_name(self._image),
            "imageID": images.image_id(self._image),
            "containerID": f"containerd://{identity}",
            "state": {"running": {"startedAt": stamp(at)}},
        }

    def _end(self) -> End | None:
        if self._scene.fault(self._image) == images.CRASH:
            return End(CRASH_AFTER, 1)
        forever = self._place.sidecar or (self._place.restart == "Always" and not self._place.init)
        return end_of(self._spec, to_completion=not forever)

    def _run(self, status: dict[str, Any]) -> dict[str, Any]:
        begun = moment(status["state"]["running"]["startedAt"])
        end = self._end()
        if end is None or not self._scene.has_come(begun + end.after * self._scene.pace):
            return status
        ended = {
            "exitCode": end.code,
            "reason": "Error" if end.code else "Completed",
            "startedAt": status["state"]["running"]["startedAt"],
            "finishedAt": stamp(begun + end.after * self._scene.pace),
            "containerID": status["containerID"],
        }
        return {**status, "state": {"terminated": ended}}

    def _after_end(self, status: dict[str, Any]) -> dict[str, Any]:
        """The first restart is at once, from the second on the kubelet backs off."""
        ended = status["state"]["terminated"]
        if not self._place.restarts(ended["exitCode"]):
            return status
        if status["restartCount"] == 0:
            return self._restarted(status, last=status["state"], at=moment(ended["finishedAt"]) + START * self._scene.pace)
        name = self._spec["name"]
        self._tell("BackOff", f"Back-off restarting failed container {name} in pod {self._place.pod}", warning=True)
        note = f"back-off {_duration(self._delay(status))} restarting failed container={name} pod={self._place.pod}"
        return {**_waits(status, reason="CrashLoopBackOff", message=note), "lastState": status["state"]}

    def _back_off(self, status: dict[str, Any]) -> dict[str, Any]:
        at = moment(status["lastState"]["terminated"]["finishedAt"]) + self._delay(status) * self._scene.pace
        return self._restarted(status, last=status["lastState"], at=at)

    def _restarted(self, status: dict[str, Any], *, last: Mapping[str, Any], at: float) -> dict[str, Any]:
        if not self._scene.has_come(at):
            return status
        again = {**status, "restartCount": status["restartCount"] + 1, "lastState": dict(last)}
        return self._running(again, at=max(at, self._scene.now - self._scene.pace * CRASH_AFTER))

    @staticmethod
    def _delay(status: Mapping[str, Any]) -> float:
        return min(FIRST_BACK_OFF * 2.0 ** min(int(status["restartCount"]) - 1, 10), LONGEST_BACK_OFF)

    def _with_readiness(self, status: dict[str, Any]) -> dict[str, Any]:
        if "running" not in status["state"]:
            done = self._place.init and status["state"].get("terminated", {}).get("exitCode") == 0
            return {**status, "ready": done, "started": False}
        started = self._probed(status, probe="startupProbe")
        ready = started and self._probed(status, probe="readinessProbe")
        if self._place.init and not self._place.sidecar:
            ready = False  # it is ready when it is done
        if ready and self._scene.fault(self._image) == images.UNREADY:
            ready = False
            if self._spec.get("readinessProbe") and not status["started"]:
                self._tell("Unhealthy", "Readiness probe failed: the image is set to stay unready", warning=True)
        return {**status, "started": started, "ready": ready}

    def _probed(self, status: Mapping[str, Any], *, probe: str) -> bool:
        delay = float((self._spec.get(probe) or {}).get("initialDelaySeconds") or 0)
        return self._scene.has_come(moment(status["state"]["running"]["startedAt"]) + delay * self._scene.pace)

    def _tell(self, reason: str, note: str, *, warning: bool = False) -> None:
        self._scene.told.append(Told(reason, note, warning, self._place.field))


def _waits(status: Mapping[str, Any], *, reason: str, message: str) -> dict[str, Any]:
    return {**status, "state": {"waiting": {"reason": reason, "message": message}}}


def _duration(seconds: float) -> str:
    """As Go writes it: `40s`, `2m40s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
