"""GetObject, HeadObject, GetObjectMeta."""

from acsctl.emulator.resource import Resource
from acsctl.emulator.services.oss.answer import Answer
from acsctl.emulator.services.oss.buckets import there
from acsctl.emulator.services.oss.call import OssCall, oss_api
from acsctl.emulator.services.oss.conditions import check_conditions, span
from acsctl.emulator.services.oss.keys import (
    SYMLINK,
    Version,
    current,
    find,
    last_modified,
    version_headers,
    wanted,
)
from acsctl.emulator.services.oss.permission import check_read
from acsctl.emulator.services.oss.refusals import OssError, invalid

# What a read may override, by parameter.
_OVERRIDES = ("content-type", "content-language", "expires", "cache-control", "content-disposition", "content-encoding")
_PARAMETERS = "versionId x-oss-traffic-limit x-oss-request-payer " + " ".join(f"response-{name}" for name in _OVERRIDES)


@oss_api("GetObject", parameters=_PARAMETERS)
def get_object(call: OssCall) -> Answer:
    bucket, version = _readable(call)
    target = _followed(call, bucket=bucket, version=version)
    check_conditions(call, version=target)
    content = call.world.contents.get(target["Content"])
    headers = {**_described(version, target=target, bucket=bucket), **_overridden(call)}
    kind = headers.pop("content-type")
    bounds = span(call, size=len(content))
    if bounds is None:
        return Answer(200, content, headers, kind)
    first, last = bounds
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Answer(206, content[first : last + 1], headers, kind)


@oss_api("HeadObject", parameters="versionId")
def head_object(call: OssCall) -> Answer:
    """The body is there for its length: an answer to HEAD is sent without one."""
    return get_object(call)


@oss_api("GetObjectMeta", parameters="versionId")
def get_object_meta(call: OssCall) -> Answer:
    """The least that can be asked; of a symbolic link, its own."""
    bucket, version = _readable(call)
    content = call.world.contents.get(version["Content"])
    headers = {
        "ETag": f'"{version["ETag"]}"',
        "Last-Modified": last_modified(version),
        "x-oss-hash-crc64ecma": version["Crc"],
        **version_headers(version, bucket=bucket),
    }
    return Answer(200, content if call.request.method == "HEAD" else b"", headers)


def _readable(call: OssCall) -> tuple[Resource, Version]:
    bucket = there(call)
    check_read(call, bucket=bucket, version=current(find(call.world, bucket=bucket, key=call.address.key)))
    version = wanted(call, bucket=bucket)
    check_read(call, bucket=bucket, version=version)
    return bucket, version


def _followed(call: OssCall, *, bucket: Resource, version: Version) -> Version:
    """The version that is read: that of a symbolic link's target."""
    if version["Type"] != SYMLINK:
        return version
    key = version["Target"]
    target = current(find(call.world, bucket=bucket, key=key))
    if target is None:
        message = "The target of the symbolic link does not exist."
        raise OssError("SymlinkTargetNotExist", message=message, details={"SymlinkTarget": key})
    if target["Type"] == SYMLINK:
        raise OssError("InvalidTargetType", message="The target of the symbolic link is a symbolic link.")
    return target


def _described(version: Version, *, target: Version, bucket: Resource) -> dict[str, str]:
    """The headers of an object; those of a link name its own type and version."""
    headers = {
        **target["Headers"],
        "ETag": f'"{target["ETag"]}"',
        "Last-Modified": last_modified(version),
        "Accept-Ranges": "bytes",
        "x-oss-object-type": version["Type"],
        "x-oss-storage-class": target["Class"],
        "x-oss-hash-crc64ecma": target["Crc"],
        **version_headers(version, bucket=bucket),
    }
    if target["Tags"]:
        headers["x-oss-tagging-count"] = str(len(target["Tags"]))
    if target["Type"] == "Appendable":
        headers["x-oss-next-append-position"] = str(target["Size"])
    return headers


def _overridden(call: OssCall) -> dict[str, str]:
    """response-* of the query. Raises InvalidArgument for an anonymous call, whose answers cannot be overridden."""
    given = {name: call.field(f"response-{name}") for name in _OVERRIDES if call.field(f"response-{name}")}
    if given and call.key is None:
        raise invalid(f"response-{next(iter(given))}", next(iter(given.values())))
    return given
