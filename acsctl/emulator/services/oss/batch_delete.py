"""DeleteMultipleObjects: up to 1000 keys in one call; what is not there counts as deleted."""

from typing import Any

from acsctl.emulator.services.oss.answer import Answer, document
from acsctl.emulator.services.oss.call import OssCall, malformed, oss_api
from acsctl.emulator.services.oss.listing import encoder
from acsctl.emulator.services.oss.object_delete import delete
from acsctl.emulator.services.oss.permission import writable_bucket

MOST = 1000


@oss_api("DeleteMultipleObjects")
def delete_multiple_objects(call: OssCall) -> Answer:
    bucket, say = writable_bucket(call), encoder(call)
    wanted = call.xml("Delete")
    named = [(one.findtext("Key") or "", one.findtext("VersionId") or "") for one in wanted.findall("Object")]
    if not 1 <= len(named) <= MOST or any(not key for key, _ in named):
        raise malformed()
    rows: list[dict[str, Any]] = []
    for key, version in named:
        id_, is_marker = delete(call, bucket=bucket, key=key, version=version)
        rows.append(
            {
                "Key": say(key),
                "VersionId": version or None,
                "DeleteMarker": True if is_marker else None,
                "DeleteMarkerVersionId": id_ if is_marker else None,
            }
        )
    if wanted.findtext("Quiet") == "true":
        return Answer()
    return document("DeleteResult", {"EncodingType": call.field("encoding-type") or None, "Deleted": rows})
