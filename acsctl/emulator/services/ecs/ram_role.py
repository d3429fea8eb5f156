"""RAM roles of instances (sheet compute.md 6). Any role name is taken: the local cloud keeps no roles."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.checks import json_ids
from acsctl.emulator.services.ecs.instance import INSTANCE, find_instance
from acsctl.emulator.services.paging import part

IDS_PER_CALL = 100


@action("ecs.AttachInstanceRamRole")
def attach_instance_ram_role(call: Call) -> dict[str, Any]:
    """Success and failure are told per instance; one that has a role keeps it."""
    role = call.text("RamRoleName")
    rows: list[dict[str, Any]] = []
    for id_ in _ids(call):
        instance = find_instance(call, id=id_)
        failure = _missing(instance)
        if instance is not None and failure is None and instance["RamRoleName"]:
            failure = {"Code": "InvalidInstance.RamRoleAttached", "Message": "The instance has a role: detach it first."}
        if instance is not None and failure is None:
            instance.set(RamRoleName=role)
        rows.append(_row(id_, failure=failure))
    return {"AttachInstanceRamRoleResults": {"AttachInstanceRamRoleResult": rows}, **_counts(rows, role=role)}


@action("ecs.DetachInstanceRamRole")
def detach_instance_ram_role(call: Call) -> dict[str, Any]:
    """Without RamRoleName whatever role an instance has."""
    role = call.text("RamRoleName")
    rows: list[dict[str, Any]] = []
    for id_ in _ids(call):
        instance = find_instance(call, id=id_)
        failure = _missing(instance)
        had = instance["RamRoleName"] if instance is not None else ""
        if failure is None and (not had or role not in ("", had)):
            failure = {"Code": "InvalidRamRole.NotFound", "Message": "The instance does not have this role."}
        if instance is not None and failure is None:
            instance.set(RamRoleName="")
        roles = {"InstanceRamRoleSet": [{"InstanceId": id_, "RamRoleName": had}]}
        rows.append({**_row(id_, failure=failure), "InstanceRamRoleSets": roles})
    return {"DetachInstanceRamRoleResults": {"DetachInstanceRamRoleResult": rows}, **_counts(rows, role=role)}


@action("ecs.DescribeInstanceRamRole")
def describe_instance_ram_role(call: Call) -> dict[str, Any]:
    """The instances that have a role."""
    role = call.text("RamRoleName")
    if not role and not call.text("InstanceIds"):
        raise ApiError("InvalidParameter.AllEmpty", message="Name instances or a role.")
    ids = set(_ids(call)) if call.text("InstanceIds") else None
    rows = [
        one
        for one in call.listed(INSTANCE)
        if one["RamRoleName"] and (ids is None or one.id in ids) and role in ("", one["RamRoleName"])
    ]
    number, size = call.number("PageNumber", default=1), call.number("PageSize", default=50)
    page = part(call, rows=rows, start=(number - 1) * size, size=size)
    sets = [{"InstanceId": one.id, "RamRoleName": one["RamRoleName"]} for one in page]
    return {"RegionId": call.scope.region, "InstanceRamRoleSets": {"InstanceRamRoleSet": sets}, "TotalCount": len(rows)}


def _ids(call: Call) -> list[str]:
    return json_ids(call, name="InstanceIds", codes=["InvalidInstanceIds.Malformed"], most=IDS_PER_CALL) or []


def _missing(instance: Resource | None) -> dict[str, str] | None:
    if instance is not None:
        return None
    return {"Code": "InvalidInstanceId.NotFound", "Message": "The instance does not exist."}


def _row(id: str, *, failure: dict[str, str] | None) -> dict[str, Any]:
    success = failure is None
    return {"InstanceId": id, "Success": success, **(failure or {"Code": "200", "Message": "success"})}


def _counts(rows: list[dict[str, Any]], *, role: str) -> dict[str, Any]:
    return {"RamRoleName": role, "TotalCount": len(rows), "FailCount": sum(1 for one in rows if not one["Success"])}
