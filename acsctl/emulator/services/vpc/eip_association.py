"""Binding elastic addresses (sheet network.md 5): to a NAT gateway here, to what else @eip_target declares."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError, NotImplementedHere
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.network import FORWARD_ENTRY, SNAT_ENTRY
from acsctl.emulator.services.network_use import EIP_TARGETS, eips_of
from acsctl.emulator.services.vpc.eip import require_settled

ASSOCIATING, UNASSOCIATING = 5.0, 5.0  # cloud seconds, sheet network.md 5
KNOWN_TYPES = frozenset({"EcsInstance", "Nat", "SlbInstance", "NetworkInterface", "HaVip", "IpAddress"})
UNBOUND = {"Status": "Available", "InstanceId": "", "InstanceType": "", "PrivateIpAddress": "", "VpcId": ""}


@action("vpc.AssociateEipAddress")
def associate_eip_address(call: Call) -> dict[str, Any]:
    eip, kind, instance_id = require_settled(call), call.text("InstanceType", default="EcsInstance"), call.text("InstanceId")
    if kind not in KNOWN_TYPES:
        raise ApiError("InvalidInstanceType.ValueNotSupported", message=f"{kind} is not a type of instance.")
    if kind not in EIP_TARGETS:
        raise NotImplementedHere(f"{call.action.key} with {kind}")
    if eip["InstanceId"] == instance_id:
        raise ApiError("InvalidAssociation.Duplicated", message=f"{eip.id} is bound to {instance_id} already.")
    if eip["Status"] != "Available":
        raise ApiError("IncorrectEipStatus", message=f"{eip.id} is {eip['Status']}.")
    target = EIP_TARGETS[kind](call, id=instance_id)
    _check_room(call, kind=kind, instance_id=instance_id)
    private_ip = call.text("PrivateIpAddress", default=target.private_ip)
    eip.set(Status="Associating", InstanceId=instance_id, InstanceType=kind, PrivateIpAddress=private_ip, VpcId=target.vpc_id)
    eip.set(Mode=call.text("Mode", default="NAT"))
    eip.later(ASSOCIATING, Status="InUse")
    return {}


@action("vpc.UnassociateEipAddress")
def unassociate_eip_address(call: Call) -> dict[str, Any]:
    eip = require_settled(call)
    if eip["Status"] != "InUse":
        raise ApiError("IncorrectEipStatus", message=f"{eip.id} is {eip['Status']}.")
    if call.text("InstanceId") not in ("", eip["InstanceId"]):
        raise ApiError("InvalidBindInstance.NotFound", message=f"{eip.id} is not bound to {call.text('InstanceId')}.")
    _check_quiet(call, instance_id=eip["InstanceId"])
    _release_rules(call, eip=eip)
    eip.set(Status="Unassociating")
    eip.later(UNASSOCIATING, **UNBOUND)
    return {}


def _check_room(call: Call, *, kind: str, instance_id: str) -> None:
    """A NAT gateway takes many addresses, one after another; anything else takes one."""
    bound = eips_of(call, id=instance_id)
    if kind == "Nat":
        _check_quiet(call, instance_id=instance_id)
        call.within_quota("vpc.eips-per-nat-gateway", used=len(bound), code="QuotaExceeded.NumberOfEip")
    elif bound:
        raise ApiError("BIND_INSTANCE_HAVE_PORTMAP_OR_BIND_EIP", message=f"{instance_id} has an EIP already.")


def _check_quiet(call: Call, *, instance_id: str) -> None:
    if any(one["Status"] != "InUse" for one in eips_of(call, id=instance_id)):
        raise ApiError("TaskConflict", message=f"Another EIP of {instance_id} is being bound or unbound.")


def _release_rules(call: Call, *, eip: Resource) -> None:
    """The rules of a NAT gateway that use the address: they forbid it, or go too with Force."""
    address = eip["IpAddress"]
    snat = [one for one in call.all(SNAT_ENTRY) if address in one["SnatIp"].split(",")]
    forward = [one for one in call.all(FORWARD_ENTRY) if one["ExternalIp"] == address]
    if snat and not call.flag("Force"):
        raise ApiError("InvalidIpStatus.HasBeenUsedBySnatTable", message=f"SNAT entry {snat[0].id} uses {address}.")
    if forward and not call.flag("Force"):
        raise ApiError("InvalidIpStatus.HasBeenUsedByForwardEntry", message=f"DNAT entry {forward[0].id} uses {address}.")
    for one in [*snat, *forward]:
        one.remove(after=UNASSOCIATING)
