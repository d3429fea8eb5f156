"""ListObjectVersions: every version and delete marker of every key."""

from typing import Any

from acsctl.emulator.services.oss.answer import Answer, document, iso_date
from acsctl.emulator.services.oss.bucket import owner
from acsctl.emulator.services.oss.buckets import own_bucket
from acsctl.emulator.services.oss.call import OssCall, oss_api
from acsctl.emulator.services.oss.keys import keys_of, versions
from acsctl.emulator.services.oss.listing import Place, encoder, page_size, places, row


@oss_api("ListObjectVersions", parameters="prefix delimiter key-marker version-id-marker max-keys")
def list_object_versions(call: OssCall) -> Answer:
    bucket, say, size = own_bucket(call), encoder(call), page_size(call)
    marker = (call.field("key-marker"), call.field("version-id-marker"))
    rows = [Place(found["Key"], one["Id"], one) for found in keys_of(call.world, bucket=bucket) for one in versions(found)]
    newest = {found["Key"]: found["Versions"][0]["Id"] for found in keys_of(call.world, bucket=bucket)}
    page = places(rows, call=call, marker=marker, size=size)

    def shown(one: Place) -> dict[str, Any]:
        common = {"Key": say(one.key), "VersionId": one.id, "IsLatest": newest[one.key] == one.id}
        if one.thing["Marker"]:
            return {**common, "LastModified": iso_date(one.thing["Time"]), "Owner": owner(bucket.account)}
        return {**common, **row(one.key, version=one.thing, bucket=bucket, say=say, owned=True)}

    fields = {
        "Name": bucket.id,
        "Prefix": say(call.field("prefix")),
        "KeyMarker": say(marker[0]),
        "VersionIdMarker": marker[1],
        "MaxKeys": size,
        "Delimiter": say(call.field("delimiter")),
        "IsTruncated": page.cut,
        "EncodingType": call.field("encoding-type") or None,
        "NextKeyMarker": say(page.last[0]) if page.cut else None,
        "NextVersionIdMarker": page.last[1] if page.cut else None,
        "Version": [shown(one) for one in page.found if not one.thing["Marker"]],
        "DeleteMarker": [shown(one) for one in page.found if one.thing["Marker"]],
        "CommonPrefixes": [{"Prefix": say(one)} for one in page.groups],
    }
    return document("ListVersionsResult", fields)
