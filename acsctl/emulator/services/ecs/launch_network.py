"""Where the instances of one launch are put: vSwitch, security groups, private address (sheet compute.md 1.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.emulator import catalogue
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.interface import PRIMARY, SECONDARY, InterfacePlan, members
from acsctl.emulator.services.ecs.security_group import ENTERPRISE, SECURITY_GROUP
from acsctl.emulator.services.network_use import free_addresses, require_vswitch, wanted_address

Given = Mapping[str, Any]


@dataclass(frozen=True)
class Network:
    """primary and secondaries: what interfaces each instance gets."""

    primary: InterfacePlan
    secondaries: list[InterfacePlan]

    @property
    def vswitch(self) -> Resource:
        return self.primary.vswitch


def read_network(call: Call, *, amount: int) -> Network:
    """Raises the codes of the sheet for what does not exist, does not fit together, or is full."""
    listed: list[Given] = call.items("NetworkInterface")
    primaries = [one for one in listed if one.get("InstanceType") == PRIMARY]
    if len(primaries) > 1:
        raise ApiError("InvalidParam.NetworkInterface", message="An instance has one primary interface.", status=400)
    if primaries and any(call.given(name) for name in ("VSwitchId", "SecurityGroupId", "SecurityGroupIds")):
        message = "VSwitchId and security groups belong to the primary interface when there is one."
        raise ApiError("InvalidParam.NetworkInterface", message=message, status=400)
    primary = _interface(call, given=primaries[0] if primaries else _top_level(call), type=PRIMARY)
    secondaries = [_interface(call, given=one, type=SECONDARY) for one in listed if one not in primaries]
    if primary.wanted and amount > 1:
        raise ApiError("InvalidParam.IpAssign", message="A private address goes with one instance only.")
    _check_zone(call, vswitch=primary.vswitch)
    if free_addresses(call, vswitch=primary.vswitch) < amount:
        raise ApiError("QuotaExceeded.PrivateIpAddress", message="The vSwitch has too few addresses left.", status=400)
    check_room(call, group_ids=primary.group_ids, amount=amount)
    return Network(primary, secondaries)


def read_groups(call: Call, *, ids: list[str], vpc_id: str) -> list[str]:
    """Ids of security groups for an interface in a VPC. Raises when they do not exist or cannot go together."""
    if not ids:
        raise ApiError("MissingParameter", message="A security group is mandatory.", status=400)
    if len(set(ids)) < len(ids):
        raise ApiError("InvalidParameter.SecurityGroupIdRepeated", message="A security group is given twice.")
    if len(ids) > call.settings.quota("ecs.security-groups-per-interface"):
        raise ApiError("JoinedGroupLimitExceed", message="These are too many security groups.")
    groups = [_group(call, id=id_) for id_ in ids]
    if any(one["VpcId"] != vpc_id for one in groups):
        code = call.published(
            "InvalidSecurityGroupVpc.NotBelongToOneVpc", "InvalidParameter.Mismatch", "InvalidOperation.VpcMismatch"
        )
        raise ApiError(code, message="The security group and the vSwitch are in different VPCs.")
    if len({one["SecurityGroupType"] for one in groups}) > 1:
        message = "Basic and enterprise groups cannot be mixed."
        raise ApiError("EnterpriseGroupLimited.MutliGroupType", message=message)
    return ids


def check_room(call: Call, *, group_ids: list[str], amount: int) -> None:
    """Raises SecurityGroupInstanceLimitExceed when a group cannot take so many more addresses."""
    for id_ in group_ids:
        group = call.find(SECURITY_GROUP, id=id_)
        enterprise = group is not None and group["SecurityGroupType"] == ENTERPRISE
        quota = "ecs.addresses-per-enterprise-group" if enterprise else "ecs.addresses-per-security-group"
        used = len(members(call, group_id=id_)) + amount - 1
        call.within_quota(quota, used=used, code="SecurityGroupInstanceLimitExceed")


def _group(call: Call, *, id: str) -> Resource:
    group = call.find(SECURITY_GROUP, id=id)
    if group is None:
        raise ApiError("InvalidSecurityGroupId.NotFound", message=f"The security group {id} does not exist.")
    return group


def _top_level(call: Call) -> Given:
    return {
        "VSwitchId": call.text("VSwitchId"),
        "SecurityGroupId": call.text("SecurityGroupId"),
        "SecurityGroupIds": call.items("SecurityGroupIds"),
        "PrimaryIpAddress": call.text("PrivateIpAddress"),
    }


def _interface(call: Call, *, given: Given, type: str) -> InterfacePlan:
    if not given.get("VSwitchId"):
        raise ApiError("MissingParameter", message="VSwitchId is mandatory: there is no classic network.", status=400)
    vswitch = require_vswitch(call, id=str(given["VSwitchId"]))
    one, several = str(given.get("SecurityGroupId") or ""), [str(one) for one in given.get("SecurityGroupIds") or ()]
    if one and several:
        code = "InvalidSecurityGroupId.SingleIdAndMultiIdConflict"
        raise ApiError(code, message="SecurityGroupId and SecurityGroupIds exclude each other.")
    wanted = str(given.get("PrimaryIpAddress") or "")
    return InterfacePlan(
        type=type,
        vswitch=vswitch,
        group_ids=read_groups(call, ids=several or ([one] if one else []), vpc_id=vswitch["VpcId"]),
        wanted=wanted and wanted_address(call, vswitch=vswitch, text=wanted),
        name=str(given.get("NetworkInterfaceName") or ""),
        description=str(given.get("Description") or ""),
        delete_on_release=given.get("DeleteOnRelease") in (None, "", True),
    )


def _check_zone(call: Call, *, vswitch: Resource) -> None:
    zone = call.text("ZoneId")
    if zone and zone not in catalogue.zones(call.scope.region):
        raise ApiError("InvalidZoneId.NotFound", message=f"The zone {zone} does not exist.")
    if zone and zone != vswitch["ZoneId"]:
        raise ApiError("InvalidParameter.Mismatch", message=f"The vSwitch is in {vswitch['ZoneId']}, not in {zone}.")
