"""DNAT entries (sheet network.md 6): the same pattern as SNAT entries."""

from ipaddress import IPv4Address
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.naming import check_text, whole
from acsctl.emulator.services.network import FORWARD_ENTRY, SNAT_ENTRY
from acsctl.emulator.services.paging import by_number
from acsctl.emulator.services.vpc import nat_gateway
from acsctl.emulator.services.vpc.snat_entry import check_bound
from acsctl.emulator.services.vpc.state import ranges, require

CREATING, MODIFYING, DELETING = 5.0, 3.0, 3.0  # cloud seconds, as for SNAT entries
PROTOCOLS = frozenset({"tcp", "udp", "any"})
FIELDS = ("ExternalIp", "ExternalPort", "InternalIp", "InternalPort", "IpProtocol")


@action("vpc.CreateForwardEntry")
def create_forward_entry(call: Call) -> dict[str, Any]:
    nat = _gateway(call)
    wish = _wish(call, nat=nat, old={})
    entries = _entries(call, nat=nat)
    call.within_quota("vpc.forward-entries-per-table", used=len(entries), code="QuotaExceeded.ForwardEntry")
    if any(one["Status"] != "Available" for one in entries):
        raise ApiError("IncorrectStatus.NATGW", message=f"Another DNAT entry of {nat.id} is being changed.")
    nat_gateway.require_available(call, id=nat.id)
    call.end_dry_run()
    head = {"NatGatewayId": nat.id, "ForwardTableId": nat["ForwardTableId"], "Status": "Pending"}
    entry = call.create(FORWARD_ENTRY, attributes={**head, **wish, "ForwardEntryName": call.text("ForwardEntryName")})
    entry.later(CREATING, Status="Available")
    return {"ForwardEntryId": entry.id}


@action("vpc.DescribeForwardTableEntries")
def describe_forward_table_entries(call: Call) -> dict[str, Any]:
    if not call.text("ForwardTableId") and not call.text("NatGatewayId"):
        raise ApiError("DESCRIBE_FORWARD_PARAM_INVALID", message="Name ForwardTableId or NatGatewayId.")
    if call.text("ForwardTableId"):
        _gateway(call)
    fields = ("ForwardTableId", "NatGatewayId", "ForwardEntryName", *FIELDS)
    rows = [
        one
        for one in call.listed(FORWARD_ENTRY)
        if call.text("ForwardEntryId") in ("", one.id)
        and all(call.text(name).lower() in ("", str(one[name]).lower()) for name in fields)
    ]
    page, counts = by_number(call, rows=rows)
    entries = [{"ForwardEntryId": one.id, **one.pick(*fields, "Status")} for one in page]
    return {"ForwardTableEntries": {"ForwardTableEntry": entries}, **counts}


@action("vpc.ModifyForwardEntry")
def modify_forward_entry(call: Call) -> dict[str, Any]:
    nat, entry = _gateway(call), _idle_entry(call)
    wish = _wish(call, nat=nat, old=entry.pick(*FIELDS), itself=entry.id)
    call.end_dry_run()
    name = call.text("ForwardEntryName", default=entry["ForwardEntryName"])
    entry.set(Status="Modifying", ForwardEntryName=name, **wish)
    entry.later(MODIFYING, Status="Available")
    return {}


@action("vpc.DeleteForwardEntry")
def delete_forward_entry(call: Call) -> dict[str, Any]:
    _gateway(call)
    entry = _idle_entry(call)
    entry.set(Status="Deleting")
    entry.remove(after=DELETING)
    return {}


def _gateway(call: Call) -> Resource:
    nat = nat_gateway.by_table(call, field="ForwardTableId")
    if nat is None:
        raise ApiError("InvalidForwardTableId.NotFound", message="The DNAT table does not exist.", status=404)
    return nat


def _entries(call: Call, *, nat: Resource) -> list[Resource]:
    return [one for one in call.all(FORWARD_ENTRY) if one["NatGatewayId"] == nat.id]


def _idle_entry(call: Call) -> Resource:
    entry = call.find(FORWARD_ENTRY, id=call.text("ForwardEntryId"))
    if entry is None or entry["ForwardTableId"] != call.text("ForwardTableId"):
        raise ApiError("InvalidForwardEntryId.NotFound", message="The DNAT entry does not exist in this table.")
    nat = nat_gateway.require_available(call, id=entry["NatGatewayId"])
    if any(one["Status"] != "Available" for one in _entries(call, nat=nat)):
        raise ApiError("IncorretForwardEntryStatus", message=f"A DNAT entry of {nat.id} is being changed.")
    return entry


def _wish(call: Call, *, nat: Resource, old: dict[str, Any], itself: str = "") -> dict[str, str]:
    """The five fields of a rule, those that are not given taken from the old one; checked."""
    check_text(call, name="ForwardEntryName", code="InvalidParameter.Name.Malformed")
    wish = {name: call.text(name, default=old.get(name, "")) for name in FIELDS}
    if wish["IpProtocol"].lower() not in PROTOCOLS:
        raise ApiError("InvalidProtocal.ValueNotSupported", message="IpProtocol is TCP, UDP or Any.")
    for name in ("ExternalPort", "InternalPort"):
        _check_port(wish[name], code=f"Invalid{name}.Malformed")
    check_bound(call, address=wish["ExternalIp"], nat=nat)
    if any(wish["ExternalIp"] in one["SnatIp"].split(",") for one in call.all(SNAT_ENTRY)):
        raise ApiError("Forbidden.ExternalIp.UsedInSnatTable", message="An SNAT entry uses the address.")
    _check_internal(call, text=wish["InternalIp"], nat=nat)
    key = (wish["ExternalIp"], wish["ExternalPort"], wish["IpProtocol"].lower())
    for one in _entries(call, nat=nat):
        if one.id != itself and (one["ExternalIp"], one["ExternalPort"], one["IpProtocol"].lower()) == key:
            raise ApiError("ForwardEntry.Duplicated", message=f"{one.id} is for the same port.")
    return wish


def _check_port(text: str, *, code: str) -> None:
    parts = text.split("/")
    ports = all(1 <= (whole(one) or 0) <= 65535 for one in parts)
    if len(parts) > 2 or not (ports or text.lower() == "any"):
        raise ApiError(code, message=f"{text} is neither a port, nor a range 10/20, nor Any.")


def _check_internal(call: Call, *, text: str, nat: Resource) -> None:
    try:
        address = IPv4Address(text)
    except ValueError as error:
        raise ApiError("InvalidInternalIp.Malformed", message=f"{text} is not an address.") from error
    if not any(address in one for one in ranges(require(call, id=nat["VpcId"]))):
        raise ApiError("Forbidden.InternalIpOutOfVpcCIDR", message=f"{text} is outside the VPC.")
