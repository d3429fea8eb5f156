"""Objects: written, read in parts and under conditions, copied, appended to, deleted."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate, parsedate_to_datetime

import oss2
import pytest

from tests.emulator.conftest import LocalCloud
from tests.emulator.oss.conftest import code_of, opened

FORBID = {"x-oss-forbid-overwrite": "true"}
CONTENT = bytes(range(256)) * 4


def test_what_is_written_is_read(bucket: oss2.Bucket) -> None:
    headers = {"Content-Type": "text/x-lock", "x-oss-meta-run": "r-1", "Cache-Control": "no-cache"}
    put = bucket.put_object("a/b c+ü.txt", CONTENT, headers=headers)
    got = bucket.get_object("a/b c+ü.txt")
    head = bucket.head_object("a/b c+ü.txt")
    assert got.read() == CONTENT
    assert put.etag == got.etag == head.etag == hashlib.md5(CONTENT).hexdigest().upper()
    assert put.crc == got.server_crc == got.client_crc
    assert (head.content_length, head.content_type, head.object_type) == (len(CONTENT), "text/x-lock", "Normal")
    assert (head.headers["x-oss-meta-run"], head.headers["Cache-Control"]) == ("r-1", "no-cache")
    assert len(put.request_id) == 24
    meta = bucket.get_object_meta("a/b c+ü.txt")
    assert (meta.etag, meta.content_length) == (put.etag, len(CONTENT))


def test_the_clock_of_oss_is_that_of_the_wall(cloud: LocalCloud, bucket: oss2.Bucket) -> None:
    """At whatever speed of the cloud, the age of an object is Date minus Last-Modified in wall seconds."""
    cloud.settings(speed=1000.0)
    put = bucket.put_object("lock/1", b"me")
    cloud.pass_time(7)
    got = bucket.get_object("lock/1")
    now, then = (parsedate_to_datetime(got.headers[name]).timestamp() for name in ("Date", "Last-Modified"))
    listed = bucket.list_objects_v2().object_list[0].last_modified
    assert now - then == 7
    assert listed == then == parsedate_to_datetime(put.headers["Date"]).timestamp()


def test_forbid_overwrite_lets_one_win(bucket: oss2.Bucket) -> None:
    bucket.put_object("lock/1", b"first", headers=FORBID)
    for write in (
        lambda: bucket.put_object("lock/1", b"second", headers=FORBID),
        lambda: bucket.copy_object(bucket.bucket_name, "lock/1", "lock/1", headers=FORBID),
        lambda: bucket.init_multipart_upload("lock/1", headers=FORBID),
        lambda: bucket.put_symlink("other", "lock/1", headers=FORBID),
    ):
        with pytest.raises(oss2.exceptions.ServerError) as failure:
            write()
        assert code_of(failure) == (409, "FileAlreadyExists")
    assert bucket.get_object("lock/1").read() == b"first"
    bucket.put_object("lock/1", b"third", headers={"x-oss-forbid-overwrite": "false"})
    bucket.delete_object("lock/1")
    bucket.put_object("lock/1", b"fourth", headers=FORBID)
    assert bucket.get_object("lock/1").read() == b"fourth"
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        bucket.put_object("lock/2", b"", headers={"x-oss-forbid-overwrite": "yes"})
    assert code_of(failure) == (400, "InvalidArgument")


@pytest.mark.parametrize(
    ("asked", "standard", "expected"),
    [
        ((0, 9), False, (206, CONTENT[:10])),
        ((1020, None), False, (206, CONTENT[1020:])),
        ((None, 5), False, (206, CONTENT[-5:])),
        ((500, 2000), False, (200, CONTENT)),
        ((2000, 3000), False, (200, CONTENT)),
        ((500, 2000), True, (206, CONTENT[500:])),
    ],
)
def test_ranges(bucket: oss2.Bucket, asked: tuple[int | None, int | None], standard: bool, expected: tuple[int, bytes]) -> None:
    bucket.put_object("data", CONTENT)
    headers = {"x-oss-range-behavior": "standard"} if standard else None
    got = bucket.get_object("data", byte_range=asked, headers=headers)
    assert (got.status, got.read()) == expected
    if got.status == 206:
        assert got.headers["Content-Range"].endswith(f"/{len(CONTENT)}")


def test_a_standard_range_beyond_the_end_is_refused(bucket: oss2.Bucket) -> None:
    bucket.put_object("data", CONTENT)
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        bucket.get_object("data", byte_range=(2000, 3000), headers={"x-oss-range-behavior": "standard"})
    assert code_of(failure) == (416, "InvalidRange")


def test_conditions(bucket: oss2.Bucket) -> None:
    etag = bucket.put_object("data", CONTENT).etag
    written = bucket.head_object("data").last_modified
    before, after = (formatdate(written + shift, usegmt=True) for shift in (-60, 60))
    for headers in ({"If-Match": f'"{etag}"'}, {"If-None-Match": '"other"'}, {"If-Modified-Since": before}):
        assert bucket.get_object("data", headers=headers).read() == CONTENT
    for headers in ({"If-None-Match": f'"{etag}"'}, {"If-Modified-Since": after}):
        with pytest.raises(oss2.exceptions.NotModified):
            bucket.get_object("data", headers=headers)
    for headers in ({"If-Match": '"other"'}, {"If-Unmodified-Since": before}):
        with pytest.raises(oss2.exceptions.PreconditionFailed):
            bucket.get_object("data", headers=headers)
    with pytest.raises(oss2.exceptions.PreconditionFailed):
        bucket.copy_object(bucket.bucket_name, "data", "copy", headers={"x-oss-copy-source-if-match": '"other"'})


def test_what_is_absent(bucket: oss2.Bucket) -> None:
    for read in (bucket.get_object, bucket.head_object, bucket.get_object_meta, bucket.get_object_acl):
        with pytest.raises(oss2.exceptions.NotFound) as failure:
            read("nothing")
        assert code_of(failure) == (404, "NoSuchKey")
    assert not bucket.object_exists("nothing")
    assert bucket.delete_object("nothing").status == 204


def test_a_wrong_digest_writes_nothing(bucket: oss2.Bucket) -> None:
    with pytest.raises(oss2.exceptions.InvalidDigest):
        bucket.put_object("data", CONTENT, headers={"Content-MD5": oss2.utils.content_md5("other")})
    assert not bucket.object_exists("data")
    bucket.put_object("data", CONTENT, headers={"Content-MD5": oss2.utils.content_md5(CONTENT)})


def test_copies(cloud: LocalCloud, bucket: oss2.Bucket) -> None:
    other = opened(cloud.address, "other-bucket")
    other.create_bucket()
    bucket.put_object("a b", CONTENT, headers={"x-oss-meta-run": "r-1", "x-oss-tagging": "k=v"})
    copied = other.copy_object(bucket.bucket_name, "a b", "c d")
    assert copied.etag == bucket.head_object("a b").etag
    assert other.get_object("c d").read() == CONTENT
    assert other.head_object("c d").headers["x-oss-meta-run"] == "r-1"
    assert other.get_object_tagging("c d").tag_set.tagging_rule == {"k": "v"}
    bucket.update_object_meta("a b", {"x-oss-meta-run": "r-2"})
    assert bucket.head_object("a b").headers["x-oss-meta-run"] == "r-2"
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.copy_object("other-bucket", "nothing", "x")
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        bucket.copy_object("no-such-bucket", "nothing", "x")


def test_appending(bucket: oss2.Bucket) -> None:
    first = bucket.append_object("log", 0, b"one ")
    second = bucket.append_object("log", first.next_position, b"two", init_crc=first.crc)
    assert (second.next_position, bucket.get_object("log").read()) == (7, b"one two")
    assert bucket.head_object("log").object_type == "Appendable"
    with pytest.raises(oss2.exceptions.PositionNotEqualToLength) as failure:
        bucket.append_object("log", 4, b"late")
    assert failure.value.next_position == 7
    bucket.put_object("plain", b"x")
    with pytest.raises(oss2.exceptions.ObjectNotAppendable):
        bucket.append_object("plain", 1, b"y")


def test_deleting_many(bucket: oss2.Bucket) -> None:
    for key in ("a", "b&c<d>", "e/f"):
        bucket.put_object(key, b"")
    deleted = bucket.batch_delete_objects(["a", "b&c<d>", "never"]).deleted_keys
    assert deleted == ["a", "b&c<d>", "never"]
    assert [one.key for one in bucket.list_objects().object_list] == ["e/f"]


def test_acl_and_tags(bucket: oss2.Bucket) -> None:
    bucket.put_object("data", b"x", headers={"x-oss-object-acl": "public-read", "x-oss-tagging": "a=1&b=2"})
    assert bucket.get_object_acl("data").acl == "public-read"
    bucket.put_object_acl("data", "private")
    assert bucket.get_object_acl("data").acl == "private"
    assert bucket.get_object_tagging("data").tag_set.tagging_rule == {"a": "1", "b": "2"}
    rule = oss2.models.TaggingRule()
    rule.add("c", "ü")
    bucket.put_object_tagging("data", oss2.models.Tagging(rule))
    assert bucket.get_object_tagging("data").tag_set.tagging_rule == {"c": "ü"}
    assert bucket.head_object("data").headers["x-oss-tagging-count"] == "1"
    bucket.delete_object_tagging("data")
    assert bucket.get_object_tagging("data").tag_set.tagging_rule == {}


def test_symbolic_links(bucket: oss2.Bucket) -> None:
    bucket.put_object("target ü", b"behind")
    bucket.put_symlink("target ü", "link")
    assert bucket.get_symlink("link").target_key == "target ü"
    got = bucket.get_object("link")
    assert (got.read(), got.object_type) == (b"behind", "Symlink")
    bucket.put_symlink("nowhere", "broken")
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        bucket.get_object("broken")
    assert code_of(failure) == (404, "SymlinkTargetNotExist")
    bucket.put_symlink("link", "chain")
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        bucket.get_object("chain")
    assert code_of(failure) == (400, "InvalidTargetType")


def test_of_many_at_once_one_wins(cloud: LocalCloud) -> None:
    def write(number: int) -> bool:
        try:
            opened(cloud.address).put_object("lock/1", str(number), headers=FORBID)
        except oss2.exceptions.ServerError as error:
            assert (error.status, error.code) == (409, "FileAlreadyExists")
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(write, range(24)))
    assert sum(won) == 1
    assert opened(cloud.address).get_object("lock/1").read() == str(won.index(True)).encode()
