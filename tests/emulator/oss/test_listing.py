"""Lists: prefix, delimiter, pages, and that what was written a moment ago is there, whatever the lag of the other products."""

import oss2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acsctl.emulator import Options, run
from tests.emulator.conftest import LocalCloud
from tests.emulator.oss.conftest import BUCKET, code_of, opened

KEYS = ["a", "a/1", "a/2", "b/1/x", "b/1/y", "b/2", "ü &<>.txt"]


@pytest.fixture
def full(bucket: oss2.Bucket) -> oss2.Bucket:
    for key in reversed(KEYS):
        bucket.put_object(key, key.encode())
    return bucket


def test_everything_in_order(full: oss2.Bucket) -> None:
    for listed in (full.list_objects(), full.list_objects_v2(fetch_owner=True)):
        assert [(one.key, one.size, one.type, one.storage_class) for one in listed.object_list] == [
            (key, len(key.encode()), "Normal", "Standard") for key in KEYS
        ]
        assert listed.object_list[0].owner.id == "1000200030004000"
        assert not listed.is_truncated
    assert full.list_objects_v2().object_list[0].owner is None


def test_folders(full: oss2.Bucket) -> None:
    for listed in (full.list_objects(delimiter="/"), full.list_objects_v2(delimiter="/")):
        assert ([one.key for one in listed.object_list], listed.prefix_list) == (["a", "ü &<>.txt"], ["a/", "b/"])
    inside = full.list_objects_v2(prefix="b/", delimiter="/")
    assert ([one.key for one in inside.object_list], inside.prefix_list) == (["b/2"], ["b/1/"])


def test_starting_after(full: oss2.Bucket) -> None:
    assert [one.key for one in full.list_objects(marker="b/1/x").object_list] == KEYS[4:]
    assert [one.key for one in full.list_objects_v2(start_after="b/1/").object_list] == KEYS[3:]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages(full: oss2.Bucket, size: int) -> None:
    assert [one.key for one in oss2.ObjectIterator(full, max_keys=size)] == KEYS
    assert [one.key for one in oss2.ObjectIteratorV2(full, max_keys=size)] == KEYS
    folders = [one.key for one in oss2.ObjectIteratorV2(full, delimiter="/", max_keys=size)]
    assert folders == ["a", "a/", "b/", "ü &<>.txt"]


def test_wrong_sizes(full: oss2.Bucket) -> None:
    for size in (0, 1001):
        with pytest.raises(oss2.exceptions.InvalidArgument):
            full.list_objects(max_keys=size)
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        full.list_objects_v2(continuation_token="nonsense")
    assert code_of(failure) == (400, "InvalidArgument")


def test_no_lag(cloud: LocalCloud, bucket: oss2.Bucket) -> None:
    cloud.settings(list_lag=60.0, tag_lag=60.0)
    bucket.put_object("k", b"")
    assert [one.key for one in bucket.list_objects_v2().object_list] == ["k"]
    bucket.delete_object("k")
    assert bucket.list_objects_v2().object_list == []
    bucket.put_object("k", b"again")
    assert bucket.get_object("k").read() == b"again"


keys = st.text(alphabet="ab/\u00e9\U0001f600-", min_size=1, max_size=6).filter(lambda key: key[0] != "/")


@settings(max_examples=25)
@given(st.sets(keys, max_size=8), st.sampled_from(["", "a", "a/", "b"]), st.sampled_from(["", "/", "-"]), st.integers(1, 4))
def test_any_page_size_gives_what_one_page_gives(names: set[str], prefix: str, delimiter: str, size: int) -> None:
    with run(Options(speed=1.0)) as server:
        bucket = opened(server.address, BUCKET)
        for name in names:
            bucket.put_object(name, b"")
        inside = [name for name in names if name.startswith(prefix)]
        rests = {name: name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "") for name in inside}
        expected = {prefix + rests[name][0] + delimiter if rests[name][1] else name for name in inside}
        found = [one.key for one in oss2.ObjectIteratorV2(bucket, prefix=prefix, delimiter=delimiter, max_keys=size)]
        old = [one.key for one in oss2.ObjectIterator(bucket, prefix=prefix, delimiter=delimiter, max_keys=size)]
        assert sorted(found) == sorted(old) == sorted(expected)
