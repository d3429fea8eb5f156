"""AppendObject: accepted only at the length that there is (sheet data.md 1.1)."""

import hashlib

from acsctl.emulator.services.oss.answer import Answer
from acsctl.emulator.services.oss.call import OssCall, oss_api, whole
from acsctl.emulator.services.oss.keys import (
    APPENDABLE,
    Version,
    add,
    crc64,
    current,
    find,
    new_version,
    replace,
    version_headers,
)
from acsctl.emulator.services.oss.object_headers import header_tags, kept_headers, object_acl, storage_class
from acsctl.emulator.services.oss.permission import writable_bucket
from acsctl.emulator.services.oss.refusals import OssError, invalid


@oss_api("AppendObject", parameters="position")
def append_object(call: OssCall) -> Answer:
    bucket, key = writable_bucket(call), call.address.key
    position = whole(call.field("position"))
    if position is None:
        raise invalid("position", call.field("position"))
    old = current(find(call.world, bucket=bucket, key=key))
    _check(old, position=position)
    if old is None:
        said = {
            "Class": storage_class(call, default=bucket["StorageClass"]),
            "Tags": header_tags(call),
            "Acl": object_acl(call),
        }
        begun = new_version(call.request.body, call=call, type=APPENDABLE, headers=kept_headers(call))
        new = add(call, bucket=bucket, key=key, version={**begun, **said})
    else:
        new = _longer(call, old=old)
        replace(call, bucket=bucket, key=key, old=old, new=new)
    headers = {
        "ETag": f'"{new["ETag"]}"',
        "x-oss-hash-crc64ecma": new["Crc"],
        "x-oss-next-append-position": str(new["Size"]),
        **version_headers(new, bucket=bucket),
    }
    return Answer(headers=headers)


def _check(old: Version | None, *, position: int) -> None:
    if old is not None and old["Type"] != APPENDABLE:
        raise OssError("ObjectNotAppendable", message="The object was not made by appending.")
    length = old["Size"] if old else 0
    if position != length:
        headers = {"x-oss-next-append-position": str(length)}
        raise OssError("PositionNotEqualToLength", message="The position is not the length.", headers=headers)


def _longer(call: OssCall, *, old: Version) -> Version:
    more = call.request.body
    content = call.world.contents.get(old["Content"]) + more
    call.world.contents.drop(old["Content"])
    return {
        **old,
        "Time": int(call.now),
        "Size": len(content),
        "ETag": hashlib.md5(content, usedforsecurity=False).hexdigest().upper(),
        "Crc": str(crc64(more, start=int(old["Crc"]))),
        "Content": call.world.contents.put(content),
    }
