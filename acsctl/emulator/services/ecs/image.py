"""Public images, from metadata/catalogue.json; nobody has custom ones here."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from acsctl.emulator import catalogue
from acsctl.emulator.actions import action
from acsctl.emulator.answers import cut
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.services.ecs.checks import json_ids, wildcard
from acsctl.emulator.services.ecs.instance_type import find_type, image_architecture
from acsctl.emulator.services.paging import by_number

Image = Mapping[str, Any]
"""One of the catalogue's images."""

IDS_PER_CALL = 100
_DATE = re.compile(r"_(\d{4})(\d{2})(\d{2})\.vhd$")


@action("ecs.DescribeImages")
def describe_images(call: Call) -> dict[str, Any]:
    ids = call.commas("ImageId")
    if call.text("ImageId").startswith("["):
        ids = json_ids(call, name="ImageId", codes=["InvalidParamter"]) or []
    if len(ids) > IDS_PER_CALL:
        raise ApiError("InvalidParamter", message=f"ImageId takes at most {IDS_PER_CALL} ids.")
    call.end_dry_run()
    rows = [one for one in newest_first() if (not ids or one["id"] in ids) and _is_asked(one, call=call)]
    page, counts = by_number(call, rows=rows)
    return {"RegionId": call.scope.region, "Images": {"Image": [_summary(one) for one in page]}, **counts}


@action("ecs.DescribeImageFromFamily")
def describe_image_from_family(call: Call) -> dict[str, Any]:
    """The newest image of a family; no image at all for an unknown family."""
    found = latest(call.text("ImageFamily"))
    if found is None:
        return {"Image": {}}
    return {"Image": cut(_summary(found), tree=call.action.response["Image"])}


@cache
def images() -> Mapping[str, Image]:
    """All of them, by id."""
    return {one["id"]: one for one in catalogue.document()["images"]}


def latest(family: str) -> Image | None:
    """The newest image of a family."""
    return next((one for one in newest_first() if one.get("family") == family), None)


def choose_image(call: Call) -> Image:
    """The image that ImageId or ImageFamily names. Raises InvalidImageId.NotFound and the like (sheet compute.md 1.1)."""
    id_, family = call.text("ImageId"), call.text("ImageFamily")
    if id_ and family:
        raise ApiError("UnexpectedImageFamily.ImageIdSupplied", message="Name an image or a family, not both.")
    if not id_ and not family:
        raise ApiError("MissingParameter", message="ImageId or ImageFamily is mandatory.", status=400)
    found = images().get(id_) if id_ else latest(family)
    if found is None and family:
        raise ApiError("InvalidImageFamily.MissingAvailableImage", message=f"The family {family} has no image.")
    if found is None:
        raise ApiError("InvalidImageId.NotFound", message=f"The image {id_} does not exist.")
    return found


def is_windows(image_id: str) -> bool:
    return images().get(image_id, {}).get("os_type") == "windows"


@cache
def newest_first() -> list[Image]:
    return sorted(images().values(), key=_date, reverse=True)


def _date(image: Image) -> str:
    found = _DATE.search(image["id"])
    return "-".join(found.groups()) if found else "2020-01-01"


def _is_asked(image: Image, *, call: Call) -> bool:
    asked = {
        "ImageFamily": image.get("family") or "",
        "OSType": image["os_type"],
        "Architecture": image["architecture"],
        "ImageOwnerAlias": "system",
        "Status": "Available",
        "Usage": "none",
    }
    if any(call.text(name) and value not in call.text(name).split(",") for name, value in asked.items()):
        return False
    if call.text("InstanceType"):
        kind = find_type(call.text("InstanceType"))
        if kind is None:
            raise ApiError("InvalidInstanceType.ValueNotSupported", message="The instance type does not exist.")
        if image_architecture(kind) != image["architecture"]:
            return False
    private = call.items("Tag") or call.text("SnapshotId") or not call.flag("IsPublic", default=True)
    return not private and wildcard(call.text("ImageName"))(image["id"])


def _summary(image: Image) -> dict[str, Any]:
    windows = image["os_type"] == "windows"
    return {
        "ImageId": image["id"],
        "ImageName": image["id"],
        "ImageFamily": image.get("family") or "",
        "ImageVersion": str(image.get("image_version", "")),
        "ImageOwnerAlias": "system",
        "ImageOwnerId": 0,
        "Architecture": image["architecture"],
        "BootMode": image.get("boot_mode", "BIOS"),
        "CreationTime": str(image.get("creation_time", f"{_date(image)}T00:00:00Z")),
        "Description": "",
        "DiskDeviceMappings": {"DiskDeviceMapping": []},
        "Features": {"NvmeSupport": "supported"},
        "IsCopied": False,
        "IsPublic": True,
        "IsSelfShared": "",
        "IsSubscribed": False,
        "IsSupportCloudinit": not windows,
        "IsSupportIoOptimized": True,
        "LoginAsNonRootSupported": False,
        "OSName": image["os_name"],
        "OSNameEn": image["os_name_en"],
        "OSType": image["os_type"],
        "Platform": image["platform"],
        "ProductCode": "",
        "Progress": "100%",
        "Size": image["size_gb"],
        "Status": "Available",
        "Tags": {"Tag": []},
        "Usable": True,
        "Usage": "none",
    }
