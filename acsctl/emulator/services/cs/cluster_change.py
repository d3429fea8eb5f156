"""ModifyCluster and MigrateCluster (sheets containers.md 1.3, ack-facts.md 2)."""

from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import cluster_checks, leftovers, tasks
from acsctl.emulator.services.cs.tasks import Job, Order, fails, runs
from acsctl.emulator.services.cs.wiring import body, known, require_running, serves, wrong
from acsctl.emulator.services.network import EIP

# Cloud seconds; protection 5 s, an EIP 129 s measured, sheet ack-facts.md 2.
MODIFYING, BINDING, MIGRATING = 5.0, 120.0, 300.0
_PLAIN = {
    "cluster_name": "Name",
    "resource_group_id": "ResourceGroupId",
    "maintenance_window": "MaintenanceWindow",
    "operation_policy": "OperationPolicy",
    "timezone": "Timezone",
    "vswitch_ids": "VSwitchIds",
    "security_group_id": "SecurityGroupId",
    "deletion_protection": "DeletionProtection",
    "cluster_spec": "Spec",
}


@serves("ModifyCluster")
def modify_cluster(call: Call) -> dict[str, Any]:
    """Everything takes effect when the task succeeds."""
    cluster, given = require_running(call), body(call)
    _check(call, cluster=cluster, given=given)
    changes = {field: given[name] for name, field in _PLAIN.items() if name in given}
    if given.get("enable_rrsa") is not None:
        changes["Rrsa"] = bool(given["enable_rrsa"])
    if given.get("api_server_custom_cert_sans"):
        changes["ExtraSans"] = _sans(cluster, given=given["api_server_custom_cert_sans"])
    if "cluster_spec" in given:
        changes.pop("DeletionProtection", None)  # the task succeeds and protection is unchanged, sheet ack-facts.md 2
    cluster.set(State="updating", Updated=call.now)
    eip = given.get("api_server_eip")
    work = {"Changes": changes, "Eip": given.get("api_server_eip_id") if eip else "" if eip is False else None}
    order = Order("cluster_modify", cluster, first=MODIFYING if eip is None else BINDING, work=work)
    return {"cluster_id": cluster.id, "task_id": tasks.start(call.world, order=order).id}


def _check(call: Call, *, cluster: Resource, given: dict[str, Any]) -> None:
    if given.get("cluster_name"):
        cluster_checks.check_name(given["cluster_name"])
    if given.get("vswitch_ids") is not None:
        cluster_checks.vswitches(call, given=given, vpc_id=cluster["VpcId"])
    if given.get("security_group_id"):
        cluster_checks.security_group(call, id=given["security_group_id"], vpc_id=cluster["VpcId"])
    spec = given.get("cluster_spec")
    if spec is not None and (spec not in known()["specs"] or "pro" not in spec or "pro" not in cluster["Spec"]):
        raise wrong("ClusterSpec", "cluster_spec changes among the pro ones only; MigrateCluster makes a pro cluster.")
    if given.get("enable_rrsa") is False and cluster["Rrsa"]:
        raise wrong("EnableRrsa", "RRSA cannot be switched off.")
    if given.get("api_server_eip"):
        _check_eip(call, cluster=cluster, id=str(given.get("api_server_eip_id") or ""))


def _check_eip(call: Call, *, cluster: Resource, id: str) -> None:
    """Raises InvalidParameter.ApiServerEipId, also without an id (sheet ack-facts.md 6)."""
    found = call.find(EIP, id=id)
    if cluster["EipId"]:
        raise wrong("ApiServerEip", "The API server has an EIP already.")
    if found is None or found["Status"] != "Available":
        raise wrong("ApiServerEipId", "api_server_eip_id is that of an available EIP.")


def _sans(cluster: Resource, *, given: dict[str, Any]) -> list[str]:
    names = [str(one) for one in given.get("subject_alternative_names") or ()]
    return list(dict.fromkeys([*cluster["ExtraSans"], *names])) if given.get("action") == "append" else names


@runs("cluster_modify")
def move_change(job: Job) -> None:
    cluster = job.cluster
    if cluster is None:
        return job.fail("ErrorClusterNotFound", message="The cluster is gone.")
    eip = job.work["Eip"]
    if job.step != "start" and _is_moving(job, id=cluster["EipId"] or job.work.get("Old", "")):
        return None
    if job.step == "release":
        leftovers.release_eip(job.world, scope=job.scope, id=job.work["Old"])
    elif eip and job.step == "start":
        leftovers.bind(job.world, scope=job.scope, eip_id=eip, to=("SlbInstance", cluster["LoadBalancerId"]))
        cluster.set(EipId=eip)
        return job.go("bound")
    elif eip == "" and cluster["EipId"]:
        leftovers.unbind(job.world, scope=job.scope, eip_id=cluster["EipId"])
        own = "EipId" in cluster["Own"]
        job.keep(Old=cluster["EipId"])
        cluster.set(EipId="", Own=[one for one in cluster["Own"] if one != "EipId"])
        if own:
            return job.go("release")
    cluster.set(**job.work["Changes"], State="running", Updated=job.now)
    return job.succeed()


def _is_moving(job: Job, *, id: str) -> bool:
    eip = job.world.store.find(EIP, scope=job.scope, id=id)
    return eip is not None and eip["Status"] not in ("Available", "InUse")


@serves("MigrateCluster")
def migrate_cluster(call: Call) -> dict[str, Any]:
    """From basic to pro, one way; type and spec are what the provider sends, the metadata know neither."""
    cluster, given = require_running(call), body(call)
    spec = str(given.get("spec") or "ack.pro.small")
    if cluster["Spec"] != "ack.standard" or spec not in known()["specs"] or spec == "ack.standard":
        raise wrong("Spec", "A basic cluster becomes a pro one, once.")
    cluster.set(State="migrating", Updated=call.now)
    order = Order("cluster_migrate", cluster, first=MIGRATING, work={"Spec": spec})
    return {"cluster_id": cluster.id, "task_id": tasks.start(call.world, order=order).id}


@runs("cluster_migrate")
def move_migration(job: Job) -> None:
    cluster = job.cluster
    if cluster is not None:
        cluster.set(State="running", Updated=job.now, Spec=job.work["Spec"])
    job.succeed()


@fails("cluster_modify", "cluster_migrate")
def leave_running(job: Job) -> None:
    cluster = job.cluster
    if cluster is not None:
        cluster.set(State="unavailable" if cluster["PlaneError"] else "running", Updated=job.now)
