"""Objects in the store: one resource per key, with its versions, newest first (sheet data.md 1; versioning as published).

A bucket that never was versioned has one version per key, whose id is `null`; with versioning on, each write and each delete
makes a version of its own; suspended, they replace the one called `null`.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from acsctl.emulator.resource import Resource, Scope, declare
from acsctl.emulator.services.oss.answer import http_date
from acsctl.emulator.services.oss.call import OssCall
from acsctl.emulator.services.oss.refusals import OssError, invalid
from acsctl.emulator.world import World

OBJECT = declare("oss_object")
NULL = "null"
ENABLED, SUSPENDED = "Enabled", "Suspended"
LONGEST_KEY = 1023  # bytes
NORMAL, MULTIPART, APPENDABLE, SYMLINK = "Normal", "Multipart", "Appendable", "Symlink"
Version = Mapping[str, Any]
"""Id, Time (unix seconds, whole), Marker; unless that is true also Size, ETag, Type, Class, Crc, Content (its name in the
world's contents), Headers (lower case, as they are answered), Tags, Acl."""


def check_key(key: str) -> None:
    """Raises InvalidObjectName."""
    if key[0] in "/\\" or len(key.encode("utf-8", "surrogateescape")) > LONGEST_KEY:
        raise OssError("InvalidObjectName", message="The object name is not valid.", details={"ObjectName": key})


def find(world: World, *, bucket: Resource, key: str) -> Resource | None:
    """The resource of a key; it may hold nothing but a delete marker."""
    return world.store.find(OBJECT, scope=_scope(bucket), id=f"{bucket.id}/{key}")


def keys_of(world: World, *, bucket: Resource) -> list[Resource]:
    """All keys of a bucket, in the order of their UTF-8 bytes, as OSS lists them."""
    every = (one for one in world.store.of(OBJECT) if one["Bucket"] == bucket.id)
    return sorted(every, key=lambda one: str(one["Key"]).encode())


def versions(found: Resource | None) -> list[Version]:
    return list(found["Versions"]) if found else []


def current(found: Resource | None) -> Version | None:
    """The newest version, unless that is a delete marker."""
    kept = versions(found)
    return kept[0] if kept and not kept[0]["Marker"] else None


def add(call: OssCall, *, bucket: Resource, key: str, version: Version) -> Version:
    """Writes a version as the bucket's versioning wants it; the version with its id."""
    made = {**version, "Id": new_id() if bucket["Versioning"] == ENABLED else NULL}
    kept = versions(find(call.world, bucket=bucket, key=key))
    gone = [] if bucket["Versioning"] == ENABLED else [one for one in kept if one["Id"] == NULL]
    keep(call, bucket=bucket, key=key, versions=[made, *(one for one in kept if one not in gone)])
    forget(call.world, gone=gone, but=made)
    return made


def keep(call: OssCall, *, bucket: Resource, key: str, versions: list[Version]) -> None:
    """Sets all versions of a key; none removes it."""
    found = find(call.world, bucket=bucket, key=key)
    if found is None and versions:
        attributes = {"Bucket": bucket.id, "Key": key, "Versions": versions}
        call.world.store.create(OBJECT, scope=_scope(bucket), attributes=attributes, id=f"{bucket.id}/{key}")
    elif found is not None and versions:
        found.set(Versions=versions)
    elif found is not None:
        found.remove()


def forget(world: World, *, gone: Iterable[Version], but: Version | None = None) -> None:
    """Drops the contents of versions that there are no more."""
    for one in gone:
        if not one["Marker"] and (but is None or one["Content"] != but.get("Content")):
            world.contents.drop(one["Content"])


def replace(call: OssCall, *, bucket: Resource, key: str, old: Version, new: Version) -> None:
    """Changes a version in its place, without making another: its acl, its tags, what is appended."""
    every = versions(find(call.world, bucket=bucket, key=key))
    keep(call, bucket=bucket, key=key, versions=[new if one["Id"] == old["Id"] else one for one in every])


def wanted(call: OssCall, *, bucket: Resource, key: str = "", id: str | None = None) -> Version:
    """The version that a call means: the one of `versionId`, or the current one. Raises NoSuchKey, NoSuchVersion, and
    MethodNotAllowed for a delete marker that is asked for by its id."""
    key = key or call.address.key
    asked = call.field("versionId") if id is None else id
    every = versions(find(call.world, bucket=bucket, key=key))
    if not asked:
        if every and not every[0]["Marker"]:
            return every[0]
        raise no_such_key(key, headers=_marker_headers(every[0]) if every else {})
    found = next((one for one in every if one["Id"] == asked), None)
    if found is None:
        details = {"Key": key, "VersionId": asked}
        raise OssError("NoSuchVersion", message="The version does not exist.", details=details)
    if found["Marker"]:
        message = "The version is a delete marker."
        raise OssError("MethodNotAllowed", message=message, headers=_marker_headers(found))
    return found


def check_overwrite(call: OssCall, *, bucket: Resource, key: str) -> None:
    """x-oss-forbid-overwrite: raises FileAlreadyExists where the key exists. A bucket that is or was versioned ignores it."""
    asked = call.header("x-oss-forbid-overwrite")
    if asked not in ("", "true", "false"):
        raise invalid("x-oss-forbid-overwrite", asked)
    if asked == "true" and not bucket["Versioning"] and current(find(call.world, bucket=bucket, key=key)) is not None:
        message = "The object exists already and must not be overwritten."
        raise OssError("FileAlreadyExists", message=message, details={"Key": key})


def no_such_key(key: str, *, headers: Mapping[str, str] | None = None) -> OssError:
    return OssError("NoSuchKey", message="The object does not exist.", details={"Key": key}, headers=headers)


def new_version(content: bytes, *, call: OssCall, type: str = NORMAL, etag: str = "", headers: Mapping[str, str]) -> Version:
    """A version without its id; its content goes to the world's contents. headers: as they are answered."""
    return {
        "Time": int(call.now),
        "Marker": False,
        "Size": len(content),
        "ETag": etag or hashlib.md5(content, usedforsecurity=False).hexdigest().upper(),
        "Type": type,
        "Class": call.header("x-oss-storage-class") or "",
        "Crc": str(crc64(content)),
        "Content": call.world.contents.put(content),
        "Headers": dict(headers),
        "Tags": {},
        "Acl": "default",
    }


def marker(call: OssCall) -> Version:
    """A delete marker without its id."""
    return {"Time": int(call.now), "Marker": True}


def new_id() -> str:
    return "CAEQ" + base64.b64encode(secrets.token_bytes(42)).decode().replace("+", "A").replace("/", "B")


def crc64(content: bytes, *, start: int = 0) -> int:
    """CRC-64 of ECMA-182 as x-oss-hash-crc64ecma has it. start: that of what precedes."""
    return int(_crc()(content, start))


def last_modified(version: Version) -> str:
    return http_date(version["Time"])


def version_headers(version: Version, *, bucket: Resource) -> dict[str, str]:
    """x-oss-version-id, in buckets that are or were versioned."""
    return {"x-oss-version-id": version["Id"]} if bucket["Versioning"] else {}


def _marker_headers(version: Version) -> dict[str, str]:
    return {"x-oss-delete-marker": "true", "x-oss-version-id": version["Id"]} if version["Marker"] else {}


def _scope(bucket: Resource) -> Scope:
    return Scope(bucket.account, bucket.region)


@cache
def _crc() -> Any:
    import crcmod  # at the first object: most worlds have none

    return crcmod.mkCrcFun(0x142F0E1EBA9EA3693, initCrc=0, rev=True, xorOut=0xFFFFFFFFFFFFFFFF)
