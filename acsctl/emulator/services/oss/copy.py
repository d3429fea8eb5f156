"""CopyObject, and what UploadPartCopy shares with it: finding the source."""

from typing import NamedTuple
from urllib.parse import unquote

from acsctl.emulator.resource import Resource
from acsctl.emulator.services.oss.answer import Answer, document, iso_date
from acsctl.emulator.services.oss.buckets import there
from acsctl.emulator.services.oss.call import OssCall, oss_api
from acsctl.emulator.services.oss.conditions import check_conditions
from acsctl.emulator.services.oss.keys import (
    APPENDABLE,
    NORMAL,
    Version,
    add,
    check_overwrite,
    new_version,
    no_such_key,
    version_headers,
    wanted,
)
from acsctl.emulator.services.oss.object_headers import header_tags, kept_headers, object_acl, storage_class
from acsctl.emulator.services.oss.permission import check_read, writable_bucket
from acsctl.emulator.services.oss.refusals import OssError, invalid


class Source(NamedTuple):
    bucket: Resource
    version: Version


@oss_api("CopyObject")
def copy_object(call: OssCall) -> Answer:
    """Headers and tags come along unless the directive is REPLACE; the ACL does not. A symbolic link is copied as such."""
    bucket, key = writable_bucket(call), call.address.key
    check_overwrite(call, bucket=bucket, key=key)
    source = source_of(call)
    old = source.version
    kept = kept_headers(call) if _replaces(call, name="x-oss-metadata-directive") else old["Headers"]
    said = {
        "Class": storage_class(call, default=old["Class"]),
        "Tags": header_tags(call) if _replaces(call, name="x-oss-tagging-directive") else old["Tags"],
        "Acl": object_acl(call),
        "Type": NORMAL if old["Type"] == APPENDABLE else old["Type"],
        "ETag": old["ETag"],
        **({"Target": old["Target"]} if "Target" in old else {}),
    }
    content = call.world.contents.get(old["Content"])
    made = add(call, bucket=bucket, key=key, version={**new_version(content, call=call, headers=kept), **said})
    fields = {"LastModified": iso_date(made["Time"]), "ETag": f'"{made["ETag"]}"'}
    told = {"ETag": fields["ETag"], "x-oss-hash-crc64ecma": made["Crc"]}
    headers = {**told, **version_headers(made, bucket=bucket), **source_headers(source)}
    return document("CopyObjectResult", fields, headers=headers)


def source_of(call: OssCall) -> Source:
    """The bucket and version of x-oss-copy-source, `/bucket/key?versionId=...`, readable and under its conditions.

    Raises InvalidArgument for one that names no object, NoSuchBucket, NoSuchKey, AccessDenied, PreconditionFailed, NotModified.
    """
    text = call.header("x-oss-copy-source")
    path, _, query = text.partition("?")
    name, _, key = unquote(path).removeprefix("/").partition("/")
    if not name or not key:
        raise invalid("x-oss-copy-source", text)
    bucket = there(call, name=name)
    try:
        version = wanted(call, bucket=bucket, key=key, id=query.removeprefix("versionId=") if query else "")
    except OssError as error:
        if error.code != "MethodNotAllowed":
            raise
        raise no_such_key(key) from error  # a delete marker
    check_read(call, bucket=bucket, version=version)
    check_conditions(call, version=version, prefix="x-oss-copy-source-")
    return Source(bucket, version)


def source_headers(source: Source) -> dict[str, str]:
    """x-oss-copy-source-version-id, where the source's bucket is or was versioned."""
    return {"x-oss-copy-source-version-id": source.version["Id"]} if source.bucket["Versioning"] else {}


def _replaces(call: OssCall, *, name: str) -> bool:
    value = call.header(name)
    if value.upper() not in ("", "COPY", "REPLACE"):
        raise invalid(name, value)
    return value.upper() == "REPLACE"
