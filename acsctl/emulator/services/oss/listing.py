"""ListObjects and ListObjectsV2: prefix, delimiter, pages, keys encoded on request. What was written a moment ago is there."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from acsctl.emulator.resource import Resource
from acsctl.emulator.services.oss.answer import Answer, document, iso_date
from acsctl.emulator.services.oss.bucket import owner
from acsctl.emulator.services.oss.buckets import there
from acsctl.emulator.services.oss.call import OssCall, oss_api
from acsctl.emulator.services.oss.keys import Version, current, keys_of
from acsctl.emulator.services.oss.permission import check_list
from acsctl.emulator.services.oss.refusals import invalid

MOST = 1000
DEFAULT_SIZE = 100


class Place(NamedTuple):
    """Something that is listed. id: tells things of one key apart, in their order; empty where there is one per key."""

    key: str
    id: str
    thing: Any


class Page(NamedTuple):
    """found: what is listed by itself. groups: what the delimiter has put together. last: key and id of the last of them, as
    the marker of the next page."""

    found: list[Place]
    groups: list[str]
    last: tuple[str, str]
    cut: bool


@oss_api("ListObjects", parameters="prefix delimiter marker max-keys")
def list_objects(call: OssCall) -> Answer:
    bucket, say = _listable(call), encoder(call)
    size = page_size(call)
    page = places(_current(call, bucket=bucket), call=call, marker=(call.field("marker"), ""), size=size)
    fields = {
        **_head(call, bucket=bucket, say=say),
        "Marker": say(call.field("marker")),
        "MaxKeys": size,
        "IsTruncated": page.cut,
        "NextMarker": say(page.last[0]) if page.cut else None,
        "Contents": [row(one.key, version=one.thing, bucket=bucket, say=say, owned=True) for one in page.found],
        "CommonPrefixes": [{"Prefix": say(one)} for one in page.groups],
    }
    return document("ListBucketResult", fields)


@oss_api("ListObjectsV2", parameters="list-type prefix delimiter start-after continuation-token max-keys fetch-owner")
def list_objects_v2(call: OssCall) -> Answer:
    bucket, say = _listable(call), encoder(call)
    size, owned = page_size(call), call.field("fetch-owner") == "true"
    token = call.field("continuation-token")
    after = _from_token(token) if token else call.field("start-after")
    page = places(_current(call, bucket=bucket), call=call, marker=(after, ""), size=size)
    fields = {
        **_head(call, bucket=bucket, say=say),
        "StartAfter": say(call.field("start-after")) or None,
        "ContinuationToken": token or None,
        "MaxKeys": size,
        "KeyCount": len(page.found) + len(page.groups),
        "IsTruncated": page.cut,
        "NextContinuationToken": _to_token(page.last[0]) if page.cut else None,
        "Contents": [row(one.key, version=one.thing, bucket=bucket, say=say, owned=owned) for one in page.found],
        "CommonPrefixes": [{"Prefix": say(one)} for one in page.groups],
    }
    return document("ListBucketResult", fields)


def page_size(call: OssCall, *, name: str = "max-keys", default: int = DEFAULT_SIZE) -> int:
    """Raises InvalidArgument unless it is from 1 to 1000."""
    size = call.number(name, default=default, most=MOST)
    if size == 0:
        raise invalid(name, "0")
    return size


def encoder(call: OssCall) -> Callable[[str], str]:
    """How keys are written: as they are, or as in a URL, which XML can always carry. Raises InvalidArgument."""
    kind = call.field("encoding-type")
    if kind not in ("", "url"):
        raise invalid("encoding-type", kind)
    return (lambda text: quote(text, safe="/-_.~")) if kind else (lambda text: text)


def places(rows: Iterable[Place], *, call: OssCall, marker: tuple[str, str], size: int) -> Page:
    """A page of rows, which are in the order of their keys. marker: key and id of the last one of the page before."""
    prefix, delimiter = call.field("prefix"), call.field("delimiter")
    page = Page([], [], marker, cut=False)
    for one in _after(rows, marker=marker):
        group = group_of(one.key, prefix=prefix, delimiter=delimiter)
        if not one.key.startswith(prefix) or (group and group in (marker[0], *page.groups[-1:])):
            continue
        if len(page.found) + len(page.groups) == size:
            return page._replace(cut=True)
        if group:
            page.groups.append(group)
        else:
            page.found.append(one)
        page = page._replace(last=(group, "") if group else (one.key, one.id))
    return page


def group_of(key: str, *, prefix: str, delimiter: str) -> str:
    """The common prefix that a key is listed under; empty for itself."""
    end = key.find(delimiter, len(prefix)) if delimiter else -1
    return "" if end < 0 else key[: end + len(delimiter)]


def row(key: str, *, version: Version, bucket: Resource, say: Callable[[str], str], owned: bool) -> dict[str, Any]:
    """An object in a list."""
    return {
        "Key": say(key),
        "LastModified": iso_date(version["Time"]),
        "ETag": f'"{version["ETag"]}"',
        "Type": version["Type"],
        "Size": version["Size"],
        "StorageClass": version["Class"],
        "Owner": owner(bucket.account) if owned else None,
    }


def _listable(call: OssCall) -> Resource:
    bucket = there(call)
    check_list(call, bucket=bucket)
    return bucket


def _current(call: OssCall, *, bucket: Resource) -> Iterable[Place]:
    for one in keys_of(call.world, bucket=bucket):
        version = current(one)
        if version is not None:
            yield Place(one["Key"], "", version)


def _after(rows: Iterable[Place], *, marker: tuple[str, str]) -> Iterator[Place]:
    """What follows the marker: of its own key, what stands behind its id, if it has one."""
    key, id_ = marker
    passed = False
    for one in rows:
        if one.key == key and id_ and passed:
            yield one
        elif one.key == key:
            passed = one.id == id_
        elif one.key.encode() > key.encode():
            yield one


def _head(call: OssCall, *, bucket: Resource, say: Callable[[str], str]) -> dict[str, Any]:
    return {
        "Name": bucket.id,
        "Prefix": say(call.field("prefix")),
        "Delimiter": say(call.field("delimiter")),
        "EncodingType": call.field("encoding-type") or None,
    }


def _to_token(key: str) -> str:
    return "Cg" + key.encode().hex()


def _from_token(token: str) -> str:
    try:
        return bytes.fromhex(token.removeprefix("Cg")).decode()
    except ValueError as error:
        raise invalid("continuation-token", token) from error
