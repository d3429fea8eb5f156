"""Elastic network interfaces as resources: the type, making and releasing one, DescribeNetworkInterfaces (sheet compute.md 6).

Each holds its addresses of the vSwitch and its security groups, so that both are freed when the interface goes, which is
some seconds after its instance.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, declare
from acsctl.emulator.services.dependencies import blocks
from acsctl.emulator.services.ecs.checks import equals, paged
from acsctl.emulator.services.ecs.security_group import SECURITY_GROUP
from acsctl.emulator.services.network_use import EipTarget, eip_target, eips_of, next_hop, release_addresses, take_address
from acsctl.emulator.services.tagging import tag_filter, tag_key_value

INTERFACE = declare("network_interface", prefix="eni-", arn=("ecs", "eni"))
PRIMARY, SECONDARY = "Primary", "Secondary"
AVAILABLE, IN_USE, ATTACHING, DETACHING, CREATING, DELETING = (
    "Available",
    "InUse",
    "Attaching",
    "Detaching",
    "Creating",
    "Deleting",
)
RELEASING_FOR = 10.0  # cloud seconds that an interface outlives its instance, sheet compute.md 9
_SAME = ("VpcId", "VSwitchId", "Type", "Status", "InstanceId", "NetworkInterfaceName", "ResourceGroupId")


@dataclass(frozen=True)
class InterfacePlan:
    """What is said about an interface before it is made. wanted: its address, any when empty."""

    type: str
    vswitch: Resource
    group_ids: list[str]
    wanted: str = ""
    name: str = ""
    description: str = ""
    delete_on_release: bool = True
    instance_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    resource_group: str = ""


@action("ecs.DescribeNetworkInterfaces")
def describe_network_interfaces(call: Call) -> dict[str, Any]:
    ids, addresses = call.items("NetworkInterfaceId"), call.items("PrivateIpAddress")
    if call.text("PrimaryIpAddress"):
        addresses = [*addresses, call.text("PrimaryIpAddress")]
    matches, same = tag_filter(call), equals(call, *_SAME)
    group = call.text("SecurityGroupId")
    rows = [
        one
        for one in call.listed(INTERFACE)
        if (not ids or one.id in ids)
        and same(one)
        and matches(one)
        and (not addresses or one["PrivateIpAddress"] in addresses)
        and (not group or group in one["SecurityGroupIds"])
        and not call.flag("ServiceManaged")
    ]
    page, counts = paged(call, rows=rows, floor=10)
    return {"NetworkInterfaceSets": {"NetworkInterfaceSet": [summary(one, call=call) for one in page]}, **counts}


def create_interface(call: Call, *, plan: InterfacePlan, status: str) -> Resource:
    """Raises QuotaExceeded.PrivateIpAddress or InvalidPrivateIpAddress... of take_address."""
    made = call.create(
        INTERFACE,
        attributes={
            "Type": plan.type,
            "Status": status,
            "NetworkInterfaceName": plan.name,
            "Description": plan.description,
            "InstanceId": plan.instance_id,
            "VpcId": plan.vswitch["VpcId"],
            "VSwitchId": plan.vswitch.id,
            "ZoneId": plan.vswitch["ZoneId"],
            "SecurityGroupIds": plan.group_ids,
            "MacAddress": "00:16:3e:" + ":".join(f"{secrets.randbelow(256):02x}" for _ in range(3)),
            "DeleteOnRelease": plan.delete_on_release,
            "ResourceGroupId": plan.resource_group,
        },
        tags=plan.tags,
    )
    made.set(PrivateIpAddress=take_address(call, vswitch=plan.vswitch, by=made.id, kind="eni", wanted=plan.wanted))
    return made


def interfaces_of(call: Call, *, instance: Resource) -> list[Resource]:
    """The primary one comes first."""
    found = [call.find(INTERFACE, id=id_) for id_ in instance["NetworkInterfaceIds"]]
    return [one for one in found if one is not None]


def require_interface(call: Call, *, id: str) -> Resource:
    """Raises InvalidEniId.NotFound."""
    found = call.find(INTERFACE, id=id)
    if found is None:
        raise ApiError("InvalidEniId.NotFound", message=f"The network interface {id} does not exist.", status=404)
    return found


def release_interfaces(call: Call, *, instance: Resource, after: float = 0.0) -> None:
    """What becomes of the interfaces of an instance that is deleted after so many cloud seconds; their groups and addresses
    stay in use for a while longer."""
    for one in interfaces_of(call, instance=instance):
        one.later(after, Status=DETACHING)
        if one["Type"] == PRIMARY or one["DeleteOnRelease"]:
            one.remove(after=after + RELEASING_FOR)
            release_addresses(call, by=one.id, after=after + RELEASING_FOR)
        else:
            one.later(after + RELEASING_FOR, Status=AVAILABLE, InstanceId="")


def members(call: Call, *, group_id: str) -> list[Resource]:
    """The interfaces in a security group."""
    return [one for one in call.all(INTERFACE) if group_id in one["SecurityGroupIds"]]


@blocks(SECURITY_GROUP)
def interfaces_block_group(call: Call, *, resource: Resource) -> None:
    if members(call, group_id=resource.id):
        raise ApiError("DependencyViolation", message="The security group still has members.", status=403)


@eip_target("NetworkInterface")
def interface_takes_eip(call: Call, *, id: str) -> EipTarget:
    found = call.find(INTERFACE, id=id)
    if found is None:
        raise ApiError("InvalidInstanId.NotFound", message=f"The network interface {id} does not exist.", status=404)
    if found["Type"] == PRIMARY or found["Status"] not in (AVAILABLE, IN_USE):
        raise ApiError("InvalidStatus.EniStatusNotSupport", message=f"The network interface {id} cannot be bound.")
    return EipTarget(found["VpcId"], found["PrivateIpAddress"])


@next_hop("NetworkInterface")
def interface_is_next_hop(call: Call, *, id: str) -> str:
    found = call.find(INTERFACE, id=id)
    if found is None:
        raise ApiError("InvalidNextHop.NotFound", message=f"The network interface {id} does not exist.", status=400)
    return str(found["VpcId"])


def private_ips(interface: Resource) -> list[dict[str, Any]]:
    """The addresses of an interface, as PrivateIpSets list them."""
    return [{"PrivateIpAddress": interface["PrivateIpAddress"], "Primary": True}]


def summary(interface: Resource, *, call: Call) -> dict[str, Any]:
    bound = next(iter(eips_of(call, id=interface.id)), None)
    public = {"AllocationId": bound.id, "PublicIpAddress": bound["IpAddress"]} if bound else {}
    attachment = {"InstanceId": interface["InstanceId"], "DeviceIndex": 0} if interface["InstanceId"] else {}
    shown = (
        "NetworkInterfaceName",
        "Description",
        "Type",
        "Status",
        "InstanceId",
        "VpcId",
        "VSwitchId",
        "ZoneId",
        "MacAddress",
    )
    return {
        "NetworkInterfaceId": interface.id,
        "OwnerId": interface.account,
        "CreationTime": iso_seconds(interface.created),
        **interface.pick(*shown, "PrivateIpAddress", "DeleteOnRelease", "ResourceGroupId"),
        "Attachment": attachment,
        "AssociatedPublicIp": public,
        "NetworkInterfaceTrafficMode": "Standard",
        "QueueNumber": 1,
        "SourceDestCheck": False,
        "ServiceManaged": False,
        "PrivateIpSets": {"PrivateIpSet": [{**one, "AssociatedPublicIp": public} for one in private_ips(interface)]},
        "Ipv6Sets": {"Ipv6Set": []},
        "SecurityGroupIds": {"SecurityGroupId": interface["SecurityGroupIds"]},
        "Tags": tag_key_value(interface),
    }
