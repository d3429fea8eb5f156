"""Tasks and events as clients see and steer them (sheet ack-facts.md 1)."""

from dataclasses import replace
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import tasks
from acsctl.emulator.services.cs.cluster_read import pages
from acsctl.emulator.services.cs.types import TASK
from acsctl.emulator.services.cs.wiring import china_time, require_cluster, serves
from acsctl.emulator.services.paging import by_token, id_mark

LARGEST_PAGE, DEFAULT_PAGE = 100, 20
STEERABLE = (
    "nodepool_upgrade",
    "cluster_upgrade",
    "nodepool_node_kubelet_config_rollout",
    "nodepool_node_containerd_config_rollout",
    "nodepool_node_os_config_rollout",
    "cluster_addon_upgrade",
)


@serves("DescribeTaskInfo")
def describe_task_info(call: Call) -> dict[str, Any]:
    task = _require(call)
    stages = task["Stages"]
    return {
        "task_id": task.id,
        "cluster_id": task["ClusterId"],
        "task_type": task["TaskType"],
        "state": task["State"],
        "created": china_time(task.created),
        "updated": china_time(task["Updated"]),
        "target": task["Target"],
        "parameters": task["Parameters"],
        "current_stage": task["Step"],
        "stages": stages,
        "events": task["Events"],
        "outputs": {},
        "error": task["Error"],
        "task_result": task["Results"],
    }


@serves("DescribeClusterTasks")
def describe_cluster_tasks(call: Call) -> dict[str, Any]:
    """Newest first. Clients filter by task_type or by type, the metadata know neither."""
    cluster = require_cluster(call, listed=True)
    kinds = {call.text(name) for name in ("task_type", "type") if call.text(name)}
    found = [one for one in reversed(call.listed(TASK)) if one["ClusterId"] == cluster.id]
    asked = [one for one in found if not kinds or one["TaskType"] in kinds]
    page, info, token = _page(call, rows=asked)
    return {"tasks": [_row(one) for one in page], "page_info": info, "next_token": token}


@serves("PauseTask")
def pause_task(call: Call) -> dict[str, Any]:
    task = _require_steerable(call)
    if task["State"] != tasks.RUNNING:
        raise _refused(f"The task is {task['State']}.")
    task.set(State=tasks.PAUSING if _has_nodes_in_hand(task) else tasks.PAUSED, Updated=call.now)
    return {}


@serves("ResumeTask")
def resume_task(call: Call) -> dict[str, Any]:
    task = _require_steerable(call)
    if task["State"] not in (tasks.PAUSED, tasks.PAUSING):
        raise _refused(f"The task is {task['State']}.")
    task.set(State=tasks.RUNNING, Updated=call.now, Due=max(task["Due"], call.now))
    return {}


@serves("CancelTask")
def cancel_task(call: Call) -> dict[str, Any]:
    """What was done stays, nodes in hand are finished first; then what the task belongs to is free again."""
    task = _require_steerable(call)
    if task["State"] not in (tasks.RUNNING, tasks.PAUSING, tasks.PAUSED):
        raise _refused(f"The task is {task['State']}.")
    if _has_nodes_in_hand(task):
        task.set(State=tasks.CANCELLING, Updated=call.now)
    else:
        tasks.abandon(call.world, task=task)
    return {}


def _has_nodes_in_hand(task: Resource) -> bool:
    """Whether a batch of nodes is being renewed just now (rolling.py)."""
    return bool(task["Work"].get("Hand"))


@serves("DescribeClusterEvents")
def describe_cluster_events(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call, listed=True)
    own = [one for one in call.listed(TASK) if one["ClusterId"] == cluster.id and call.text("task_id") in ("", one.id)]
    return _events(call, own=own)


@serves("DescribeEvents")
def describe_events(call: Call) -> dict[str, Any]:
    own = [one for one in call.listed(TASK) if call.text("cluster_id") in ("", one["ClusterId"])]
    return _events(call, own=[one for one in own if call.text("type") in ("", one["TaskType"])])


@serves("DescribeEventsForRegion")
def describe_events_for_region(call: Call) -> dict[str, Any]:
    return _events(call, own=[one for one in call.listed(TASK) if call.text("cluster_id") in ("", one["ClusterId"])])


def _events(call: Call, *, own: list[Resource]) -> dict[str, Any]:
    """The events of tasks, newest first."""
    found = [_event(task, number=number) for task in own for number in range(len(task["Events"]))]
    rows = sorted(found, key=lambda one: one["time"], reverse=True)
    page, info = pages(call, rows=rows)
    return {"events": page, "page_info": info, "next_token": ""}


def _event(task: Resource, *, number: int) -> dict[str, Any]:
    event = task["Events"][number]
    return {
        "event_id": f"{task.id}-{number}",
        "type": task["TaskType"],
        "source": "task",
        "subject": task["Target"]["id"],
        "time": iso_seconds(int(event["timestamp"]) / 1000),
        "cluster_id": task["ClusterId"],
        "data": {"level": event["level"], "reason": event["reason"], "message": event["message"]},
    }


def _page(call: Call, *, rows: list[Resource]) -> tuple[list[Resource], dict[str, int], str]:
    """By token when max_results or next_token is given, else by number."""
    if not call.given("max_results") and not call.text("next_token"):
        page, info = pages(call, rows=rows)
        return page, info, ""
    size = min(call.number("max_results", default=DEFAULT_PAGE), LARGEST_PAGE)
    named = replace(call, parameters={**call.parameters, "NextToken": call.text("next_token")})
    page, token = by_token(named, rows=rows, size=size, mark=id_mark)
    return page, {"page_number": 1, "page_size": size, "total_count": len(rows)}, token


def _row(task: Resource) -> dict[str, Any]:
    return {
        "task_id": task.id,
        "task_type": task["TaskType"],
        "state": task["State"],
        "created": china_time(task.created),
        "updated": china_time(task["Updated"]),
        "error": task["Error"],
    }


def _require(call: Call) -> Resource:
    """Raises ErrorTaskNotFound 404."""
    task = call.find(TASK, id=call.text("task_id"))
    if task is None:
        raise ApiError("ErrorTaskNotFound", message=f"The task {call.text('task_id')} does not exist.", status=404)
    return task


def _require_steerable(call: Call) -> Resource:
    """Only what goes on in batches can be steered; a scale-in cannot (sheet ack-facts.md 1)."""
    task = _require(call)
    if task["TaskType"] not in STEERABLE:
        raise _refused(f"A task {task['TaskType']} cannot be paused, resumed or canceled.")
    return task


def _refused(message: str) -> ApiError:
    return ApiError("ErrPauseTask", message=f"TaskOperationNotSupported: {message}", status=400)
