"""CompleteMultipartUpload: the named parts become an object, in one step."""

import hashlib
from collections.abc import Mapping
from typing import Any

from acsctl.emulator.resource import Resource
from acsctl.emulator.services.oss.answer import Answer, document
from acsctl.emulator.services.oss.call import OssCall, malformed, oss_api, whole
from acsctl.emulator.services.oss.keys import MULTIPART, add, check_overwrite, new_version, version_headers
from acsctl.emulator.services.oss.listing import encoder
from acsctl.emulator.services.oss.multipart import end, upload_of
from acsctl.emulator.services.oss.object_headers import object_acl
from acsctl.emulator.services.oss.permission import writable_bucket
from acsctl.emulator.services.oss.refusals import OssError

SMALLEST = 100 * 1024  # bytes, of every part but the last
Part = Mapping[str, Any]


@oss_api("CompleteMultipartUpload")
def complete_multipart_upload(call: OssCall) -> Answer:
    bucket, key, say = writable_bucket(call), call.address.key, encoder(call)
    upload = upload_of(call)
    check_overwrite(call, bucket=bucket, key=key)
    parts = _all(upload) if call.header("x-oss-complete-all") == "yes" else _named(call, upload=upload)
    if any(one["Size"] < SMALLEST for one in parts[:-1]):
        raise OssError("EntityTooSmall", message=f"Every part but the last has at least {SMALLEST} bytes.")
    content = b"".join(call.world.contents.get(one["Content"]) for one in parts)
    etag = _etag(parts)
    said = {**upload.pick("Class", "Tags"), "Acl": object_acl(call)}
    version = new_version(content, call=call, type=MULTIPART, etag=etag, headers=upload["Headers"])
    made = add(call, bucket=bucket, key=key, version={**version, **said})
    end(call, upload=upload)
    fields = {
        "EncodingType": call.field("encoding-type") or None,
        "Location": f"http://{call.header('host')}/{bucket.id}/{say(key)}",
        "Bucket": bucket.id,
        "Key": say(key),
        "ETag": f'"{etag}"',
    }
    headers = {"ETag": f'"{etag}"', "x-oss-hash-crc64ecma": made["Crc"], **version_headers(made, bucket=bucket)}
    return document("CompleteMultipartUploadResult", fields, headers=headers)


def _all(upload: Resource) -> list[Part]:
    parts = upload["Parts"]
    return [parts[number] for number in sorted(parts, key=int)]


def _named(call: OssCall, *, upload: Resource) -> list[Part]:
    """Raises InvalidPartOrder, and InvalidPart for one that is not there or is another."""
    named = call.xml("CompleteMultipartUpload").findall("Part")
    counted = [whole((one.findtext("PartNumber") or "").strip()) or 0 for one in named]
    if not all(counted) or not named:
        raise malformed()
    if counted != sorted(set(counted)):
        raise OssError("InvalidPartOrder", message="The parts are not in the order of their numbers.")
    found: list[Part] = []
    for number, one in zip(counted, named, strict=True):
        part = upload["Parts"].get(str(number))
        if part is None or part["ETag"] != (one.findtext("ETag") or "").strip().strip('"').upper():
            details = {"PartNumber": str(number)}
            raise OssError("InvalidPart", message="A part is not there, or is not the one that is named.", details=details)
        found.append(part)
    return found


def _etag(parts: list[Part]) -> str:
    digests = b"".join(bytes.fromhex(one["ETag"]) for one in parts)
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest().upper()}-{len(parts)}"
