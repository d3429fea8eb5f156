"""Tasks of Container Service: most writes answer with one, and only it tells how the write ended (sheet ack-facts.md 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from acsctl.cloud import Cloud, Listing, dig, is_absent, list_all
from acsctl.errors import CloudError
from acsctl.kinds.ack import drain
from acsctl.kinds.contract import Readiness, Steps, Wait

PREFIX = "T-"
FAILED = ("fail", "failed", "canceled")
DRAINS = "DrainNodes"
ABANDONED = "the task is gone"
LISTING = Listing(
    "cs",
    "DescribeClusterTasks",
    items="tasks",
    key=("task_id",),
    size=50,
    size_name="page_size",
    page_name="page_number",
    total="page_info.total_count",
)


def done(answer: Mapping[str, Any], *, kind: str = "", said: str = "") -> Steps:
    """Wait for the task of a write's answer; there is none where the write had nothing to do. `kind`, `said` as in `Wait`."""
    task = answer.get("task_id")
    if task:
        yield Wait((str(task),), kind=kind, said=said)


def is_task(id: str) -> bool:
    """Whether an id is that of a task."""
    return id.startswith(PREFIX)


def standing(cloud: Cloud, ids: Sequence[str]) -> dict[str, Readiness]:
    """How far each of these tasks is; the list of tasks shows no verdicts, so that each is asked for."""
    return {id: _standing(cloud, id) for id in ids}


def _standing(cloud: Cloud, id: str) -> Readiness:
    try:
        task = cloud.call("cs", "DescribeTaskInfo", {"task_id": id})
    except CloudError as error:
        if not is_absent(error):
            raise
        return Readiness("failed", reason=ABANDONED, absent=True)
    state = dig(task, "state", str, action="cs.DescribeTaskInfo")
    rows = [row for row in task.get("task_result") or () if isinstance(row, Mapping)]
    bad = sorted(str(row.get("data", "")) for row in rows if row.get("status") == "failed")
    if state in FAILED or (state == "success" and bad):
        said = _said(task)
        reason = ", ".join(filter(None, (said, *(id for id in bad if id not in said)))) or state
        return Readiness("failed", reason=reason, message=f"task {id} failed: {reason}")
    stage = str(task.get("current_stage") or "")
    held = drain.blocked(cloud, str(task.get("cluster_id") or "")) if state == "running" and stage == DRAINS else ""
    message = f"{stage}: {held}" if held else ""
    return Readiness("ready" if state == "success" else "pending", reason=stage or state, message=message)


def _said(task: Mapping[str, Any]) -> str:
    error = task.get("error") or {}
    return ": ".join(str(error[name]) for name in ("code", "message") if error.get(name))


def last_failed(cloud: Cloud, cluster: str) -> Mapping[str, Any]:
    """The newest failed task of a cluster, or nothing: why a cluster is in state `failed`."""
    failed = [row for row in list_all(cloud, LISTING, {"cluster_id": cluster}) if row.get("state") in FAILED]
    return max(failed, key=lambda row: str(row.get("created", "")), default={})


def said(task: Mapping[str, Any]) -> str:
    """What a task says of its failure, or empty."""
    return _said(task)
