"""Why pods do not get ready, in the words of the kubelet and the scheduler. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acsctl.kube.readiness import condition

Object = Mapping[str, Any]
HOPELESS = frozenset({"InvalidImageName", "CreateContainerConfigError", "ErrImageNeverPull"})
"""What waiting does not mend: the manifest has to change."""

LIKELY = frozenset({"ImagePullBackOff", "ErrImagePull", "CrashLoopBackOff", "CreateContainerError", "RunContainerError"})
_NO_IMAGE = re.compile(r"not found|manifest unknown|no such image|does not exist", re.IGNORECASE)
RESTARTS = 3
"""A container that has failed so often will fail again; a few failures are usual while others are still starting."""


@dataclass(frozen=True)
class Trouble:
    """What is wrong with one pod. `definite`: waiting will not help."""

    pod: str
    reason: str
    said: str = ""
    definite: bool = False

    def __str__(self) -> str:
        return f"{self.pod} {self.reason}" + (f" ({self.said})" if self.said else "")


def selector(item: Object) -> str:
    """The label selector of the pods that an object has made; empty where it makes none, or is not told by equality."""
    found: Object = (item.get("spec") or {}).get("selector") or {}
    if item.get("kind") not in ("Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet") or found.get("matchExpressions"):
        return ""
    labels: Object = found.get("matchLabels") or {}
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def troubles(pods: Sequence[Object]) -> list[Trouble]:
    """What is wrong with the pods, the worst first."""
    found = [trouble for pod in pods for trouble in _of(pod)]
    return sorted(found, key=lambda trouble: (not trouble.definite, trouble.reason not in LIKELY, trouble.pod))


def _of(pod: Object) -> Iterator[Trouble]:
    state: Object = pod.get("status") or {}
    meta: Object = pod.get("metadata") or {}
    name = str(meta.get("name"))
    if meta.get("deletionTimestamp") or state.get("phase") == "Succeeded":
        return
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
        yield Trouble(name, "Unschedulable", str(scheduled.get("message") or ""))
    if state.get("phase") == "Failed":
        yield Trouble(name, str(state.get("reason") or "Failed"), str(state.get("message") or _exit(pod)))
    for row in (*(state.get("initContainerStatuses") or ()), *(state.get("containerStatuses") or ())):
        yield from _container(name, row)


def _container(pod: str, row: Object) -> Iterator[Trouble]:
    waiting: Object = (row.get("state") or {}).get("waiting") or {}
    reason = str(waiting.get("reason") or "")
    if reason not in HOPELESS | LIKELY:
        return
    restarts = int(row.get("restartCount") or 0)
    last: Object = (row.get("lastState") or {}).get("terminated") or {}
    if reason == "CrashLoopBackOff":
        said = f"container {row.get('name')} exits with {last.get('exitCode', '?')}" + _of_word(last)
        yield Trouble(pod, reason, said, definite=restarts >= RESTARTS)
    elif reason in ("ImagePullBackOff", "ErrImagePull"):
        why = str(waiting.get("message") or "").split("\n")[0].rpartition(": ")[2][:160]
        definite = reason == "ImagePullBackOff" and bool(_NO_IMAGE.search(str(waiting.get("message") or "")))
        yield Trouble(pod, reason, f"{row.get('image')}" + (f": {why}" if why else ""), definite=definite)
    else:
        yield Trouble(pod, reason, str(waiting.get("message") or row.get("image") or ""), definite=reason in HOPELESS)


def _of_word(last: Object) -> str:
    word = str(last.get("reason") or "")
    return f", {word}" if word and word != "Error" else ""


def _exit(pod: Object) -> str:
    for row in (pod.get("status") or {}).get("containerStatuses") or ():
        ended: Object = (row.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode"):
            return f"container {row.get('name')} exits with {ended['exitCode']}"
    return ""
