"""Who is in which security group: instances and interfaces join and leave (sheets compute.md 1.4, network.md 4)."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.instance import RUNNING, STOPPED, find_instance, require_instance, require_status
from acsctl.emulator.services.ecs.interface import PRIMARY, interfaces_of, require_interface
from acsctl.emulator.services.ecs.launch_network import check_room
from acsctl.emulator.services.ecs.security_group import SECURITY_GROUP, require_group


@action("ecs.JoinSecurityGroup")
def join_security_group(call: Call) -> dict[str, Any]:
    group = require_group(call, id=call.text("SecurityGroupId"))
    member = _member(call)
    ids: list[str] = member["SecurityGroupIds"]
    if member["VpcId"] != group["VpcId"]:
        code = "InvalidOperation.VpcMismatch" if call.text("NetworkInterfaceId") else "InvalidInstanceId.Mismatch"
        raise ApiError(code, message="The security group is in another VPC.")
    if group.id in ids:
        raise ApiError("InvalidInstanceId.AlreadyExists", message="It is in the security group already.")
    if len(ids) >= call.settings.quota("ecs.security-groups-per-interface"):
        raise ApiError("InstanceSecurityGroupLimitExceeded", message="It is in too many security groups.", status=403)
    others = [call.find(SECURITY_GROUP, id=id_) for id_ in ids]
    if any(one is not None and one["SecurityGroupType"] != group["SecurityGroupType"] for one in others):
        raise ApiError("InvalidOperation.MultiGroupType", message="Basic and enterprise groups cannot be mixed.")
    _set(call, member=member, group_ids=[*ids, group.id])
    return {}


@action("ecs.LeaveSecurityGroup")
def leave_security_group(call: Call) -> dict[str, Any]:
    group = require_group(call, id=call.text("SecurityGroupId"))
    member = _member(call)
    ids: list[str] = member["SecurityGroupIds"]
    if group.id not in ids:
        raise ApiError("InvalidSecurityGroupAssociation.NotFound", message="It is not in the security group.", status=400)
    if len(ids) == 1:
        raise ApiError("InstanceLastSecurityGroup", message="It has to be in one security group at least.")
    _set(call, member=member, group_ids=[one for one in ids if one != group.id])
    return {}


def set_groups(call: Call, *, instance: Resource, group_ids: list[str]) -> None:
    """The groups of an instance are those of its primary interface. Raises SecurityGroupInstanceLimitExceed."""
    check_room(call, group_ids=[one for one in group_ids if one not in instance["SecurityGroupIds"]], amount=1)
    instance.set(SecurityGroupIds=group_ids)
    for one in interfaces_of(call, instance=instance):
        if one["Type"] == PRIMARY:
            one.set(SecurityGroupIds=group_ids)


def _member(call: Call) -> Resource:
    """The instance or the interface that the call names. Raises when it is neither, or both, or in a passing state."""
    instance_id, interface_id = call.text("InstanceId"), call.text("NetworkInterfaceId")
    if bool(instance_id) == bool(interface_id):
        raise ApiError("InvalidParam.EniIdAndInstanceId.Conflict", message="Name an instance or an interface.")
    if interface_id:
        return require_interface(call, id=interface_id)
    instance = require_instance(call, id=instance_id)
    require_status(instance, RUNNING, STOPPED)
    return instance


def _set(call: Call, *, member: Resource, group_ids: list[str]) -> None:
    owner = find_instance(call, id=member["InstanceId"]) if member.get("Type") == PRIMARY else None
    if member.type == "instance" or owner is not None:
        set_groups(call, instance=owner or member, group_ids=group_ids)
    else:
        check_room(call, group_ids=[one for one in group_ids if one not in member["SecurityGroupIds"]], amount=1)
        member.set(SecurityGroupIds=group_ids)
