"""What is checked of a node pool before it is made or changed (sheet containers.md 1.4)."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import addon_records, cluster_checks
from acsctl.emulator.services.cs.wiring import known, wrong
from acsctl.emulator.services.ecs.image import images, newest_first
from acsctl.emulator.services.ecs.instance_type import find_type, image_architecture
from acsctl.emulator.services.ecs.key_pair import require_key_pair
from acsctl.emulator.services.ecs.launch_checks import check_password
from acsctl.emulator.services.tagging import check_tag

Given = Mapping[str, Any]

MOST_VSWITCHES, MOST_TYPES, MOST_TAGS = 8, 10, 20
SYSTEM_DISK = (20, 2048)  # GiB
PLAIN = "AliyunLinux3"  # the image type of a pool that names none, own choice
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
NEEDED = {"vswitch_ids": "VswitchIds", "instance_types": "InstanceTypes", "instance_charge_type": "InstanceChargeType"}


def check_new(given: Given) -> None:
    """What only a new pool has to say. Raises MissingParameter.X."""
    if not (given.get("nodepool_info") or {}).get("name"):
        raise ApiError("MissingParameter.NodepoolInfo", message="nodepool_info.name is mandatory.", status=400)
    if (given.get("nodepool_info") or {}).get("type", "ess") != "ess":
        raise wrong("NodepoolInfo", "The local cloud makes node pools of the type ess only.")
    group: Given = given.get("scaling_group") or {}
    for name, field in NEEDED.items():
        if not group.get(name):
            raise ApiError(f"MissingParameter.{field}", message=f"scaling_group.{name} is mandatory.", status=400)


def check(call: Call, *, given: Given, vpc_id: str) -> None:
    """What is given of a pool, whether new or changed. Raises InvalidParameter.X."""
    group: Given = given.get("scaling_group") or {}
    _check_places(call, group=group, vpc_id=vpc_id)
    _check_login(call, group=group)
    check_image(str(group.get("image_id") or ""))
    if group.get("image_type") and group["image_type"] not in known()["image_types"]:
        raise wrong("ImageType", f"image_type is one of {', '.join(known()['image_types'])}.")
    for one in group.get("instance_types") or ():
        if find_type(str(one)) is None:
            raise wrong("InstanceTypes", f"The instance type {one} does not exist.")
    if len(group.get("instance_types") or ()) > MOST_TYPES:
        raise wrong("InstanceTypes", f"A node pool has at most {MOST_TYPES} instance types.")
    if group.get("instance_charge_type", "PostPaid") not in ("PostPaid", "PrePaid"):
        raise wrong("InstanceChargeType", "instance_charge_type is PostPaid or PrePaid.")
    size = group.get("system_disk_size")
    if size is not None and not SYSTEM_DISK[0] <= size <= SYSTEM_DISK[1]:
        raise wrong("SystemDiskSize", f"system_disk_size is {SYSTEM_DISK[0]} to {SYSTEM_DISK[1]}.")
    if group.get("desired_size") is not None and group["desired_size"] < 0:
        raise wrong("DesiredSize", "desired_size is 0 or more.")
    _check_tags(call, group=group)
    _check_scaling(given.get("auto_scaling") or {})
    for one in (given.get("kubernetes_config") or {}).get("taints") or ():
        if one.get("effect", "NoSchedule") not in EFFECTS or not one.get("key"):
            raise wrong("Taints", f"A taint has a key, and an effect of {', '.join(EFFECTS)}.")


def check_image(id: str) -> None:
    """Raises InvalidParameter.ImageId."""
    if id and id not in images():
        raise wrong("ImageId", f"The image {id} does not exist.")


def check_desired(given: Given, *, auto: bool) -> None:
    """Raises InvalidDesiredSizeOrCount.NotNull: a pool that scales by itself has no desired_size (sheet ack-facts.md 6)."""
    if auto and (given.get("scaling_group") or {}).get("desired_size") is not None:
        message = "desired_size is not for a node pool that scales by itself."
        raise ApiError("InvalidDesiredSizeOrCount.NotNull", message=message, status=400)


def check_management(call: Call, *, given: Given, cluster: Resource) -> None:
    """Raises InvalidParameter.Management: it needs ack-node-problem-detector (sheet ack-facts.md 6)."""
    if not (given.get("management") or {}).get("enable"):
        return
    names = {one["Name"] for one in addon_records.of(call.world, cluster_id=cluster.id)}
    if "ack-node-problem-detector" not in names:
        raise wrong("Management", "Management needs the addon ack-node-problem-detector.")


def image_for(instance_type: str, *, image_type: str) -> str:
    """The newest image of a type that an instance type boots, else the newest of the plain type."""
    kind = find_type(instance_type)
    architecture = image_architecture(kind) if kind else "x86_64"
    starts = [known()["image_types"].get(one, "") for one in (image_type or PLAIN, PLAIN)]
    for start in starts:
        for image in newest_first():
            if image["architecture"] == architecture and fnmatchcase(str(image["id"]), start):
                return str(image["id"])
    return ""


def _check_places(call: Call, *, group: Given, vpc_id: str) -> None:
    ids = [str(one) for one in group.get("vswitch_ids") or ()]
    if len(ids) > MOST_VSWITCHES or len(set(ids)) < len(ids):
        raise wrong("VswitchIds", f"vswitch_ids are 1 to {MOST_VSWITCHES} different ones.")
    cluster_checks.in_vpc(call, ids=ids, vpc_id=vpc_id)
    for one in [*(group.get("security_group_ids") or ()), *filter(None, [group.get("security_group_id")])]:
        cluster_checks.security_group(call, id=str(one), vpc_id=vpc_id)


def _check_login(call: Call, *, group: Given) -> None:
    if group.get("key_pair") and group.get("login_password"):
        raise wrong("KeyPair", "key_pair and login_password exclude each other.")
    try:
        if group.get("key_pair"):
            require_key_pair(call, name=str(group["key_pair"]))
        if group.get("login_password"):
            check_password(str(group["login_password"]))
    except ApiError as error:
        raise wrong("KeyPair" if group.get("key_pair") else "LoginPassword", error.message) from error


def _check_tags(call: Call, *, group: Given) -> None:
    if len(group.get("tags") or ()) > MOST_TAGS:
        raise wrong("Tags", f"A node pool has at most {MOST_TAGS} tags.")
    for one in group.get("tags") or ():
        check_tag(call, key=str(one.get("key", "")), value=str(one.get("value", "")))


def _check_scaling(given: Given) -> None:
    least, most = given.get("min_instances", 0), given.get("max_instances", 0)
    if given.get("enable") and not 0 <= least <= most:
        raise wrong("AutoScaling", "min_instances is 0 to max_instances.")
