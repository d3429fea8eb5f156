"""Tags of buckets: each write replaces the whole set (sheet data.md 1)."""

from acsctl.emulator.services.oss.answer import Answer, document
from acsctl.emulator.services.oss.bucket import MOST_TAGS
from acsctl.emulator.services.oss.buckets import own_bucket, own_bucket_to_change
from acsctl.emulator.services.oss.call import OssCall, oss_api
from acsctl.emulator.services.oss.object_headers import check_tags
from acsctl.emulator.services.oss.tag_sets import tag_set, tags_in


@oss_api("GetBucketTags")
def get_bucket_tags(call: OssCall) -> Answer:
    """An empty set where there are none. The truth: OSS knows no lag of tags."""
    return document("Tagging", tag_set(own_bucket(call).tags))


@oss_api("PutBucketTags")
def put_bucket_tags(call: OssCall) -> Answer:
    tags = check_tags(tags_in(call), most=MOST_TAGS)
    own_bucket_to_change(call).retag(tags)
    return Answer()


@oss_api("DeleteBucketTags")
def delete_bucket_tags(call: OssCall) -> Answer:
    """All, or those that the parameter `tagging` names."""
    named = [one for one in call.field("tagging").split(",") if one]
    bucket = own_bucket_to_change(call)
    bucket.retag({key: value for key, value in bucket.tags.items() if named and key not in named})
    return Answer(204)
