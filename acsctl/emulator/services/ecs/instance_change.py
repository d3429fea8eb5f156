"""Changing what an instance is called, is protected by, and is made of (sheet compute.md 1.4); its network has its own file."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs import boots
from acsctl.emulator.services.ecs.checks import check_description, check_name
from acsctl.emulator.services.ecs.image import images, is_windows
from acsctl.emulator.services.ecs.instance import RUNNING, STARTING, STOPPED, STOPPING, require_instance, require_status
from acsctl.emulator.services.ecs.instance_type import find_type
from acsctl.emulator.services.ecs.launch_checks import (
    check_architecture,
    check_password,
    check_user_data,
    read_release_time,
)
from acsctl.emulator.services.ecs.launch_names import check_host
from acsctl.emulator.services.ecs.launch_network import read_groups
from acsctl.emulator.services.ecs.membership import set_groups
from acsctl.emulator.services.ecs.stock import sell, sellable

RESIZING_FOR = 2.0  # cloud seconds, sheet compute.md 9


@action("ecs.ModifyInstanceAttribute")
def modify_instance_attribute(call: Call) -> dict[str, Any]:
    instance = require_instance(call, id=call.text("InstanceId"))
    require_status(instance, STARTING, RUNNING, STOPPING, STOPPED)
    _change_names(call, instance=instance)
    if call.given("DeletionProtection"):
        if instance["InstanceChargeType"] == "PrePaid":
            raise ApiError("InvalidChargeType.ValueNotSupported", message="A subscription is not protected this way.")
        instance.set(DeletionProtection=call.flag("DeletionProtection"))
    if call.text("CreditSpecification"):
        if call.text("CreditSpecification") not in ("Standard", "Unlimited"):
            raise ApiError("InvalidParameter.CreditSpecification", message="CreditSpecification is Standard or Unlimited.")
        instance.set(CreditSpecification=call.text("CreditSpecification"))
    if call.given("UserData"):
        require_status(instance, STOPPED)
        check_user_data(call.text("UserData"))
        boots.keep_first(call.world, instance)
        instance.set(UserData=call.text("UserData"))
    if call.items("SecurityGroupIds"):
        require_status(instance, RUNNING, STOPPED)
        ids = read_groups(call, ids=[str(one) for one in call.items("SecurityGroupIds")], vpc_id=instance["VpcId"])
        set_groups(call, instance=instance, group_ids=ids)
    return {}


@action("ecs.ModifyInstanceSpec")
def modify_instance_spec(call: Call) -> dict[str, Any]:
    instance = require_instance(call, id=call.text("InstanceId"))
    if instance["InstanceChargeType"] != "PostPaid":
        raise ApiError("ChargeTypeViolation", message="That of a subscription is changed by ModifyPrepayInstanceSpec.")
    return _modify_spec(call, instance=instance)


@action("ecs.ModifyPrepayInstanceSpec")
def modify_prepay_instance_spec(call: Call) -> dict[str, Any]:
    instance = require_instance(call, id=call.text("InstanceId"))
    if instance["InstanceChargeType"] != "PrePaid":
        raise ApiError("ChargeTypeViolation", message="That of a pay-as-you-go instance is changed by ModifyInstanceSpec.")
    return _modify_spec(call, instance=instance)


@action("ecs.ModifyInstanceMetadataOptions")
def modify_instance_metadata_options(call: Call) -> dict[str, Any]:
    instance = require_instance(call, id=call.text("InstanceId"))
    texts = {name: call.text(name) for name in ("HttpEndpoint", "HttpTokens") if call.text(name)}
    instance.set(**texts)
    if call.number("HttpPutResponseHopLimit"):
        instance.set(HttpPutResponseHopLimit=call.number("HttpPutResponseHopLimit"))
    return {}


@action("ecs.ModifyInstanceAutoReleaseTime")
def modify_instance_auto_release_time(call: Call) -> dict[str, Any]:
    """Kept and shown; the local cloud releases nothing by itself."""
    instance = require_instance(call, id=call.text("InstanceId"))
    if instance["InstanceChargeType"] != "PostPaid":
        raise ApiError("ChargeTypeViolation", message="A subscription has no release time.")
    instance.set(AutoReleaseTime=read_release_time(call))
    return {}


def _change_names(call: Call, *, instance: Resource) -> None:
    check_name(call.text("InstanceName"), code="InvalidInstanceName.Malformed")
    check_description(call.text("Description"), code="InvalidDescription.Malformed")
    if call.text("HostName") or call.text("Password"):
        require_status(instance, RUNNING, STOPPING, STOPPED)
    check_host(call.text("HostName"), windows=is_windows(instance["ImageId"]))
    if call.text("Password"):
        check_password(call.text("Password"))
    instance.set(**{name: call.text(name) for name in ("InstanceName", "HostName") if call.text(name)})
    if call.given("Description"):
        instance.set(Description=call.text("Description"))


def _modify_spec(call: Call, *, instance: Resource) -> dict[str, Any]:
    """Another type, for a stopped instance; two seconds later it reads back."""
    if instance.get("Resizing"):
        raise ApiError("LastTokenProcessing", message="The last change is still being made.")
    require_status(instance, STOPPED, code=call.published("InvalidInstanceStatus.NotStopped", "IncorrectInstanceStatus"))
    if not call.text("InstanceType"):
        raise ApiError("MissingInstanceType", message="InstanceType is mandatory.")
    kind = find_type(call.text("InstanceType"))
    if kind is None:
        raise ApiError("InvalidInstanceType.ValueNotSupported", message="The instance type does not exist.", status=400)
    check_architecture(kind, image=images()[instance["ImageId"]])
    sellable(call, zone=instance["ZoneId"], kind=kind["id"], amount=1, least=1)
    call.end_dry_run()
    sell(call, zone=instance["ZoneId"], kind=kind["id"], amount=1)
    instance.set(Resizing=True)
    instance.later(RESIZING_FOR, InstanceType=kind["id"], Resizing=False)
    return {}
