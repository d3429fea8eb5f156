"""Secondary ranges of a VPC (sheet network.md 1): no ClientToken, one at a time."""

from ipaddress import IPv4Network
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.naming import check_private, network
from acsctl.emulator.services.network import VPC, vswitches
from acsctl.emulator.services.vpc.state import is_idle, ranges

BUSY = 2.0  # cloud seconds in which the VPC takes no other write; own choice


@action("vpc.AssociateVpcCidrBlock")
def associate_vpc_cidr_block(call: Call) -> dict[str, Any]:
    if call.given("IpamPoolId"):
        raise ApiError("UnsupportedFeature.Ipam", message="The local cloud has no IPAM pools.")
    vpc = _require_available(call)
    cidr = _asked(call, code="IllegalParam.SecondaryCidrBlock")
    check_private(cidr, code="IllegalParam.SecondaryCidrBlock", shortest=16, longest=28)
    if any(cidr.overlaps(one) for one in ranges(vpc)):
        raise ApiError("Duplicated.SecondaryCidrBlock", message=f"{cidr} overlaps a range of {vpc.id}.")
    used = len(vpc["SecondaryCidrBlocks"])
    call.within_quota("vpc.secondary-cidrs-per-vpc", used=used, code="QuotaExceeded.VpcMultiCidr")
    _change(vpc, blocks=[*vpc["SecondaryCidrBlocks"], str(cidr)])
    return {"CidrBlock": str(cidr), "IpVersion": "IPv4"}


@action("vpc.UnassociateVpcCidrBlock")
def unassociate_vpc_cidr_block(call: Call) -> dict[str, Any]:
    vpc = _require_available(call)
    cidr = _asked(call, code="InvalidSecondaryCidrBlock.NotFound")
    if str(cidr) not in vpc["SecondaryCidrBlocks"]:
        raise ApiError("InvalidSecondaryCidrBlock.NotFound", message=f"{vpc.id} has no range {cidr}.")
    if any(IPv4Network(one["CidrBlock"]).subnet_of(cidr) for one in vswitches(call, vpc_id=vpc.id)):
        raise ApiError("OperationFailed.CidrInUse", message=f"A vSwitch lies in {cidr}.")
    _change(vpc, blocks=[one for one in vpc["SecondaryCidrBlocks"] if one != str(cidr)])
    return {}


def _change(vpc: Resource, *, blocks: list[str]) -> None:
    vpc.set(SecondaryCidrBlocks=blocks, Status="Pending")
    vpc.later(BUSY, Status="Available")


def _require_available(call: Call) -> Resource:
    vpc = call.find(VPC, id=call.text("VpcId"))
    if vpc is None:
        raise ApiError("InvalidVpc.NotFound", message=f"The VPC {call.text('VpcId')} does not exist.")
    if vpc["Status"] != "Available" or not is_idle(call, vpc=vpc):
        raise ApiError("IncorrectStatus.Vpc", message=f"{vpc.id}, or something in it, is being changed.")
    return vpc


def _asked(call: Call, *, code: str) -> IPv4Network:
    if not call.text("SecondaryCidrBlock"):
        raise ApiError("MissingParam.SecondaryCidrOrIpv6Cidr", message="The local cloud knows secondary IPv4 ranges only.")
    return network(call.text("SecondaryCidrBlock"), code=code)
