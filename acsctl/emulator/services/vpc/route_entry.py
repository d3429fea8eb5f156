"""Route entries (sheet network.md 3): custom ones are kept, system ones follow from the vSwitches."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.dependencies import blocks
from acsctl.emulator.services.naming import check_text, network
from acsctl.emulator.services.network import ROUTE_ENTRY, ROUTE_TABLE, VPC, in_vpc, vswitches
from acsctl.emulator.services.network_use import NEXT_HOPS
from acsctl.emulator.services.paging import by_token
from acsctl.emulator.services.vpc.state import check_idle

CREATING, MODIFYING, DELETING = 3.0, 3.0, 3.0  # cloud seconds; "seconds" in sheet network.md 3
SERVICES = "100.64.0.0/10"  # cloud services; routed by the system in every table
BATCH = 50
MOST_HOPS = 4
PAGE, LARGEST_PAGE = 10, 100  # sheet behaviour.md 6


@dataclass(frozen=True)
class Wish:
    """A route entry that is asked for."""

    table: Resource
    destination: str
    hops: list[dict[str, Any]]
    name: str = ""
    description: str = ""


@action("vpc.CreateRouteEntry")
def create_route_entry(call: Call) -> dict[str, Any]:
    table = _table(call, id=call.text("RouteTableId"))
    check_text(call, name="RouteEntryName", code="InvalidRouteEntryName.Malformed")
    if call.given("NextHopId") == call.given("NextHopList"):
        word = "BothNull" if not call.given("NextHopId") else "BothNotNull"
        raise ApiError(f"InvalidNexthopTypeAndList.{word}", message="Give NextHopId or NextHopList, and not both.")
    hops = call.items("NextHopList") or [call.parameters]
    destination = call.text("DestinationCidrBlock")
    wish = Wish(table, destination, [_hop(one) for one in hops], call.text("RouteEntryName"), call.text("Description"))
    check_idle(call, vpc_id=table["VpcId"])
    _check(call, wish=wish)
    call.end_dry_run()
    return {"RouteEntryId": add(call, wish=wish).id}


@action("vpc.CreateRouteEntries")
def create_route_entries(call: Call) -> dict[str, Any]:
    """Each entry succeeds or fails by itself."""
    made: list[str] = []
    failed: list[dict[str, Any]] = []
    _check_batch(call, needed=("RouteTableId", "DstCidrBlock", "NextHop", "NextHopType"))
    for one in call.items("RouteEntries"):
        try:
            wish = _batch_wish(call, raw=one)
            _check(call, wish=wish)
            made.append(add(call, wish=wish).id)
        except ApiError as error:
            failed.append(_failure(one, error=error))
    return {
        "RouteEntryIds": made,
        "SuccessCount": len(made),
        "FailedCount": len(failed),
        "FailedRouteEntries": failed,
    }


@action("vpc.DescribeRouteEntryList")
def describe_route_entry_list(call: Call) -> dict[str, Any]:
    table = call.find(ROUTE_TABLE, id=call.text("RouteTableId"))
    if table is None:
        raise ApiError("InvalidRouteTable.NotFound", message="The route table does not exist.")
    rows = [one for one in rows_of(call, table=table) if _is_asked(one, call=call)]
    size = min(call.number("MaxResult", default=PAGE), LARGEST_PAGE)
    page, token = by_token(call, rows=rows, size=size, mark=lambda row: str(row["DestinationCidrBlock"]))
    return {"RouteEntrys": {"RouteEntry": page}, "NextToken": token, "TotalCount": len(rows)}


@action("vpc.ModifyRouteEntry")
def modify_route_entry(call: Call) -> dict[str, Any]:
    entry = _chosen(call, raw=call.parameters)
    check_text(call, name="RouteEntryName", code="InvalidRouteEntryName.Malformed")
    check_idle(call, vpc_id=entry["VpcId"])
    if call.given("NewNextHopType") != call.given("NewNextHopId"):
        missing = "NewNextHopId" if call.given("NewNextHopType") else "NewNextHopType"
        raise ApiError(f"MissingParam.{missing}", message="NewNextHopType and NewNextHopId go together.")
    if call.given("NewNextHopId"):
        hop = _hop({"NextHopType": call.text("NewNextHopType"), "NextHopId": call.text("NewNextHopId")})
        _check_hop(call, hop=hop, vpc_id=entry["VpcId"])
        entry.set(NextHops=[hop], Status="Modifying")
        entry.later(MODIFYING, Status="Available")
    call.end_dry_run()
    entry.set(**{name: call.text(name) for name in ("RouteEntryName", "Description") if call.given(name)})
    return {}


@action("vpc.DeleteRouteEntry")
def delete_route_entry(call: Call) -> dict[str, Any]:
    entry = _chosen(call, raw=call.parameters)
    check_idle(call, vpc_id=entry["VpcId"])
    call.end_dry_run()
    _delete(entry)
    return {}


@action("vpc.DeleteRouteEntries")
def delete_route_entries(call: Call) -> dict[str, Any]:
    """Each entry succeeds or fails by itself."""
    failed: list[dict[str, Any]] = []
    _check_batch(call, needed=("RouteTableId",))
    for one in call.items("RouteEntries"):
        try:
            spelled = {**one, "DestinationCidrBlock": one.get("DstCidrBlock", ""), "NextHopId": one.get("NextHop", "")}
            _delete(_chosen(call, raw=spelled))
        except ApiError as error:
            failed.append({**_failure(one, error=error), "RouteEntryId": one.get("RouteEntryId", "")})
    done = len(call.items("RouteEntries")) - len(failed)
    return {"SuccessCount": done, "FailedCount": len(failed), "FailedRouteEntries": failed}


@blocks(VPC)
def route_entries_block_vpc(call: Call, *, resource: Resource) -> None:
    if in_vpc(call, kind=ROUTE_ENTRY, vpc_id=resource.id):
        raise ApiError("DependencyViolation.RouteEntry", message=f"{resource.id} still has custom route entries.")


def add(call: Call, *, wish: Wish) -> Resource:
    """A custom entry, Available after a while. Nothing is checked: NAT gateways add their own."""
    entry = call.create(
        ROUTE_ENTRY,
        attributes={
            "RouteTableId": wish.table.id,
            "VpcId": wish.table["VpcId"],
            "DestinationCidrBlock": str(network(wish.destination, code="InvalidCidrBlock.Malformed")),
            "NextHops": wish.hops,
            "RouteEntryName": wish.name,
            "Description": wish.description,
            "Status": "Pending",
        },
    )
    entry.later(CREATING, Status="Available")
    return entry


def entry_to(call: Call, *, table_id: str, destination: str) -> Resource | None:
    """The custom entry of a destination, which is its natural key within the table."""
    rows = (one for one in call.all(ROUTE_ENTRY) if one["RouteTableId"] == table_id)
    return next((one for one in rows if one["DestinationCidrBlock"] == destination), None)


def rows_of(call: Call, *, table: Resource) -> list[dict[str, Any]]:
    """All entries of a table as lists show them: custom ones, then those of the system."""
    custom = [one for one in call.listed(ROUTE_ENTRY) if one["RouteTableId"] == table.id]
    ranges = [one["CidrBlock"] for one in vswitches(call, vpc_id=table["VpcId"])]
    return [_custom_row(one) for one in custom] + [_system_row(one, table=table) for one in [*ranges, SERVICES]]


def _custom_row(entry: Resource) -> dict[str, Any]:
    hops = [{"Enabled": 1, "NextHopRegionId": entry.region, "Weight": 0, **hop} for hop in entry["NextHops"]]
    return {
        "RouteEntryId": entry.id,
        **entry.pick("RouteTableId", "DestinationCidrBlock", "RouteEntryName", "Description", "Status"),
        "Type": "Custom",
        "IpVersion": "ipv4",
        "Origin": "RouteTable",
        "GmtModified": iso_seconds(entry.created),
        "NextHops": {"NextHop": hops},
    }


def _system_row(cidr: str, *, table: Resource) -> dict[str, Any]:
    hop = {"Enabled": 1, "NextHopId": "", "NextHopRegionId": "", "NextHopType": "local", "Weight": 0}
    return {
        "RouteEntryId": "",
        "RouteTableId": table.id,
        "DestinationCidrBlock": cidr,
        "RouteEntryName": "",
        "Description": "Created by system.",
        "Status": "Available",
        "Type": "System",
        "IpVersion": "ipv4",
        "NextHops": {"NextHop": [hop]},
    }


def _is_asked(row: Mapping[str, Any], *, call: Call) -> bool:
    hops = row["NextHops"]["NextHop"]
    wanted = {"RouteEntryId": "RouteEntryId", "RouteEntryName": "RouteEntryName", "RouteEntryType": "Type"}
    if any(call.text(name) not in ("", row[field]) for name, field in wanted.items()):
        return False
    destinations = [*call.items("DestCidrBlockList"), *call.commas("DestinationCidrBlock")]
    if destinations and row["DestinationCidrBlock"] not in destinations:
        return False
    if call.text("IpVersion").lower() not in ("", row["IpVersion"]):
        return False
    asked_hop = [(name, call.text(name)) for name in ("NextHopId", "NextHopType") if call.text(name)]
    return not asked_hop or any(all(hop[name] == value for name, value in asked_hop) for hop in hops)


def _hop(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {"NextHopType": raw.get("NextHopType") or "Instance", "NextHopId": raw.get("NextHopId") or ""}


def _batch_wish(call: Call, *, raw: Mapping[str, Any]) -> Wish:
    hop = _hop({"NextHopType": raw["NextHopType"], "NextHopId": raw["NextHop"]})
    table = _table(call, id=raw["RouteTableId"])
    return Wish(table, raw["DstCidrBlock"], [hop], raw.get("Name", ""), raw.get("Description", ""))


def _check_batch(call: Call, *, needed: tuple[str, ...]) -> None:
    """The entries of a batch belong to one idle VPC; at most 50 (sheet network.md 3). needed: fields that each one has."""
    entries = call.items("RouteEntries")
    if not 1 <= len(entries) <= BATCH:
        raise ApiError("InvalidRouteEntrySize", message=f"A batch has 1 to {BATCH} entries.")
    for name in needed:
        if any(not one.get(name) for one in entries):
            raise ApiError("MissingParameter", message=f"RouteEntries.N.{name} is mandatory for this action.")
    for table_id in {one["RouteTableId"] for one in entries}:
        check_idle(call, vpc_id=_table(call, id=table_id)["VpcId"])
    call.end_dry_run()


def _failure(raw: Mapping[str, Any], *, error: ApiError) -> dict[str, Any]:
    spelled = {"DstCidrBlock": raw.get("DstCidrBlock", ""), "NextHop": raw.get("NextHop", "")}
    return {**spelled, "FailedCode": error.code, "FailedMessage": error.message}


def _table(call: Call, *, id: str) -> Resource:
    table = call.find(ROUTE_TABLE, id=id)
    if table is None:
        raise ApiError("InvalidRouteTableId.NotFound", message=f"The route table {id} does not exist.")
    return table


def _check(call: Call, *, wish: Wish) -> None:
    """The rules of a new entry (sheet network.md 3)."""
    table = wish.table
    cidr = network(wish.destination, code="InvalidCidrBlock.Malformed")
    if any(cidr.subnet_of(IPv4Network(one["CidrBlock"])) for one in vswitches(call, vpc_id=table["VpcId"])):
        raise ApiError("InvalidCidrBlock", message=f"{cidr} equals or lies inside a vSwitch.")
    if str(cidr) == SERVICES:
        raise ApiError("InvalidCidrBlock", message=f"{SERVICES} is routed by the system.")
    if entry_to(call, table_id=table.id, destination=str(cidr)) is not None:
        raise ApiError("InvalidCIDRBlock.Duplicate", message=f"{table.id} has an entry for {cidr}.")
    if not 1 <= len(wish.hops) <= MOST_HOPS:
        raise ApiError("InvalidNexthopListSize", message=f"An entry has at most {MOST_HOPS} next hops.")
    for hop in wish.hops:
        _check_hop(call, hop=hop, vpc_id=table["VpcId"])
    used = len([one for one in call.all(ROUTE_ENTRY) if one["RouteTableId"] == table.id])
    call.within_quota("vpc.entries-per-route-table", used=used, code="Forbidden.CheckEntryRuleQuota")


def _check_hop(call: Call, *, hop: Mapping[str, Any], vpc_id: str) -> None:
    find = NEXT_HOPS.get(hop["NextHopType"])
    if find is None:
        raise ApiError("InvalidNextHopType", message=f"The local cloud has no next hops of type {hop['NextHopType']}.")
    if find(call, id=hop["NextHopId"]) != vpc_id:
        raise ApiError("InvalidNextHop.NotFound", message=f"{hop['NextHopId']} is not in {vpc_id}.")


def _chosen(call: Call, *, raw: Mapping[str, Any]) -> Resource:
    """By RouteEntryId, or by table, destination and, if given, next hop. Must be Available."""
    id_ = raw.get("RouteEntryId")
    entry = call.find(ROUTE_ENTRY, id=id_) if id_ else _by_natural_key(call, raw=raw)
    if entry is None or raw.get("NextHopId") not in (None, "", *(hop["NextHopId"] for hop in entry["NextHops"])):
        code = call.published("InvalidRouteEntry.NotFound", "InvalidRouteEntryId.NotFound")
        raise ApiError(code, message="The route entry does not exist.", status=400)
    if entry["Status"] != "Available":
        raise ApiError("IncorrectRouteEntryStatus", message=f"{entry.id} is {entry['Status']}.")
    return entry


def _by_natural_key(call: Call, *, raw: Mapping[str, Any]) -> Resource | None:
    if not raw.get("RouteTableId") or not raw.get("DestinationCidrBlock"):
        raise ApiError(call.published("MissingParameter", "MissingParam.RouteEntryId"), message="No entry is named.")
    table = _table(call, id=raw["RouteTableId"])
    cidr = str(network(raw["DestinationCidrBlock"], code="InvalidCidrBlock.Malformed"))
    if cidr in [SERVICES, *(one["CidrBlock"] for one in vswitches(call, vpc_id=table["VpcId"]))]:
        raise ApiError("OperationDenied", message="Entries of the system cannot be changed.")
    return entry_to(call, table_id=table.id, destination=cidr)


def _delete(entry: Resource) -> None:
    entry.set(Status="Deleting")
    entry.remove(after=DELETING)
