"""Disks as resources: the type, making and releasing one, DescribeDisks (sheet compute.md 3)."""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_minutes
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, declare
from acsctl.emulator.services.ecs.checks import equals, json_ids, paged, wildcard
from acsctl.emulator.services.ecs.disk_category import speed
from acsctl.emulator.services.ecs.disk_plan import DiskPlan
from acsctl.emulator.services.tagging import tag_filter, tag_key_value

DISK = declare("disk", prefix="d-", arn=("ecs", "disk"))
AVAILABLE, IN_USE, CREATING, ATTACHING, DETACHING = "Available", "In_use", "Creating", "Attaching", "Detaching"
STATUSES = (AVAILABLE, IN_USE, CREATING, ATTACHING, DETACHING, "ReIniting", "All")
LEAST_PAGE = 10  # by token, sheet compute.md 3
_FLAGS = ("Portable", "DeleteWithInstance", "DeleteAutoSnapshot", "EnableAutoSnapshot", "Encrypted")
_SAME = ("ZoneId", "Category", "PerformanceLevel", "InstanceId", "KMSKeyId", "ResourceGroupId", "DiskChargeType", "MultiAttach")


@action("ecs.DescribeDisks")
def describe_disks(call: Call) -> dict[str, Any]:
    ids = json_ids(call, name="DiskIds", codes=["InvalidDiskIds.Malformed", "InvalidParameter.DiskIds"])
    _check_words(call)
    call.end_dry_run()
    matches, same, named = tag_filter(call), equals(call, *_SAME), wildcard(call.text("DiskName"))
    rows = [
        one
        for one in call.listed(DISK)
        if (ids is None or one.id in ids)
        and same(one)
        and matches(one)
        and named(one["DiskName"])
        and _is_asked(one, call=call)
    ]
    page, counts = paged(call, rows=rows, floor=LEAST_PAGE)
    return {"Disks": {"Disk": [_summary(one) for one in page]}, **counts}


def create_disk(call: Call, *, plan: DiskPlan, attributes: Mapping[str, Any], tags: Mapping[str, str]) -> Resource:
    """A disk of the plan; attributes: Status, ZoneId and what else its maker knows."""
    defaults = {
        "DiskName": plan.name,
        "Description": plan.description,
        "Category": plan.category,
        "PerformanceLevel": plan.level,
        "Size": plan.size,
        "Type": plan.type,
        "Encrypted": plan.encrypted,
        "KMSKeyId": plan.kms_key,
        "DeleteWithInstance": plan.delete_with_instance,
        "BurstingEnabled": plan.bursting,
        "ProvisionedIops": plan.provisioned_iops,
        "Device": "",
        "InstanceId": "",
        "ImageId": "",
        "AttachedTime": "",
        "DetachedTime": "",
        "DeleteAutoSnapshot": True,
        "EnableAutoSnapshot": True,
        "Portable": plan.type == "data",
        "DiskChargeType": "PostPaid",
        "MultiAttach": "Disabled",
        "ResourceGroupId": "",
    }
    return call.create(DISK, attributes={**defaults, **attributes}, tags=tags)


def disks_of(call: Call, *, instance_id: str) -> list[Resource]:
    return [one for one in call.all(DISK) if one["InstanceId"] == instance_id]


def require_disk(call: Call, *, id: str) -> Resource:
    """Raises InvalidDiskId.NotFound."""
    found = call.find(DISK, id=id)
    if found is None:
        raise ApiError("InvalidDiskId.NotFound", message=f"The disk {id} does not exist.", status=404)
    return found


def release_disks(call: Call, *, instance_id: str, after: float) -> None:
    """What becomes of the disks of a deleted instance: those marked go with it, the others become Available."""
    for disk in disks_of(call, instance_id=instance_id):
        if disk["DeleteWithInstance"]:
            disk.remove(after=after)
        else:
            disk.later(after, **detached(call, after=after))


def detached(call: Call, *, after: float) -> dict[str, Any]:
    """The attributes of a disk once it is off its instance, after so many cloud seconds."""
    return {
        "Status": AVAILABLE,
        "InstanceId": "",
        "Device": "",
        "AttachedTime": "",
        "DetachedTime": iso_minutes(call.now + after),
        "DeleteWithInstance": False,
    }


def _check_words(call: Call) -> None:
    if call.text("Status", default="All") not in STATUSES:
        raise ApiError("InvalidStatus.ValueNotSupported", message="There is no such status of a disk.")
    if call.text("DiskType", default="all") not in ("all", "system", "data"):
        raise ApiError("InvalidDiskType.ValueNotSupported", message="DiskType is system, data or all.")


def _is_asked(disk: Resource, *, call: Call) -> bool:
    if call.text("Status", default="All") not in ("All", disk["Status"]):
        return False
    if call.text("DiskType", default="all") not in ("all", disk["Type"]):
        return False
    if any(call.given(name) and call.flag(name) != disk[name] for name in _FLAGS):
        return False
    return not (call.text("SnapshotId") or call.text("AutoSnapshotPolicyId") or call.text("LockReason"))


def _summary(disk: Resource) -> dict[str, Any]:
    iops, throughput = speed(disk["Category"], level=disk["PerformanceLevel"], size=disk["Size"])
    attachment = {"InstanceId": disk["InstanceId"], "Device": disk["Device"], "AttachedTime": disk["AttachedTime"]}
    attachments = [attachment] if disk["InstanceId"] else []
    shown = (
        "DiskName",
        "Description",
        "Category",
        "PerformanceLevel",
        "Size",
        "Type",
        "Status",
        "ZoneId",
        "InstanceId",
        "Device",
    )
    more = (
        "Encrypted",
        "KMSKeyId",
        "ImageId",
        "AttachedTime",
        "DetachedTime",
        "DiskChargeType",
        "MultiAttach",
        "ResourceGroupId",
    )
    flags = ("DeleteWithInstance", "DeleteAutoSnapshot", "EnableAutoSnapshot", "Portable", "BurstingEnabled", "ProvisionedIops")
    return {
        "DiskId": disk.id,
        "RegionId": disk.region,
        "CreationTime": iso_minutes(disk.created),
        "ExpiredTime": "2999-09-08T16:00Z",
        "SerialNumber": disk.id.removeprefix("d-"),
        **disk.pick(*shown, *more, *flags),
        "EnableAutomatedSnapshotPolicy": False,
        "AutoSnapshotPolicyId": "",
        "SourceSnapshotId": "",
        "StorageSetId": "",
        "ProductCode": "",
        "IOPS": iops,
        "IOPSRead": iops,
        "IOPSWrite": iops,
        "Throughput": throughput,
        "Attachments": {"Attachment": attachments},
        "MountInstances": {"MountInstance": []},
        "MountInstanceNum": len(attachments),
        "OperationLocks": {"OperationLock": []},
        "Tags": tag_key_value(disk),
    }
