"""Moving an instance to another vSwitch or address, and its public bandwidth (sheet compute.md 1.4)."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.instance import RUNNING, STOPPED, require_instance, require_status
from acsctl.emulator.services.ecs.interface import interfaces_of
from acsctl.emulator.services.ecs.launch_checks import MOST_BANDWIDTH
from acsctl.emulator.services.ecs.launch_network import read_groups
from acsctl.emulator.services.ecs.public_address import new_address
from acsctl.emulator.services.network_use import eips_of, release_addresses, require_vswitch, routes_to, take_address


@action("ecs.ModifyInstanceVpcAttribute")
def modify_instance_vpc_attribute(call: Call) -> dict[str, Any]:
    """For a stopped instance, in its own zone, once between two starts."""
    instance = require_instance(call, id=call.text("InstanceId"))
    require_status(instance, STOPPED)
    if instance.get("NetworkChanged"):
        raise ApiError("OperationConflict", message="Start the instance before its network is changed again.")
    vswitch = require_vswitch(call, id=call.text("VSwitchId"))
    if vswitch["ZoneId"] != instance["ZoneId"]:
        code = "InvalidOperation.VswAndEcsAvailabilityZoneMismatch"
        raise ApiError(code, message="The vSwitch is in another zone than the instance.")
    groups = _groups(call, instance=instance, vswitch=vswitch)
    primary = interfaces_of(call, instance=instance)[0]
    wanted = call.text("PrivateIpAddress")
    if vswitch.id != instance["VSwitchId"] or wanted not in ("", instance["PrivateIpAddress"]):
        release_addresses(call, by=primary.id)
        address = take_address(call, vswitch=vswitch, by=primary.id, kind="eni", wanted=wanted)
        place = {"VpcId": vswitch["VpcId"], "VSwitchId": vswitch.id, "PrivateIpAddress": address, "SecurityGroupIds": groups}
        primary.set(**place)
        instance.set(**place, NetworkChanged=True)
    return {}


@action("ecs.ModifyInstanceNetworkSpec")
def modify_instance_network_spec(call: Call) -> dict[str, Any]:
    instance = require_instance(call, id=call.text("InstanceId"))
    require_status(instance, RUNNING, STOPPED)
    if eips_of(call, id=instance.id):
        raise ApiError("InvalidInstance.EipNotSupport", message="The public bandwidth is that of the bound EIP.")
    if call.given("InternetMaxBandwidthOut"):
        out = call.number("InternetMaxBandwidthOut")
        if not 0 <= out <= MOST_BANDWIDTH:
            code = "InvalidInternetMaxBandwidthOut.ValueNotSupported"
            raise ApiError(code, message=f"InternetMaxBandwidthOut is 0 to {MOST_BANDWIDTH}.")
        instance.set(InternetMaxBandwidthOut=out)
    if call.given("InternetMaxBandwidthIn"):
        instance.set(InternetMaxBandwidthIn=call.number("InternetMaxBandwidthIn"))
    if call.text("NetworkChargeType"):
        if call.text("NetworkChargeType") not in ("PayByTraffic", "PayByBandwidth"):
            raise ApiError("InvalidInternetChargeType.ValueNotSupported", message="There is no such NetworkChargeType.")
        instance.set(InternetChargeType=call.text("NetworkChargeType"))
    if call.flag("AllocatePublicIp") and not instance["PublicIpAddress"] and instance["InternetMaxBandwidthOut"] > 0:
        instance.set(PublicIpAddress=new_address(call))
    return {"OrderId": ""}


@action("ecs.AllocatePublicIpAddress")
def allocate_public_ip_address(call: Call) -> dict[str, Any]:
    instance = require_instance(call, id=call.text("InstanceId"))
    require_status(instance, RUNNING, STOPPED)
    if instance["PublicIpAddress"]:
        raise ApiError("AllocatedAlready", message="The instance has a public address.")
    if eips_of(call, id=instance.id):
        raise ApiError("OperationDenied", message="The instance has an EIP.")
    if instance["InternetMaxBandwidthOut"] == 0:
        raise ApiError("AllocateIpInvalidInstanceBandwidth", message="The instance has no public bandwidth.")
    instance.set(PublicIpAddress=new_address(call))
    return {"IpAddress": instance["PublicIpAddress"]}


def _groups(call: Call, *, instance: Resource, vswitch: Resource) -> list[str]:
    """The groups after the move: another VPC needs its own. Raises when VpcId and groups do not fit."""
    given = [str(one) for one in call.items("SecurityGroupId")]
    if vswitch["VpcId"] == instance["VpcId"]:
        if given:
            raise ApiError("InvalidParameter.MustBeEmpty", message="The groups stay within the same VPC.", status=404)
        return list(instance["SecurityGroupIds"])
    if call.text("VpcId") != vswitch["VpcId"]:
        raise ApiError("InvalidVSwitchId.Mismatch", message="The vSwitch is in another VPC.", status=400)
    if eips_of(call, id=instance.id) or routes_to(call, id=instance.id):
        raise ApiError("InvalidDependence.NextHopOfCustomRouter", message="A route or an EIP still points at the instance.")
    return read_groups(call, ids=given, vpc_id=vswitch["VpcId"])
