"""Enhanced NAT gateways (sheet network.md 6)."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services import network_use
from acsctl.emulator.services.dependencies import blocks
from acsctl.emulator.services.naming import check_text
from acsctl.emulator.services.network import (
    FORWARD_ENTRY,
    NAT_GATEWAY,
    ROUTE_ENTRY,
    ROUTE_TABLE,
    SNAT_ENTRY,
    VPC,
    VSWITCH,
    nat_gateways,
)
from acsctl.emulator.services.paging import by_number
from acsctl.emulator.services.tagging import read_tags, tag_filter, tag_key_value
from acsctl.emulator.services.vpc.route_entry import Wish, add, entry_to
from acsctl.emulator.services.vpc.state import require as require_vpc

CREATING, DELETING = 60.0, 30.0  # cloud seconds; one to three minutes, and about one, sheet network.md 6
ADDRESS_LAG = 3.0  # the vSwitch stays blocked a little longer, sheet network.md 6
INTERNET = "0.0.0.0/0"


@action("vpc.CreateNatGateway")
def create_nat_gateway(call: Call) -> dict[str, Any]:
    _check_kind(call)
    vpc = require_vpc(call, id=call.text("VpcId"))
    vswitch = _vswitch(call, vpc=vpc)
    tags = read_tags(call)
    used = len(nat_gateways(call, vpc_id=vpc.id))
    call.within_quota("vpc.nat-gateways-per-vpc", used=used, code="OperationFailed.EnhancedQuotaExceed")
    nat = call.create(NAT_GATEWAY, attributes={"VpcId": vpc.id, "VSwitchId": vswitch.id, "Status": "Creating"}, tags=tags)
    stem = nat.id.removeprefix("ngw-")
    nat.set(
        ZoneId=vswitch["ZoneId"],
        PrivateIp=network_use.take_address(call, vswitch=vswitch, by=nat.id, kind="nat_gateway"),
        Name=call.text("Name"),
        Description=call.text("Description"),
        NetworkType=call.text("NetworkType", default="internet"),
        EipBindMode=call.text("EipBindMode", default="MULTI_BINDED"),
        IcmpReplyEnabled=call.flag("IcmpReplyEnabled", default=True),
        PrivateLinkEnabled=call.flag("PrivateLinkEnabled"),
        DeletionProtection=False,
        ResourceGroupId=vpc["ResourceGroupId"],
        SnatTableId=f"stb-{stem}",
        ForwardTableId=f"ftb-{stem}",
    )
    nat.later(CREATING, Status="Available")
    _route_to_internet(call, nat=nat, table_id=vpc["RouteTableId"])
    return {"NatGatewayId": nat.id, **_tables(nat)}


@action("vpc.DescribeNatGateways")
def describe_nat_gateways(call: Call) -> dict[str, Any]:
    call.end_dry_run()
    matches = tag_filter(call)
    names = ("VpcId", "Name", "Status", "NetworkType", "ZoneId", "ResourceGroupId")
    rows = [
        one
        for one in call.listed(NAT_GATEWAY)
        if call.text("NatGatewayId") in ("", one.id)
        and all(call.text(name) in ("", one[name]) for name in names)
        and call.text("NatType") in ("", "Enhanced")
        and call.text("InstanceChargeType") in ("", "PostPaid")
        and matches(one)
    ]
    page, counts = by_number(call, rows=rows)
    return {"NatGateways": {"NatGateway": [_summary(one, call=call) for one in page]}, **counts}


@action("vpc.GetNatGatewayAttribute")
def get_nat_gateway_attribute(call: Call) -> dict[str, Any]:
    nat = next((one for one in call.listed(NAT_GATEWAY) if one.id == call.text("NatGatewayId")), None)
    if nat is None:
        raise ApiError("InvalidNatGatewayId.NotFound", message="The NAT gateway does not exist.")
    snat = [one for one in call.all(SNAT_ENTRY) if one["NatGatewayId"] == nat.id]
    forward = [one for one in call.all(FORWARD_ENTRY) if one["NatGatewayId"] == nat.id]
    ips = [{"AllocationId": one.id, "IpAddress": one["IpAddress"], "UsingStatus": ""} for one in _eips(call, nat=nat)]
    private = {"VswitchId": nat["VSwitchId"], "PrivateIpAddress": nat["PrivateIp"], "IzNo": nat["ZoneId"]}
    return {
        "NatGatewayId": nat.id,
        **_common(nat),
        "BillingConfig": {"InstanceChargeType": "PostPaid", "InternetChargeType": "PayByLcu", "AutoPay": "false", "Spec": ""},
        "DeletionProtectionInfo": {"Enabled": nat["DeletionProtection"]},
        "EnableSessionLog": False,
        "ForwardTable": {"ForwardTableId": nat["ForwardTableId"], "ForwardEntryCount": len(forward)},
        "SnatTable": {"SnatTableId": nat["SnatTableId"], "SnatEntryCount": len(snat)},
        "IpList": ips,
        "PrivateInfo": {**private, "EniInstanceId": "", "MaxBandwidth": 5120},
    }


@action("vpc.ModifyNatGatewayAttribute")
def modify_nat_gateway_attribute(call: Call) -> dict[str, Any]:
    nat = require_available(call, id=call.text("NatGatewayId"))
    _check_texts(call)
    nat.set(**{name: call.text(name) for name in ("Name", "Description", "EipBindMode") if call.given(name)})
    if call.given("IcmpReplyEnabled"):
        nat.set(IcmpReplyEnabled=call.flag("IcmpReplyEnabled"))
    return {}


@action("vpc.DeleteNatGateway")
def delete_nat_gateway(call: Call) -> dict[str, Any]:
    nat = _require(call, id=call.text("NatGatewayId"))
    if nat["Status"] != "Available":
        raise ApiError("IncorrectStatus.NatGateway", message=f"{nat.id} is {nat['Status']}.", status=400)
    if nat["DeletionProtection"]:
        raise ApiError("InvalidOperation.DeletionProtection", message=f"{nat.id} is protected.")
    entries = [one for kind in (SNAT_ENTRY, FORWARD_ENTRY) for one in call.all(kind) if one["NatGatewayId"] == nat.id]
    if not call.flag("Force"):
        _check_unused(call, nat=nat, entries=entries)
    for one in [*entries, *_own_routes(call, nat=nat), nat]:
        one.remove(after=DELETING)
    nat.set(Status="Deleting")
    network_use.unbind_eips(call, id=nat.id, after=DELETING)
    network_use.release_addresses(call, by=nat.id, after=DELETING + ADDRESS_LAG)
    return {}


@blocks(VPC)
def nat_gateways_block_vpc(call: Call, *, resource: Resource) -> None:
    if nat_gateways(call, vpc_id=resource.id):
        raise ApiError("DependencyViolation.NatGateway", message=f"{resource.id} still has NAT gateways.")


@network_use.eip_target("Nat")
def nat_as_target(call: Call, *, id: str) -> network_use.EipTarget:
    nat = call.find(NAT_GATEWAY, id=id)
    if nat is None:
        raise ApiError("InvalidInstanId.NotFound", message=f"The NAT gateway {id} does not exist.")
    if nat["Status"] != "Available":
        raise ApiError("IncorrectStatus.NatGateway", message=f"{id} is {nat['Status']}.")
    return network_use.EipTarget(vpc_id=nat["VpcId"], private_ip="")


@network_use.next_hop("NatGateway")
def nat_as_next_hop(call: Call, *, id: str) -> str:
    nat = call.find(NAT_GATEWAY, id=id)
    if nat is None:
        raise ApiError("InvalidNatGatewayId.NotFound", message=f"The NAT gateway {id} does not exist.")
    return str(nat["VpcId"])


def by_table(call: Call, *, field: str) -> Resource | None:
    """The NAT gateway whose SnatTableId or ForwardTableId is the one that the call names."""
    return next((one for one in call.all(NAT_GATEWAY) if one[field] == call.text(field)), None)


def require_available(call: Call, *, id: str) -> Resource:
    """The NAT gateway, for a write. Raises InvalidNatGatewayId.NotFound, IncorrectStatus.NATGW."""
    nat = _require(call, id=id)
    if nat["Status"] != "Available":
        raise ApiError("IncorrectStatus.NATGW", message=f"{id} is {nat['Status']}.")
    return nat


def _require(call: Call, *, id: str) -> Resource:
    nat = call.find(NAT_GATEWAY, id=id)
    if nat is None:
        raise ApiError("InvalidNatGatewayId.NotFound", message=f"The NAT gateway {id} does not exist.")
    return nat


def _check_kind(call: Call) -> None:
    """Only what is still sold: enhanced, pay as you go, by LCU (sheet network.md 6)."""
    _check_texts(call)
    if call.text("NatType", default="Enhanced") != "Enhanced":
        raise ApiError("ParameterIllegal", message="NatType is Enhanced.")
    if call.text("InstanceChargeType", default="PostPaid") != "PostPaid":
        raise ApiError("OperationDenied.PrePaidInstance", message="NAT gateways are sold pay as you go only.")
    if call.text("InternetChargeType", default="PayByLcu") != "PayByLcu" or call.given("Spec"):
        raise ApiError("Forbidden.NatPayBySpec", message="NAT gateways are charged by LCU only.")
    if call.text("NetworkType", default="internet") not in ("internet", "intranet"):
        raise ApiError("ParameterIllegal", message="NetworkType is internet or intranet.")
    if not call.text("VSwitchId"):
        raise ApiError("MissingParameter", message="VSwitchId is mandatory for an enhanced NAT gateway.")


def _check_texts(call: Call) -> None:
    check_text(call, name="Name", code="InvalidParameter.Name.Malformed")
    check_text(call, name="Description", code="InvalidParameter.Description.Malformed", longest=256)


def _vswitch(call: Call, *, vpc: Resource) -> Resource:
    vswitch = call.find(VSWITCH, id=call.text("VSwitchId"))
    if vswitch is None:
        raise ApiError("InvalidVSWITCHID.NotFound", message="The vSwitch does not exist.")
    if vswitch["VpcId"] != vpc.id:
        raise ApiError("OperationFailed.VswNotBelongToVpc", message=f"{vswitch.id} is not in {vpc.id}.")
    if vpc["Status"] != "Available":
        raise ApiError("VpcStatusError", message=f"{vpc.id} is {vpc['Status']}.")
    if vswitch["Status"] != "Available":
        raise ApiError("VswitchStatusError", message=f"{vswitch.id} is {vswitch['Status']}.")
    if network_use.free_addresses(call, vswitch=vswitch) < 1:
        raise ApiError("ZONE_NO_AVAILABLE_IP", message=f"{vswitch.id} has no address left.")
    return vswitch


def _route_to_internet(call: Call, *, nat: Resource, table_id: str) -> None:
    """An internet NAT gateway adds the default route to the system table by itself, unless there is one."""
    table = call.find(ROUTE_TABLE, id=table_id)
    if table is None or nat["NetworkType"] != "internet" or entry_to(call, table_id=table_id, destination=INTERNET):
        return
    hop = {"NextHopType": "NatGateway", "NextHopId": nat.id}
    entry = add(call, wish=Wish(table, INTERNET, [hop]))
    entry.set(MadeBy=nat.id, Status="Available")


def _own_routes(call: Call, *, nat: Resource) -> list[Resource]:
    return [one for one in call.all(ROUTE_ENTRY) if one.get("MadeBy") == nat.id]


def _check_unused(call: Call, *, nat: Resource, entries: list[Resource]) -> None:
    if any(one.type == SNAT_ENTRY.name for one in entries):
        raise ApiError("DependencyViolation.SnatEntry", message=f"{nat.id} still has SNAT entries.")
    if entries:
        raise ApiError("DependencyViolation.ForwardEntry", message=f"{nat.id} still has DNAT entries.")
    if _eips(call, nat=nat):
        raise ApiError("DependencyViolation.EIPS", message=f"{nat.id} still has elastic addresses.")
    if any(one.get("MadeBy") != nat.id for one in network_use.routes_to(call, id=nat.id)):
        raise ApiError("DependencyViolation.RouterEntry", message=f"A custom route points at {nat.id}.")


def _eips(call: Call, *, nat: Resource) -> list[Resource]:
    return network_use.eips_of(call, id=nat.id)


def _tables(nat: Resource) -> dict[str, Any]:
    return {
        "SnatTableIds": {"SnatTableId": [nat["SnatTableId"]]},
        "ForwardTableIds": {"ForwardTableId": [nat["ForwardTableId"]]},
        "FullNatTableIds": {"FullNatTableId": []},
    }


def _common(nat: Resource) -> dict[str, Any]:
    return {
        "RegionId": nat.region,
        "CreationTime": iso_seconds(nat.created),
        "ExpiredTime": "",
        "NatType": "Enhanced",
        "BusinessStatus": "Normal",
        "EcsMetricEnabled": False,
        **nat.pick("VpcId", "Name", "Description", "Status", "NetworkType", "ResourceGroupId", "PrivateLinkEnabled"),
    }


def _summary(nat: Resource, *, call: Call) -> dict[str, Any]:
    ips = [
        {"AllocationId": one.id, "IpAddress": one["IpAddress"], "UsingStatus": _use(one, call=call), "SnatEntryEnabled": True}
        for one in _eips(call, nat=nat)
    ]
    private = {"VswitchId": nat["VSwitchId"], "PrivateIpAddress": nat["PrivateIp"], "IzNo": nat["ZoneId"]}
    return {
        "NatGatewayId": nat.id,
        **_common(nat),
        **nat.pick("DeletionProtection", "EipBindMode", "IcmpReplyEnabled"),
        **_tables(nat),
        "AutoPay": False,
        "InstanceChargeType": "PostPaid",
        "InternetChargeType": "PayByLcu",
        "Spec": "",
        "SecurityProtectionEnabled": False,
        "EnableSessionLog": "false",
        "IpLists": {"IpList": ips},
        "NatGatewayPrivateInfo": {**private, "EniInstanceId": "", "EniType": "", "MaxBandwidth": 5120},
        "Tags": tag_key_value(nat),
    }


def _use(eip: Resource, *, call: Call) -> str:
    """What the rules of the gateway do with an address."""
    address = eip["IpAddress"]
    if any(address in one["SnatIp"].split(",") for one in call.all(SNAT_ENTRY)):
        return "UsedBySnatTable"
    used = any(one["ExternalIp"] == address for one in call.all(FORWARD_ENTRY))
    return "UsedByForwardTable" if used else "Idle"
