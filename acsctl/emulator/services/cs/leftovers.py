"""What a cluster has the account pay for beside itself, and what of it goes with the cluster (sheet ack-facts.md 7).

All of it is made of the resources of other products, so that it is seen and blocks deletions there. The cluster's attributes
keep the ids: SecurityGroupId, LoadBalancerId, EipId, NatId, NatEipId, InterfaceIds, RoleName; Own says which of them ACK made.
"""

import secrets
from contextlib import suppress
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, Scope
from acsctl.emulator.services.cs.types import CLUSTER
from acsctl.emulator.services.cs.wiring import ask, inner, scope_of
from acsctl.emulator.services.dependencies import blocks
from acsctl.emulator.services.ecs.interface import IN_USE, INTERFACE, SECONDARY, InterfacePlan, create_interface
from acsctl.emulator.services.ecs.security_group import SECURITY_GROUP
from acsctl.emulator.services.network import EIP, NAT_GATEWAY, VPC, VSWITCH
from acsctl.emulator.services.network_use import release_addresses
from acsctl.emulator.services.slb.types import LOAD_BALANCER, VSERVER_GROUP
from acsctl.emulator.world import World

SYSTEM_TAG = "ack.aliyun.com"
INTERFACES = 3
API_PORT = 6443


def make_security_group(world: World, *, cluster: Resource) -> str:
    """The automatic one; its id."""
    scope, vpc = scope_of(cluster), world.store.find(VPC, scope=scope_of(cluster), id=cluster["VpcId"])
    kind = "enterprise" if cluster["EnterpriseGroup"] else "normal"
    name = f"alicloud-cs-auto-created-security-group-{cluster.id}"
    group = {"VpcId": cluster["VpcId"], "SecurityGroupName": name, "SecurityGroupType": kind, **_group(cluster)}
    made: str = ask(world, "ecs.CreateSecurityGroup", scope=scope, **group)["SecurityGroupId"]
    sources = [one for one in (vpc["CidrBlock"] if vpc else "", cluster["ContainerCidr"]) if one]
    rules = [{"IpProtocol": "ICMP", "PortRange": "-1/-1", "SourceCidrIp": "0.0.0.0/0"}]
    rules += [{"IpProtocol": "ALL", "PortRange": "-1/-1", "SourceCidrIp": one} for one in sources]
    ask(world, "ecs.AuthorizeSecurityGroup", scope=scope, SecurityGroupId=made, Permissions=rules)
    _tag(world, kind_id=(SECURITY_GROUP, made), cluster=cluster)
    return made


def _group(cluster: Resource) -> dict[str, str]:
    """All of it is in the cluster's resource group."""
    return {"ResourceGroupId": cluster["ResourceGroupId"]}


def make_role(world: World, *, cluster: Resource) -> str:
    """The RAM role of the workers; its name."""
    name = f"KubernetesWorkerRole-{cluster['StackId']}"
    policy = '{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":["ecs.aliyuncs.com"]}}]}'
    ask(world, "ram.CreateRole", scope=scope_of(cluster), RoleName=name, AssumeRolePolicyDocument=policy)
    return name


def make_load_balancer(world: World, *, cluster: Resource) -> str:
    """The one before the API server; its id."""
    balancer = {
        "LoadBalancerName": f"ManagedK8SSlbIntranet-{cluster.id}",
        "AddressType": "intranet",
        "LoadBalancerSpec": "slb.s2.small",
        "VpcId": cluster["VpcId"],
        "VSwitchId": cluster["VSwitchIds"][0],
        **_group(cluster),
    }
    made: str = ask(world, "slb.CreateLoadBalancer", scope=scope_of(cluster), **balancer)["LoadBalancerId"]
    _tag(world, kind_id=(LOAD_BALANCER, made), cluster=cluster)
    return made


def make_listener(world: World, *, cluster: Resource) -> None:
    """That of the API server, before the interfaces of the control plane."""
    which = {"LoadBalancerId": cluster["LoadBalancerId"], "ListenerPort": API_PORT}
    plan = {**which, "BackendServerPort": API_PORT, "Bandwidth": -1, "Description": f"k8s-api-{cluster.id}"}
    ask(world, "slb.CreateLoadBalancerTCPListener", scope=scope_of(cluster), **plan)
    ask(world, "slb.StartLoadBalancerListener", scope=scope_of(cluster), **which, ListenerProtocol="tcp")


def make_interfaces(world: World, *, cluster: Resource) -> list[str]:
    """The legs of the control plane in the vSwitches of the cluster; their ids."""
    call = inner(world, "ecs.CreateNetworkInterface", scope=scope_of(cluster))
    made: list[str] = []
    for number in range(INTERFACES):
        vswitch = call.find(VSWITCH, id=cluster["VSwitchIds"][number % len(cluster["VSwitchIds"])])
        if vswitch is None:
            continue
        plan = InterfacePlan(
            type=SECONDARY,
            vswitch=vswitch,
            group_ids=[cluster["SecurityGroupId"]],
            name=f"k8s-eni-{secrets.token_hex(8)}",
            tags={SYSTEM_TAG: cluster.id},
            resource_group=cluster["ResourceGroupId"],
        )
        made.append(create_interface(call, plan=plan, status=IN_USE).id)
    return made


def make_eip(world: World, *, cluster: Resource, name: str) -> str:
    eip = {"Bandwidth": "100", "InternetChargeType": "PayByTraffic", "Name": name, **_group(cluster)}
    made: str = ask(world, "vpc.AllocateEipAddress", scope=scope_of(cluster), **eip)["AllocationId"]
    _tag(world, kind_id=(EIP, made), cluster=cluster)
    return made


def make_nat(world: World, *, cluster: Resource) -> str:
    """A NAT gateway, unless the VPC has one; its id, or nothing."""
    scope = scope_of(cluster)
    if any(one["VpcId"] == cluster["VpcId"] for one in world.store.all(NAT_GATEWAY, scope=scope)):
        return ""
    nat = {"VpcId": cluster["VpcId"], "VSwitchId": cluster["VSwitchIds"][0], "NatType": "Enhanced"}
    made: str = ask(world, "vpc.CreateNatGateway", scope=scope, **nat)["NatGatewayId"]
    _tag(world, kind_id=(NAT_GATEWAY, made), cluster=cluster)
    return made


def bind(world: World, *, scope: Scope, eip_id: str, to: tuple[str, str]) -> None:
    """to: type and id of what the EIP is bound to."""
    ask(world, "vpc.AssociateEipAddress", scope=scope, AllocationId=eip_id, InstanceType=to[0], InstanceId=to[1])


def unbind(world: World, *, scope: Scope, eip_id: str) -> None:
    with suppress(ApiError):  # gone, or not bound
        ask(world, "vpc.UnassociateEipAddress", scope=scope, AllocationId=eip_id, Force=True)


def release_nat(world: World, *, cluster: Resource) -> None:
    with suppress(ApiError):
        ask(world, "vpc.DeleteNatGateway", scope=scope_of(cluster), NatGatewayId=cluster["NatId"], Force=True)


def release_interfaces(world: World, *, cluster: Resource) -> None:
    call = inner(world, "ecs.DeleteNetworkInterface", scope=scope_of(cluster))
    for id_ in cluster["InterfaceIds"]:
        found = call.find(INTERFACE, id=id_)
        if found is not None:
            found.remove()
            release_addresses(call, by=id_)


def release_rest(world: World, *, cluster: Resource, kept: tuple[str, ...]) -> None:
    """What is left when nothing is inside any more: addresses, load balancer, security group, role. kept: ids to retain."""
    scope, own = scope_of(cluster), cluster["Own"]
    for field in ("EipId", "NatEipId"):
        if field in own and cluster[field] not in kept:
            release_eip(world, scope=scope, id=cluster[field])
    if "LoadBalancerId" in own and cluster["LoadBalancerId"] not in kept:
        release_load_balancer(world, scope=scope, id=cluster["LoadBalancerId"])
    elif cluster["LoadBalancerId"]:
        listener = {"LoadBalancerId": cluster["LoadBalancerId"], "ListenerPort": API_PORT, "ListenerProtocol": "tcp"}
        _try(world, "slb.DeleteLoadBalancerListener", scope=scope, **listener)
    if "SecurityGroupId" in own and cluster["SecurityGroupId"] not in kept:
        _try(world, "ecs.DeleteSecurityGroup", scope=scope, SecurityGroupId=cluster["SecurityGroupId"])
    if cluster["RoleName"] not in kept:
        _try(world, "ram.DeleteRole", scope=scope, RoleName=cluster["RoleName"])


def release_eip(world: World, *, scope: Scope, id: str) -> None:
    _try(world, "vpc.ReleaseEipAddress", scope=scope, AllocationId=id)


def is_moving(world: World, *, cluster: Resource) -> bool:
    """Whether a gateway or an address of the cluster is on its way to another state, which has to be waited for."""
    scope = scope_of(cluster)
    nat = world.store.find(NAT_GATEWAY, scope=scope, id=cluster["NatId"])
    eips = [world.store.find(EIP, scope=scope, id=cluster[field]) for field in ("EipId", "NatEipId")]
    moving = ("Creating", "Deleting", "Associating", "Unassociating")
    return any(one is not None and one["Status"] in moving for one in (nat, *eips))


def release_load_balancer(world: World, *, scope: Scope, id: str) -> None:
    found = world.store.find(LOAD_BALANCER, scope=scope, id=id)
    if found is not None and found.get("DeleteProtection") == "on":
        found.set(DeleteProtection="off")
    _try(world, "slb.DeleteLoadBalancer", scope=scope, LoadBalancerId=id)


def service_load_balancers(world: World, *, cluster: Resource) -> list[Resource]:
    """Those that Services of the cluster had made."""
    found = world.store.all(LOAD_BALANCER, scope=scope_of(cluster))
    return [one for one in found if one.tags.get(SYSTEM_TAG) == cluster.id and one.id != cluster["LoadBalancerId"]]


def resources(world: World, *, cluster: Resource) -> list[dict[str, Any]]:
    """The rows of DescribeClusterResources."""
    own, log = cluster["Own"], f"k8s-log-{cluster.id}"
    named = [
        ("ALIYUN::ROS::Stack", cluster["StackId"], True),
        ("ALIYUN::ECS::SecurityGroup", cluster["SecurityGroupId"], "SecurityGroupId" in own),
        ("ALIYUN::SLB::LoadBalancer", cluster["LoadBalancerId"], "LoadBalancerId" in own),
        ("ALIYUN::VPC::EIP", cluster["EipId"], "EipId" in own),
        ("ALIYUN::VPC::NatGateway", cluster["NatId"], True),
        ("ALIYUN::VPC::EIP", cluster["NatEipId"], True),
        ("ALIYUN::RAM::Role", cluster["RoleName"], True),
        ("ALIYUN::VPC::VPC", cluster["VpcId"], False),
        *(("ALIYUN::VPC::VSwitch", one, False) for one in cluster["VSwitchIds"]),
    ]
    rows = [_row(cluster, type=type_, id=id_, made=made) for type_, id_, made in named if id_]
    project = {**_row(cluster, type="ALIYUN::SLS::Project", id=log, made=True)}
    rows += _addon_rows(world, cluster=cluster)
    return [*rows, {**project, "delete_behavior": {"delete_by_default": False, "changeable": True}}]


def _addon_rows(world: World, *, cluster: Resource) -> list[dict[str, Any]]:
    """What the cloud controller manager made: load balancers, with the Services that their server groups are named for."""
    groups = world.store.all(VSERVER_GROUP, scope=scope_of(cluster))
    names = {one["LoadBalancerId"]: str(one["VServerGroupName"]).split("/") for one in groups}
    rows: list[dict[str, Any]] = []
    for one in service_load_balancers(world, cluster=cluster):
        row = _row(cluster, type="ALIYUN::SLB::LoadBalancer", id=one.id, made=True)
        parts = names.get(one.id, [])
        about = {"kind": "Service", "namespace": parts[3], "name": parts[2]} if len(parts) == 5 else {}
        rows.append({**row, "creator_type": "addon", "associated_object": about})
    return rows


def _row(cluster: Resource, *, type: str, id: str, made: bool) -> dict[str, Any]:
    return {
        "cluster_id": cluster.id,
        "created": iso_seconds(cluster.created),
        "instance_id": id,
        "resource_info": "",
        "resource_type": type,
        "state": "CREATE_COMPLETE",
        "auto_create": 1 if made else 0,
        "dependencies": [],
        "creator_type": "system" if made else "user",
        "delete_behavior": {"delete_by_default": made, "changeable": "SLB" in type},
        "extra_info": {},
    }


def _tag(world: World, *, kind_id: tuple[Any, str], cluster: Resource) -> None:
    found = world.store.find(kind_id[0], scope=scope_of(cluster), id=kind_id[1])
    if found is not None:
        found.retag({**found.tags, SYSTEM_TAG: cluster.id})


def _try(world: World, key: str, *, scope: Scope, **parameters: Any) -> None:
    """What is used elsewhere, or gone already, is left alone. These handlers check before they write."""
    with suppress(ApiError):
        ask(world, key, scope=scope, **parameters)


@blocks(VSWITCH)
def clusters_block_vswitch(call: Call, *, resource: Resource) -> None:
    if any(resource.id in one["VSwitchIds"] for one in call.all(CLUSTER)):
        raise ApiError("DependencyViolation", message=f"A cluster is in {resource.id}.")


@blocks(VPC)
def clusters_block_vpc(call: Call, *, resource: Resource) -> None:
    if any(one["VpcId"] == resource.id for one in call.all(CLUSTER)):
        raise ApiError("DependencyViolation", message=f"A cluster is in {resource.id}.")
