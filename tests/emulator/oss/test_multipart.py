"""Multipart uploads."""

import hashlib

import oss2
import pytest
from oss2.models import PartInfo

from tests.emulator.oss.conftest import code_of

BIG, SMALL = b"a" * 102400, b"the end"


def test_parts_become_an_object(bucket: oss2.Bucket) -> None:
    headers = {"Content-Type": "text/plain", "x-oss-meta-run": "r-1", "x-oss-tagging": "k=v"}
    upload = bucket.init_multipart_upload("ü/big", headers=headers).upload_id
    parts = [PartInfo(1, bucket.upload_part("ü/big", upload, 1, BIG).etag)]
    assert not bucket.object_exists("ü/big")
    bucket.put_object("source", b"xx" + SMALL + b"xx")
    parts.append(PartInfo(3, bucket.upload_part_copy(bucket.bucket_name, "source", (2, 8), "ü/big", upload, 3).etag))
    listed = bucket.list_parts("ü/big", upload)
    assert [(one.part_number, one.size, one.etag) for one in listed.parts] == [
        (1, len(BIG), hashlib.md5(BIG).hexdigest().upper()),
        (3, len(SMALL), hashlib.md5(SMALL).hexdigest().upper()),
    ]
    assert [(one.key, one.upload_id) for one in bucket.list_multipart_uploads().upload_list] == [("ü/big", upload)]
    done = bucket.complete_multipart_upload("ü/big", upload, parts)
    got = bucket.get_object("ü/big")
    assert got.read() == BIG + SMALL
    digests = hashlib.md5(BIG).digest() + hashlib.md5(SMALL).digest()
    assert done.etag == got.etag == f"{hashlib.md5(digests).hexdigest().upper()}-2"
    assert (got.object_type, got.content_type, got.headers["x-oss-meta-run"]) == ("Multipart", "text/plain", "r-1")
    assert bucket.get_object_tagging("ü/big").tag_set.tagging_rule == {"k": "v"}
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.list_parts("ü/big", upload)


def test_what_is_named_wrongly_completes_nothing(bucket: oss2.Bucket) -> None:
    upload = bucket.init_multipart_upload("k").upload_id
    small = bucket.upload_part("k", upload, 1, SMALL).etag
    last = bucket.upload_part("k", upload, 2, SMALL).etag
    for parts, code in (
        ([PartInfo(1, "0" * 32)], "InvalidPart"),
        ([PartInfo(5, small)], "InvalidPart"),
        ([PartInfo(2, last), PartInfo(1, small)], "InvalidPartOrder"),
        ([PartInfo(1, small), PartInfo(2, last)], "EntityTooSmall"),
        ([], "MalformedXML"),
    ):
        with pytest.raises(oss2.exceptions.ServerError) as failure:
            # oss2 sorts the parts by itself
            _complete(bucket, upload, parts)
        assert code_of(failure) == (400, code)
    assert not bucket.object_exists("k")
    bucket.complete_multipart_upload("k", upload, [PartInfo(2, last)])
    assert bucket.get_object("k").read() == SMALL


def _complete(bucket: oss2.Bucket, upload: str, parts: list[PartInfo]) -> None:
    body = "".join(f"<Part><PartNumber>{one.part_number}</PartNumber><ETag>{one.etag}</ETag></Part>" for one in parts)
    bucket._Bucket__do_object(
        "POST", "k", params={"uploadId": upload}, data=f"<CompleteMultipartUpload>{body}</CompleteMultipartUpload>"
    )


def test_giving_up(bucket: oss2.Bucket) -> None:
    upload = bucket.init_multipart_upload("k").upload_id
    bucket.upload_part("k", upload, 1, SMALL)
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.upload_part("k", upload, 10001, SMALL)
    assert bucket.abort_multipart_upload("k", upload).status == 204
    for use in (
        lambda: bucket.abort_multipart_upload("k", upload),
        lambda: bucket.upload_part("k", upload, 1, SMALL),
        lambda: bucket.complete_multipart_upload("k", upload, [PartInfo(1, "x")]),
    ):
        with pytest.raises(oss2.exceptions.NoSuchUpload):
            use()


def test_completing_with_all_parts_and_forbid_overwrite(bucket: oss2.Bucket) -> None:
    upload = bucket.init_multipart_upload("k").upload_id
    bucket.upload_part("k", upload, 1, SMALL)
    bucket.put_object("k", b"first")
    headers = {"x-oss-complete-all": "yes"}
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        bucket.complete_multipart_upload("k", upload, None, headers={**headers, "x-oss-forbid-overwrite": "true"})
    assert code_of(failure) == (409, "FileAlreadyExists")
    assert bucket.get_object("k").read() == b"first"
    bucket.complete_multipart_upload("k", upload, None, headers=headers)
    assert bucket.get_object("k").read() == SMALL


def test_pages_of_uploads_and_parts(bucket: oss2.Bucket) -> None:
    uploads = [bucket.init_multipart_upload(key).upload_id for key in ("a", "b", "b", "c/d")]
    found = [(one.key, one.upload_id) for one in oss2.MultipartUploadIterator(bucket, max_uploads=1)]
    assert sorted(found) == sorted(zip(("a", "b", "b", "c/d"), uploads, strict=True))
    assert bucket.list_multipart_uploads(delimiter="/").prefix_list == ["c/"]
    for number in (2, 1, 11):
        bucket.upload_part("a", uploads[0], number, SMALL)
    numbers = [one.part_number for one in oss2.PartIterator(bucket, "a", uploads[0], max_parts=1)]
    assert numbers == [1, 2, 11]


def test_a_bucket_with_parts_is_not_empty(made: oss2.Bucket) -> None:
    upload = made.init_multipart_upload("k").upload_id
    with pytest.raises(oss2.exceptions.BucketNotEmpty):
        made.delete_bucket()
    made.abort_multipart_upload("k", upload)
    made.delete_bucket()
