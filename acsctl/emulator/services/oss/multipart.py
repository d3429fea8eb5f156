"""Multipart uploads: begin, send parts or copy them, give up. multipart_complete.py has the end."""

import hashlib
import secrets
from typing import Any

from acsctl.emulator.resource import Resource, Scope
from acsctl.emulator.services.oss.answer import Answer, document, iso_date
from acsctl.emulator.services.oss.call import OssCall, oss_api, whole
from acsctl.emulator.services.oss.conditions import source_span
from acsctl.emulator.services.oss.copy import source_headers, source_of
from acsctl.emulator.services.oss.keys import check_overwrite, crc64
from acsctl.emulator.services.oss.listing import encoder
from acsctl.emulator.services.oss.object_headers import header_tags, kept_headers, storage_class
from acsctl.emulator.services.oss.permission import writable_bucket
from acsctl.emulator.services.oss.refusals import OssError, invalid
from acsctl.emulator.services.oss.uploads import UPLOAD

MOST_PARTS = 10000


@oss_api("InitiateMultipartUpload", parameters="sequential")
def initiate_multipart_upload(call: OssCall) -> Answer:
    bucket, say = writable_bucket(call), encoder(call)
    check_overwrite(call, bucket=bucket, key=call.address.key)
    attributes = {
        "Bucket": bucket.id,
        "Key": call.address.key,
        "Time": int(call.now),
        "Headers": kept_headers(call),
        "Class": storage_class(call, default=bucket["StorageClass"]),
        "Tags": header_tags(call),
        "Parts": {},
    }
    scope = Scope(bucket.account, bucket.region)
    made = call.world.store.create(UPLOAD, scope=scope, attributes=attributes, id=secrets.token_hex(16).upper())
    fields = {
        "EncodingType": call.field("encoding-type") or None,
        "Bucket": bucket.id,
        "Key": say(call.address.key),
        "UploadId": made.id,
    }
    return document("InitiateMultipartUploadResult", fields)


@oss_api("UploadPart", parameters="partNumber")
def upload_part(call: OssCall) -> Answer:
    upload, number = upload_of(call), _number(call)
    part = _put(call, upload=upload, number=number, content=call.request.body)
    return Answer(headers={"ETag": f'"{part["ETag"]}"', "x-oss-hash-crc64ecma": part["Crc"]})


@oss_api("UploadPartCopy", parameters="partNumber")
def upload_part_copy(call: OssCall) -> Answer:
    upload, number, source = upload_of(call), _number(call), source_of(call)
    content = call.world.contents.get(source.version["Content"])
    asked = call.header("x-oss-copy-source-range")
    if asked:
        first, last = source_span(asked, size=len(content))
        content = content[first : last + 1]
    part = _put(call, upload=upload, number=number, content=content)
    fields = {"LastModified": iso_date(part["Time"]), "ETag": f'"{part["ETag"]}"'}
    headers = {"ETag": fields["ETag"], "x-oss-hash-crc64ecma": part["Crc"], **source_headers(source)}
    return document("CopyPartResult", fields, headers=headers)


@oss_api("AbortMultipartUpload")
def abort_multipart_upload(call: OssCall) -> Answer:
    upload = upload_of(call)
    end(call, upload=upload)
    return Answer(204)


def upload_of(call: OssCall) -> Resource:
    """The upload of uploadId, of this bucket and key. Raises NoSuchUpload."""
    bucket, id_ = writable_bucket(call), call.field("uploadId")
    found = call.world.store.find(UPLOAD, scope=Scope(bucket.account, bucket.region), id=id_)
    if found is None or (found["Bucket"], found["Key"]) != (bucket.id, call.address.key):
        message = "The upload does not exist, was completed or was given up."
        raise OssError("NoSuchUpload", message=message, details={"UploadId": id_})
    return found


def end(call: OssCall, *, upload: Resource) -> None:
    """Removes an upload with its parts."""
    for part in upload["Parts"].values():
        call.world.contents.drop(part["Content"])
    upload.remove()


def _put(call: OssCall, *, upload: Resource, number: int, content: bytes) -> dict[str, Any]:
    old = upload["Parts"].get(str(number))
    if old is not None:
        call.world.contents.drop(old["Content"])
    part = {
        "ETag": hashlib.md5(content, usedforsecurity=False).hexdigest().upper(),
        "Size": len(content),
        "Crc": str(crc64(content)),
        "Time": int(call.now),
        "Content": call.world.contents.put(content),
    }
    upload.set(Parts={**upload["Parts"], str(number): part})
    return part


def _number(call: OssCall) -> int:
    number = whole(call.field("partNumber")) or 0
    if not 1 <= number <= MOST_PARTS:
        raise invalid("partNumber", call.field("partNumber"), message=f"Part numbers go from 1 to {MOST_PARTS}.")
    return number
