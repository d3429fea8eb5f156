"""Which API of OSS a request calls: by its method, by whether it names a bucket and a key, and by its sub-resource."""

from collections.abc import Mapping

from acsctl.emulator.message import Request
from acsctl.emulator.services.oss.address import Address
from acsctl.emulator.services.oss.refusals import OssError

Methods = Mapping[str, str]

SERVICE: Mapping[str, Methods] = {
    "regions": {"GET": "DescribeRegions"},
    "": {"GET": "ListBuckets"},
}
BUCKET: Mapping[str, Methods] = {
    "acl": {"GET": "GetBucketAcl", "PUT": "PutBucketAcl"},
    "accessmonitor": {"GET": "GetBucketAccessMonitor", "PUT": "PutBucketAccessMonitor"},
    "bucketArchiveDirectRead": {"GET": "GetBucketArchiveDirectRead", "PUT": "PutBucketArchiveDirectRead"},
    "bucketInfo": {"GET": "GetBucketInfo"},
    "cors": {"GET": "GetBucketCors", "PUT": "PutBucketCors", "DELETE": "DeleteBucketCors"},
    "delete": {"POST": "DeleteMultipleObjects"},
    "encryption": {"GET": "GetBucketEncryption", "PUT": "PutBucketEncryption", "DELETE": "DeleteBucketEncryption"},
    "httpsConfig": {"GET": "GetBucketHttpsConfig", "PUT": "PutBucketHttpsConfig"},
    "lifecycle": {"GET": "GetBucketLifecycle", "PUT": "PutBucketLifecycle", "DELETE": "DeleteBucketLifecycle"},
    "location": {"GET": "GetBucketLocation"},
    "logging": {"GET": "GetBucketLogging", "PUT": "PutBucketLogging", "DELETE": "DeleteBucketLogging"},
    "policy": {"GET": "GetBucketPolicy", "PUT": "PutBucketPolicy", "DELETE": "DeleteBucketPolicy"},
    "publicAccessBlock": {
        "GET": "GetBucketPublicAccessBlock",
        "PUT": "PutBucketPublicAccessBlock",
        "DELETE": "DeleteBucketPublicAccessBlock",
    },
    "referer": {"GET": "GetBucketReferer", "PUT": "PutBucketReferer"},
    "requestPayment": {"GET": "GetBucketRequestPayment", "PUT": "PutBucketRequestPayment"},
    "resourceGroup": {"GET": "GetBucketResourceGroup", "PUT": "PutBucketResourceGroup"},
    "stat": {"GET": "GetBucketStat"},
    "tagging": {"GET": "GetBucketTags", "PUT": "PutBucketTags", "DELETE": "DeleteBucketTags"},
    "transferAcceleration": {"GET": "GetBucketTransferAcceleration", "PUT": "PutBucketTransferAcceleration"},
    "uploads": {"GET": "ListMultipartUploads"},
    "versioning": {"GET": "GetBucketVersioning", "PUT": "PutBucketVersioning"},
    "versions": {"GET": "ListObjectVersions"},
    "website": {"GET": "GetBucketWebsite", "PUT": "PutBucketWebsite", "DELETE": "DeleteBucketWebsite"},
    "": {"GET": "ListObjects", "PUT": "PutBucket", "DELETE": "DeleteBucket", "POST": "PostObject"},
}
OBJECT: Mapping[str, Methods] = {
    "acl": {"GET": "GetObjectAcl", "PUT": "PutObjectAcl"},
    "append": {"POST": "AppendObject"},
    "objectMeta": {"HEAD": "GetObjectMeta", "GET": "GetObjectMeta"},
    "symlink": {"GET": "GetSymlink", "PUT": "PutSymlink"},
    "tagging": {"GET": "GetObjectTagging", "PUT": "PutObjectTagging", "DELETE": "DeleteObjectTagging"},
    "uploads": {"POST": "InitiateMultipartUpload"},
    "uploadId": {
        "PUT": "UploadPart",
        "POST": "CompleteMultipartUpload",
        "DELETE": "AbortMultipartUpload",
        "GET": "ListParts",
    },
    "": {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"},
}
_UNPLAYED_NAMES = """
    accessPoint accessPointPolicy asyncFetch cname comp inventory live metaQuery qosInfo redundancyTransition replication
    replicationLocation replicationProgress requesterQosInfo resourcePool restore style vod worm wormExtend wormId
    x-oss-async-process x-oss-process"""
UNPLAYED = frozenset(_UNPLAYED_NAMES.split())
"""Sub-resources that exist, and that the local cloud does not play. comp: a part of one."""
NOT_PLAYED = "NotPlayed"


def api_of(request: Request, *, address: Address) -> str:
    """`PutObject`; NOT_PLAYED for what is not played here. Raises MethodNotAllowed."""
    table = OBJECT if address.key else BUCKET if address.bucket else SERVICE
    fields = request.query_fields
    if UNPLAYED & fields.keys():
        return NOT_PLAYED
    chosen = next((name for name in table if name and name in fields), "")
    name = table[chosen].get(request.method)
    if name is None:
        message = "The method is not allowed against this resource."
        details = {"Method": request.method, "ResourceType": chosen or ("Object" if address.key else "Bucket")}
        raise OssError("MethodNotAllowed", message=message, details=details)
    if name == "ListObjects" and fields.get("list-type") == "2":
        return "ListObjectsV2"
    if request.header("x-oss-copy-source"):
        return {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}.get(name, name)
    return name
