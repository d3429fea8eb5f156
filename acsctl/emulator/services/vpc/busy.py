"""What a VPC does one at a time (sheet behaviour.md 7): writes to its vSwitches, route tables, entries and ranges."""

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.network import ROUTE_ENTRY, in_vpc, route_tables, vswitches
from acsctl.emulator.services.vpc.vpc import require_available


def check_idle(call: Call, *, vpc_id: str) -> Resource:
    """The VPC, when nothing in it is being made, changed or deleted.

    Raises IncorrectVpcStatus; TaskConflict when a vSwitch is to be made beside another one in the making, else
    IncorrectVSwitchStatus; TaskConflict for a busy route table; IncorrectRouteEntryStatus for a busy entry.
    """
    vpc = require_available(call, id=vpc_id)
    if any(one["Status"] != "Available" for one in vswitches(call, vpc_id=vpc_id)):
        code = "TaskConflict" if call.action.name == "CreateVSwitch" else "IncorrectVSwitchStatus"
        raise ApiError(code, message=f"A vSwitch of {vpc_id} is being changed.")
    if any(one["Status"] != "Available" for one in route_tables(call, vpc_id=vpc_id)):
        raise ApiError("TaskConflict", message=f"A route table of {vpc_id} is being changed.")
    if any(one["Status"] != "Available" for one in in_vpc(call, kind=ROUTE_ENTRY, vpc_id=vpc_id)):
        raise ApiError("IncorrectRouteEntryStatus", message=f"A route entry of {vpc_id} is being changed.")
    return vpc
