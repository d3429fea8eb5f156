"""Another client, alibabacloud-oss-v2: it builds and parses requests with code of its own."""

import datetime
import io

import alibabacloud_oss_v2 as oss
import pytest

from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.oss.conftest import BUCKET
from tests.emulator.raw import send


@pytest.fixture
def client(cloud: LocalCloud) -> oss.Client:
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider("local", "local")
    config.region, config.endpoint, config.retry_max_attempts = REGION, cloud.address, 1
    return oss.Client(config)


def code_of(failure: pytest.ExceptionInfo[oss.exceptions.OperationError]) -> tuple[int, str]:
    error = failure.value.unwrap()
    assert isinstance(error, oss.exceptions.ServiceError)
    return error.status_code, error.code


def test_a_lock(client: oss.Client) -> None:
    request = oss.PutObjectRequest(BUCKET, "lock/1 ü", forbid_overwrite=True, body=b"me")
    made = client.put_object(request)
    with pytest.raises(oss.exceptions.OperationError) as failure:
        client.put_object(request)
    assert code_of(failure) == (409, "FileAlreadyExists")
    got = client.get_object(oss.GetObjectRequest(BUCKET, "lock/1 ü"))
    assert (got.body.content, got.etag, got.hash_crc64) == (b"me", made.etag, made.hash_crc64)
    head = client.head_object(oss.HeadObjectRequest(BUCKET, "lock/1 ü"))
    assert (head.content_length, head.object_type) == (2, "Normal")
    assert client.is_object_exist(BUCKET, "lock/1 ü")
    assert not client.is_object_exist(BUCKET, "lock/2")
    assert client.is_bucket_exist(BUCKET)
    assert not client.is_bucket_exist("no-such-bucket")
    with pytest.raises(oss.exceptions.OperationError) as absent:
        client.head_object(oss.HeadObjectRequest(BUCKET, "nothing"))
    assert code_of(absent) == (404, "NoSuchKey")


def test_lists_and_deletes(client: oss.Client) -> None:
    keys = [f"k/{number} &<" for number in range(5)]
    for key in keys:
        client.put_object(oss.PutObjectRequest(BUCKET, key, body=b""))
    pages = client.list_objects_v2_paginator().iter_page(oss.ListObjectsV2Request(BUCKET, prefix="k/", max_keys=2))
    assert [one.key for page in pages for one in page.contents or ()] == keys
    old = client.list_objects(oss.ListObjectsRequest(BUCKET, delimiter="/"))
    assert [one.prefix for one in old.common_prefixes] == ["k/"]
    objects = [oss.DeleteObject(key) for key in keys]
    deleted = client.delete_multiple_objects(oss.DeleteMultipleObjectsRequest(BUCKET, objects=objects))
    assert [one.key for one in deleted.deleted_objects] == keys
    assert client.list_objects_v2(oss.ListObjectsV2Request(BUCKET)).key_count == 0


def test_buckets(client: oss.Client) -> None:
    wishes = oss.CreateBucketConfiguration(storage_class="IA")
    client.put_bucket(oss.PutBucketRequest("mine", create_bucket_configuration=wishes, bucket_tagging="acsctl:stack=shop"))
    info = client.get_bucket_info(oss.GetBucketInfoRequest("mine")).bucket_info
    assert (info.name, info.location, info.storage_class) == ("mine", "oss-cn-hangzhou", "IA")
    assert client.get_bucket_location(oss.GetBucketLocationRequest("mine")).location == "oss-cn-hangzhou"
    configuration = oss.VersioningConfiguration(status="Enabled")
    assert client.get_bucket_versioning(oss.GetBucketVersioningRequest("mine")).version_status is None
    client.put_bucket_versioning(oss.PutBucketVersioningRequest("mine", versioning_configuration=configuration))
    assert client.get_bucket_versioning(oss.GetBucketVersioningRequest("mine")).version_status == "Enabled"
    client.put_object(oss.PutObjectRequest("mine", "k", forbid_overwrite=True, body=b"1"))
    client.put_object(oss.PutObjectRequest("mine", "k", forbid_overwrite=True, body=b"2"))
    assert len(client.list_object_versions(oss.ListObjectVersionsRequest("mine")).version) == 2
    tagged = client.list_buckets(oss.ListBucketsRequest(tag_key="acsctl:stack", tag_value="shop"))
    assert [one.name for one in tagged.buckets] == ["mine"]
    tags = client.get_bucket_tags(oss.GetBucketTagsRequest("mine")).tagging.tag_set.tags
    assert [(one.key, one.value) for one in tags] == [("acsctl:stack", "shop")]
    assert client.get_bucket_stat(oss.GetBucketStatRequest("mine")).object_count == 2
    with pytest.raises(oss.exceptions.OperationError) as failure:
        client.delete_bucket(oss.DeleteBucketRequest("mine"))
    assert code_of(failure) == (409, "BucketNotEmpty")


def test_parts_and_appends(client: oss.Client) -> None:
    upload = client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(BUCKET, "big")).upload_id
    parts = []
    for number, content in ((1, b"a" * 102400), (2, b"end")):
        sent = client.upload_part(oss.UploadPartRequest(BUCKET, "big", upload_id=upload, part_number=number, body=content))
        parts.append(oss.UploadPart(part_number=number, etag=sent.etag))
    listed = client.list_parts(oss.ListPartsRequest(BUCKET, "big", upload_id=upload))
    assert [(one.part_number, one.size) for one in listed.parts] == [(1, 102400), (2, 3)]
    whole = oss.CompleteMultipartUpload(parts=parts)
    request = oss.CompleteMultipartUploadRequest(BUCKET, "big", upload_id=upload, complete_multipart_upload=whole)
    assert client.complete_multipart_upload(request).etag.endswith('-2"')
    assert client.get_object(oss.GetObjectRequest(BUCKET, "big", range_header="bytes=102400-")).body.content == b"end"
    first = client.append_object(oss.AppendObjectRequest(BUCKET, "log", position=0, body=io.BytesIO(b"one ")))
    second = client.append_object(oss.AppendObjectRequest(BUCKET, "log", position=first.next_position, body=b"two"))
    assert second.next_position == 7
    copied = client.copy_object(oss.CopyObjectRequest(BUCKET, "copy", source_key="log"))
    assert copied.last_modified is not None
    assert client.get_object(oss.GetObjectRequest(BUCKET, "copy")).body.content == b"one two"


def test_presigned(client: oss.Client) -> None:
    client.put_object(oss.PutObjectRequest(BUCKET, "a b/c", body=b"x"))
    lasts = datetime.timedelta(minutes=1)
    url = client.presign(oss.GetObjectRequest(BUCKET, "a b/c"), expires=lasts).url
    assert send(url).text == "x"
    assert send(url.replace("x-oss-signature=", "x-oss-signature=0")).status == 403
