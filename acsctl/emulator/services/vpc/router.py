"""The vRouter and the system route table, which come and go with their VPC."""

from acsctl.emulator.call import Call
from acsctl.emulator.resource import Resource, declare
from acsctl.emulator.services.network import ROUTE_TABLE, VPC, in_vpc

VROUTER = declare("vrouter", prefix="vrt-", shown=False)


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
