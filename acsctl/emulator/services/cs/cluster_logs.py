"""Logs of a control plane: which components write them and where to (sheet containers.md 1.2). No log service is played."""

from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import tasks
from acsctl.emulator.services.cs.tasks import Job, Order, fails, runs
from acsctl.emulator.services.cs.wiring import body, require_cluster, require_running, serves

CONFIGURING = 20.0  # cloud seconds, own choice


@serves("CheckControlPlaneLogEnable")
def check_control_plane_log_enable(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call, listed=True)
    project = cluster["LogProject"] or (f"k8s-log-{cluster.id}" if cluster["LogComponents"] else "")
    named = {"log_project": project, "log_ttl": cluster["LogTtl"], "components": cluster["LogComponents"]}
    return {"aliuid": cluster.account, **named}


@serves("UpdateControlPlaneLog")
def update_control_plane_log(call: Call) -> dict[str, Any]:
    """No components switches it off."""
    cluster, given = require_running(call), body(call)
    changes = {
        "LogComponents": list(given.get("components") or ()),
        "LogProject": given.get("log_project") or cluster["LogProject"],
        "LogTtl": given.get("log_ttl") or cluster["LogTtl"],
    }
    return _configure(call, cluster=cluster, changes=changes)


@serves("GetClusterAuditProject")
def get_cluster_audit_project(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call, listed=True)
    return {"audit_enabled": bool(cluster["AuditProject"]), "sls_project_name": cluster["AuditProject"]}


@serves("UpdateClusterAuditLogConfig")
def update_cluster_audit_log_config(call: Call) -> dict[str, Any]:
    cluster, given = require_running(call), body(call)
    project = "" if given.get("disable") else given.get("sls_project_name") or f"k8s-log-{cluster.id}"
    return _configure(call, cluster=cluster, changes={"AuditProject": project})


@runs("cluster_configuration_modify")
def move_configuration(job: Job) -> None:
    cluster = job.cluster
    if cluster is not None:
        cluster.set(**job.work["Changes"], State="running", Updated=job.now)
    job.succeed()


@fails("cluster_configuration_modify")
def leave_running(job: Job) -> None:
    cluster = job.cluster
    if cluster is not None:
        cluster.set(State="running", Updated=job.now)


def _configure(call: Call, *, cluster: Resource, changes: dict[str, Any]) -> dict[str, Any]:
    cluster.set(State="updating", Updated=call.now)
    order = Order("cluster_configuration_modify", cluster, first=CONFIGURING, work={"Changes": changes})
    return {"cluster_id": cluster.id, "task_id": tasks.start(call.world, order=order).id}
