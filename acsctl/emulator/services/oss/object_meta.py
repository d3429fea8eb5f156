"""ACL and tags of objects."""

from acsctl.emulator.resource import Resource
from acsctl.emulator.services.oss.answer import Answer, document
from acsctl.emulator.services.oss.bucket import owner
from acsctl.emulator.services.oss.buckets import own_bucket
from acsctl.emulator.services.oss.call import OssCall, oss_api
from acsctl.emulator.services.oss.keys import Version, replace, version_headers, wanted
from acsctl.emulator.services.oss.object_headers import ACLS, check_tags
from acsctl.emulator.services.oss.refusals import invalid
from acsctl.emulator.services.oss.tag_sets import tag_set, tags_in


@oss_api("GetObjectAcl", parameters="versionId")
def get_object_acl(call: OssCall) -> Answer:
    bucket, version = _own(call)
    fields = {"Owner": owner(bucket.account), "AccessControlList": {"Grant": version["Acl"]}}
    return document("AccessControlPolicy", fields, headers=version_headers(version, bucket=bucket))


@oss_api("PutObjectAcl", parameters="versionId")
def put_object_acl(call: OssCall) -> Answer:
    acl = call.header("x-oss-object-acl")
    if acl not in ACLS:
        raise invalid("x-oss-object-acl", acl)
    return _changed(call, change={"Acl": acl})


@oss_api("GetObjectTagging", parameters="versionId")
def get_object_tagging(call: OssCall) -> Answer:
    bucket, version = _own(call)
    return document("Tagging", tag_set(version["Tags"]), headers=version_headers(version, bucket=bucket))


@oss_api("PutObjectTagging", parameters="versionId")
def put_object_tagging(call: OssCall) -> Answer:
    """Replaces all tags."""
    return _changed(call, change={"Tags": check_tags(tags_in(call))})


@oss_api("DeleteObjectTagging", parameters="versionId")
def delete_object_tagging(call: OssCall) -> Answer:
    return _changed(call, change={"Tags": {}}, status=204)


def _own(call: OssCall) -> tuple[Resource, Version]:
    bucket = own_bucket(call)
    return bucket, wanted(call, bucket=bucket)


def _changed(call: OssCall, *, change: Version, status: int = 200) -> Answer:
    bucket, version = _own(call)
    replace(call, bucket=bucket, key=call.address.key, old=version, new={**version, **change})
    return Answer(status, headers=version_headers(version, bucket=bucket))
