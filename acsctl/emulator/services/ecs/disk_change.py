"""Changing disks: attributes, size, category and level, and replacing a system disk (sheet compute.md 1.4, 3)."""

import secrets
from dataclasses import replace
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs import boots
from acsctl.emulator.services.ecs.checks import check_description, check_name
from acsctl.emulator.services.ecs.disk import AVAILABLE, IN_USE, create_disk, disks_of, require_disk
from acsctl.emulator.services.ecs.disk_category import SYSTEM_MAX, for_data, for_system, level_of, size_range
from acsctl.emulator.services.ecs.disk_plan import DiskPlan
from acsctl.emulator.services.ecs.image import choose_image
from acsctl.emulator.services.ecs.instance import RUNNING, STOPPED, find_instance, require_instance, require_status
from acsctl.emulator.services.ecs.instance_type import types
from acsctl.emulator.services.ecs.key_pair import require_key_pair
from acsctl.emulator.services.ecs.launch_checks import check_architecture, check_password

MODIFYING_FOR = 10.0  # cloud seconds that ModifyDiskSpec takes, sheet compute.md 9
IDS_PER_CALL = 100
_TEXTS = ("DiskName", "Description")
_FLAGS = ("DeleteWithInstance", "DeleteAutoSnapshot", "EnableAutoSnapshot", "BurstingEnabled")


@action("ecs.ModifyDiskAttribute")
def modify_disk_attribute(call: Call) -> dict[str, Any]:
    one, several = call.text("DiskId"), [str(id_) for id_ in call.items("DiskIds")]
    if one and several:
        raise ApiError("ParameterConflict.DiskIdAndDiskIds", message="DiskId and DiskIds exclude each other.")
    if not one and not several:
        raise ApiError("MissingParameter.DiskIdOrDiskIds", message="Name a disk.")
    check_name(call.text("DiskName"), code="InvalidDiskName.Malformed")
    check_description(call.text("Description"), code="InvalidDescription.Malformed")
    texts = {name: call.text(name) for name in _TEXTS if call.given(name)}
    flags = {name: call.flag(name) for name in _FLAGS if call.given(name)}
    if not texts and not flags:
        raise ApiError("NoAttributeToModify", message="No attribute is given.")
    for disk in [require_disk(call, id=id_) for id_ in several or [one]]:
        disk.set(**texts, **flags)
    return {}


@action("ecs.ResizeDisk")
def resize_disk(call: Call) -> dict[str, Any]:
    """A disk only grows. Offline, the default, means that the instance sees it after a restart."""
    disk = require_disk(call, id=call.text("DiskId"))
    size, kind = call.number("NewSize"), call.text("Type", default="offline")
    if kind not in ("offline", "online"):
        raise ApiError("InvalidParam.Type", message="Type is offline or online.")
    _require_steady(disk)
    instance = find_instance(call, id=disk["InstanceId"])
    if instance is not None:
        require_status(instance, RUNNING, STOPPED)
        if kind == "online":
            require_status(instance, RUNNING, code="InvalidInstanceStatus.NotRunning")
    if size <= disk["Size"]:
        code = "InvalidDiskSize" if size < disk["Size"] else "InvalidDiskSize.TooSmall"
        raise ApiError(code, message=f"The disk has {disk['Size']} GiB; it can only grow.", status=403)
    high = size_range(disk["Category"], level=disk["PerformanceLevel"])[1]
    if size > (min(high, SYSTEM_MAX) if disk["Type"] == "system" else high):
        raise ApiError("InvalidDiskSize.TooLarge", message=f"A disk of {disk['Category']} is not that large.")
    disk.set(Size=size)
    return {"OrderId": ""}


@action("ecs.ModifyDiskSpec")
def modify_disk_spec(call: Call) -> dict[str, Any]:
    """Another category or level; the task takes a while, then it reads back."""
    disk = require_disk(call, id=call.text("DiskId"))
    _require_steady(disk)
    category = call.text("DiskCategory", default=disk["Category"])
    if category not in (for_system() if disk["Type"] == "system" else for_data()):
        raise ApiError("InvalidDiskCategory.ValueNotSupported", message=f"There is no category {category}.", status=400)
    same = category == disk["Category"]
    level = level_of(category, given=call.text("PerformanceLevel") or (disk["PerformanceLevel"] if same else ""))
    iops = call.number("ProvisionedIops", default=disk["ProvisionedIops"])
    if same and level == disk["PerformanceLevel"] and iops == disk["ProvisionedIops"]:
        raise ApiError("NoChangeInDiskCategoryAndPerformanceLevel", message="Nothing would change.")
    low, high = size_range(category, level=level)
    if not low <= disk["Size"] <= high:
        raise ApiError("OperationDenied.PerformanceLevelNotMatch", message=f"{level} needs {low} to {high} GiB.")
    call.end_dry_run()
    disk.later(MODIFYING_FOR, Category=category, PerformanceLevel=level, ProvisionedIops=iops)
    return {"TaskId": f"t-{secrets.token_hex(8)}", "OrderId": ""}


@action("ecs.ReplaceSystemDisk")
def replace_system_disk(call: Call) -> dict[str, Any]:
    """A new disk with a new image takes the place of the system disk, whose data are lost."""
    instance = require_instance(call, id=call.text("InstanceId"))
    require_status(instance, STOPPED)
    image = choose_image(call)
    check_architecture(types()[instance["InstanceType"]], image=image)
    if call.text("KeyPairName"):
        require_key_pair(call, name=call.text("KeyPairName"))
    if call.text("Password"):
        check_password(call.text("Password"))
    old = next(one for one in disks_of(call, instance_id=instance.id) if one["Type"] == "system")
    plan = replace(_like(old), size=_new_size(call, old=old, least=int(image["size_gb"])))
    kept = old.pick("ZoneId", "InstanceId", "Device", "DiskChargeType", "ResourceGroupId", "DeleteAutoSnapshot")
    attributes = {**kept, "Status": IN_USE, "AttachedTime": call.time_minutes, "ImageId": image["id"]}
    made = create_disk(call, plan=plan, attributes=attributes, tags=old.tags)
    old.remove()
    instance.set(ImageId=image["id"], KeyPairName=call.text("KeyPairName", default=instance["KeyPairName"]))
    boots.new_disk(call.world, instance)
    return {"DiskId": made.id}


def _require_steady(disk: Resource) -> None:
    if disk["Status"] not in (AVAILABLE, IN_USE):
        raise ApiError("IncorrectDiskStatus", message=f"The disk is {disk['Status']}.", status=403)


def _like(disk: Resource) -> DiskPlan:
    return DiskPlan(
        type=disk["Type"],
        category=disk["Category"],
        size=disk["Size"],
        level=disk["PerformanceLevel"],
        name=disk["DiskName"],
        description=disk["Description"],
        device=disk["Device"],
        encrypted=disk["Encrypted"],
        kms_key=disk["KMSKeyId"],
        delete_with_instance=disk["DeleteWithInstance"],
        bursting=disk["BurstingEnabled"],
        provisioned_iops=disk["ProvisionedIops"],
    )


def _new_size(call: Call, *, old: Resource, least: int) -> int:
    given = (call.parameters.get("SystemDisk") or {}).get("Size")
    size = int(given) if given else max(int(old["Size"]), least)
    if size < old["Size"]:
        code = "InvalidSystemDiskSize.LessThanMinSize"
        raise ApiError(code, message=f"The system disk has {old['Size']} GiB; it can only grow.", status=404)
    if size < least:
        raise ApiError("InvalidSystemDiskSize.LessThanImageSize", message=f"The image needs {least} GiB.", status=404)
    if size > SYSTEM_MAX:
        code = "InvalidSystemDiskSize.MoreThanMaxSize"
        raise ApiError(code, message=f"A system disk has at most {SYSTEM_MAX} GiB.", status=404)
    return size
