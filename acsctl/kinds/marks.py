"""How kinds read and write tags, and turn rows of a list into live things; shared by every kind that has tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from acsctl.cloud import Cloud, Listing, is_absent, list_all
from acsctl.errors import CloudError
from acsctl.kinds.contract import Readiness, Update
from acsctl.model import ownership
from acsctl.model.address import Address
from acsctl.model.resource import Live

NOWHERE = Address("", ())
TAGS_A_CALL = 20
IDS_A_CALL = 50
SINGLE_READS = 3


def pairs(tags: Mapping[str, str]) -> list[dict[str, str]] | None:
    """Tags as the wire's list (`Tag.N.Key`, `Tag.N.Value`); None where there are none, so that nothing is sent."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())] or None


def owned(stack: str) -> list[dict[str, str]]:
    """The tag filter of a list call that finds what bears the stack's mark."""
    return [{"Key": ownership.STACK, "Value": stack}]


def read_tags(row: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a row. VPC spells `Key` and `Value`, ECS and NAT `TagKey` and `TagValue` (sheet behaviour.md 5)."""
    rows: Sequence[Mapping[str, str]] = (row.get("Tags") or {}).get("Tag") or []
    return {tag["TagKey"] if "TagKey" in tag else tag["Key"]: tag.get("TagValue", tag.get("Value", "")) for tag in rows}


def live(
    kind: str,
    id: str,
    *,
    spec: Mapping[str, Any],
    tags: Mapping[str, str],
    outputs: Mapping[str, Any] | None = None,
    **rest: Any,
) -> Live:
    """A live thing with its mark read from `tags`. `rest` are further fields of `Live` (state, reason, created, name)."""
    mark = ownership.read(tags)
    address = mark.address if mark and mark.address.kind == kind else Address(kind, NOWHERE.path)
    return Live(
        address,
        id,
        spec=spec,
        outputs=outputs or {},
        tags=ownership.user_tags(tags),
        mark=mark,
        **rest,
    )


def with_spec(item: Live, fields: Mapping[str, Any]) -> Live:
    """`item` with further fields, which another call told."""
    return replace(item, spec={**item.spec, **fields})


def ours(kind: str, stack: str, lives: Iterable[Live]) -> Iterator[Live]:
    """Those that bear the mark of `stack` and of this kind: tags are copied onto things of other kinds."""
    for item in lives:
        if item.mark and item.mark.stack == stack and item.mark.address.kind == kind:
            yield item


def matching(lives: Iterable[Live], spec: Mapping[str, Any]) -> Iterator[Live]:
    """Those whose spec has the values of `spec`; None means any."""
    wanted = {key: value for key, value in spec.items() if value is not None}
    for item in lives:
        if all(item.spec.get(key) == value for key, value in wanted.items()):
            yield item


def batches(ids: Sequence[str], *, size: int) -> Iterator[list[str]]:
    """`ids` in lists of at most `size`."""
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])


def rows_of(cloud: Cloud, listing: Listing, *, name: str, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of a list API that filters by one id a call: a few are asked one by one, for many the region is read in pages.

    `name` is the parameter that takes the id, and the row's field that holds it.
    """
    if len(ids) <= SINGLE_READS:
        return [row for id in ids for row in list_all(cloud, listing, {"RegionId": cloud.region, name: id})]
    wanted = set(ids)
    return [row for row in list_all(cloud, listing, {"RegionId": cloud.region}) if row.get(name) in wanted]


def after(change: Update, name: str) -> Any:
    """What the field `name` is to become (the cloud's default where it left the file), None where it does not change."""
    field = change.fields.get(name)
    return field.after if field else None


def once() -> str:
    """A ClientToken for a write that its natural key keeps from being done twice (a rule, an association, an SNAT entry).

    A token that is the same in every run would be wrong there: what was made, removed and is wanted again within the token's
    life would be answered with the old success and not be made.
    """
    return uuid4().hex


def write_tags(cloud: Cloud, product: str, resource_type: str, *, ids: Sequence[str], change: Update) -> None:
    """Set and unset the tags of `change` on `ids`: 50 resources and 20 tags a call (sheet behaviour.md 5).

    VPC spells the untag action `UnTagResources`.
    """
    base = {"RegionId": cloud.region, "ResourceType": resource_type}
    untag = "UnTagResources" if product == "vpc" else "UntagResources"
    for batch in batches(ids, size=IDS_A_CALL):
        if change.unset_tags:
            cloud.call(product, untag, {**base, "ResourceId": batch, "TagKey": list(change.unset_tags)})
        for keys in batches(sorted(change.set_tags), size=TAGS_A_CALL):
            tags = pairs({key: change.set_tags[key] for key in keys})
            cloud.call(product, "TagResources", {**base, "ResourceId": batch, "Tag": tags})


def gone_is_done(cloud: Cloud, product: str, action: str, params: Mapping[str, Any]) -> bool:
    """A delete call for which "there is no such thing" is success. Returns whether the thing was there."""
    try:
        cloud.call(product, action, params)
    except CloudError as error:
        if not is_absent(error):
            raise
        return False
    return True


def readiness(ids: Sequence[str], lives: Mapping[str, Live]) -> dict[str, Readiness]:
    """How far `ids` are, from what a list showed of them."""
    return {id: _readiness(lives[id]) if id in lives else Readiness("pending", absent=True) for id in ids}


def _readiness(item: Live) -> Readiness:
    return Readiness(item.state, outputs=item.known, reason=item.reason)
