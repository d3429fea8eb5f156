"""The internet endpoint of a registry and who may reach it (sheet containers.md 3.1).

It is closed at first. An address range that is sent while it is being opened is taken and lost.
"""

from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, declare
from acsctl.emulator.services.cr.answer import Refusal, registry_action
from acsctl.emulator.services.cr.instance import find_registry, working_registry
from acsctl.emulator.services.naming import network

ENDPOINT = declare("registry_endpoint")
OPENING, CLOSING = 20.0, 10.0  # cloud seconds, chosen
ALWAYS = {"Entry": "127.0.0.1/32", "Comment": ""}  # put there with the opening, by the docs of the ACL service
MODULE = "Registry"


@registry_action("GetInstanceEndpoint")
def get_instance_endpoint(call: Call) -> dict[str, Any]:
    registry = find_registry(call)
    _check_type(call)
    return shown(_find(call), registry=registry)


@registry_action("ListInstanceEndpoint")
def list_instance_endpoint(call: Call) -> dict[str, Any]:
    registry = find_registry(call)
    row = shown(_find(call), registry=registry)
    ranges = [{"Entry": one["Entry"]} for one in row["AclEntries"]]
    return {"Endpoints": [{**row, "AclEntries": ranges, "EndpointType": "internet", "LinkedVpcs": []}]}


@registry_action("UpdateInstanceEndpointStatus")
def update_instance_endpoint_status(call: Call) -> dict[str, Any]:
    registry = working_registry(call)
    _check_type(call)
    endpoint = _find(call)
    if endpoint is not None and endpoint["Status"] == "DELETING":
        raise Refusal("INSTANCE_STATUS_NOT_SUPPORT")
    if call.flag("Enable") and endpoint is None:
        made = call.create(
            ENDPOINT,
            id=_id(call),
            attributes={"InstanceId": registry.id, "Enable": True, "Status": "CREATING", "AclEntries": [ALWAYS]},
        )
        made.later(OPENING, Status="RUNNING")
    elif endpoint is not None and not call.flag("Enable"):
        endpoint.set(Enable=False, Status="DELETING")
        endpoint.remove(after=CLOSING)
    return {}


@registry_action("CreateInstanceEndpointAclPolicy")
def create_instance_endpoint_acl_policy(call: Call) -> dict[str, Any]:
    endpoint = _open(call)
    new = _ranges(call)
    if endpoint["Status"] == "RUNNING":
        named = {one["Entry"] for one in new}
        endpoint.set(AclEntries=[*(one for one in endpoint["AclEntries"] if one["Entry"] not in named), *new])
    return {}


@registry_action("DeleteInstanceEndpointAclPolicy")
def delete_instance_endpoint_acl_policy(call: Call) -> dict[str, Any]:
    endpoint = _open(call)
    named = {one["Entry"] for one in _ranges(call)}
    if not named <= {one["Entry"] for one in endpoint["AclEntries"]}:
        raise ApiError("SLB_SERVICE_ERROR", message="The address range is not in the list.")
    if endpoint["Status"] == "RUNNING":
        endpoint.set(AclEntries=[one for one in endpoint["AclEntries"] if one["Entry"] not in named])
    return {}


def shown(endpoint: Resource | None, *, registry: Resource) -> dict[str, Any]:
    """What a client sees of an endpoint; None: of a closed one."""
    if endpoint is None:
        return {"Enable": False, "Status": "", "AclEnable": False, "AclEntries": [], "Domains": []}
    domains = [{"Type": "SYSTEM", "Domain": domain(registry)}]
    return {**endpoint.pick("Enable", "Status", "AclEntries"), "AclEnable": bool(endpoint["AclEntries"]), "Domains": domains}


def domain(registry: Resource, *, inside: bool = False) -> str:
    """The host name of the registry, on the internet or inside a VPC."""
    return domain_of(str(registry["InstanceName"]), region=registry.region, inside=inside)


def domain_of(name: str, *, region: str, inside: bool = False) -> str:
    """The same, of the registry of a name."""
    network_word = "-vpc" if inside else ""
    return f"{name}-registry{network_word}.{region}.cr.aliyuncs.com"


def _id(call: Call) -> str:
    return f"{call.text('InstanceId')}/{call.text('ModuleName', default=MODULE)}/internet"


def _find(call: Call) -> Resource | None:
    return call.find(ENDPOINT, id=_id(call))


def _open(call: Call) -> Resource:
    working_registry(call)
    _check_type(call)
    found = _find(call)
    if found is None or not found["Enable"]:
        raise ApiError("SLB_SERVICE_ERROR", message="The endpoint is not open.")
    return found


def _check_type(call: Call) -> None:
    if call.text("EndpointType").lower() != "internet":
        raise ApiError("InvalidParameter", message="EndpointType is internet.", status=400)


def _ranges(call: Call) -> list[dict[str, str]]:
    """Entry and Comment, or the list of them in Entries."""
    given = call.items("Entries") or [{"Entry": call.text("Entry"), "Comment": call.text("Comment")}]
    rows: list[dict[str, str]] = []
    for one in given:
        entry = str(one.get("Entry", ""))
        network(entry, code="InvalidParameter")
        rows.append({"Entry": entry if "/" in entry else f"{entry}/32", "Comment": str(one.get("Comment") or "")})
    return rows
