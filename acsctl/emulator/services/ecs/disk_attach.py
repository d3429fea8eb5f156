"""Creating, attaching, detaching and deleting disks (sheet compute.md 3)."""

from dataclasses import replace
from typing import Any

from acsctl.emulator import catalogue
from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.disk import (
    ATTACHING,
    AVAILABLE,
    CREATING,
    DETACHING,
    DISK,
    IN_USE,
    create_disk,
    detached,
    disks_of,
    require_disk,
)
from acsctl.emulator.services.ecs.disk_category import for_data, size_range
from acsctl.emulator.services.ecs.disk_plan import MOST_DATA_DISKS, DiskPlan, data_disk
from acsctl.emulator.services.ecs.instance import RUNNING, STOPPED, require_instance, require_status
from acsctl.emulator.services.tagging import read_tags

CREATING_FOR, ATTACHING_FOR, DETACHING_FOR = 2.0, 4.0, 5.0  # cloud seconds, sheet compute.md 9
OBSOLETE_DEFAULT = "cloud"  # the category when none is given: no longer sold


@action("ecs.CreateDisk")
def create(call: Call) -> dict[str, Any]:
    """A pay-as-you-go disk in a zone, or a subscribed one on a subscribed instance; then tags and group are ignored."""
    plan = _plan(call)
    if call.text("InstanceId"):
        return {"DiskId": _create_on_instance(call, plan=plan).id}
    zone = call.text("ZoneId")
    if not zone:
        raise ApiError("MissingParameter", message="ZoneId is mandatory.", status=400)
    if zone not in catalogue.zones(call.scope.region):
        raise ApiError("InvalidZoneId.NotFound", message=f"The zone {zone} does not exist.")
    tags = read_tags(call)
    call.within_quota("ecs.disks", used=len(call.all(DISK)), code="QuotaExceed.PostPaidDisk")
    attributes = {"Status": CREATING, "ZoneId": zone, "ResourceGroupId": call.text("ResourceGroupId")}
    if call.text("MultiAttach") == "Enabled":
        attributes["MultiAttach"] = "Enabled"
    disk = create_disk(call, plan=plan, attributes=attributes, tags=tags)
    disk.later(CREATING_FOR, Status=AVAILABLE)
    return {"DiskId": disk.id}


@action("ecs.AttachDisk")
def attach(call: Call) -> dict[str, Any]:
    instance = require_instance(call, id=call.text("InstanceId"))
    disk = require_disk(call, id=call.text("DiskId"))
    if disk["InstanceId"]:
        raise ApiError("InvalidDisk.InUse", message=f"The disk is attached to {disk['InstanceId']}.")
    if disk["Status"] != AVAILABLE:
        raise ApiError("IncorrectDiskStatus", message=f"The disk is {disk['Status']}.")
    require_status(instance, RUNNING, STOPPED)
    if disk["ZoneId"] != instance["ZoneId"]:
        raise ApiError("ResourcesNotInSameZone", message="Disk and instance are in different zones.")
    _attach(call, disk=disk, instance=instance, delete_with=call.flag("DeleteWithInstance"))
    return {}


@action("ecs.DetachDisk")
def detach(call: Call) -> dict[str, Any]:
    disk = require_disk(call, id=call.text("DiskId"))
    instance = require_instance(call, id=call.text("InstanceId"))
    if not disk["InstanceId"]:
        raise ApiError("InvalidDisk.AlreadyDetached", message="The disk is not attached.")
    if disk["InstanceId"] != instance.id:
        raise ApiError("DependencyViolation", message=f"The disk is attached to {disk['InstanceId']}.", status=403)
    if disk["Type"] == "system":
        raise ApiError("DiskTypeViolation", message="A system disk stays with its instance.")
    if disk["Status"] != IN_USE:
        raise ApiError("IncorrectDiskStatus", message=f"The disk is {disk['Status']}.")
    require_status(instance, RUNNING, STOPPED)
    disk.set(Status=DETACHING)
    disk.later(DETACHING_FOR, **detached(call, after=DETACHING_FOR))
    return {}


@action("ecs.DeleteDisk")
def delete(call: Call) -> dict[str, Any]:
    """A disk that does not exist is no error."""
    disk = call.find(DISK, id=call.text("DiskId"))
    if disk is None:
        return {}
    if disk["InstanceId"]:
        raise ApiError("DiskStillAttached", message=f"The disk is attached to {disk['InstanceId']}.")
    if disk["Status"] != AVAILABLE:
        raise ApiError("IncorrectDiskStatus", message=f"The disk is {disk['Status']}.")
    disk.remove()
    return {}


def _plan(call: Call) -> DiskPlan:
    category = call.text("DiskCategory", default=OBSOLETE_DEFAULT)
    if category not in for_data():
        raise ApiError("InvalidDataDiskCategory.NotSupported", message=f"The category {category} is not sold.")
    given = {**call.parameters, "Category": category, "DeleteWithInstance": bool(call.text("InstanceId"))}
    low = size_range(category, level=call.text("PerformanceLevel", default="PL1"))[0]
    if 0 < call.number("Size") < low:
        raise ApiError("InvalidDiskSize.TooSmall", message=f"A disk of {category} has at least {low} GiB.")
    if not call.number("Size") and not call.text("SnapshotId"):
        raise ApiError("MissingParameter", message="Size or SnapshotId is mandatory.", status=400)
    return replace(data_disk(given, number=0), device="")


def _create_on_instance(call: Call, *, plan: DiskPlan) -> Resource:
    if call.text("ZoneId"):
        raise ApiError("InvalidParam.ZoneIdAndInstanceId.Conflict", message="Name a zone or an instance, not both.")
    instance = require_instance(call, id=call.text("InstanceId"))
    if instance["InstanceChargeType"] != "PrePaid":
        raise ApiError("InvalidInstanceChargeType.ValueNotSupported", message="The instance is not a subscription.")
    attributes = {"Status": AVAILABLE, "ZoneId": instance["ZoneId"], "DiskChargeType": "PrePaid", "Portable": False}
    disk = create_disk(call, plan=plan, attributes=attributes, tags={})
    _attach(call, disk=disk, instance=instance, delete_with=True)
    return disk


def _attach(call: Call, *, disk: Resource, instance: Resource, delete_with: bool) -> None:
    """Raises InstanceDiskLimitExceeded."""
    there = disks_of(call, instance_id=instance.id)
    if len([one for one in there if one["Type"] == "data"]) >= MOST_DATA_DISKS:
        raise ApiError("InstanceDiskLimitExceeded", message=f"An instance has at most {MOST_DATA_DISKS} data disks.")
    taken = {one["Device"] for one in there}
    device = next(one for one in (f"/dev/xvd{chr(ord('b') + number)}" for number in range(24)) if one not in taken)
    disk.set(
        Status=ATTACHING, InstanceId=instance.id, Device=call.text("Device", default=device), DeleteWithInstance=delete_with
    )
    disk.later(ATTACHING_FOR, Status=IN_USE, AttachedTime=call.time_minutes, DetachedTime="")
