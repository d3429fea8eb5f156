"""Tags of ECS (sheet behaviour.md 5): the three actions of today, and the older ones that clients still send."""

from collections import defaultdict
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, ResourceType
from acsctl.emulator.services.ecs.disk import DISK
from acsctl.emulator.services.ecs.instance import INSTANCE
from acsctl.emulator.services.ecs.interface import INTERFACE
from acsctl.emulator.services.ecs.key_pair import KEY_PAIR
from acsctl.emulator.services.ecs.security_group import SECURITY_GROUP
from acsctl.emulator.services.paging import by_number
from acsctl.emulator.services.tagging import ABSENT, list_tag_resources, tag_filter, tag_resources, untag_resources

TYPES: dict[str, ResourceType] = {
    "instance": INSTANCE,
    "disk": DISK,
    "securitygroup": SECURITY_GROUP,
    "keypair": KEY_PAIR,
    "eni": INTERFACE,
}
_ABSENT = ("snapshot", "image", "launchtemplate", "snapshotpolicy", "ddh", "reservedinstance")
TAGGABLE = {**TYPES, **dict.fromkeys(_ABSENT, ABSENT)}
DEFAULT_PAGE = 50
_COUNTERS = {"instance": "Instance", "disk": "Disk", "securitygroup": "Securitygroup", "keypair": "KeyPair", "eni": "Eni"}


@action("ecs.TagResources")
def tag_ecs_resources(call: Call) -> dict[str, Any]:
    return tag_resources(call, types=TAGGABLE)


@action("ecs.UntagResources")
def untag_ecs_resources(call: Call) -> dict[str, Any]:
    return untag_resources(call, types=TAGGABLE)


@action("ecs.ListTagResources")
def list_ecs_tag_resources(call: Call) -> dict[str, Any]:
    return list_tag_resources(call, types=TAGGABLE)


@action("ecs.DescribeTags")
def describe_tags(call: Call) -> dict[str, Any]:
    """One row per key and value, with how many resources of each type carry it."""
    counts: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(_COUNTERS.values(), 0))
    wanted = {(str(one.get("Key", "")), one.get("Value")) for one in call.items("Tag")}
    for word, resource in _tagged(call):
        for key, value in resource.seen_tags.items():
            if not wanted or (key, value) in wanted or (key, None) in wanted or (key, "") in wanted:
                counts[key, value][_COUNTERS[word]] += 1
    rows = [{"TagKey": key, "TagValue": value, "ResourceTypeCount": found} for (key, value), found in sorted(counts.items())]
    page, numbers = by_number(call, rows=rows, default=DEFAULT_PAGE)
    return {"Tags": {"Tag": page}, **numbers}


@action("ecs.DescribeResourceByTags")
def describe_resource_by_tags(call: Call) -> dict[str, Any]:
    matches = tag_filter(call)
    rows = [
        {"ResourceId": one.id, "ResourceType": word, "RegionId": one.region}
        for word, one in _tagged(call)
        if one.seen_tags and matches(one)
    ]
    page, numbers = by_number(call, rows=rows, default=DEFAULT_PAGE)
    return {"Resources": {"Resource": page}, **numbers}


@action("ecs.AddTags")
def add_tags(call: Call) -> dict[str, Any]:
    resource = _one(call)
    tags = {**resource.tags, **{str(one.get("Key", "")): str(one.get("Value", "")) for one in call.items("Tag")}}
    call.within_quota("tags-per-resource", used=len(tags) - 1, code=call.published("InvalidTagCount", "QuotaExceed.Tags"))
    resource.retag(tags)
    return {}


@action("ecs.RemoveTags")
def remove_tags(call: Call) -> dict[str, Any]:
    """A tag that is given with a value goes only if it has this value."""
    resource = _one(call)
    unwanted = [(str(one.get("Key", "")), one.get("Value")) for one in call.items("Tag")]
    gone = {key for key, value in unwanted if value in (None, "", resource.tags.get(key))}
    resource.retag({key: value for key, value in resource.tags.items() if key not in gone})
    return {}


def _tagged(call: Call) -> list[tuple[str, Resource]]:
    word, id_ = call.text("ResourceType").lower(), call.text("ResourceId")
    if word and word not in TYPES:
        raise ApiError("InvalidResourceType.NotFound", message=f"There is no resource type {word}.")
    chosen = [word] if word else list(TYPES)
    return [(name, one) for name in chosen for one in call.listed(TYPES[name]) if id_ in ("", one.id)]


def _one(call: Call) -> Resource:
    kind = TYPES.get(call.text("ResourceType").lower())
    if kind is None:
        raise ApiError("InvalidResourceType.NotFound", message="There is no such resource type.")
    found = call.find(kind, id=call.text("ResourceId"))
    if found is None:
        raise ApiError("InvalidResourceId.NotFound", message="The resource does not exist.", status=404)
    return found
