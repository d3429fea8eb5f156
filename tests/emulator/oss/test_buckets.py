"""Buckets: made, listed, described, deleted; whose they are; the one that is there from the start."""

import oss2
import pytest
from oss2.models import BucketCreateConfig

from tests.emulator.conftest import LocalCloud
from tests.emulator.oss.conftest import BUCKET, code_of, opened

OTHER = {"id": "other", "secret": "hush", "account": "2000200030004000"}


def service(cloud: LocalCloud, key: str = "local", secret: str = "local", region: str = "cn-hangzhou") -> oss2.Service:
    return oss2.Service(oss2.AuthV4(key, secret), cloud.address, region=region)


def names(cloud: LocalCloud, **asked: str) -> list[str]:
    return [one.name for one in service(cloud).list_buckets(**asked).buckets]


def test_a_bucket_has_its_life(cloud: LocalCloud) -> None:
    bucket = opened(cloud.address, "my-bucket", region="cn-beijing")
    wishes = BucketCreateConfig(oss2.BUCKET_STORAGE_CLASS_IA, oss2.BUCKET_DATA_REDUNDANCY_TYPE_ZRS)
    bucket.create_bucket(oss2.BUCKET_ACL_PUBLIC_READ, wishes)
    info = bucket.get_bucket_info()
    assert (info.name, info.location, info.storage_class) == ("my-bucket", "oss-cn-beijing", "IA")
    assert (info.data_redundancy_type, info.acl.grant, info.owner.id) == ("ZRS", "public-read", "1000200030004000")
    assert info.extranet_endpoint == "oss-cn-beijing.aliyuncs.com"
    assert (info.versioning_status, info.bucket_encryption_rule.sse_algorithm) == (None, None)
    assert bucket.get_bucket_location().location == "oss-cn-beijing"
    bucket.put_bucket_acl("private")
    assert bucket.get_bucket_acl().acl == "private"
    bucket.put_object("k", b"12345")
    stat = bucket.get_bucket_stat()
    assert (stat.storage_size_in_bytes, stat.object_count, stat.infrequent_access_storage) == (5, 1, 5)
    with pytest.raises(oss2.exceptions.BucketNotEmpty):
        bucket.delete_bucket()
    bucket.delete_object("k")
    bucket.delete_bucket()
    for use in (bucket.get_bucket_info, bucket.delete_bucket, bucket.list_objects, lambda: bucket.put_object("k", b"")):
        with pytest.raises(oss2.exceptions.NoSuchBucket):
            use()
    assert cloud.findings() == []


def test_names(cloud: LocalCloud) -> None:
    for name in ("ab", "Has-Capitals", "under_score", "-begins", "ends-", "a" * 64):
        with pytest.raises(oss2.exceptions.ServerError) as failure:
            _raw(cloud, name).create_bucket()
        assert code_of(failure) == (400, "InvalidBucketName")
    for key in ("/k", "\\k", "k" * 1024):
        with pytest.raises(oss2.exceptions.InvalidObjectName):
            opened(cloud.address).put_object(key, b"")


def _raw(cloud: LocalCloud, name: str) -> oss2.Bucket:
    """oss2 refuses some of them itself."""
    bucket = opened(cloud.address)
    bucket.bucket_name = name
    return bucket


def test_lists_of_buckets(cloud: LocalCloud) -> None:
    for name in ("my-b", "my-a", "your-c"):
        opened(cloud.address, name).create_bucket()
    assert names(cloud) == [BUCKET, "my-a", "my-b", "your-c"]
    assert names(cloud, prefix="my-") == ["my-a", "my-b"]
    assert names(cloud, marker="my-a") == ["my-b", "your-c"]
    assert [one.name for one in oss2.BucketIterator(service(cloud), max_keys=1)] == [BUCKET, "my-a", "my-b", "your-c"]
    first = service(cloud).list_buckets(max_keys=1)
    assert (first.is_truncated, first.next_marker, first.buckets[0].location) == (True, BUCKET, "oss-cn-hangzhou")


def test_buckets_are_found_by_tags(cloud: LocalCloud) -> None:
    opened(cloud.address, "plain").create_bucket()
    opened(cloud.address, "mine").create_bucket(headers={"x-oss-bucket-tagging": "acsctl%3Astack=shop&x=1"})
    assert opened(cloud.address, "mine").get_bucket_tagging().tag_set.tagging_rule == {"acsctl:stack": "shop", "x": "1"}
    found = service(cloud).list_buckets(params={"tag-key": "acsctl:stack", "tag-value": "shop"})
    assert [one.name for one in found.buckets] == ["mine"]
    rows = {one["id"]: one["tags"] for one in cloud.world("oss_bucket")}
    assert rows == {"plain": {}, "mine": {"acsctl:stack": "shop", "x": "1"}}


def test_a_name_belongs_to_one_account(cloud: LocalCloud) -> None:
    cloud.settings(keys=[OTHER])
    theirs = opened(cloud.address, "theirs", key="other", secret="hush")
    theirs.create_bucket()
    theirs.put_object("k", b"secret")
    mine = opened(cloud.address, "theirs")
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        mine.create_bucket()
    assert code_of(failure) == (409, "BucketAlreadyExists")
    for use in (mine.list_objects, mine.get_bucket_info, lambda: mine.get_object("k"), lambda: mine.put_object("k", b"")):
        with pytest.raises(oss2.exceptions.AccessDenied):
            use()
    theirs.put_bucket_acl("public-read")
    assert mine.get_object("k").read() == b"secret"
    theirs.put_object_acl("k", "private")
    with pytest.raises(oss2.exceptions.AccessDenied):
        mine.get_object("k")
    with pytest.raises(oss2.exceptions.AccessDenied):
        mine.delete_object("k")
    theirs.put_bucket_acl("public-read-write")
    mine.put_object("mine", b"")
    assert [one.key for one in theirs.list_objects().object_list] == ["k", "mine"]
    assert names(cloud) == [BUCKET]


def test_making_it_again_changes_nothing_but_the_acl(made: oss2.Bucket) -> None:
    made.put_object("k", b"kept")
    made.create_bucket()
    assert (made.get_bucket_acl().acl, made.get_object("k").read()) == ("private", b"kept")
    made.create_bucket("public-read")
    assert made.get_bucket_acl().acl == "public-read"


@pytest.mark.parametrize(
    ("wishes", "region"),
    [
        (BucketCreateConfig("IA"), "cn-hangzhou"),
        (BucketCreateConfig("Standard", "ZRS"), "cn-hangzhou"),
        (None, "cn-beijing"),
    ],
)
def test_making_it_again_otherwise_is_refused(cloud: LocalCloud, wishes: BucketCreateConfig | None, region: str) -> None:
    opened(cloud.address, "mine").create_bucket(input=BucketCreateConfig("Standard", "LRS"))
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        opened(cloud.address, "mine", region=region).create_bucket(input=wishes)
    assert code_of(failure) == (409, "BucketAlreadyExists")
    opened(cloud.address, "mine").create_bucket(input=BucketCreateConfig("Standard"))
    assert opened(cloud.address, "mine").get_bucket_info().storage_class == "Standard"


def test_a_bucket_is_addressed_in_its_own_region(cloud: LocalCloud) -> None:
    opened(cloud.address, "far", region="cn-beijing").create_bucket()
    here = opened(cloud.address, "far", region="cn-hangzhou")
    with pytest.raises(oss2.exceptions.AccessDenied) as failure:
        here.put_object("k", b"")
    assert failure.value.details["Endpoint"] == "oss-cn-beijing.aliyuncs.com"
    assert here.get_bucket_location().location == "oss-cn-beijing"


def test_the_standing_bucket_is_wherever_one_looks(cloud: LocalCloud) -> None:
    assert cloud.world() == []
    opened(cloud.address, region="cn-beijing").put_object("k", b"x")
    assert opened(cloud.address, region="eu-central-1").get_object("k").read() == b"x"
    assert [one["id"] for one in cloud.world("oss_object")] == [f"{BUCKET}/k"]
    assert cloud.world("oss_bucket") == []
    bucket = opened(cloud.address, region="cn-beijing")
    bucket.put_bucket_acl("public-read")
    assert [(one["id"], one["attributes"]["Acl"]) for one in cloud.world("oss_bucket")] == [(BUCKET, "public-read")]
    assert bucket.get_object("k").read() == b"x"


def test_the_standing_bucket_can_be_deleted_and_made_again(cloud: LocalCloud) -> None:
    bucket = opened(cloud.address)
    bucket.delete_bucket()
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        bucket.put_object("k", b"")
    assert names(cloud) == []
    bucket.create_bucket()
    bucket.put_object("k", b"")
    assert names(cloud) == [BUCKET]
    bucket.delete_object("k")
    bucket.delete_bucket()
    assert names(cloud) == []
    cloud.control("POST", "reset")
    assert names(cloud) == [BUCKET]


def test_regions(cloud: LocalCloud) -> None:
    every = service(cloud).describe_regions().regions
    assert "oss-cn-hangzhou" in [one.region for one in every]
    one = service(cloud).describe_regions("oss-cn-beijing").regions
    assert [found.internal_endpoint for found in one] == ["oss-cn-beijing-internal.aliyuncs.com"]
