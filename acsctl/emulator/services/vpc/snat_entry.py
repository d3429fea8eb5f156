"""SNAT entries (sheet network.md 6): known by their table and their source, without tags."""

from ipaddress import IPv4Address, IPv4Network
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.dependencies import blocks
from acsctl.emulator.services.naming import check_text, network
from acsctl.emulator.services.network import EIP, FORWARD_ENTRY, SNAT_ENTRY, VSWITCH
from acsctl.emulator.services.paging import by_number
from acsctl.emulator.services.vpc import nat_gateway
from acsctl.emulator.services.vpc.state import ranges, require

CREATING, MODIFYING, DELETING = 5.0, 3.0, 3.0  # cloud seconds; 3-8 s, sheet network.md 6


@action("vpc.CreateSnatEntry")
def create_snat_entry(call: Call) -> dict[str, Any]:
    nat = _gateway(call)
    check_text(call, name="SnatEntryName", code="InvalidParameter.Name.Malformed")
    source = _source(call, nat=nat)
    entries = _entries(call, nat=nat)
    _check_source(source, entries=entries)
    addresses = _addresses(call, nat=nat)
    call.within_quota("vpc.snat-entries-per-table", used=len(entries), code="Forbidden.SnatEntryCountLimited")
    if any(one["Status"] != "Available" for one in entries):
        raise ApiError("IncorrectStatus.NATGW", message=f"Another SNAT entry of {nat.id} is being changed.")
    nat_gateway.require_available(call, id=nat.id)
    call.end_dry_run()
    entry = call.create(
        SNAT_ENTRY,
        attributes={
            "NatGatewayId": nat.id,
            "SnatTableId": nat["SnatTableId"],
            "SnatIp": addresses,
            "SnatEntryName": call.text("SnatEntryName"),
            "EipAffinity": str(call.number("EipAffinity")),
            "Status": "Pending",
            **source,
        },
    )
    entry.later(CREATING, Status="Available")
    return {"SnatEntryId": entry.id}


@action("vpc.DescribeSnatTableEntries")
def describe_snat_table_entries(call: Call) -> dict[str, Any]:
    if not call.text("SnatTableId") and not call.text("NatGatewayId"):
        raise ApiError("DESCRIBE_SNAT_PARAM_INVALID", message="Name SnatTableId or NatGatewayId.")
    if call.text("SnatTableId"):
        _gateway(call)
    fields = ("SnatTableId", "NatGatewayId", "SnatEntryName", "SourceCIDR", "SourceVSwitchId")
    rows = [
        one
        for one in call.listed(SNAT_ENTRY)
        if call.text("SnatEntryId") in ("", one.id)
        and call.text("SnatIp") in ("", one["SnatIp"], *one["SnatIp"].split(","))
        and all(call.text(name) in ("", one[name]) for name in fields)
    ]
    page, counts = by_number(call, rows=rows)
    shown = ("SnatTableId", "NatGatewayId", "SnatIp", "SnatEntryName", "SourceCIDR", "SourceVSwitchId", "EipAffinity", "Status")
    return {"SnatTableEntries": {"SnatTableEntry": [{"SnatEntryId": one.id, **one.pick(*shown)} for one in page]}, **counts}


@action("vpc.ModifySnatEntry")
def modify_snat_entry(call: Call) -> dict[str, Any]:
    nat, entry = _gateway(call), _idle_entry(call)
    check_text(call, name="SnatEntryName", code="InvalidParameter.Name.Malformed")
    changes: dict[str, Any] = {}
    if call.given("SnatIp"):
        changes["SnatIp"] = _addresses(call, nat=nat)
    if call.given("SnatEntryName"):
        changes["SnatEntryName"] = call.text("SnatEntryName")
    if call.given("EipAffinity"):
        changes["EipAffinity"] = str(call.number("EipAffinity"))
    call.end_dry_run()
    entry.set(Status="Modifying", **changes)
    entry.later(MODIFYING, Status="Available")
    return {}


@action("vpc.DeleteSnatEntry")
def delete_snat_entry(call: Call) -> dict[str, Any]:
    _gateway(call)
    entry = _idle_entry(call)
    entry.set(Status="Deleting")
    entry.remove(after=DELETING)
    return {}


@blocks(VSWITCH)
def snat_entries_block_vswitch(call: Call, *, resource: Resource) -> None:
    if any(one["SourceVSwitchId"] == resource.id for one in call.all(SNAT_ENTRY)):
        raise ApiError("DependencyViolation.SnatEntry", message=f"{resource.id} is the source of an SNAT entry.")


def _gateway(call: Call) -> Resource:
    nat = nat_gateway.by_table(call, field="SnatTableId")
    if nat is None:
        raise ApiError("InvalidSnatTableId.NotFound", message="The SNAT table does not exist.", status=404)
    return nat


def _entries(call: Call, *, nat: Resource) -> list[Resource]:
    return [one for one in call.all(SNAT_ENTRY) if one["NatGatewayId"] == nat.id]


def _idle_entry(call: Call) -> Resource:
    """The entry that is named, when no entry of its table is busy."""
    entry = call.find(SNAT_ENTRY, id=call.text("SnatEntryId"))
    if entry is None or entry["SnatTableId"] != call.text("SnatTableId"):
        raise ApiError("InvalidSnatEntryId.NotFound", message="The SNAT entry does not exist in this table.")
    nat = nat_gateway.require_available(call, id=entry["NatGatewayId"])
    if any(one["Status"] != "Available" for one in _entries(call, nat=nat)):
        raise ApiError("IncorretSnatEntryStatus", message=f"An SNAT entry of {nat.id} is being changed.")
    return entry


def _source(call: Call, *, nat: Resource) -> dict[str, str]:
    """SourceVSwitchId or SourceCIDR; with the first, the second is filled in from the vSwitch."""
    vswitch_id, cidr = call.text("SourceVSwitchId"), call.text("SourceCIDR")
    if vswitch_id and cidr:
        code = "CreateSnatEntry.ParamExclusive.sourceVSwitchIdAndsourceCIDR"
        raise ApiError(code, message="SourceVSwitchId and SourceCIDR exclude each other.")
    if not vswitch_id and not cidr:
        raise ApiError("INVALID_PARAMETER", message="Name SourceVSwitchId or SourceCIDR.")
    if cidr:
        return {"SourceVSwitchId": "", "SourceCIDR": _source_range(call, nat=nat, text=cidr)}
    vswitch = call.find(VSWITCH, id=vswitch_id)
    if vswitch is None:
        raise ApiError("InvalidVSwitchId.NotFound", message=f"The vSwitch {vswitch_id} does not exist.")
    if vswitch["VpcId"] != nat["VpcId"]:
        raise ApiError("OperationFailed.VSwitchNotInVpc", message=f"{vswitch_id} is not in the VPC of {nat.id}.")
    return {"SourceVSwitchId": vswitch_id, "SourceCIDR": vswitch["CidrBlock"]}


def _source_range(call: Call, *, nat: Resource, text: str) -> str:
    cidr = network(text, code="InvalidSourceCIDR.Malformed")
    inside = any(cidr.subnet_of(one) for one in ranges(require(call, id=nat["VpcId"])))
    if not inside and cidr != IPv4Network("0.0.0.0/0"):
        raise ApiError("NOT_ALLOW_USE_SOURCECIDR_OUTSIDEVPC", message=f"{cidr} is outside the VPC.")
    return str(cidr)


def _check_source(source: dict[str, str], *, entries: list[Resource]) -> None:
    same = [one for one in entries if one["SourceCIDR"] == source["SourceCIDR"]]
    if any(one["SourceVSwitchId"] and source["SourceVSwitchId"] for one in same):
        raise ApiError("Forbidden.SourceVSwitchId.Duplicated", message="The vSwitch has an SNAT entry already.")
    if same:
        raise ApiError("OperationUnsupported.CidrConflict", message="The range has an SNAT entry already.")


def _addresses(call: Call, *, nat: Resource) -> str:
    """SnatIp: addresses of EIPs that are bound to the gateway and not used by its DNAT entries."""
    given = call.commas("SnatIp")
    if not given:
        raise ApiError("InvalidParameter.SnatIp", message="SnatIp is mandatory.")
    forwarded = {one["ExternalIp"] for one in call.all(FORWARD_ENTRY)}
    for text in given:
        check_bound(call, address=text, nat=nat)
        if text in forwarded:
            raise ApiError("Forbidden.IpUsedInForwardTable", message=f"A DNAT entry uses {text}.")
    return ",".join(given)


def check_bound(call: Call, *, address: str, nat: Resource) -> None:
    """Raises unless the address is that of an EIP which is InUse at the gateway."""
    try:
        IPv4Address(address)
    except ValueError as error:
        code = call.published("InvalidSnatIp.Malformed", "InvalidExternalIp.Malformed")
        raise ApiError(code, message=f"{address} is not an address.") from error
    eip = next((one for one in call.all(EIP) if one["IpAddress"] == address), None)
    if eip is None:
        code = call.published("InvalidSnatIp.NotFound", "InvalidExternalIp.NotFound")
        raise ApiError(code, message=f"There is no EIP {address}.")
    if eip["InstanceId"] != nat.id:
        raise ApiError(call.published("EIP_NOT_IN_GATEWAY", "InvalidIp.NotInNatgw"), message=f"{address} is not of {nat.id}.")
    if eip["Status"] != "InUse":
        raise ApiError("OperationUnsupported.EipInBinding", message=f"{address} is {eip['Status']}.")
