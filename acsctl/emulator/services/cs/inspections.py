"""Inspections of clusters: reports of the same items as checks have, and when they are made (SDK comments of Inspect calls).

Nothing is inspected by itself: the recurrence is kept and told only.
"""

from dataclasses import replace
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import check_items, tasks
from acsctl.emulator.services.cs.tasks import Job, Order, runs
from acsctl.emulator.services.cs.types import INSPECTION
from acsctl.emulator.services.cs.wiring import body, require_cluster, serves, wrong
from acsctl.emulator.services.paging import by_token, id_mark

INSPECTING = 30.0  # cloud seconds, own choice
LARGEST_PAGE, DEFAULT_PAGE = 50, 20
CATEGORY = "stability"
TARGETS = {check_items.CONFIGURATION: "Node", check_items.COMPONENTS: "Component", check_items.RESOURCES: "Cluster"}


@serves("RunClusterInspect")
def run_cluster_inspect(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call)
    disabled = (cluster.get("Inspecting") or {}).get("Disabled") or ()
    found = [one for one in check_items.look(call.world, cluster=cluster) if one.name not in disabled]
    rows = [_result(one) for one in found]
    told = {"Results": rows, "Levels": [one.level for one in found]}
    report = call.create(INSPECTION, attributes={"ClusterId": cluster.id, "Status": "running", "EndTime": "", **told})
    task = tasks.start(call.world, order=Order("cluster_inspect", cluster, first=INSPECTING, work={"Report": report.id}))
    return {"reportId": report.id, "taskId": task.id}


def _result(item: check_items.Item) -> dict[str, Any]:
    """result: whether something is wrong."""
    bad = item.level != check_items.NORMAL
    return {
        "category": CATEGORY,
        "checkItemUid": item.name,
        "name": item.name,
        "description": item.message,
        "fix": "",
        "level": {"warning": "warning", "error": "error"}.get(item.level, "advice"),
        "result": str(bad).lower(),
        "targetType": TARGETS[item.group],
        "targets": list(item.targets),
    }


@runs("cluster_inspect")
def move_inspection(job: Job) -> None:
    report = job.world.store.find(INSPECTION, scope=job.scope, id=job.work["Report"])
    if report is not None:
        report.set(Status="completed", EndTime=iso_seconds(job.now))
    job.succeed()


@serves("ListClusterInspectReports")
def list_cluster_inspect_reports(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call, listed=True)
    found = [one for one in reversed(call.listed(INSPECTION)) if one["ClusterId"] == cluster.id]
    page, token = _page(call, rows=found, mark=id_mark)
    return {"reports": [_report(one) for one in page], "nextToken": token}


@serves("GetClusterInspectReportDetail")
def get_cluster_inspect_report_detail(call: Call) -> dict[str, Any]:
    """enableFilter leaves out what is well."""
    cluster = require_cluster(call, listed=True)
    report = call.find(INSPECTION, id=call.text("reportId"))
    if report is None or report["ClusterId"] != cluster.id:
        raise ApiError("ErrorReportNotFound", message="The report does not exist.", status=404)
    same = ("category", "level", "targetType")
    done = report["Results"] if report["Status"] == "completed" else []
    rows = [one for one in done if all(call.text(name) in ("", one[name]) for name in same)]
    rows = [one for one in rows if one["result"] == "true" or not call.flag("enableFilter")]
    page, token = _page(call, rows=rows, mark=lambda one: str(one["checkItemUid"]))
    return {**_report(report), "checkItemResults": page, "nextToken": token}


def _page(call: Call, *, rows: list[Any], mark: Any) -> tuple[list[Any], str]:
    size = call.number("maxResults", default=DEFAULT_PAGE)
    if not 1 <= size <= LARGEST_PAGE:
        raise wrong("MaxResults", f"maxResults is 1 to {LARGEST_PAGE}.")
    named = replace(call, parameters={**call.parameters, "NextToken": call.text("nextToken")})
    return by_token(named, rows=rows, size=size, mark=mark)


def _report(report: Resource) -> dict[str, Any]:
    levels: list[str] = report["Levels"] if report["Status"] == "completed" else []
    worst = next((one for one in ("error", "warning") if one in levels), "normal")
    summary = {
        "code": worst,
        "adviceCount": 0,
        "errorCount": levels.count("error"),
        "warnCount": levels.count("warning"),
        "normalCount": levels.count("normal"),
    }
    times = {"startTime": iso_seconds(report.created), "endTime": report["EndTime"]}
    return {"reportId": report.id, "status": report["Status"], **times, "summary": summary}


@serves("CreateClusterInspectConfig")
def create_cluster_inspect_config(call: Call) -> dict[str, Any]:
    cluster, given = require_cluster(call), body(call)
    if not str(given["recurrence"]).startswith("FREQ=DAILY"):
        raise wrong("Recurrence", "recurrence is FREQ=DAILY, with BYHOUR and BYMINUTE.")
    disabled = list(given.get("disabledCheckItems") or ())
    cluster.set(Inspecting={"Enabled": given["enabled"], "Recurrence": given["recurrence"], "Disabled": disabled})
    return {}


@serves("UpdateClusterInspectConfig")
def update_cluster_inspect_config(call: Call) -> dict[str, Any]:
    cluster, given = require_cluster(call), body(call)
    old = _config(cluster)
    named = {"enabled": "Enabled", "scheduleTime": "Recurrence", "disabledCheckItems": "Disabled"}
    cluster.set(Inspecting={**old, **{field: given[name] for name, field in named.items() if name in given}})
    return {}


@serves("GetClusterInspectConfig")
def get_cluster_inspect_config(call: Call) -> dict[str, Any]:
    found = _config(require_cluster(call, listed=True))
    return {"enabled": found["Enabled"], "recurrence": found["Recurrence"], "disabledCheckItems": found["Disabled"]}


@serves("DeleteClusterInspectConfig")
def delete_cluster_inspect_config(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call)
    _config(cluster)
    cluster.set(Inspecting=None)
    return {}


def _config(cluster: Resource) -> dict[str, Any]:
    """Raises ErrorInspectConfigNotFound 404."""
    found: dict[str, Any] | None = cluster.get("Inspecting")
    if not found:
        raise ApiError("ErrorInspectConfigNotFound", message="The cluster has no configuration of inspections.", status=404)
    return found
