"""The things inside a VPC: their types, and who lies in which VPC. The files of the product meet here instead of in circles."""

from acsctl.emulator.call import Call
from acsctl.emulator.resource import Resource, ResourceType, declare

VPC = declare("vpc", prefix="vpc-", arn=("vpc", "vpc"))
VROUTER = declare("vrouter", prefix="vrt-", shown=False)
ROUTE_TABLE = declare("route_table", prefix="vtb-", arn=("vpc", "routetable"))
ROUTE_ENTRY = declare("route_entry", prefix="rte-")
VSWITCH = declare("vswitch", prefix="vsw-", arn=("vpc", "vswitch"))
EIP = declare("eip", prefix="eip-", arn=("vpc", "eip"))
NAT_GATEWAY = declare("nat_gateway", prefix="ngw-", arn=("vpc", "natgateway"))


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


def make_router(call: Call, *, vpc: Resource) -> tuple[str, str]:
    """The vRouter and the system route table that come with a VPC; their ids."""
    router = call.create(VROUTER, attributes={"VpcId": vpc.id, "VRouterName": "", "Description": ""})
    table = call.create(
        ROUTE_TABLE,
        attributes={
            "VpcId": vpc.id,
            "RouterId": router.id,
            "RouteTableType": "System",
            "RouteTableName": "",
            "Description": "",
            "AssociateType": "VSwitch",
            "Status": "Available",
            "RoutePropagationEnable": True,
        },
    )
    return router.id, table.id


def remove_router(call: Call, *, vpc: Resource, after: float) -> None:
    """They go with the VPC, after so many cloud seconds."""
    for kind in (VROUTER, ROUTE_TABLE):
        for one in in_vpc(call, kind=kind, vpc_id=vpc.id):
            one.remove(after=after)


def ipv6_block(call: Call) -> str:
    """A /56 that no VPC of the region has yet."""
    taken = {one.get("Ipv6CidrBlock") for one in call.all(VPC)}
    return next(block for block in (f"2408:4005:300:{number << 8:x}::/56" for number in range(256)) if block not in taken)
