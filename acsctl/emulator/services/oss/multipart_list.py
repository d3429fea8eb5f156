"""ListMultipartUploads, ListParts."""

from acsctl.emulator.services.oss.answer import Answer, document, iso_date
from acsctl.emulator.services.oss.buckets import own_bucket
from acsctl.emulator.services.oss.call import OssCall, oss_api
from acsctl.emulator.services.oss.listing import Place, encoder, page_size, places
from acsctl.emulator.services.oss.multipart import upload_of
from acsctl.emulator.services.oss.uploads import uploads_of

MOST = 1000


@oss_api("ListMultipartUploads", parameters="prefix delimiter key-marker upload-id-marker max-uploads")
def list_multipart_uploads(call: OssCall) -> Answer:
    bucket, say = own_bucket(call), encoder(call)
    size = page_size(call, name="max-uploads", default=MOST)
    rows = [Place(one["Key"], one.id, one) for one in uploads_of(call.world, bucket=bucket)]
    marker = (call.field("key-marker"), call.field("upload-id-marker"))
    page = places(rows, call=call, marker=marker, size=size)
    uploads = [
        {"Key": say(one.key), "UploadId": one.id, "StorageClass": one.thing["Class"], "Initiated": iso_date(one.thing["Time"])}
        for one in page.found
    ]
    fields = {
        "EncodingType": call.field("encoding-type") or None,
        "Bucket": bucket.id,
        "KeyMarker": say(marker[0]),
        "UploadIdMarker": marker[1],
        "NextKeyMarker": say(page.last[0]) if page.cut else "",
        "NextUploadIdMarker": page.last[1] if page.cut else "",
        "Delimiter": say(call.field("delimiter")),
        "Prefix": say(call.field("prefix")),
        "MaxUploads": size,
        "IsTruncated": page.cut,
        "Upload": uploads,
        "CommonPrefixes": [{"Prefix": say(one)} for one in page.groups],
    }
    return document("ListMultipartUploadsResult", fields)


@oss_api("ListParts", parameters="max-parts part-number-marker")
def list_parts(call: OssCall) -> Answer:
    upload, say = upload_of(call), encoder(call)
    size = page_size(call, name="max-parts", default=MOST)
    after = call.number("part-number-marker", default=0, most=10000)
    every = sorted((int(number), part) for number, part in upload["Parts"].items() if int(number) > after)
    page = every[:size]
    parts = [
        {
            "PartNumber": number,
            "LastModified": iso_date(part["Time"]),
            "ETag": f'"{part["ETag"]}"',
            "Size": part["Size"],
            "HashCrc64ecma": part["Crc"],
        }
        for number, part in page
    ]
    fields = {
        "EncodingType": call.field("encoding-type") or None,
        "Bucket": upload["Bucket"],
        "Key": say(upload["Key"]),
        "UploadId": upload.id,
        "StorageClass": upload["Class"],
        "PartNumberMarker": after,
        "NextPartNumberMarker": page[-1][0] if page else after,
        "MaxParts": size,
        "IsTruncated": len(every) > size,
        "Part": parts,
    }
    return document("ListPartsResult", fields)
