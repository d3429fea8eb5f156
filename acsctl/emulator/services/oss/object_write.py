"""PutObject (data.md 1.1: forbid-overwrite)."""

import base64

from acsctl.emulator.services.oss.answer import Answer
from acsctl.emulator.services.oss.call import OssCall, oss_api
from acsctl.emulator.services.oss.keys import Version, add, check_overwrite, new_version, version_headers
from acsctl.emulator.services.oss.object_headers import header_tags, kept_headers, object_acl, storage_class
from acsctl.emulator.services.oss.permission import writable_bucket


@oss_api("PutObject")
def put_object(call: OssCall) -> Answer:
    bucket, key = writable_bucket(call), call.address.key
    check_overwrite(call, bucket=bucket, key=key)
    said = {
        "Class": storage_class(call, default=bucket["StorageClass"]),
        "Tags": header_tags(call),
        "Acl": object_acl(call),
    }
    version: Version = {**new_version(call.request.body, call=call, headers=kept_headers(call)), **said}
    made = add(call, bucket=bucket, key=key, version=version)
    return Answer(headers={**written(made), **version_headers(made, bucket=bucket)})


def written(version: Version) -> dict[str, str]:
    """What a write answers of its result."""
    return {
        "ETag": f'"{version["ETag"]}"',
        "Content-MD5": base64.b64encode(bytes.fromhex(version["ETag"])).decode(),
        "x-oss-hash-crc64ecma": version["Crc"],
    }
