"""VPCs (sheet network.md 1), with the facts of a VPC that its neighbours ask for."""

from ipaddress import IPv4Network
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.dependencies import check_deletable
from acsctl.emulator.services.naming import check_private, check_text, network
from acsctl.emulator.services.network import VPC, nat_gateways, route_tables, vswitches
from acsctl.emulator.services.paging import by_number
from acsctl.emulator.services.tagging import key_value, read_tags, tag_filter
from acsctl.emulator.services.vpc import router
from acsctl.emulator.services.vpc.state import is_idle, ranges, require_available

CREATING, DELETING = 3.0, 2.0  # cloud seconds; observed 2-6 s, sheet network.md 1
DEFAULT_CIDR = "172.16.0.0/12"
DEFAULT_RESOURCE_GROUP = "rg-acfmlocaldefault"
IDS_PER_CALL = 20
SERVICES = IPv4Network("100.64.0.0/10")  # the cloud's own services


@action("vpc.CreateVpc")
def create_vpc(call: Call) -> dict[str, Any]:
    if call.given("Ipv4IpamPoolId") or call.given("Ipv6IpamPoolId"):
        raise ApiError("UnsupportedFeature.Ipam", message="The local cloud has no IPAM pools.")
    cidr = _vpc_cidr(call, name="CidrBlock")
    _check_texts(call)
    users = _user_cidrs(call)
    tags = read_tags(call)
    call.within_quota("vpc.vpcs", used=len(call.all(VPC)), code="QuotaExceeded.Vpc")
    call.end_dry_run()
    vpc = call.create(VPC, attributes={"Status": "Pending", "CidrBlock": str(cidr)}, tags=tags)
    router_id, table_id = router.make_router(call, vpc=vpc)
    vpc.set(
        VpcName=call.text("VpcName"),
        Description=call.text("Description"),
        VRouterId=router_id,
        RouteTableId=table_id,
        ResourceGroupId=call.text("ResourceGroupId", default=DEFAULT_RESOURCE_GROUP),
        UserCidrs=users,
        SecondaryCidrBlocks=[],
        EnabledIpv6=call.flag("EnableIpv6"),
        Ipv6CidrBlock=router.ipv6_block(call) if call.flag("EnableIpv6") else "",
        Ipv6Isp=call.text("Ipv6Isp", default="BGP"),
        DnsHostnameStatus="ENABLED" if call.flag("EnableDnsHostname") else "DISABLED",
    )
    vpc.later(CREATING, Status="Available")
    return {"VpcId": vpc.id, **vpc.pick("VRouterId", "RouteTableId", "ResourceGroupId")}


@action("vpc.DescribeVpcs")
def describe_vpcs(call: Call) -> dict[str, Any]:
    ids = call.commas("VpcId")
    if len(ids) > IDS_PER_CALL:
        raise ApiError("InvalidVpcIdNumber.NotSupported", message=f"VpcId takes at most {IDS_PER_CALL} ids.")
    call.end_dry_run()
    matches = tag_filter(call)
    rows = [one for one in call.listed(VPC) if (not ids or one.id in ids) and _is_asked(one, call=call) and matches(one)]
    page, counts = by_number(call, rows=rows)
    return {"Vpcs": {"Vpc": [_summary(one, call=call) for one in page]}, **counts}


@action("vpc.DescribeVpcAttribute")
def describe_vpc_attribute(call: Call) -> dict[str, Any]:
    vpc = next((one for one in call.listed(VPC) if one.id == call.text("VpcId")), None)
    if vpc is None:
        raise ApiError("InvalidVpcId.NotFound", message="The VPC does not exist.")
    summary = _summary(vpc, call=call)
    for name in ("RouterTableIds", "NatGatewayIds", "CenStatus"):
        summary.pop(name, None)
    counts = [
        {"ResourceType": "VSwitch", "ResourceCount": len(summary["VSwitchIds"]["VSwitchId"])},
        {"ResourceType": "VRouter", "ResourceCount": 1},
        {"ResourceType": "RouteTable", "ResourceCount": len(route_tables(call, vpc_id=vpc.id))},
    ]
    return {
        **summary,
        "AssociatedCens": {"AssociatedCen": []},
        "ClassicLinkEnabled": False,
        "CloudResources": {"CloudResourceSetType": counts},
        "Ipv4GatewayId": "",
        "SupportIpv4Gateway": True,
    }


@action("vpc.ModifyVpcAttribute")
def modify_vpc_attribute(call: Call) -> dict[str, Any]:
    vpc = require_available(call, id=call.text("VpcId"))
    if not is_idle(call, vpc=vpc):
        raise ApiError("TaskConflict", message=f"Something in {vpc.id} is being changed.")
    _check_texts(call)
    if call.given("CidrBlock"):
        cidr = _vpc_cidr(call, name="CidrBlock")
        if any(not IPv4Network(one["CidrBlock"]).subnet_of(cidr) for one in _in_primary(call, vpc=vpc)):
            raise ApiError("IllegalCidrBlock", message="A VSwitch would lie outside the VPC.")
        vpc.set(CidrBlock=str(cidr))
    vpc.set(**{name: call.text(name) for name in ("VpcName", "Description") if call.given(name)})
    if call.given("EnableDnsHostname"):
        vpc.set(DnsHostnameStatus="ENABLED" if call.flag("EnableDnsHostname") else "DISABLED")
    if call.given("EnableIPv6"):
        _set_ipv6(call, vpc=vpc)
    return {}


@action("vpc.DeleteVpc")
def delete_vpc(call: Call) -> dict[str, Any]:
    vpc = require_available(call, id=call.text("VpcId"))
    check_deletable(call, resource=vpc)
    call.end_dry_run()
    vpc.set(Status="Pending")
    vpc.remove(after=DELETING)
    router.remove_router(call, vpc=vpc, after=DELETING)
    return {}


def _vpc_cidr(call: Call, *, name: str) -> IPv4Network:
    cidr = network(call.text(name, default=DEFAULT_CIDR), code="InvalidParameter")
    check_private(cidr, code="InvalidParameter", shortest=8, longest=28)
    return cidr


def _check_texts(call: Call) -> None:
    check_text(call, name="VpcName", code="InvalidVpcName.Malformed")
    check_text(call, name="Description", code="InvalidVpcDiscription.Malformed", longest=256)


def _user_cidrs(call: Call) -> list[str]:
    given = call.commas("UserCidr")
    call.within_quota("vpc.user-cidrs-per-vpc", used=len(given) - 1, code="InvalidUserCidr.Quota")
    found = [network(one, code="InvalidUserCidr.Malformed") for one in given]
    if any(one.overlaps(SERVICES) for one in found):
        raise ApiError("InvalidUserCidr.Malformed", message=f"UserCidr overlaps {SERVICES}.")
    return [str(one) for one in found]


def _set_ipv6(call: Call, *, vpc: Resource) -> None:
    if not call.flag("EnableIPv6") and vpc["EnabledIpv6"]:
        raise ApiError("OperationUnsupported.DisableIpv6", message="IPv6 stays on once it is on.")
    if call.flag("EnableIPv6") and not vpc["EnabledIpv6"]:
        vpc.set(EnabledIpv6=True, Ipv6CidrBlock=router.ipv6_block(call))


def _in_primary(call: Call, *, vpc: Resource) -> list[Resource]:
    secondary = ranges(vpc)[1:]
    children = vswitches(call, vpc_id=vpc.id)
    return [one for one in children if not any(IPv4Network(one["CidrBlock"]).subnet_of(other) for other in secondary)]


def _is_asked(vpc: Resource, *, call: Call) -> bool:
    names = ("VpcName", "ResourceGroupId")
    if any(call.text(name) and call.text(name) != vpc[name] for name in names):
        return False
    if call.given("VpcOwnerId") and str(call.number("VpcOwnerId")) != vpc.account:
        return False
    return not call.flag("IsDefault") and call.flag("EnableIpv6", default=vpc["EnabledIpv6"]) == vpc["EnabledIpv6"]


def _summary(vpc: Resource, *, call: Call) -> dict[str, Any]:
    blocks = [{"Ipv6CidrBlock": vpc["Ipv6CidrBlock"], "Ipv6Isp": vpc["Ipv6Isp"]}] if vpc["EnabledIpv6"] else []
    shown = ("VpcName", "Description", "CidrBlock", "Status", "VRouterId", "ResourceGroupId", "EnabledIpv6", "Ipv6CidrBlock")
    return {
        "VpcId": vpc.id,
        "RegionId": vpc.region,
        "OwnerId": int(vpc.account),
        "IsDefault": False,
        "CenStatus": "Detached",
        "CreationTime": iso_seconds(vpc.created),
        **vpc.pick(*shown, "DnsHostnameStatus"),
        "Ipv6CidrBlocks": {"Ipv6CidrBlock": blocks},
        "SecondaryCidrBlocks": {"SecondaryCidrBlock": vpc["SecondaryCidrBlocks"]},
        "UserCidrs": {"UserCidr": vpc["UserCidrs"]},
        "VSwitchIds": {"VSwitchId": [one.id for one in vswitches(call, vpc_id=vpc.id) if one.visible]},
        "RouterTableIds": {"RouterTableIds": [one.id for one in route_tables(call, vpc_id=vpc.id)]},
        "NatGatewayIds": {"NatGatewayIds": [one.id for one in nat_gateways(call, vpc_id=vpc.id) if one.visible]},
        "Tags": key_value(vpc),
    }
