"""What is said about a disk before it is made: by RunInstances, CreateInstance and CreateDisk (sheet compute.md 1.1, 3)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.services.ecs import disk_category
from acsctl.emulator.services.ecs.checks import check_description, check_name
from acsctl.emulator.services.ecs.image import Image
from acsctl.emulator.services.ecs.instance_type import Type, boots_from_essd
from acsctl.emulator.services.naming import whole

MOST_DATA_DISKS = 16
LEAST_SYSTEM = 40  # GiB, when no size is given


@dataclass(frozen=True)
class DiskPlan:
    """size: GiB. delete_with_instance: goes when its instance is deleted."""

    type: str
    category: str
    size: int
    level: str
    name: str = ""
    description: str = ""
    device: str = ""
    encrypted: bool = False
    kms_key: str = ""
    delete_with_instance: bool = True
    bursting: bool = False
    provisioned_iops: int = 0


def system_disk(call: Call, *, kind: Type, image: Image) -> DiskPlan:
    """Raises the InvalidSystemDisk... codes."""
    given: Mapping[str, Any] = call.parameters.get("SystemDisk") or {}
    default = disk_category.ESSD if boots_from_essd(kind) else disk_category.DEFAULT
    category = str(given.get("Category") or default)
    if category not in disk_category.for_system():
        raise ApiError("InvalidSystemDiskCategory.ValueNotSupported", message=f"{category} is no category of system disks.")
    level = str(given.get("PerformanceLevel") or ("" if given.get("Category") else "PL0"))
    plan = _plan(given, type="system", category=category, level=disk_category.level_of(category, given=level))
    size = _system_size(given.get("Size"), image=image, plan=plan)
    return replace(plan, size=size, device="/dev/xvda")


def data_disks(call: Call) -> list[DiskPlan]:
    """Raises the InvalidDataDisk... codes."""
    given: list[Mapping[str, Any]] = call.items("DataDisk")
    if len(given) > MOST_DATA_DISKS:
        raise ApiError("InstanceDiskNumber.LimitExceed", message=f"An instance has at most {MOST_DATA_DISKS} data disks.")
    return [data_disk(one, number=number) for number, one in enumerate(given)]


def data_disk(given: Mapping[str, Any], *, number: int) -> DiskPlan:
    """number: from 0, for the name of the device."""
    category = str(given.get("Category") or disk_category.DEFAULT)
    if category not in disk_category.for_data():
        raise ApiError("InvalidDataDiskCategory.ValueNotSupported", message=f"{category} is no category of data disks.")
    if given.get("SnapshotId"):
        raise ApiError("InvalidSnapshotId.NotFound", message=f"The snapshot {given['SnapshotId']} does not exist.")
    level = disk_category.level_of(category, given=str(given.get("PerformanceLevel") or ""))
    plan = _plan(given, type="data", category=category, level=level)
    if not given.get("Size"):
        raise ApiError("InvalidDataDiskSize.ValueNotSupported", message="A data disk needs a size or a snapshot.")
    size = int(given["Size"])
    check_size(plan, size=size, code="InvalidDataDiskSize.ValueNotSupported")
    return replace(plan, size=size, device=str(given.get("Device") or f"/dev/xvd{chr(ord('b') + number)}"))


def check_size(plan: DiskPlan, *, size: int, code: str) -> None:
    """Raises code when the category and level do not come in this size."""
    low, high = disk_category.size_range(plan.category, level=plan.level)
    if not low <= size <= high:
        raise ApiError(code, message=f"{plan.category} {plan.level} comes in {low} to {high} GiB, not in {size}.")


def flag(value: Any) -> bool:
    """Encrypted is text in one action and a boolean in another."""
    return str(value or "").lower() == "true"


def _plan(given: Mapping[str, Any], *, type: str, category: str, level: str) -> DiskPlan:
    name, description = str(given.get("DiskName") or ""), str(given.get("Description") or "")
    check_name(name, code="InvalidDiskName.Malformed")
    check_description(description, code="InvalidDiskDescription.Malformed")
    keep = given.get("DeleteWithInstance")
    return DiskPlan(
        type=type,
        category=category,
        size=0,
        level=level,
        name=name,
        description=description,
        encrypted=flag(given.get("Encrypted")),
        kms_key=str(given.get("KMSKeyId") or ""),
        delete_with_instance=True if keep in (None, "") else bool(keep),
        bursting=flag(given.get("BurstingEnabled")),
        provisioned_iops=int(given.get("ProvisionedIops") or 0),
    )


def _system_size(value: Any, *, image: Image, plan: DiskPlan) -> int:
    least = int(image["size_gb"])
    text = str(value or max(LEAST_SYSTEM, least))
    size = whole(text)
    if size is None:
        raise ApiError("InvalidSystemDiskSize.ValueNotSupported", message=f"{text} is not a size in GiB.")
    if size < least:
        raise ApiError("InvalidSystemDiskSize.LessThanImageSize", message=f"The image needs {least} GiB.", status=404)
    if size > disk_category.SYSTEM_MAX:
        code = "InvalidSystemDiskSize.MoreThanMaxSize"
        raise ApiError(code, message=f"A system disk has at most {disk_category.SYSTEM_MAX} GiB.", status=404)
    check_size(plan, size=size, code="InvalidSystemDiskSize.ValueNotSupported")
    return size
