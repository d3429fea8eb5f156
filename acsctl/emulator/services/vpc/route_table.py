"""Route tables and which vSwitch uses which (sheet network.md 3)."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.dependencies import blocks
from acsctl.emulator.services.naming import check_text
from acsctl.emulator.services.network import ROUTE_ENTRY, ROUTE_TABLE, VPC, VSWITCH, route_tables, vswitches
from acsctl.emulator.services.paging import by_number
from acsctl.emulator.services.tagging import key_value, read_tags, tag_filter
from acsctl.emulator.services.vpc.state import check_idle

CREATING, DELETING, ASSOCIATING = 5.0, 3.0, 5.0  # cloud seconds, sheet network.md 3


@action("vpc.CreateRouteTable")
def create_route_table(call: Call) -> dict[str, Any]:
    _check_texts(call)
    tags = read_tags(call)
    vpc = check_idle(call, vpc_id=call.text("VpcId"))
    custom = [one for one in route_tables(call, vpc_id=vpc.id) if one["RouteTableType"] == "Custom"]
    call.within_quota("vpc.route-tables-per-vpc", used=len(custom), code="QuotaExceeded.RouteTable")
    made = call.create(
        ROUTE_TABLE,
        attributes={
            "VpcId": vpc.id,
            "RouterId": vpc["VRouterId"],
            "RouteTableType": "Custom",
            "RouteTableName": call.text("RouteTableName"),
            "Description": call.text("Description"),
            "AssociateType": call.text("AssociateType", default="VSwitch"),
            "Status": "Pending",
            "RoutePropagationEnable": True,
            "ResourceGroupId": vpc["ResourceGroupId"],
        },
        tags=tags,
    )
    made.later(CREATING, Status="Available")
    return {"RouteTableId": made.id}


@action("vpc.DescribeRouteTableList")
def describe_route_table_list(call: Call) -> dict[str, Any]:
    matches = tag_filter(call)
    names = ("VpcId", "RouterId", "RouteTableName", "RouteTableType", "ResourceGroupId")
    rows = [
        one
        for one in call.listed(ROUTE_TABLE)
        if call.text("RouteTableId") in ("", one.id)
        and all(call.text(name) in ("", one.get(name)) for name in names)
        and call.text("RouterType") in ("", "VRouter")
        and matches(one)
    ]
    page, counts = by_number(call, rows=rows)
    return {"RouterTableList": {"RouterTableListType": [_summary(one, call=call) for one in page]}, **counts}


@action("vpc.ModifyRouteTableAttributes")
def modify_route_table_attributes(call: Call) -> dict[str, Any]:
    table = require(call)
    _check_texts(call)
    table.set(**{name: call.text(name) for name in ("RouteTableName", "Description") if call.given(name)})
    if call.given("RoutePropagationEnable"):
        table.set(RoutePropagationEnable=call.flag("RoutePropagationEnable"))
    return {}


@action("vpc.DeleteRouteTable")
def delete_route_table(call: Call) -> dict[str, Any]:
    table = require(call)
    if table["RouteTableType"] == "System":
        raise ApiError("IncorrectRouteTableType", message="A system route table goes with its VPC only.")
    if table["Status"] != "Available" or _users(call, table=table):
        raise ApiError("IncorrectRouteTableStatus", message=f"{table.id} is busy, or a vSwitch uses it.")
    if any(one["RouteTableId"] == table.id for one in call.all(ROUTE_ENTRY)):
        raise ApiError("DependencyViolation.RouteEntry", message=f"{table.id} still has custom entries.", status=400)
    check_idle(call, vpc_id=table["VpcId"])
    table.set(Status="Deleting")
    table.remove(after=DELETING)
    return {}


@action("vpc.AssociateRouteTable")
def associate_route_table(call: Call) -> dict[str, Any]:
    table, vswitch = require(call), _vswitch(call)
    if table["RouteTableType"] == "System":
        raise ApiError("OperationDenied.SwitchToSystemRouteTable", message="Unassociate the custom table instead.")
    if table["VpcId"] != vswitch["VpcId"]:
        raise ApiError("Forbidden.NotInSameVpc", message="Route table and vSwitch are in different VPCs.")
    if vswitch["RouteTableId"] == table.id:
        raise ApiError("ResourceAlreadyAssociated.RouteTable", message=f"{vswitch.id} uses {table.id} already.")
    if _uses_custom(call, vswitch=vswitch):
        code = "Forbidden.VSwitchAlreadyAssociatedRouteTable"
        raise ApiError(code, message=f"{vswitch.id} uses {vswitch['RouteTableId']}.")
    if table["Status"] != "Available":
        raise ApiError("IncorrectStatus.RouteTable", message=f"{table.id} is {table['Status']}.")
    check_idle(call, vpc_id=table["VpcId"])
    _use(vswitch, table_id=table.id)
    return {}


@action("vpc.UnassociateRouteTable")
def unassociate_route_table(call: Call) -> dict[str, Any]:
    table, vswitch = require(call), _vswitch(call)
    if table["RouteTableType"] == "System":
        raise ApiError("OperationUnsupported.SystemRouteTable", message="A system route table is not associated.")
    if vswitch["RouteTableId"] != table.id:
        raise ApiError("OperationFailed.VSwitchNotAssociate", message=f"{vswitch.id} does not use {table.id}.")
    vpc = check_idle(call, vpc_id=table["VpcId"])
    _use(vswitch, table_id=vpc["RouteTableId"])
    return {}


@blocks(VPC)
def route_tables_block_vpc(call: Call, *, resource: Resource) -> None:
    if any(one["RouteTableType"] == "Custom" for one in route_tables(call, vpc_id=resource.id)):
        raise ApiError("DependencyViolation.RouteTable", message=f"{resource.id} still has custom route tables.")


@blocks(VSWITCH)
def custom_table_blocks_vswitch(call: Call, *, resource: Resource) -> None:
    if _uses_custom(call, vswitch=resource):
        raise ApiError("DependencyViolation.RouteTable", message=f"{resource.id} uses {resource['RouteTableId']}.")


def require(call: Call) -> Resource:
    """The table of RouteTableId. Raises InvalidRouteTableId.NotFound."""
    table = call.find(ROUTE_TABLE, id=call.text("RouteTableId"))
    if table is None:
        raise ApiError("InvalidRouteTableId.NotFound", message="The route table does not exist.")
    return table


def _vswitch(call: Call) -> Resource:
    vswitch = call.find(VSWITCH, id=call.text("VSwitchId"))
    if vswitch is None:
        raise ApiError("InvalidVSwitchId.NotFound", message="The vSwitch does not exist.")
    return vswitch


def _use(vswitch: Resource, *, table_id: str) -> None:
    vswitch.set(RouteTableId=table_id, Status="Pending")
    vswitch.later(ASSOCIATING, Status="Available")


def _uses_custom(call: Call, *, vswitch: Resource) -> bool:
    table = call.find(ROUTE_TABLE, id=vswitch["RouteTableId"])
    return table is not None and table["RouteTableType"] == "Custom"


def _users(call: Call, *, table: Resource) -> list[Resource]:
    return [one for one in vswitches(call, vpc_id=table["VpcId"]) if one["RouteTableId"] == table.id]


def _check_texts(call: Call) -> None:
    check_text(call, name="RouteTableName", code="InvalidParameter.RouteTableName.Malformed")
    check_text(call, name="Description", code="InvalidParameter.Description.Malformed", longest=256)


def _summary(table: Resource, *, call: Call) -> dict[str, Any]:
    shown = ("VpcId", "RouterId", "RouteTableType", "RouteTableName", "Description", "AssociateType", "Status")
    return {
        "RouteTableId": table.id,
        "RouterType": "VRouter",
        "OwnerId": int(table.account),
        "CreationTime": iso_seconds(table.created),
        **table.pick(*shown, "RoutePropagationEnable", "ResourceGroupId"),
        "VSwitchIds": {"VSwitchId": [one.id for one in _users(call, table=table)]},
        "GatewayIds": {"GatewayIds": []},
        "Tags": key_value(table),
    }
