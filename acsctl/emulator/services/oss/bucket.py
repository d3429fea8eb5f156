"""PutBucket, DeleteBucket, ListBuckets, and what a bucket says about itself in a word (sheet data.md 1)."""

from urllib.parse import parse_qsl
from xml.etree import ElementTree

from acsctl.emulator import catalogue
from acsctl.emulator.resource import Resource, Scope
from acsctl.emulator.services.oss import keys
from acsctl.emulator.services.oss.answer import Answer, document
from acsctl.emulator.services.oss.buckets import (
    ACLS,
    BUCKET,
    DEFAULT_REGION,
    PRIVATE,
    REMOVED,
    STANDING,
    buckets_of,
    denied,
    find_bucket,
    new,
    own_bucket,
    own_bucket_to_change,
    owns,
)
from acsctl.emulator.services.oss.call import OssCall, malformed, oss_api
from acsctl.emulator.services.oss.object_headers import CLASSES, check_tags
from acsctl.emulator.services.oss.refusals import OssError, invalid
from acsctl.emulator.services.oss.uploads import uploads_of

REDUNDANCIES = ("LRS", "ZRS")
MOST_TAGS = 20


@oss_api("PutBucket")
def put_bucket(call: OssCall) -> Answer:
    """Again by its owner it changes no more than the ACL, and what else is wished must be as it is; a name that another account
    has is taken."""
    name, acl = call.address.bucket, call.header("x-oss-acl") or PRIVATE
    if acl not in ACLS:
        raise invalid("x-oss-acl", acl)
    if call.key is None:
        raise denied("Anonymous users cannot make buckets.")
    wishes = call.xml("CreateBucketConfiguration") if call.request.body else None
    found = find_bucket(call.world, name=name, region=call.region)
    if found is not None:
        return _again(call, found=found, acl=acl, wishes=wishes)
    attributes = new(
        call.now,
        Acl=acl,
        StorageClass=_one_of(wishes, name="StorageClass", known=CLASSES, default="Standard"),
        DataRedundancyType=_one_of(wishes, name="DataRedundancyType", known=REDUNDANCIES, default="LRS"),
    )
    if call.header("x-oss-resource-group-id"):
        attributes["ResourceGroupId"] = call.header("x-oss-resource-group-id")
    scope = Scope(call.key.account, _region(call, wishes=wishes))
    made = call.world.store.create(BUCKET, scope=scope, attributes=attributes, id=name)
    if call.header("x-oss-bucket-tagging"):
        made.retag(_tags(call.header("x-oss-bucket-tagging")))
    return Answer(headers={"Location": f"/{name}"})


@oss_api("DeleteBucket")
def delete_bucket(call: OssCall) -> Answer:
    """Empty means no versions, no delete markers and no parts either."""
    bucket = own_bucket(call)
    if keys.keys_of(call.world, bucket=bucket) or uploads_of(call.world, bucket=bucket):
        message = "The bucket is not empty."
        raise OssError("BucketNotEmpty", message=message, details={"BucketName": bucket.id})
    if bucket.id == STANDING:
        scope = Scope(bucket.account, DEFAULT_REGION)
        if call.world.store.find(REMOVED, scope=scope, id=STANDING) is None:
            call.world.store.create(REMOVED, scope=scope, attributes={}, id=STANDING)
    for one in call.world.store.of(BUCKET):
        if one.id == bucket.id:
            one.remove()
    return Answer(204)


@oss_api("ListBuckets", parameters="prefix marker max-keys tag-key tag-value tagging")
def list_buckets(call: OssCall) -> Answer:
    if call.key is None:
        raise denied("Anonymous users cannot list buckets.")
    size = call.number("max-keys", default=100, most=1000) or 100
    prefix, marker = call.field("prefix"), call.field("marker")
    every = [one for one in buckets_of(call.world, account=call.key.account) if one.id.startswith(prefix) and one.id > marker]
    found = [one for one in every if _asked_tags(call).items() <= one.tags.items()]
    page = found[:size]
    cut = len(found) > size
    fields = {
        "Prefix": prefix or None,
        "Marker": marker or None,
        "MaxKeys": size if cut else None,
        "IsTruncated": cut or None,
        "NextMarker": page[-1].id if cut else None,
        "Owner": owner(call.key.account),
        "Buckets": {"Bucket": [_row(one) for one in page]},
    }
    return document("ListAllMyBucketsResult", fields)


@oss_api("GetBucketLocation")
def get_bucket_location(call: OssCall) -> Answer:
    return document("LocationConstraint", f"oss-{own_bucket(call).region}")


@oss_api("GetBucketAcl")
def get_bucket_acl(call: OssCall) -> Answer:
    bucket = own_bucket(call)
    fields = {"Owner": owner(bucket.account), "AccessControlList": {"Grant": bucket["Acl"]}}
    return document("AccessControlPolicy", fields)


@oss_api("PutBucketAcl")
def put_bucket_acl(call: OssCall) -> Answer:
    acl = call.header("x-oss-acl")
    if acl not in ACLS:
        raise invalid("x-oss-acl", acl)
    own_bucket_to_change(call).set(Acl=acl)
    return Answer()


@oss_api("GetBucketVersioning")
def get_bucket_versioning(call: OssCall) -> Answer:
    """Without Status where it never was on."""
    return document("VersioningConfiguration", {"Status": own_bucket(call)["Versioning"] or None})


@oss_api("PutBucketVersioning")
def put_bucket_versioning(call: OssCall) -> Answer:
    status = call.xml("VersioningConfiguration").findtext("Status") or ""
    if status not in (keys.ENABLED, keys.SUSPENDED):
        message = "The status is Enabled or Suspended."
        raise OssError("IllegalVersioningConfigurationException", message=message)
    own_bucket_to_change(call).set(Versioning=status)
    return Answer()


def owner(account: str) -> dict[str, str]:
    return {"ID": account, "DisplayName": account}


def endpoints(bucket: Resource) -> dict[str, str]:
    """Where a bucket is, as lists and GetBucketInfo tell."""
    return {
        "Location": f"oss-{bucket.region}",
        "ExtranetEndpoint": f"oss-{bucket.region}.aliyuncs.com",
        "IntranetEndpoint": f"oss-{bucket.region}-internal.aliyuncs.com",
    }


def _row(bucket: Resource) -> dict[str, str]:
    return {
        **bucket.pick("CreationDate", "StorageClass", "ResourceGroupId"),
        **endpoints(bucket),
        "Name": bucket.id,
        "Region": bucket.region,
    }


def _again(call: OssCall, *, found: Resource, acl: str, wishes: ElementTree.Element | None) -> Answer:
    """Codes of the published pages on HTTP 409."""
    if not owns(call.key, bucket=found):
        raise _exists(found, message="The bucket name is taken by another account: names are shared by all.")
    if _region(call, wishes=wishes, default=found.region) != found.region:
        raise _exists(found, message="The bucket is there, in another region, which cannot be changed.")
    for name, known in (("StorageClass", CLASSES), ("DataRedundancyType", REDUNDANCIES)):
        if _one_of(wishes, name=name, known=known, default=found[name]) != found[name]:
            raise _exists(found, message=f"The bucket is there, with another {name}, which cannot be changed.")
    if call.header("x-oss-acl") and found["Acl"] != acl:
        own_bucket_to_change(call).set(Acl=acl)
    return Answer(headers={"Location": f"/{found.id}"})


def _exists(found: Resource, *, message: str) -> OssError:
    return OssError("BucketAlreadyExists", message=message, details={"BucketName": found.id})


def _region(call: OssCall, *, wishes: ElementTree.Element | None, default: str = DEFAULT_REGION) -> str:
    """Of the endpoint or the signature, or what the body wants where neither says it."""
    wanted = (wishes.findtext("LocationConstraint") or "" if wishes is not None else "").removeprefix("oss-")
    region = call.region or wanted or default
    if region not in catalogue.regions() or (wanted and wanted != region):
        raise invalid("LocationConstraint", wanted or region)
    return region


def _one_of(wishes: ElementTree.Element | None, *, name: str, known: tuple[str, ...], default: str) -> str:
    value = (wishes.findtext(name) if wishes is not None else None) or default
    if value not in known:
        raise malformed()
    return value


def _tags(text: str) -> dict[str, str]:
    return check_tags(dict(parse_qsl(text, keep_blank_values=True)), text=text, most=MOST_TAGS)


def _asked_tags(call: OssCall) -> dict[str, str]:
    """tag-key and tag-value, or tagging with several pairs, all of which must match (sheet data.md 1)."""
    if call.field("tagging"):
        pairs = (one.replace('"', "").partition(":") for one in call.field("tagging").split(","))
        return {key.strip(): value.strip() for key, _, value in pairs}
    return {call.field("tag-key"): call.field("tag-value")} if call.field("tag-key") else {}
