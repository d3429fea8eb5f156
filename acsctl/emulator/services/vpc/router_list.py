"""The older lists of routers and of tables with their entries, which clients of the legacy calls use."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.network import ROUTE_TABLE, route_tables, vswitches
from acsctl.emulator.services.paging import by_number
from acsctl.emulator.services.vpc.route_entry import rows_of
from acsctl.emulator.services.vpc.router import VROUTER


@action("vpc.DescribeVRouters")
def describe_vrouters(call: Call) -> dict[str, Any]:
    rows = [one for one in call.listed(VROUTER) if call.text("VRouterId") in ("", one.id)]
    page, counts = by_number(call, rows=rows)
    routers = [
        {
            "VRouterId": one.id,
            "RegionId": one.region,
            "CreationTime": iso_seconds(one.created),
            **one.pick("VpcId", "VRouterName", "Description"),
            "RouteTableIds": {"RouteTableId": [table.id for table in route_tables(call, vpc_id=one["VpcId"])]},
        }
        for one in page
    ]
    return {"VRouters": {"VRouter": routers}, **counts}


@action("vpc.DescribeRouteTables")
def describe_route_tables(call: Call) -> dict[str, Any]:
    router = call.text("VRouterId") or call.text("RouterId")
    if not router and not call.text("RouteTableId"):
        raise ApiError("InvalidVRouterId.NotFound", message="Name VRouterId or RouteTableId.")
    rows = [
        one for one in call.listed(ROUTE_TABLE) if router in ("", one["RouterId"]) and call.text("RouteTableId") in ("", one.id)
    ]
    page, counts = by_number(call, rows=rows)
    return {"RouteTables": {"RouteTable": [_table(one, call=call) for one in page]}, **counts}


def _table(table: Resource, *, call: Call) -> dict[str, Any]:
    users = [one.id for one in vswitches(call, vpc_id=table["VpcId"]) if one["RouteTableId"] == table.id]
    return {
        "RouteTableId": table.id,
        "VRouterId": table["RouterId"],
        "CreationTime": iso_seconds(table.created),
        **table.pick("RouteTableType", "Status", "ResourceGroupId"),
        "RouteEntrys": {"RouteEntry": [_entry(one) for one in rows_of(call, table=table)]},
        "VSwitchIds": {"VSwitchId": users},
    }


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    hops = row["NextHops"]["NextHop"]
    names = ("RouteEntryId", "RouteTableId", "DestinationCidrBlock", "RouteEntryName", "Description", "Status", "Type")
    short = [{name: hop[name] for name in ("Enabled", "NextHopId", "NextHopType", "Weight")} for hop in hops]
    head = {"InstanceId": hops[0]["NextHopId"], "NextHopType": hops[0]["NextHopType"], "NextHops": {"NextHop": short}}
    return {**{name: row[name] for name in names}, **head}
