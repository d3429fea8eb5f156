"""Tags: the rules for them, filters by them, and the three tag actions that products have in common (sheet behaviour.md 5)."""

from collections.abc import Callable, Mapping
from typing import Any

from acsctl.emulator.api import published_codes
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, ResourceType, declare
from acsctl.emulator.services.paging import by_token

LONGEST = 128  # characters of a key or a value
IDS_PER_CALL = 50
TAGS_PER_CALL = 20
FORBIDDEN_STARTS = ("aliyun", "acs:")
FORBIDDEN_PARTS = ("http://", "https://")


def read_tags(call: Call, *, name: str = "Tag") -> dict[str, str]:
    """The tags that a create or TagResources call gives. Raises ApiError when one breaks a rule."""
    given = call.items(name)
    if len(given) > TAGS_PER_CALL:
        adding = call.action.name == "TagResources"
        code = "NumberExceed.Tags" if adding else call.published("InvalidTagCount", "QuotaExceed.Tags")
        raise ApiError(code, message=f"A call takes at most {TAGS_PER_CALL} tags.")
    tags: dict[str, str] = {}
    for one in given:
        key, value = str(one.get("Key", "")), str(one.get("Value", ""))
        check_tag(call, key=key, value=value)
        if key in tags:
            raise ApiError("Duplicate.TagKey", message=f"The tag key {key} is given twice.", status=400)
        tags[key] = value
    return tags


def check_tag(call: Call, *, key: str, value: str) -> None:
    """Raises ApiError when a key or a value breaks a rule."""
    if not key:
        raise ApiError(call.published("MissingParameter.TagKey", "InvalidTagKey"), message="A tag needs a key.", status=400)
    if len(key) > LONGEST or _forbidden(key) or key.lower().startswith(FORBIDDEN_STARTS):
        code = call.published("InvalidTagKey.Malformed", "InvalidTagKey", "InvalidParameter.TagKey")
        raise ApiError(code, message=f"The tag key {key} is not allowed.")
    strict = call.action.product == "vpc" and value.lower().startswith(FORBIDDEN_STARTS)
    if len(value) > LONGEST or _forbidden(value) or strict:
        code = call.published("InvalidTagValue.Malformed", "InvalidTagValue", "InvalidParameter.TagValue")
        raise ApiError(code, message=f"The value of the tag {key} is not allowed.")


def _forbidden(text: str) -> bool:
    return any(part in text for part in FORBIDDEN_PARTS)


def tag_filter(call: Call, *, name: str = "Tag") -> Callable[[Resource], bool]:
    """What a Describe call's tags let through: all of them must match; a key without a value matches any value."""
    wanted = [(str(one.get("Key", "")), one.get("Value")) for one in call.items(name)]
    if any(not key and value for key, value in wanted):
        raise ApiError("InvalidParameter.TagValue", message="A tag value is given without its key.")

    def matches(resource: Resource) -> bool:
        tags = resource.seen_tags
        return all(key in tags and value in (None, "", tags[key]) for key, value in wanted if key)

    return matches


def key_value(resource: Resource) -> dict[str, Any]:
    """Tags in the spelling of VPC, VSwitch, route table, EIP: {"Tag": [{"Key", "Value"}]}."""
    return {"Tag": [{"Key": key, "Value": value} for key, value in resource.seen_tags.items()]}


def tag_key_value(resource: Resource) -> dict[str, Any]:
    """Tags in the spelling of ECS and NAT gateways: {"Tag": [{"TagKey", "TagValue"}]}."""
    return {"Tag": [{"TagKey": key, "TagValue": value} for key, value in resource.seen_tags.items()]}


Types = Mapping[str, ResourceType]
"""Resource types by the product's word for them; matched without regard to case."""

ABSENT = declare("absent", shown=False)
"""For words of a product whose resources the local cloud never has: lists are empty, ids are not found."""


def tag_resources(call: Call, *, types: Types) -> dict[str, Any]:
    """TagResources: all or nothing; an existing key gets the new value."""
    tags = read_tags(call)
    chosen = _chosen(call, types=types)
    for resource in chosen:
        if len({**resource.tags, **tags}) > call.settings.quota("tags-per-resource"):
            code = call.published("QuotaExceed.TagsPerResource", "QuotaExceeded.TagNum", "QuotaExceed.Tags")
            raise ApiError(code, message=f"{resource.id} would have too many tags.")
    for resource in chosen:
        resource.retag({**resource.tags, **tags})
    return {}


def untag_resources(call: Call, *, types: Types) -> dict[str, Any]:
    """UntagResources: the named keys, or all."""
    keys = {str(key) for key in call.items("TagKey")}
    if len(keys) > TAGS_PER_CALL:
        raise ApiError("NumberExceed.Tags", message=f"A call takes at most {TAGS_PER_CALL} tag keys.", status=400)
    if keys and call.flag("All") and "Param.Conflict" in published_codes(call.action):
        raise ApiError("Param.Conflict", message="All goes without TagKey.")
    for resource in _chosen(call, types=types):
        everything = call.flag("All") and not keys
        resource.retag({key: value for key, value in resource.tags.items() if key not in keys and not everything})
    return {}


def list_tag_resources(call: Call, *, types: Types, default: int = 50) -> dict[str, Any]:
    """ListTagResources: one row per resource and tag; by ids, by tags, or both."""
    kind = _kind(call, types=types)
    ids = _ids(call)
    if not ids and not call.items("Tag"):
        code = call.published("BothEmpty.TagsAndResources", "MissingParameter.ResourceIds", "MissingParameter.TagKey")
        raise ApiError(code, message="Name resources or tags.")
    matches = tag_filter(call)
    found = [one for one in call.listed(kind) if (not ids or one.id in ids) and matches(one)]
    rows = [(one.id, key, value) for one in found for key, value in one.seen_tags.items()]
    size = call.number("MaxResults", default=default)
    page, token = by_token(call, rows=rows, size=size, mark=lambda row: f"{row[0]} {row[1]}")
    shown = call.text("ResourceType")
    listed = [{"ResourceId": id_, "ResourceType": shown, "TagKey": key, "TagValue": value} for id_, key, value in page]
    return {"NextToken": token, "TagResources": {"TagResource": listed}}


def _kind(call: Call, *, types: Types) -> ResourceType:
    word = call.text("ResourceType").lower()
    for name, kind in types.items():
        if name.lower() == word:
            return kind
    code = call.published("InvalidResourceType.NotFound", "InvalidInstanceType.NotFound", "InvalidParameter.ResourceType")
    raise ApiError(code, message=f"The resource type {call.text('ResourceType')} cannot be tagged here.")


def _ids(call: Call) -> list[str]:
    ids = [str(one) for one in call.items("ResourceId")]
    if len(ids) > IDS_PER_CALL:
        raise ApiError("NumberExceed.ResourceIds", message=f"A call takes at most {IDS_PER_CALL} ids.", status=400)
    return ids


def _chosen(call: Call, *, types: Types) -> list[Resource]:
    kind = _kind(call, types=types)
    chosen: list[Resource] = []
    for id_ in _ids(call):
        resource = call.find(kind, id=id_)
        if resource is None:
            raise ApiError("InvalidResourceId.NotFound", message=f"{id_} does not exist.", status=404)
        chosen.append(resource)
    return chosen
