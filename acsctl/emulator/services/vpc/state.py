"""The VPC of an id, its ranges, and whether it is idle: it takes one write at a time (sheet behaviour.md 7)."""

from ipaddress import IPv4Network

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, ResourceType
from acsctl.emulator.services.network import ROUTE_ENTRY, ROUTE_TABLE, VPC, VSWITCH, in_vpc


def require(call: Call, *, id: str) -> Resource:
    """The VPC of an id. Raises InvalidVpcId.NotFound."""
    vpc = call.find(VPC, id=id)
    if vpc is None:
        raise ApiError("InvalidVpcId.NotFound", message=f"The VPC {id} does not exist.")
    return vpc


def require_available(call: Call, *, id: str) -> Resource:
    """The same, for an operation that the VPC must be Available for. Raises IncorrectVpcStatus too."""
    vpc = require(call, id=id)
    if vpc["Status"] != "Available":
        raise ApiError("IncorrectVpcStatus", message=f"The VPC {id} is {vpc['Status']}.")
    return vpc


def ranges(vpc: Resource) -> list[IPv4Network]:
    """The primary range and the secondary ones."""
    return [IPv4Network(vpc["CidrBlock"]), *(IPv4Network(one) for one in vpc["SecondaryCidrBlocks"])]


def check_idle(call: Call, *, vpc_id: str) -> Resource:
    """The VPC, when nothing in it is being made, changed or deleted.

    Raises IncorrectVpcStatus; TaskConflict when a vSwitch is to be made beside another one in the making, else
    IncorrectVSwitchStatus; TaskConflict for a busy route table; IncorrectRouteEntryStatus for a busy entry.
    """
    vpc = require_available(call, id=vpc_id)
    if _busy(call, kind=VSWITCH, vpc_id=vpc_id):
        code = "TaskConflict" if call.action.name == "CreateVSwitch" else "IncorrectVSwitchStatus"
        raise ApiError(code, message=f"A vSwitch of {vpc_id} is being changed.")
    if _busy(call, kind=ROUTE_TABLE, vpc_id=vpc_id):
        raise ApiError("TaskConflict", message=f"A route table of {vpc_id} is being changed.")
    if _busy(call, kind=ROUTE_ENTRY, vpc_id=vpc_id):
        raise ApiError("IncorrectRouteEntryStatus", message=f"A route entry of {vpc_id} is being changed.")
    return vpc


def is_idle(call: Call, *, vpc: Resource) -> bool:
    """Whether nothing inside the VPC is being made, changed or deleted."""
    return not any(_busy(call, kind=kind, vpc_id=vpc.id) for kind in (VSWITCH, ROUTE_TABLE, ROUTE_ENTRY))


def _busy(call: Call, *, kind: ResourceType, vpc_id: str) -> bool:
    return any(one["Status"] != "Available" for one in in_vpc(call, kind=kind, vpc_id=vpc_id))
