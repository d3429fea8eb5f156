"""Tags of clusters (sheets containers.md 0, 1.3): only they can be tagged, and a list needs their ids."""

from dataclasses import replace
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import cluster_checks
from acsctl.emulator.services.cs.types import CLUSTER
from acsctl.emulator.services.cs.wiring import body, require_cluster, serves, wrong
from acsctl.emulator.services.paging import by_token
from acsctl.emulator.services.tagging import check_tag

MOST_IDS, MOST_TAGS, PAGE = 50, 20, 50


@serves("TagResources")
def tag_resources(call: Call) -> dict[str, Any]:
    given = body(call)
    _check_type(str(given.get("resource_type", "")))
    tags = cluster_checks.tags(call, given=given)
    clusters = [require_cluster(call, id=id_) for id_ in _ids(given["resource_ids"])]
    for one in clusters:
        _retag(one, tags={**one.tags, **tags})
    return {}


@serves("UntagResources")
def untag_resources(call: Call) -> dict[str, Any]:
    _check_type(call.text("resource_type"))
    keys = {str(one) for one in call.items("tag_keys")}
    for id_ in _ids(call.items("resource_ids")):
        cluster = require_cluster(call, id=id_)
        left = {key: value for key, value in cluster.tags.items() if key not in keys}
        cluster.retag({} if call.flag("all") and not keys else left)
    return {}


@serves("ListTagResources")
def list_tag_resources(call: Call) -> dict[str, Any]:
    _check_type(call.text("resource_type"))
    ids = _ids(call.items("resource_ids"))
    wanted = [(str(one.get("key", "")), one.get("value")) for one in call.items("tags")]
    found = [one for one in call.listed(CLUSTER) if one.id in ids and _has(one, wanted=wanted)]
    rows = [(one.id, key, value) for one in found for key, value in one.seen_tags.items()]
    page, token = by_token(_with_token(call), rows=rows, size=PAGE, mark=lambda row: f"{row[0]} {row[1]}")
    listed = [{"resource_id": id_, "resource_type": "CLUSTER", "tag_key": key, "tag_value": value} for id_, key, value in page]
    return {"next_token": token, "tag_resources": {"tag_resource": listed}}


@serves("ModifyClusterTags")
def modify_cluster_tags(call: Call) -> dict[str, Any]:
    """Replaces all."""
    cluster = require_cluster(call)
    given: list[dict[str, Any]] = list(call.parameters.get("body") or ())
    for one in given:
        check_tag(call, key=str(one.get("key", "")), value=str(one.get("value", "")))
    _retag(cluster, tags=cluster_checks.tags(call, given={"tags": given}))
    return {}


def _retag(cluster: Resource, *, tags: dict[str, str]) -> None:
    if len(tags) > MOST_TAGS:
        raise wrong("Tags", f"{cluster.id} would have too many tags.")
    cluster.retag(tags)


def _ids(given: list[Any]) -> list[str]:
    ids = [str(one) for one in given]
    if not 1 <= len(ids) <= MOST_IDS:
        raise wrong("ResourceIds", f"resource_ids are 1 to {MOST_IDS}.")
    return ids


def _check_type(word: str) -> None:
    if word.upper() != "CLUSTER":
        raise wrong("ResourceType", "resource_type is CLUSTER.")


def _has(cluster: Resource, *, wanted: list[tuple[str, Any]]) -> bool:
    tags = cluster.seen_tags
    return all(key in tags and value in (None, "", tags[key]) for key, value in wanted if key)


def _with_token(call: Call) -> Call:
    """The paging of other products reads NextToken."""
    return replace(call, parameters={**call.parameters, "NextToken": call.text("next_token")})
