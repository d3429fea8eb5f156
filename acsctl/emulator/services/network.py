"""The types of things in a network that more than one service knows, and who lies in which VPC."""

from acsctl.emulator.call import Call
from acsctl.emulator.resource import Resource, ResourceType, declare

VPC = declare("vpc", prefix="vpc-", arn=("vpc", "vpc"))
VSWITCH = declare("vswitch", prefix="vsw-", arn=("vpc", "vswitch"))
ROUTE_TABLE = declare("route_table", prefix="vtb-", arn=("vpc", "routetable"))
ROUTE_ENTRY = declare("route_entry", prefix="rte-")
EIP = declare("eip", prefix="eip-", arn=("vpc", "eip"))
NAT_GATEWAY = declare("nat_gateway", prefix="ngw-", arn=("vpc", "natgateway"))
SNAT_ENTRY = declare("snat_entry", prefix="snat-")
FORWARD_ENTRY = declare("forward_entry", prefix="fwd-")


def in_vpc(call: Call, *, kind: ResourceType, vpc_id: str) -> list[Resource]:
    """The living resources of a type whose VpcId is this one."""
    return [one for one in call.all(kind) if one["VpcId"] == vpc_id]


def vswitches(call: Call, *, vpc_id: str) -> list[Resource]:
    return in_vpc(call, kind=VSWITCH, vpc_id=vpc_id)


def route_tables(call: Call, *, vpc_id: str) -> list[Resource]:
    """The system table comes first, being the oldest."""
    return in_vpc(call, kind=ROUTE_TABLE, vpc_id=vpc_id)


def nat_gateways(call: Call, *, vpc_id: str) -> list[Resource]:
    return in_vpc(call, kind=NAT_GATEWAY, vpc_id=vpc_id)
