"""DeleteObject: with versioning it makes a delete marker; what is not there is deleted already."""

from acsctl.emulator.resource import Resource
from acsctl.emulator.services.oss.answer import Answer
from acsctl.emulator.services.oss.call import OssCall, oss_api
from acsctl.emulator.services.oss.keys import add, find, forget, keep, marker, versions
from acsctl.emulator.services.oss.permission import writable_bucket


@oss_api("DeleteObject", parameters="versionId")
def delete_object(call: OssCall) -> Answer:
    bucket = writable_bucket(call)
    id_, is_marker = delete(call, bucket=bucket, key=call.address.key, version=call.field("versionId"))
    headers = {"x-oss-version-id": id_} if id_ else {}
    return Answer(204, headers={**headers, **({"x-oss-delete-marker": "true"} if is_marker else {})})


def delete(call: OssCall, *, bucket: Resource, key: str, version: str = "") -> tuple[str, bool]:
    """The id of the version that was deleted or of the marker that was made (empty without versioning), and whether it is a
    marker. version: empty for the current one."""
    every = versions(find(call.world, bucket=bucket, key=key))
    if version:
        gone = [one for one in every if one["Id"] == version]
        keep(call, bucket=bucket, key=key, versions=[one for one in every if one not in gone])
        forget(call.world, gone=gone)
        return version, any(one["Marker"] for one in gone)
    if bucket["Versioning"]:
        return add(call, bucket=bucket, key=key, version=marker(call))["Id"], True
    keep(call, bucket=bucket, key=key, versions=[])
    forget(call.world, gone=every)
    return "", False
