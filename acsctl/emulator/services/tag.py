"""The Tag product 2018-08-28: tags of all products' resources at once, by ARN (sheet behaviour.md 5)."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, cast

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import TYPES, Resource, ResourceType
from acsctl.emulator.services.paging import by_token, id_mark
from acsctl.emulator.services.tagging import check_tag

# arn:acs:<product>:<region>:<account>:<kind>/<id>; region and account may be * or empty.
_ARN = re.compile(r"(?:arn:)?acs:(\w+):([\w-]*|\*):(\d*|\*):([\w-]+)/(.+)", re.ASCII)
ARNS_PER_CALL, TAGS_PER_CALL = 50, 10
PAGE, LARGEST_PAGE = 50, 1000


@action("tag.ListTagResources")
def list_tag_resources(call: Call) -> dict[str, Any]:
    wanted = _tags(call)
    named = [_named(call, arn=one) for one in _arns(call)]
    rows = named if call.given("ResourceARN") else _everything(call)
    seen = [one for one in rows if one and one.visible and one.seen_tags and _has(one, wanted=wanted)]
    size = min(call.number("PageSize", default=PAGE), LARGEST_PAGE)
    page, token = by_token(call, rows=seen, size=size, mark=id_mark)
    return {"NextToken": token, "TagResources": [_row(one) for one in page]}


@action("tag.ListResourcesByTag")
def list_resources_by_tag(call: Call) -> dict[str, Any]:
    """Of one type, `ALIYUN::CS::CLUSTER`, of this region. Without a value, any."""
    product, _, word = call.text("ResourceType").upper().removeprefix("ALIYUN::").partition("::")
    kind = next((one for one in _taggable() if one.arn and _word(one.arn) == (product, word)), None)
    if kind is None:
        raise ApiError("InvalidResourceType.NotFound", message=f"{call.text('ResourceType')} is no type of resource.")
    given: dict[str, Any] = call.parameters.get("TagFilter") or {}
    wanted = {str(given.get("Key", "")): str(given.get("Value", "") or "")}
    rows = [one for one in call.listed(kind) if one.seen_tags and _has(one, wanted=wanted)]
    size = min(call.number("MaxResult", default=PAGE), LARGEST_PAGE)
    page, token = by_token(call, rows=rows, size=size, mark=id_mark)
    whole = call.flag("IncludeAllTags")
    found = [{"ResourceId": one.id, "Tags": [tag for tag in _told(one) if whole or tag["Key"] in wanted]} for one in page]
    return {"NextToken": token, "Resources": found}


def _word(arn: tuple[str, str]) -> tuple[str, str]:
    """As types are written: no hyphens."""
    return arn[0].upper(), arn[1].replace("-", "").replace("_", "").upper()


@action("tag.TagResources")
def tag_resources(call: Call) -> dict[str, Any]:
    """Each resource succeeds or fails by itself."""
    tags = _tags(call)
    if not tags:
        raise ApiError("MissingParameter.Tags", message="Tags is mandatory.")
    for key, value in tags.items():
        check_tag(call, key=key, value=value)

    def tag(resource: Resource) -> None:
        together = {**resource.tags, **tags}
        if len(together) > call.settings.quota("tags-per-resource"):
            raise ApiError("QuotaExceed.TagsPerResource", message=f"{resource.id} would have too many tags.")
        resource.retag(together)

    return _each(call, change=tag)


@action("tag.UntagResources")
def untag_resources(call: Call) -> dict[str, Any]:
    """Each resource succeeds or fails by itself."""
    keys = set(call.items("TagKey"))

    def untag(resource: Resource) -> None:
        resource.retag({key: value for key, value in resource.tags.items() if key not in keys})

    return _each(call, change=untag)


def _each(call: Call, *, change: Callable[[Resource], None]) -> dict[str, Any]:
    failed: list[dict[str, Any]] = []
    for arn in _arns(call):
        try:
            change(_found(call, arn=arn))
        except ApiError as error:
            failed.append({"ResourceARN": arn, "Result": {"Code": error.code, "Message": error.message}})
    return {"FailedResources": {"FailedResource": failed}}


def _arns(call: Call) -> list[str]:
    arns = [str(one) for one in call.items("ResourceARN")]
    if len(arns) > ARNS_PER_CALL:
        raise ApiError("NumberExceed.ResourceIds", message=f"A call takes at most {ARNS_PER_CALL} ARNs.")
    return arns


def _tags(call: Call) -> dict[str, str]:
    """Tags: a JSON object as text."""
    text = call.text("Tags")
    try:
        loaded = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        loaded = None
    if not isinstance(loaded, dict):
        raise ApiError("InvalidParameter.Tags", message="Tags is a JSON object.")
    tags = {str(key): str(value) for key, value in cast("dict[str, Any]", loaded).items()}
    if len(tags) > TAGS_PER_CALL:
        raise ApiError("NumberExceed.Tags", message=f"A call takes at most {TAGS_PER_CALL} tags.")
    return tags


def _found(call: Call, *, arn: str) -> Resource:
    found = _named(call, arn=arn)
    if found is None:
        raise ApiError("InvalidResourceId.NotFound", message=f"{arn} does not exist.")
    return found


def _named(call: Call, *, arn: str) -> Resource | None:
    """The living resource of an ARN. Raises InvalidResourceARN... for one that is malformed or of elsewhere."""
    parts = _ARN.fullmatch(arn)
    if parts is None:
        raise ApiError("InvalidResourceARN.FormatError", message=f"{arn} is not an ARN.")
    product, region, account, kind, id_ = parts.groups()
    if account not in ("", "*", call.scope.account):
        raise ApiError("InvalidResourceARN.Account", message=f"{arn} is of another account.")
    if region not in ("", "*", call.scope.region):
        raise ApiError("InvalidResourceARN.Region", message=f"{arn} is of another region.")
    declared = next((one for one in _taggable() if one.arn == (product, kind)), None)
    return call.find(declared, id=id_) if declared else None


def _taggable() -> Iterable[ResourceType]:
    return (one for one in TYPES.values() if one.arn is not None)


def _everything(call: Call) -> list[Resource | None]:
    return [one for kind in _taggable() for one in call.listed(kind)]


def _has(resource: Resource, *, wanted: dict[str, str]) -> bool:
    tags = resource.seen_tags
    return all(key in tags and value in ("", tags[key]) for key, value in wanted.items())


def _row(resource: Resource) -> dict[str, Any]:
    product, kind = TYPES[resource.type].arn or ("", "")
    arn = f"arn:acs:{product}:{resource.region}:{resource.account}:{kind}/{resource.id}"
    return {"ResourceARN": arn, "Tags": _told(resource)}


def _told(resource: Resource) -> list[dict[str, str]]:
    return [{"Category": "Custom", "Key": key, "Value": value} for key, value in resource.seen_tags.items()]
