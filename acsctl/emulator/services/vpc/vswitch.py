"""VSwitches (sheet network.md 2)."""

from ipaddress import IPv4Network, IPv6Network
from typing import Any

from acsctl.emulator import catalogue
from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.dependencies import blocks, check_deletable
from acsctl.emulator.services.naming import RESERVED, check_text, network
from acsctl.emulator.services.network import ROUTE_ENTRY, ROUTE_TABLE, VPC, VSWITCH, in_vpc, vswitches
from acsctl.emulator.services.network_use import addresses, free_addresses
from acsctl.emulator.services.paging import by_number
from acsctl.emulator.services.tagging import key_value, read_tags, tag_filter
from acsctl.emulator.services.vpc.state import check_idle, ranges, require

CREATING, MODIFYING, DELETING = 5.0, 2.0, 3.0  # cloud seconds; creates of 5-10 s observed, sheet network.md 2
SHORTEST_MASK, LONGEST_MASK = 16, 29


@action("vpc.CreateVSwitch")
def create_vswitch(call: Call) -> dict[str, Any]:
    vpc = require(call, id=call.text("VpcId"))
    if call.text("ZoneId") not in catalogue.zones(vpc.region):
        raise ApiError("InvalidZoneId.NotFound", message=f"{vpc.region} has no zone {call.text('ZoneId')}.")
    _check_texts(call)
    cidr = _free_range(call, vpc=vpc)
    tags = read_tags(call)
    used = len(vswitches(call, vpc_id=vpc.id))
    call.within_quota("vpc.vswitches-per-vpc", used=used, code="QuotaExceeded.VSwitch")
    ipv6 = _ipv6_block(call, vpc=vpc)
    check_idle(call, vpc_id=vpc.id)
    made = call.create(
        VSWITCH,
        attributes={
            "VpcId": vpc.id,
            "ZoneId": call.text("ZoneId"),
            "CidrBlock": str(cidr),
            "VSwitchName": call.text("VSwitchName"),
            "Description": call.text("Description"),
            "Status": "Pending",
            "RouteTableId": vpc["RouteTableId"],
            "ResourceGroupId": vpc["ResourceGroupId"],
            "Ipv6CidrBlock": ipv6,
        },
        tags=tags,
    )
    made.later(CREATING, Status="Available")
    return {"VSwitchId": made.id}


@action("vpc.DescribeVSwitches")
def describe_vswitches(call: Call) -> dict[str, Any]:
    if len(call.commas("VSwitchId")) > 1:
        raise ApiError("InvalidVSwitchIdNumber.NotSupported", message="VSwitchId takes one id.")
    if not call.region_named and not call.text("VpcId"):
        raise ApiError("MissingParameter", message="Name RegionId or VpcId.")
    call.end_dry_run()
    matches = tag_filter(call)
    rows = [one for one in call.listed(VSWITCH) if _is_asked(one, call=call) and matches(one)]
    page, counts = by_number(call, rows=rows)
    return {"VSwitches": {"VSwitch": [_summary(one, call=call) for one in page]}, **counts}


@action("vpc.DescribeVSwitchAttributes")
def describe_vswitch_attributes(call: Call) -> dict[str, Any]:
    found = next((one for one in call.listed(VSWITCH) if one.id == call.text("VSwitchId")), None)
    if found is None:
        raise ApiError("InvalidVSwitchId.NotFound", message="The vSwitch does not exist.")
    return _summary(found, call=call)


@action("vpc.ModifyVSwitchAttribute")
def modify_vswitch_attribute(call: Call) -> dict[str, Any]:
    vswitch = _require_available(call, code="IncorrectStatus.VSwitch")
    _check_texts(call)
    vswitch.set(**{name: call.text(name) for name in ("VSwitchName", "Description") if call.given(name)})
    if call.given("Ipv6CidrBlock") or call.given("EnableIPv6"):
        vswitch.set(Ipv6CidrBlock=_changed_ipv6(call, vswitch=vswitch))
    vswitch.set(Status="Pending")
    vswitch.later(MODIFYING, Status="Available")
    return {}


@action("vpc.DeleteVSwitch")
def delete_vswitch(call: Call) -> dict[str, Any]:
    vswitch = _require_available(call, code="IncorrectVSwitchStatus")
    check_idle(call, vpc_id=vswitch["VpcId"])
    check_deletable(call, resource=vswitch)
    call.end_dry_run()
    vswitch.set(Status="Pending")
    vswitch.remove(after=DELETING)
    return {}


@blocks(VPC, rank=0)
def vswitches_block_vpc(call: Call, *, resource: Resource) -> None:
    if vswitches(call, vpc_id=resource.id):
        raise ApiError("DependencyViolation.VSwitch", message=f"{resource.id} still has vSwitches.")


@blocks(VSWITCH, rank=2)
def addresses_block_vswitch(call: Call, *, resource: Resource) -> None:
    """Whatever took an address: NAT gateways have a code of their own (sheet network.md 2)."""
    kinds = {one["Kind"] for one in addresses(call, vswitch_id=resource.id)}
    if "nat_gateway" in kinds:
        raise ApiError("DependencyViolation.EnhancedNatgw", message=f"{resource.id} still has a NAT gateway.")
    if kinds:
        raise ApiError("DependencyViolation", message=f"{resource.id} still has {', '.join(sorted(kinds))} inside.")


def _require_available(call: Call, *, code: str) -> Resource:
    vswitch = call.find(VSWITCH, id=call.text("VSwitchId"))
    if vswitch is None:
        raise ApiError("InvalidVSwitchId.NotFound", message="The vSwitch does not exist.")
    if vswitch["Status"] != "Available":
        raise ApiError(code, message=f"{vswitch.id} is {vswitch['Status']}.")
    return vswitch


def _check_texts(call: Call) -> None:
    check_text(call, name="VSwitchName", code="InvalidVSwitchName.Malformed")
    check_text(call, name="Description", code="InvalidVSwitchDiscription.Malformed", longest=256)


def _free_range(call: Call, *, vpc: Resource) -> IPv4Network:
    """The range that is asked for. Raises ApiError when it is none, outside the VPC, or taken."""
    if not call.text("CidrBlock"):
        raise ApiError("MissingParameter", message="CidrBlock is mandatory, since the local cloud has no IPAM.")
    cidr = network(call.text("CidrBlock"), code="InvalidCidrBlock.Malformed")
    if not SHORTEST_MASK <= cidr.prefixlen <= LONGEST_MASK:
        raise ApiError("InvalidCirdrBlock.MaskLength", message=f"The mask is {SHORTEST_MASK} to {LONGEST_MASK} bits long.")
    if not any(cidr.subnet_of(one) for one in ranges(vpc)) or any(cidr.overlaps(one) for one in RESERVED):
        raise ApiError("InvalidParameter", message=f"{cidr} is not inside {vpc.id}.")
    others = [IPv4Network(one["CidrBlock"]) for one in vswitches(call, vpc_id=vpc.id)]
    routes = [one["DestinationCidrBlock"] for one in in_vpc(call, kind=ROUTE_ENTRY, vpc_id=vpc.id)]
    if any(cidr.overlaps(one) for one in others) or str(cidr) in routes:
        raise ApiError("InvalidCidrBlock.Overlapped", message=f"{cidr} overlaps a vSwitch or is a route's destination.")
    return cidr


def _ipv6_block(call: Call, *, vpc: Resource) -> str:
    """The /64 of the VPC's /56 with the asked number, 0 to 255."""
    if not call.given("Ipv6CidrBlock"):
        return ""
    if not vpc["EnabledIpv6"]:
        raise ApiError("OperationFailed.VpcIpv6Disabled", message=f"{vpc.id} has no IPv6.")
    number = call.number("Ipv6CidrBlock")
    if not 0 <= number <= 255:
        raise ApiError("IllegalParam.Ipv6CidrBlock", message="Ipv6CidrBlock is 0 to 255.")
    block = str(list(IPv6Network(vpc["Ipv6CidrBlock"]).subnets(new_prefix=64))[number])
    if any(one["Ipv6CidrBlock"] == block for one in vswitches(call, vpc_id=vpc.id)):
        raise ApiError("OperationFailed.Ipv6CidrBlockExisted", message=f"{block} is taken.")
    return block


def _changed_ipv6(call: Call, *, vswitch: Resource) -> str:
    """Set once; to change it, IPv6 is switched off first (sheet network.md 1)."""
    if not call.flag("EnableIPv6", default=True):
        return ""
    if vswitch["Ipv6CidrBlock"]:
        raise ApiError("OperationFailed.Ipv6AlreadyEnabled", message=f"{vswitch.id} has IPv6 already.")
    return _ipv6_block(call, vpc=require(call, id=vswitch["VpcId"]))


def _is_asked(vswitch: Resource, *, call: Call) -> bool:
    if call.text("VSwitchId") not in ("", vswitch.id) or call.flag("IsDefault"):
        return False
    if call.given("VSwitchOwnerId") and str(call.number("VSwitchOwnerId")) != vswitch.account:
        return False
    if call.given("EnableIpv6") and call.flag("EnableIpv6") != bool(vswitch["Ipv6CidrBlock"]):
        return False
    names = ("VpcId", "ZoneId", "VSwitchName", "RouteTableId", "ResourceGroupId")
    return all(call.text(name) in ("", vswitch[name]) for name in names)


def _summary(vswitch: Resource, *, call: Call) -> dict[str, Any]:
    shown = ("VpcId", "ZoneId", "CidrBlock", "VSwitchName", "Description", "Status", "ResourceGroupId", "Ipv6CidrBlock")
    table = call.find(ROUTE_TABLE, id=vswitch["RouteTableId"])
    kind = table["RouteTableType"] if table else "System"
    return {
        "VSwitchId": vswitch.id,
        "OwnerId": int(vswitch.account),
        "IsDefault": False,
        "ShareType": "",
        "NetworkAclId": "",
        "CreationTime": iso_seconds(vswitch.created),
        **vswitch.pick(*shown),
        "EnabledIpv6": bool(vswitch["Ipv6CidrBlock"]),
        "AvailableIpAddressCount": free_addresses(call, vswitch=vswitch),
        "RouteTable": {"RouteTableId": vswitch["RouteTableId"], "RouteTableType": kind},
        "Tags": key_value(vswitch),
    }
