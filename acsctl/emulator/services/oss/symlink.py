"""Symbolic links: objects that read as another object of the bucket."""

from urllib.parse import quote, unquote

from acsctl.emulator.services.oss.answer import Answer
from acsctl.emulator.services.oss.buckets import there
from acsctl.emulator.services.oss.call import OssCall, oss_api
from acsctl.emulator.services.oss.keys import (
    SYMLINK,
    add,
    check_key,
    check_overwrite,
    last_modified,
    new_version,
    version_headers,
    wanted,
)
from acsctl.emulator.services.oss.object_headers import kept_headers, object_acl, storage_class
from acsctl.emulator.services.oss.permission import check_read, writable_bucket
from acsctl.emulator.services.oss.refusals import OssError, invalid


@oss_api("PutSymlink")
def put_symlink(call: OssCall) -> Answer:
    """The target need not be there."""
    bucket, key = writable_bucket(call), call.address.key
    target = unquote(call.header("x-oss-symlink-target"))
    if not target or target == key:
        raise invalid("x-oss-symlink-target", target)
    check_key(target)
    check_overwrite(call, bucket=bucket, key=key)
    said = {"Class": storage_class(call, default=bucket["StorageClass"]), "Acl": object_acl(call), "Target": target}
    version = new_version(b"", call=call, type=SYMLINK, headers=kept_headers(call))
    made = add(call, bucket=bucket, key=key, version={**version, **said})
    return Answer(headers={"ETag": f'"{made["ETag"]}"', **version_headers(made, bucket=bucket)})


@oss_api("GetSymlink", parameters="versionId")
def get_symlink(call: OssCall) -> Answer:
    bucket = there(call)
    version = wanted(call, bucket=bucket)
    check_read(call, bucket=bucket, version=version)
    if version["Type"] != SYMLINK:
        raise OssError("NotSymlink", message="The object is not a symbolic link.", status=400)
    headers = {
        "ETag": f'"{version["ETag"]}"',
        "Last-Modified": last_modified(version),
        "x-oss-symlink-target": quote(version["Target"]),
        **version_headers(version, bucket=bucket),
    }
    return Answer(headers=headers)
