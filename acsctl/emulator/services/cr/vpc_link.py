"""How a registry is reached from inside a VPC: linked VPCs, each by an address in a vSwitch (sheet containers.md 3.1)."""

from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, declare
from acsctl.emulator.services.cr.answer import Refusal, registry_action
from acsctl.emulator.services.cr.endpoint import MODULE, domain
from acsctl.emulator.services.cr.instance import find_registry, working_registry
from acsctl.emulator.services.dependencies import blocks
from acsctl.emulator.services.network import VPC
from acsctl.emulator.services.network_use import release_addresses, require_vswitch, take_address

LINK = declare("registry_vpc_link", prefix="crl-")
LINKING, UNLINKING = 30.0, 20.0  # cloud seconds; within 3 minutes by sheet containers.md 3.1


@registry_action("CreateInstanceVpcEndpointLinkedVpc")
def create_linked_vpc(call: Call) -> dict[str, Any]:
    registry = working_registry(call)
    vswitch = require_vswitch(call, id=call.text("VswitchId"))
    if vswitch["VpcId"] != call.text("VpcId"):
        raise ApiError("InvalidParameter", message="The vSwitch is in another VPC.", status=400)
    there = _links(call)
    if any(one["VpcId"] == vswitch["VpcId"] for one in there):
        raise Refusal("INSTANCE_ACCESS_ALREADY_EXIST")
    call.within_quota("cr.linked-vpcs-per-registry", used=len(there), code="VPC_QUOTA_EXCEED")
    made = call.create(
        LINK,
        attributes={
            "InstanceId": registry.id,
            "ModuleName": call.text("ModuleName", default=MODULE),
            "VpcId": vswitch["VpcId"],
            "VswitchId": vswitch.id,
            "Status": "CREATING",
            "DefaultAccess": not there,
            "Issue": "",
        },
    )
    made.set(Ip=take_address(call, vswitch=vswitch, by=made.id, kind="registry link"))
    made.later(LINKING, Status="RUNNING")
    return {}


@registry_action("GetInstanceVpcEndpoint")
def get_instance_vpc_endpoint(call: Call) -> dict[str, Any]:
    registry = find_registry(call)
    rows = [one.pick("VpcId", "VswitchId", "Ip", "Status", "DefaultAccess", "Issue") for one in _links(call)]
    return {
        "Enable": bool(rows),
        "ModuleName": call.text("ModuleName", default=MODULE),
        "LinkedVpcs": rows,
        "Domains": [domain(registry, inside=True)] if rows else [],
    }


@registry_action("DeleteInstanceVpcEndpointLinkedVpc")
def delete_linked_vpc(call: Call) -> dict[str, Any]:
    working_registry(call)
    wanted = (call.text("VpcId"), call.text("VswitchId"))
    link = next((one for one in _links(call) if (one["VpcId"], one["VswitchId"]) == wanted), None)
    if link is None:
        raise Refusal("INSTANCE_ACCESS_NOT_EXIST")
    if link["Status"] != "DELETING":
        unlink(call, link=link)
    return {}


@blocks(VPC)
def links_block_vpc(call: Call, *, resource: Resource) -> None:
    if any(one["VpcId"] == resource.id for one in call.all(LINK)):
        raise ApiError("DependencyViolation", message=f"A registry is linked to {resource.id}.")


def unlink(call: Call, *, link: Resource) -> None:
    """It goes after a while, and its address with it."""
    link.set(Status="DELETING")
    link.remove(after=UNLINKING)
    release_addresses(call, by=link.id, after=UNLINKING)


def _links(call: Call) -> list[Resource]:
    module = call.text("ModuleName", default=MODULE)
    return [one for one in call.all(LINK) if (one["InstanceId"], one["ModuleName"]) == (call.text("InstanceId"), module)]
