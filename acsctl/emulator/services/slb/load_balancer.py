"""Load balancers made, changed and deleted (sheet network.md 9)."""

from dataclasses import dataclass
from typing import Any

from acsctl.emulator import catalogue
from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.naming import check_text
from acsctl.emulator.services.network import VSWITCH
from acsctl.emulator.services.network_use import (
    EipTarget,
    eip_target,
    release_addresses,
    release_public_addresses,
    take_address,
    take_public_address,
    unbind_eips,
)
from acsctl.emulator.services.slb.types import LOAD_BALANCER, groups, listeners, require_balancer
from acsctl.emulator.services.tagging import read_tags
from acsctl.emulator.services.vpc.vpc import DEFAULT_RESOURCE_GROUP

INTERNET, INTRANET = "internet", "intranet"
BY_USE = "PayByCLCU"
KIND = "load balancer"  # what takes the address in a vSwitch


@dataclass(frozen=True)
class Wish:
    """A load balancer that is asked for. vswitch: where the address of an intranet one is taken; None makes a public one.
    more: attributes over the defaults."""

    name: str
    vswitch: Resource | None
    address: str = ""
    more: tuple[tuple[str, Any], ...] = ()


@action("slb.CreateLoadBalancer")
def create_load_balancer(call: Call) -> dict[str, Any]:
    _check(call)
    tags = read_tags(call)
    vswitch = _vswitch(call) if call.text("AddressType", default=INTERNET) == INTRANET else None
    call.within_quota("slb.load-balancers", used=len(call.all(LOAD_BALANCER)), code="OperationForbidden.QuotaLimit")
    given = {name: call.parameters[name] for name in _GIVEN if call.given(name) and call.parameters[name] not in ("", None)}
    wish = Wish(call.text("LoadBalancerName"), vswitch, call.text("Address"), tuple(given.items()))
    made = add(call, wish=wish, tags=tags)
    names = ("Address", "AddressIPVersion", "LoadBalancerName", "NetworkType", "ResourceGroupId", "VSwitchId", "VpcId")
    return {"LoadBalancerId": made.id, **made.pick(*names)}


@action("slb.DeleteLoadBalancer")
def delete_load_balancer(call: Call) -> dict[str, Any]:
    balancer = require_balancer(call)
    if balancer["DeleteProtection"] == "on":
        raise ApiError("OperationDenied.DeleteProtectionIsOn", message=f"{balancer.id} is protected against deletion.")
    if balancer["InstanceChargeType"] == "PrePay" or balancer["PayType"] == "PrePay":
        raise ApiError("InvalidChargeType", message=f"{balancer.id} is a subscription.")
    remove(call, balancer=balancer)
    return {}


@action("slb.SetLoadBalancerStatus")
def set_load_balancer_status(call: Call) -> dict[str, Any]:
    _choose(call, name="LoadBalancerStatus", of=("active", "inactive"))
    require_balancer(call).set(LoadBalancerStatus=call.text("LoadBalancerStatus"))
    return {}


@action("slb.SetLoadBalancerName")
def set_load_balancer_name(call: Call) -> dict[str, Any]:
    check_text(call, name="LoadBalancerName", code="InvalidParameter", longest=80)
    require_balancer(call).set(LoadBalancerName=call.text("LoadBalancerName"))
    return {}


@action("slb.SetLoadBalancerDeleteProtection")
def set_load_balancer_delete_protection(call: Call) -> dict[str, Any]:
    _choose(call, name="DeleteProtection", of=("on", "off"))
    require_balancer(call).set(DeleteProtection=call.text("DeleteProtection"))
    return {}


@action("slb.SetLoadBalancerModificationProtection")
def set_load_balancer_modification_protection(call: Call) -> dict[str, Any]:
    _choose(call, name="ModificationProtectionStatus", of=_PROTECTIONS)
    names = ("ModificationProtectionStatus", "ModificationProtectionReason")
    require_balancer(call).set(**{name: call.text(name) for name in names})
    return {}


@action("slb.ModifyLoadBalancerInternetSpec")
def modify_load_balancer_internet_spec(call: Call) -> dict[str, Any]:
    balancer = require_balancer(call)
    if balancer["AddressType"] != INTERNET:
        raise ApiError("InvalidParameter", message=f"{balancer.id} is an intranet one.", status=400)
    balancer.set(**{name: call.parameters[name] for name in ("InternetChargeType", "Bandwidth") if call.given(name)})
    return {"OrderId": 0}


@action("slb.ModifyLoadBalancerInstanceSpec")
def modify_load_balancer_instance_spec(call: Call) -> dict[str, Any]:
    require_balancer(call).set(LoadBalancerSpec=call.text("LoadBalancerSpec"))
    return {"OrderId": 0}


@action("slb.ModifyLoadBalancerInstanceChargeType")
def modify_load_balancer_instance_charge_type(call: Call) -> dict[str, Any]:
    names = ("InstanceChargeType", "LoadBalancerSpec", "InternetChargeType", "Bandwidth")
    require_balancer(call).set(**{name: call.parameters[name] for name in names if call.given(name)})
    return {}


@action("slb.MoveResourceGroup")
def move_resource_group(call: Call) -> dict[str, Any]:
    require_balancer(call, id=call.text("ResourceId") or "none").set(ResourceGroupId=call.text("NewResourceGroupId"))
    return {}


@eip_target("SlbInstance")
def balancer_takes_eip(call: Call, *, id: str) -> EipTarget:
    balancer = call.find(LOAD_BALANCER, id=id)
    if balancer is None:
        raise ApiError("InvalidInstanId.NotFound", message=f"The load balancer {id} does not exist.", status=404)
    if balancer["AddressType"] != INTRANET:
        raise ApiError("InvalidInstanceType.NotSupport", message=f"{id} has a public address of its own.", status=400)
    return EipTarget(balancer["VpcId"], balancer["Address"])


def add(call: Call, *, wish: Wish, tags: dict[str, str] | None = None) -> Resource:
    """A new load balancer with its address. Only the address is checked."""
    zones = catalogue.zones(call.scope.region)
    master = wish.vswitch["ZoneId"] if wish.vswitch else zones[0]
    attributes: dict[str, Any] = {
        "LoadBalancerStatus": "active",
        "AddressType": INTRANET if wish.vswitch else INTERNET,
        "AddressIPVersion": "ipv4",
        "NetworkType": "vpc" if wish.vswitch else "classic",
        "VpcId": wish.vswitch["VpcId"] if wish.vswitch else "",
        "VSwitchId": wish.vswitch.id if wish.vswitch else "",
        "MasterZoneId": master,
        "SlaveZoneId": next((one for one in zones if one != master), master),
        "LoadBalancerSpec": "",
        "Bandwidth": 5120,
        "InternetChargeType": "paybytraffic",
        "InstanceChargeType": "PayBySpec",
        "PayType": "PayOnDemand",
        "DeleteProtection": "off",
        "ModificationProtectionStatus": "NonProtection",
        "ModificationProtectionReason": "",
        "ResourceGroupId": DEFAULT_RESOURCE_GROUP,
        "BackendServers": [],
        **dict(wish.more),
    }
    made = call.create(LOAD_BALANCER, attributes=attributes, tags=tags)
    if wish.vswitch is not None:
        address = take_address(call, vswitch=wish.vswitch, by=made.id, kind=KIND, wanted=wish.address)
    else:
        address = take_public_address(call, by=made.id)
    made.set(LoadBalancerName=wish.name or f"auto_named_slb_{made.id[3:]}", Address=address)
    return made


def remove(call: Call, *, balancer: Resource) -> None:
    """With its listeners, server groups and address; a bound EIP stays. Nothing is checked."""
    for one in [*listeners(call, balancer_id=balancer.id), *groups(call, balancer_id=balancer.id)]:
        one.remove()
    release_addresses(call, by=balancer.id)
    release_public_addresses(call, by=balancer.id)
    unbind_eips(call, id=balancer.id)
    balancer.remove()


_PROTECTIONS = ("NonProtection", "ConsoleProtection")
_GIVEN = (
    "LoadBalancerSpec",
    "Bandwidth",
    "InternetChargeType",
    "InstanceChargeType",
    "PayType",
    "MasterZoneId",
    "SlaveZoneId",
    "DeleteProtection",
    "ModificationProtectionStatus",
    "ModificationProtectionReason",
    "ResourceGroupId",
)


def _check(call: Call) -> None:
    _choose(call, name="AddressType", of=(INTERNET, INTRANET))
    _choose(call, name="DeleteProtection", of=("on", "off"))
    _choose(call, name="ModificationProtectionStatus", of=_PROTECTIONS)
    check_text(call, name="LoadBalancerName", code="InvalidParameter", longest=80)
    if not call.text("LoadBalancerSpec") and call.text("InstanceChargeType") != BY_USE:
        raise ApiError("MissingParam.LoadBalancerSpec", message=f"LoadBalancerSpec is mandatory unless {BY_USE}.")
    zones = catalogue.zones(call.scope.region)
    for name in ("MasterZoneId", "SlaveZoneId"):
        if call.text(name) and call.text(name) not in zones:
            raise ApiError("InvalidParameter", message=f"{call.scope.region} has no zone {call.text(name)}.", status=400)


def _vswitch(call: Call) -> Resource:
    if not call.text("VSwitchId"):
        raise ApiError("MissingParam.VSwitchId", message="An intranet load balancer needs a vSwitch.")
    found = call.find(VSWITCH, id=call.text("VSwitchId"))
    if found is None or call.text("VpcId") not in ("", found["VpcId"]):
        raise ApiError("InvalidVSwitchId.NotFound", message="The vSwitch does not exist.", status=400)
    return found


def _choose(call: Call, *, name: str, of: tuple[str, ...]) -> None:
    if call.text(name) and call.text(name) not in of:
        code = call.published(f"InvalidParam.{name}", "InvalidParameter")
        raise ApiError(code, message=f"{name} is one of {', '.join(of)}.", status=400)
