"""Secondary network interfaces: creating, attaching, detaching, changing and deleting them (sheet compute.md 6)."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.answers import cut
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.instance import RUNNING, STOPPED, require_instance
from acsctl.emulator.services.ecs.instance_type import types
from acsctl.emulator.services.ecs.interface import (
    ATTACHING,
    AVAILABLE,
    CREATING,
    DELETING,
    DETACHING,
    IN_USE,
    INTERFACE,
    PRIMARY,
    SECONDARY,
    InterfacePlan,
    create_interface,
    require_interface,
    summary,
)
from acsctl.emulator.services.ecs.launch_network import check_room, read_groups
from acsctl.emulator.services.network_use import release_addresses, require_vswitch, unbind_eips
from acsctl.emulator.services.tagging import read_tags

CREATING_FOR, ATTACHING_FOR, DETACHING_FOR, DELETING_FOR = 2.0, 4.0, 5.0, 2.0  # cloud seconds, as for disks
INTERFACES_OF_A_TYPE = 2  # of which the catalogue tells no count


@action("ecs.CreateNetworkInterface")
def create(call: Call) -> dict[str, Any]:
    vswitch = require_vswitch(call, id=call.text("VSwitchId"))
    one, several = call.text("SecurityGroupId"), [str(id_) for id_ in call.items("SecurityGroupIds")]
    if one and several:
        code = "InvalidSecurityGroupId.SingleIdAndMultiIdConflict"
        raise ApiError(code, message="SecurityGroupId and SecurityGroupIds exclude each other.")
    group_ids = read_groups(call, ids=several or ([one] if one else []), vpc_id=vswitch["VpcId"])
    check_room(call, group_ids=group_ids, amount=1)
    call.within_quota("ecs.network-interfaces", used=len(call.all(INTERFACE)), code="MaxEniCountExceeded")
    plan = InterfacePlan(
        type=SECONDARY,
        vswitch=vswitch,
        group_ids=group_ids,
        wanted=call.text("PrimaryIpAddress"),
        name=call.text("NetworkInterfaceName"),
        description=call.text("Description"),
        delete_on_release=call.flag("DeleteOnRelease", default=True),
        tags=read_tags(call),
        resource_group=call.text("ResourceGroupId"),
    )
    made = create_interface(call, plan=plan, status=CREATING)
    made.later(CREATING_FOR, Status=AVAILABLE)
    answer: dict[str, Any] = cut(summary(made, call=call), tree=call.action.response)
    return answer


@action("ecs.AttachNetworkInterface")
def attach(call: Call) -> dict[str, Any]:
    interface = require_interface(call, id=call.text("NetworkInterfaceId"))
    instance = require_instance(call, id=call.text("InstanceId"))
    _require_state(interface, status=AVAILABLE)
    _require_steady(instance)
    if interface["VpcId"] != instance["VpcId"]:
        raise ApiError("InvalidOperation.VpcMismatch", message="Interface and instance are in different VPCs.")
    if interface["ZoneId"] != instance["ZoneId"]:
        raise ApiError("InvalidOperation.AvailabilityZoneMismatch", message="Interface and instance are in different zones.")
    ids: list[str] = instance["NetworkInterfaceIds"]
    if len(ids) >= types()[instance["InstanceType"]].get("eni_count", INTERFACES_OF_A_TYPE):
        raise ApiError("EniPerInstanceLimitExceeded", message="The instance type takes no more interfaces.")
    interface.set(Status=ATTACHING, InstanceId=instance.id)
    interface.later(ATTACHING_FOR, Status=IN_USE)
    instance.set(NetworkInterfaceIds=[*ids, interface.id])
    return {}


@action("ecs.DetachNetworkInterface")
def detach(call: Call) -> dict[str, Any]:
    interface = require_interface(call, id=call.text("NetworkInterfaceId"))
    instance = require_instance(call, id=call.text("InstanceId"))
    if interface["Type"] == PRIMARY:
        raise ApiError("InvalidOperation.DetachPrimaryEniNotAllowed", message="A primary interface stays with its instance.")
    if interface["InstanceId"] != instance.id:
        raise ApiError("InvalidParameter.EniNotBelongEcs", message="The interface is not attached to this instance.")
    _require_state(interface, status=IN_USE)
    _require_steady(instance)
    interface.set(Status=DETACHING)
    interface.later(DETACHING_FOR, Status=AVAILABLE, InstanceId="")
    instance.set(NetworkInterfaceIds=[one for one in instance["NetworkInterfaceIds"] if one != interface.id])
    return {}


@action("ecs.ModifyNetworkInterfaceAttribute")
def modify(call: Call) -> dict[str, Any]:
    interface = require_interface(call, id=call.text("NetworkInterfaceId"))
    interface.set(**{name: call.text(name) for name in ("NetworkInterfaceName", "Description") if call.given(name)})
    if call.given("DeleteOnRelease"):
        interface.set(DeleteOnRelease=call.flag("DeleteOnRelease"))
    if call.items("SecurityGroupId"):
        ids = read_groups(call, ids=[str(one) for one in call.items("SecurityGroupId")], vpc_id=interface["VpcId"])
        check_room(call, group_ids=[one for one in ids if one not in interface["SecurityGroupIds"]], amount=1)
        interface.set(SecurityGroupIds=ids)
        if interface["Type"] == PRIMARY:
            require_instance(call, id=interface["InstanceId"]).set(SecurityGroupIds=ids)
    return {}


@action("ecs.DeleteNetworkInterface")
def delete(call: Call) -> dict[str, Any]:
    """Only one that is Available, so never a primary one."""
    interface = require_interface(call, id=call.text("NetworkInterfaceId"))
    _require_state(interface, status=AVAILABLE)
    unbind_eips(call, id=interface.id)
    interface.set(Status=DELETING)
    interface.remove(after=DELETING_FOR)
    release_addresses(call, by=interface.id, after=DELETING_FOR)
    return {}


def _require_state(interface: Resource, *, status: str) -> None:
    if interface["Status"] != status:
        raise ApiError("InvalidOperation.InvalidEniState", message=f"The interface is {interface['Status']}.")


def _require_steady(instance: Resource) -> None:
    if instance["Status"] not in (RUNNING, STOPPED):
        raise ApiError("InvalidOperation.InvalidEcsState", message=f"The instance is {instance['Status']}.")
