"""What kubectl shows of ages and pods."""

from __future__ import annotations

from typing import Any

import pytest

from acsctl.emulator.kubernetes.builtin import cells, cells_pods


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "<invalid>"), (0, "0s"), (119, "119s"), (120, "2m"), (125, "2m5s"), (600, "10m"), (3 * 3600, "3h"),
        (3 * 3600 + 60, "3h1m"), (9 * 3600, "9h"), (48 * 3600, "2d"), (50 * 3600, "2d2h"), (9 * 86400, "9d"),
        (800 * 86400, "2y70d"), (9 * 365 * 86400, "9y"),
    ],
)  # fmt: skip
def test_ages(seconds: float, expected: str) -> None:
    assert cells.human(seconds) == expected


def pod(phase: str, *states: dict[str, Any], **more: Any) -> dict[str, Any]:
    statuses = [{"name": str(index), **one} for index, one in enumerate(states)]
    containers = [{"name": one["name"]} for one in statuses]
    status = {"phase": phase, "containerStatuses": statuses, **more.pop("status", {})}
    return {"metadata": more.pop("metadata", {}), "spec": {"containers": containers, **more}, "status": status}


RUNNING = {"ready": True, "state": {"running": {}}}
DONE = {"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}


@pytest.mark.parametrize(
    ("obj", "ready", "status"),
    [
        (pod("Running", RUNNING), "1/1", "Running"),
        (pod("Pending", {"state": {"waiting": {"reason": "ImagePullBackOff"}}}), "0/1", "ImagePullBackOff"),
        (pod("Running", RUNNING, {"state": {"waiting": {"reason": "CrashLoopBackOff"}}}), "1/2", "CrashLoopBackOff"),
        (pod("Failed", {"state": {"terminated": {"exitCode": 3}}}), "0/1", "ExitCode:3"),
        (pod("Succeeded", DONE), "0/1", "Completed"),
        (pod("Running", RUNNING, DONE), "1/2", "NotReady"),
        (pod("Running", RUNNING, metadata={"deletionTimestamp": "now"}), "1/1", "Terminating"),
        (pod("Failed", status={"reason": "Evicted"}), "0/0", "Evicted"),
        (
            pod(
                "Pending",
                {"state": {"waiting": {"reason": "PodInitializing"}}},
                initContainers=[{"name": "i"}, {"name": "j"}],
                status={"initContainerStatuses": [{"name": "i", "state": {"running": {}}}]},
            ),
            "0/1",
            "Init:0/2",
        ),
    ],
)
def test_pods(obj: dict[str, Any], ready: str, status: str) -> None:
    shown = {column.name: column.cell(obj, 0.0) for column in cells_pods.COLUMNS[1:3]}
    assert shown == {"Ready": ready, "Status": status}
