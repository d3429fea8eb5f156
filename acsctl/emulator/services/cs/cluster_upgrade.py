"""UpgradeCluster (sheets containers.md 1.3, ack-facts.md 2, 5): one minor version at a time, after a check.

Steps: `start` checks, `UpgradeMaster` takes its time, `restart` opens the control plane anew (control_plane.py), and
`UpgradeNodes` renews the nodes of all pools in place (rolling.py), unless only the control plane was asked for.
"""

from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import addon_records, checks, control_plane, rolling, tasks
from acsctl.emulator.services.cs.pool_upgrade import UPGRADING as RENEWING
from acsctl.emulator.services.cs.pool_upgrade import runtime_of
from acsctl.emulator.services.cs.tasks import Job, Order, fails, runs
from acsctl.emulator.services.cs.wiring import body, nodes_of, pools_of, require_running, serves, upgradable, wrong

CHECKING, UPGRADING = 10.0, 600.0  # cloud seconds; an upgrade of 10 to 30 minutes was told, sheet ack-facts.md 2


@serves("UpgradeCluster")
def upgrade_cluster(call: Call) -> dict[str, Any]:
    """The control plane, and the nodes too unless master_only says otherwise."""
    cluster, given = require_running(call), body(call)
    asked = str(given.get("next_version") or given.get("version") or "")
    offered = upgradable(cluster["Version"])
    if asked not in offered:
        raise wrong("NextVersion", f"{cluster['Version']} can be upgraded to {', '.join(offered) or 'no other version'}.")
    cluster.set(State="upgrading", Updated=call.now)
    policy = rolling.policy(given.get("rolling_policy"))
    work = rolling.work([], wait=RENEWING, **policy, Version=asked, MasterOnly=bool(given.get("master_only")))
    order = Order("cluster_upgrade", cluster, first=CHECKING, work=work, parameters={"next_version": asked})
    return {"cluster_id": cluster.id, "task_id": tasks.start(call.world, order=order).id}


@runs("cluster_upgrade")
def move_upgrade(job: Job) -> None:
    cluster = job.cluster
    if cluster is None:
        return job.fail("ErrorClusterNotFound", message="The cluster is gone.")
    return _STEPS[job.step](job, cluster)


def _check(job: Job, cluster: Resource) -> None:
    check = checks.Check("ClusterUpgrade", next_version=job.work["Version"])
    problem = checks.problem(job.world, cluster=cluster, check=check)
    if problem:
        return job.fail("PreCheckFailed", message=problem)
    return job.go("UpgradeMaster", message="The control plane is being upgraded.", after=UPGRADING - CHECKING)


def _upgrade(job: Job, cluster: Resource) -> None:
    cluster.set(Version=job.work["Version"])
    job.go("restart", message="The control plane is being restarted.")


def _restart(job: Job, cluster: Resource) -> None:
    """The end is when the new one serves. Addons of the control plane are then of its version."""
    if cluster["PlaneError"]:
        return job.fail("ControlPlaneFailed", message=cluster["PlaneError"])
    if not control_plane.is_current(job.world, cluster=cluster):
        return None
    served = str(cluster.get("Serves") or "")
    if served and served.partition("-")[0] != f"v{cluster['Version']}".partition("-")[0]:
        played = f"The binaries of the real control plane are of {served}; that it is {cluster['Version']} is played."
        job.note("VersionPlayed", message=played, level="warning")
    for addon in addon_records.of(job.world, cluster_id=cluster.id):
        found = addon_records.entry(addon["Name"])
        if found is not None and "{minor}" in found["versions"][0]:
            addon.set(Version=addon_records.versions(found, cluster_version=cluster["Version"])[-1])
    if job.work["MasterOnly"]:
        return _end(job, cluster)
    return _begin_nodes(job, cluster)


def _begin_nodes(job: Job, cluster: Resource) -> None:
    version = str(cluster["Version"])
    old = [
        one.id for one in nodes_of(job.world, cluster_id=cluster.id) if one["State"] == "running" and one["Version"] != version
    ]
    for pool in pools_of(job.world, cluster_id=cluster.id):
        if pool["State"] == "active":
            pool.set(State="updating", Updated=job.now)
    runtime = runtime_of(version)
    job.keep(Nodes=old, Changes={"Version": version, **({"Runtime": f"containerd://{runtime}"} if runtime else {})})
    rolling.begin(job)


def _roll(job: Job, cluster: Resource) -> None:
    if rolling.roll(job):
        for pool in pools_of(job.world, cluster_id=cluster.id):
            config = {**pool["KubernetesConfig"], "runtime_version": runtime_of(cluster["Version"])}
            pool.set(Version=cluster["Version"], KubernetesConfig=config)
        _free_pools(job)
        _end(job, cluster)


def _end(job: Job, cluster: Resource) -> None:
    cluster.set(State="running", Updated=job.now)
    job.succeed()


_STEPS = {"start": _check, "UpgradeMaster": _upgrade, "restart": _restart, "UpgradeNodes": _roll}


@fails("cluster_upgrade")
def leave_running(job: Job) -> None:
    cluster = job.cluster
    if cluster is not None:
        cluster.set(State="unavailable" if cluster["PlaneError"] else "running", Updated=job.now)
        _free_pools(job)


def _free_pools(job: Job) -> None:
    """Those that this task holds."""
    for pool in pools_of(job.world, cluster_id=job.task["ClusterId"]):
        if pool["State"] == "updating" and not tasks.running(job.world, pool_id=pool.id):
            pool.set(State="active", Updated=job.now)
