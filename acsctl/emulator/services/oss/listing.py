"""ListObjects and ListObjectsV2: prefix, delimiter, pages, keys encoded on request. What was written a moment ago is there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
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
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Page(Generic[Thing]):
    """found: what is listed by itself. groups: what the delimiter has put together. last: where the next page begins."""

    found: list[tuple[str, Thing]]
    groups: list[str]
    last: str
    cut: bool


@oss_api("ListObjects", parameters="prefix delimiter marker max-keys")
def list_objects(call: OssCall) -> Answer:
    bucket, say = _listable(call), encoder(call)
    size = page_size(call)
    page = paged(_current(call, bucket=bucket), call=call, after=call.field("marker"), size=size)
    fields = {
        **_head(call, bucket=bucket, say=say),
        "Marker": say(call.field("marker")),
        "MaxKeys": size,
        "IsTruncated": page.cut,
        "NextMarker": say(page.last) if page.cut else None,
        "Contents": [row(key, version=one, bucket=bucket, say=say, owned=True) for key, one in page.found],
        "CommonPrefixes": [{"Prefix": say(one)} for one in page.groups],
    }
    return document("ListBucketResult", fields)


@oss_api("ListObjectsV2", parameters="list-type prefix delimiter start-after continuation-token max-keys fetch-owner")
def list_objects_v2(call: OssCall) -> Answer:
    bucket, say = _listable(call), encoder(call)
    size, owned = page_size(call), call.field("fetch-owner") == "true"
    token = call.field("continuation-token")
    after = _from_token(token) if token else call.field("start-after")
    page = paged(_current(call, bucket=bucket), call=call, after=after, size=size)
    fields = {
        **_head(call, bucket=bucket, say=say),
        "StartAfter": say(call.field("start-after")) or None,
        "ContinuationToken": token or None,
        "MaxKeys": size,
        "KeyCount": len(page.found) + len(page.groups),
        "IsTruncated": page.cut,
        "NextContinuationToken": _to_token(page.last) if page.cut else None,
        "Contents": [row(key, version=one, bucket=bucket, say=say, owned=owned) for key, one in page.found],
        "CommonPrefixes": [{"Prefix": say(one)} for one in page.groups],
    }
    return document("ListBucketResult", fields)


def page_size(call: OssCall, *, name: str = "max-keys") -> int:
    """Raises InvalidArgument unless it is from 1 to 1000."""
    size = call.number(name, default=DEFAULT_SIZE, most=MOST)
    if size == 0:
        raise invalid(name, "0")
    return size


def encoder(call: OssCall) -> Callable[[str], str]:
    """How keys are written: as they are, or as in a URL, which XML can always carry. Raises InvalidArgument."""
    kind = call.field("encoding-type")
    if kind not in ("", "url"):
        raise invalid("encoding-type", kind)
    return (lambda text: quote(text, safe="/-_.~")) if kind else (lambda text: text)


def paged(rows: Iterable[tuple[str, Thing]], *, call: OssCall, after: str, size: int) -> Page[Thing]:
    """A page of keys in their order. after: the last key or group of the page before."""
    prefix, delimiter = call.field("prefix"), call.field("delimiter")
    found: list[tuple[str, Thing]] = []
    groups: list[str] = []
    last = ""
    for key, thing in rows:
        group = group_of(key, prefix=prefix, delimiter=delimiter)
        place = group or key
        if not key.startswith(prefix) or place.encode() <= after.encode() or (groups and group == groups[-1]):
            continue
        if len(found) + len(groups) == size:
            return Page(found, groups, last, cut=True)
        last = place
        if group:
            groups.append(group)
        else:
            found.append((key, thing))
    return Page(found, groups, last, cut=False)


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


def _current(call: OssCall, *, bucket: Resource) -> Iterable[tuple[str, Version]]:
    for one in keys_of(call.world, bucket=bucket):
        version = current(one)
        if version is not None:
            yield one["Key"], version


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
