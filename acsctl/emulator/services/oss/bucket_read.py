"""GetBucketInfo, GetBucketStat, DescribeRegions."""

from xml.etree import ElementTree

from acsctl.emulator import catalogue
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.oss.answer import Answer, Fields, document
from acsctl.emulator.services.oss.bucket import endpoints, owner
from acsctl.emulator.services.oss.buckets import own_bucket
from acsctl.emulator.services.oss.call import OssCall, oss_api
from acsctl.emulator.services.oss.keys import keys_of
from acsctl.emulator.services.oss.uploads import uploads_of

# Storage classes as GetBucketStat names them.
_COUNTED = {
    "Standard": "Standard",
    "IA": "InfrequentAccess",
    "Archive": "Archive",
    "ColdArchive": "ColdArchive",
    "DeepColdArchive": "DeepColdArchive",
}


@oss_api("GetBucketInfo")
def get_bucket_info(call: OssCall) -> Answer:
    bucket = own_bucket(call)
    fields = {
        **bucket.pick("CreationDate", "StorageClass", "DataRedundancyType", "ResourceGroupId"),
        **endpoints(bucket),
        "Name": bucket.id,
        "Region": bucket.region,
        "Owner": owner(bucket.account),
        "AccessControlList": {"Grant": bucket["Acl"]},
        "Versioning": bucket["Versioning"] or None,
        "ServerSideEncryptionRule": _encryption(bucket),
        "AccessMonitor": "Disabled",
        "TransferAcceleration": "Disabled",
        "CrossRegionReplication": "Disabled",
        "BlockPublicAccess": False,
        "BucketPolicy": {"LogBucket": "", "LogPrefix": ""},
    }
    return document("BucketInfo", {"Bucket": fields})


@oss_api("GetBucketStat")
def get_bucket_stat(call: OssCall) -> Answer:
    """All versions count as storage; the real figures lag, these do not."""
    bucket = own_bucket(call)
    every = [one for found in keys_of(call.world, bucket=bucket) for one in found["Versions"]]
    objects, uploads = [one for one in every if not one["Marker"]], uploads_of(call.world, bucket=bucket)
    fields: dict[str, int] = {
        "Storage": sum(one["Size"] for one in objects),
        "ObjectCount": len(objects),
        "MultipartUploadCount": len(uploads),
        "LiveChannelCount": 0,
        "LastModifiedTime": int(call.now),
    }
    for name, word in _COUNTED.items():
        sizes = [one["Size"] for one in objects if one["Class"] == name]
        fields |= {f"{word}Storage": sum(sizes), f"{word}ObjectCount": len(sizes)}
        if name != "Standard":
            fields[f"{word}RealStorage"] = sum(sizes)
    fields["MultipartPartCount"] = sum(len(one["Parts"]) for one in uploads)
    fields["DeleteMarkerCount"] = len(every) - len(objects)
    return document("BucketStat", fields)


@oss_api("DescribeRegions")
def describe_regions(call: OssCall) -> Answer:
    asked = call.field("regions").removeprefix("oss-")
    rows = [
        {
            "Region": f"oss-{one}",
            "InternetEndpoint": f"oss-{one}.aliyuncs.com",
            "InternalEndpoint": f"oss-{one}-internal.aliyuncs.com",
            "AccelerateEndpoint": "oss-accelerate.aliyuncs.com",
        }
        for one in catalogue.regions()
        if asked in ("", one)
    ]
    return document("RegionInfoList", {"RegionInfo": rows})


def _encryption(bucket: Resource) -> Fields:
    text = bucket["Documents"].get("Encryption")
    rule = ElementTree.fromstring(text).find("ApplyServerSideEncryptionByDefault") if text else None
    return {"SSEAlgorithm": "None"} if rule is None else {one.tag: one.text or "" for one in rule}
