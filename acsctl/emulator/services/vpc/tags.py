"""Tags, protection and resource groups of the VPC product (sheet behaviour.md 5); its untag action is UnTagResources."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.services import tagging
from acsctl.emulator.services.network import EIP, NAT_GATEWAY, ROUTE_TABLE, VPC, VSWITCH

TYPES = {"VPC": VPC, "VSWITCH": VSWITCH, "ROUTETABLE": ROUTE_TABLE, "EIP": EIP, "NATGATEWAY": NAT_GATEWAY}
_ABSENT = ("VPNGATEWAY", "CUSTOMERGATEWAY", "VPNCONNECTION", "COMMONBANDWIDTHPACKAGE", "IPV4GATEWAY", "IPV6GATEWAY", "HAVIP")
TAGGABLE = {**TYPES, **dict.fromkeys(_ABSENT, tagging.ABSENT)}
PROTECTED = {"EIP": EIP, "NATGW": NAT_GATEWAY}


@action("vpc.TagResources")
def tag_resources(call: Call) -> dict[str, Any]:
    return tagging.tag_resources(call, types=TAGGABLE)


@action("vpc.UnTagResources")
def untag_resources(call: Call) -> dict[str, Any]:
    return tagging.untag_resources(call, types=TAGGABLE)


@action("vpc.ListTagResources")
def list_tag_resources(call: Call) -> dict[str, Any]:
    return tagging.list_tag_resources(call, types=TAGGABLE)


@action("vpc.DeletionProtection")
def deletion_protection(call: Call) -> dict[str, Any]:
    kind = PROTECTED.get(call.text("Type").upper())
    if kind is None:
        raise ApiError("InvalidParameter", message=f"Type is one of {', '.join(PROTECTED)}.")
    found = call.find(kind, id=call.text("InstanceId"))
    if found is None:
        raise ApiError("InvalidInstanceId.NotFound", message="The instance does not exist.", status=404)
    found.set(DeletionProtection=call.flag("ProtectionEnable"))
    return {}


@action("vpc.MoveResourceGroup")
def move_resource_group(call: Call) -> dict[str, Any]:
    kind = TYPES.get(call.text("ResourceType").upper())
    if kind is None:
        raise ApiError("IllegalParam.ResourceType", message=f"ResourceType is one of {', '.join(TYPES)}.")
    found = call.find(kind, id=call.text("ResourceId"))
    if found is None:
        raise ApiError("InvalidResourceId.NotFound", message="The resource does not exist.")
    found.set(ResourceGroupId=call.text("NewResourceGroupId"))
    return {}
