"""CreateCluster (sheets containers.md 1.2, ack-facts.md 2): checked at once, made by a task that takes 220 cloud seconds."""

import secrets
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import addon_records, cluster_checks, control_plane, leftovers, pool_create, tasks
from acsctl.emulator.services.cs.tasks import Job, Order, fails, runs
from acsctl.emulator.services.cs.types import CLUSTER, new_cluster_id
from acsctl.emulator.services.cs.wiring import ask, body, serves, wrong
from acsctl.emulator.services.network import EIP, NAT_GATEWAY, SNAT_ENTRY, VSWITCH
from acsctl.emulator.services.vpc.vpc import DEFAULT_RESOURCE_GROUP

# Cloud seconds; 3:34 to 3:39 were measured for an empty cluster, sheet ack-facts.md 2.
CREATING = 220.0
BEGINNING = 5.0


@serves("CreateCluster")
def create_cluster(call: Call) -> dict[str, Any]:
    given = body(call)
    cluster_checks.check_name(given["name"])
    cluster_checks.check_kind(given)
    tags = cluster_checks.tags(call, given=given)
    network = cluster_checks.network_addon(given)
    version = cluster_checks.version(call, given=given)
    vpc = cluster_checks.vpc(call, given=given)
    vswitches = cluster_checks.vswitches(call, given=given, vpc_id=vpc.id)
    group = str(given.get("security_group_id") or "")
    if group and given.get("is_enterprise_security_group"):
        raise wrong("SecurityGroupId", "security_group_id and is_enterprise_security_group exclude each other.")
    if group:
        cluster_checks.security_group(call, id=group, vpc_id=vpc.id)
    balancer = str(given.get("load_balancer_id") or "")
    cluster_checks.load_balancer(call, id=balancer, vpc_id=vpc.id)
    ranges = cluster_checks.cidrs(call, given=given, vpc=vpc, network=network)
    addons = addon_records.wanted(given, network=network, version=version)
    pools = [pool_create.checked(call, given=one, vpc_id=vpc.id) for one in given.get("nodepools") or ()]
    mine = [one for one in call.world.store.of(CLUSTER) if one.account == call.scope.account]
    call.within_quota("cs.clusters", used=len(mine), code="QuotaExceeded.Cluster")
    attributes = {**_attributes(given, call=call), **ranges, "Network": network, "Version": version, "InitVersion": version}
    places = {"VpcId": vpc.id, "VSwitchIds": [one.id for one in vswitches], "SecurityGroupId": group}
    cluster = call.create(
        CLUSTER,
        id=new_cluster_id(),
        attributes={**attributes, **places, "LoadBalancerId": balancer, "Zones": sorted({one["ZoneId"] for one in vswitches})},
        tags=tags,
    )
    _make_at_once(call, cluster=cluster, group=group)
    addon_records.create(call.world, cluster=cluster, addons=addons)
    order = Order("cluster_create", cluster, first=BEGINNING, work={"Pools": pools})
    task = tasks.start(call.world, order=order)
    return {"cluster_id": cluster.id, "task_id": task.id}


def _attributes(given: dict[str, Any], *, call: Call) -> dict[str, Any]:
    control, audit = given.get("control_plane_endpoints_config") or {}, given.get("audit_log_config") or {}
    return {
        "Name": given["name"],
        "State": "initial",
        "Updated": call.now,
        "ClusterType": "ManagedKubernetes",
        "Profile": "Default",
        "Spec": given.get("cluster_spec") or "ack.standard",
        "ProxyMode": given.get("proxy_mode") or "ipvs",
        "IpStack": given.get("ip_stack") or "ipv4",
        "DeletionProtection": bool(given.get("deletion_protection")),
        "ResourceGroupId": given.get("resource_group_id") or DEFAULT_RESOURCE_GROUP,
        "Timezone": given.get("timezone") or "Asia/Shanghai",
        "ClusterDomain": given.get("cluster_domain") or "cluster.local",
        "MaintenanceWindow": given.get("maintenance_window") or {"enable": False},
        "OperationPolicy": given.get("operation_policy") or {},
        "AutoMode": bool((given.get("auto_mode") or {}).get("enable")),
        "ExtraSans": list(given.get("extra_sans") or ()),
        "Rrsa": bool((given.get("rrsa_config") or {}).get("enabled")),
        "PublicAccess": bool(given.get("endpoint_public_access")) and not control.get("load_balancers_config"),
        "Snat": bool(given.get("snat_entry")),
        "EnterpriseGroup": given.get("is_enterprise_security_group") is not False,
        "LogComponents": list(given.get("controlplane_log_components") or ()),
        "LogTtl": given.get("controlplane_log_ttl") or "30",
        "LogProject": given.get("controlplane_log_project") or "",
        "AuditProject": (audit.get("sls_project_name") or "") if audit.get("enabled") else "",
        "Rung": call.settings.kubernetes,
        "Port": 0,
        "PlaneError": "",
        "Admitted": False,
        "StackId": f"{secrets.token_hex(4)}-{secrets.token_hex(2)}-{secrets.token_hex(2)}-{secrets.token_hex(6)}",
        "EipId": "",
        "NatId": "",
        "NatEipId": "",
        "InterfaceIds": [],
        "RoleName": "",
        "Own": [],
    }


def _make_at_once(call: Call, *, cluster: Resource, group: str) -> None:
    """What read calls name from the first moment."""
    if not group:
        made = leftovers.make_security_group(call.world, cluster=cluster)
        cluster.set(SecurityGroupId=made, Own=["SecurityGroupId"])
    cluster.set(RoleName=leftovers.make_role(call.world, cluster=cluster))


@runs("cluster_create")
def move_creation(job: Job) -> None:
    cluster = job.cluster
    if cluster is None:
        return job.fail("ErrorClusterNotFound", message="The cluster is gone.")
    return _STEPS[job.step](job, cluster)


def _start(job: Job, cluster: Resource) -> None:
    own = list(cluster["Own"])
    if not cluster["LoadBalancerId"]:
        cluster.set(LoadBalancerId=leftovers.make_load_balancer(job.world, cluster=cluster))
        own.append("LoadBalancerId")
    leftovers.make_listener(job.world, cluster=cluster)
    cluster.set(InterfaceIds=leftovers.make_interfaces(job.world, cluster=cluster))
    if cluster["PublicAccess"]:
        cluster.set(EipId=leftovers.make_eip(job.world, cluster=cluster, name=f"ManagedK8SEip-{cluster.id}"))
        leftovers.bind(job.world, scope=job.scope, eip_id=cluster["EipId"], to=("SlbInstance", cluster["LoadBalancerId"]))
        own.append("EipId")
    nat = leftovers.make_nat(job.world, cluster=cluster) if cluster["Snat"] else ""
    if nat:
        cluster.set(NatId=nat, NatEipId=leftovers.make_eip(job.world, cluster=cluster, name=f"k8s-nat-{cluster.id}"))
        own += ["NatId", "NatEipId"]
    cluster.set(Own=own)
    job.go("nat" if nat else "plane", message="Network resources are being made.")


def _nat(job: Job, cluster: Resource) -> None:
    nat = job.world.store.find(NAT_GATEWAY, scope=job.scope, id=cluster["NatId"])
    if nat is not None and nat["Status"] != "Available":
        return None
    leftovers.bind(job.world, scope=job.scope, eip_id=cluster["NatEipId"], to=("Nat", cluster["NatId"]))
    job.keep(Sources=list(cluster["VSwitchIds"]))
    return job.go("snat")


def _snat(job: Job, cluster: Resource) -> None:
    """One vSwitch after another, since a NAT gateway takes one change at a time."""
    sources: list[str] = list(job.work["Sources"])
    eip = job.world.store.find(EIP, scope=job.scope, id=cluster["NatEipId"])
    entries = [one for one in job.world.store.all(SNAT_ENTRY, scope=job.scope) if one["NatGatewayId"] == cluster["NatId"]]
    if (eip is not None and eip["Status"] == "Associating") or any(one["Status"] != "Available" for one in entries):
        return None
    nat = job.world.store.find(NAT_GATEWAY, scope=job.scope, id=cluster["NatId"])
    if not sources or nat is None:
        return job.go("plane")
    if job.world.store.find(VSWITCH, scope=job.scope, id=sources[0]) is not None:
        address = eip["IpAddress"] if eip is not None else ""
        entry = {"SnatTableId": nat["SnatTableId"], "SourceVSwitchId": sources[0], "SnatIp": address}
        ask(job.world, "vpc.CreateSnatEntry", scope=job.scope, **entry)
    job.keep(Sources=sources[1:])
    return job.go("snat")


def _plane(job: Job, cluster: Resource) -> None:
    job.go("ready", message="The control plane is being started.", after=0.0)
    job.task.set(Due=cluster.created + CREATING)


def _ready(job: Job, cluster: Resource) -> None:
    """Both the time and a control plane that serves are needed."""
    if cluster["PlaneError"]:
        return job.fail("ControlPlaneFailed", message=cluster["PlaneError"])
    if not cluster["Admitted"] or control_plane.plane_of(job.world, cluster=cluster) is None:
        return None
    cluster.set(State="running", Updated=job.now)
    addon_records.settle_all(job.world, cluster_id=cluster.id)
    for given in job.work["Pools"]:
        pool_create.make(job.world, cluster=cluster, given=given)
    return job.succeed()


@fails("cluster_create")
def leave_failed(job: Job) -> None:
    """Nothing is rolled back: the cluster stays, failed, and has to be deleted (sheet containers.md 1.2)."""
    cluster = job.cluster
    if cluster is not None:
        cluster.set(State="failed", Updated=job.now)


_STEPS = {"start": _start, "nat": _nat, "snat": _snat, "plane": _plane, "ready": _ready}
