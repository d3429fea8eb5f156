"""Versioning: what is kept, what a delete leaves, and that forbid-overwrite means nothing any more."""

import oss2
import pytest
from oss2.models import BatchDeleteObjectVersion, BatchDeleteObjectVersionList

from tests.emulator.oss.conftest import code_of, versioned

FORBID = {"x-oss-forbid-overwrite": "true"}


def put(bucket: oss2.Bucket, key: str, content: bytes) -> str:
    return str(bucket.put_object(key, content).versionid)


def test_never_enabled_suspended(made: oss2.Bucket) -> None:
    assert made.get_bucket_versioning().status is None
    versioned(made, "Enabled")
    assert made.get_bucket_versioning().status == "Enabled"
    versioned(made, "Suspended")
    assert made.get_bucket_versioning().status == "Suspended"
    assert made.get_bucket_info().versioning_status == "Suspended"
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        versioned(made, "Off")
    assert code_of(failure) == (400, "IllegalVersioningConfigurationException")


@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_forbid_overwrite_is_ignored(made: oss2.Bucket, status: str) -> None:
    """Published for versioned buckets, and for those where versioning is suspended: a lock must refuse both."""
    made.put_object("lock", b"first", headers=FORBID)
    versioned(made, status)
    made.put_object("lock", b"second", headers=FORBID)
    assert made.get_object("lock").read() == b"second"


def test_every_write_and_delete_is_a_version(made: oss2.Bucket) -> None:
    versioned(made, "Enabled")
    first, second = put(made, "k", b"1"), put(made, "k", b"2")
    deleted = made.delete_object("k")
    assert (deleted.delete_marker, deleted.versionid not in (first, second)) == (True, True)
    with pytest.raises(oss2.exceptions.NoSuchKey) as gone:
        made.get_object("k")
    assert gone.value.headers["x-oss-delete-marker"] == "true"
    assert made.get_object("k", params={"versionId": first}).read() == b"1"
    listed = made.list_object_versions()
    assert [(one.versionid, one.is_latest, one.size) for one in listed.versions] == [(second, False, 1), (first, False, 1)]
    assert [(one.versionid, one.is_latest) for one in listed.delete_marker] == [(deleted.versionid, True)]
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        made.get_object("k", params={"versionId": deleted.versionid})
    assert code_of(failure) == (405, "MethodNotAllowed")
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        made.get_object("k", params={"versionId": "CAEQNone"})
    assert code_of(failure) == (404, "NoSuchVersion")
    made.delete_object("k", params={"versionId": deleted.versionid})
    assert made.get_object("k").read() == b"2"
    made.delete_object("k", params={"versionId": second})
    assert made.get_object("k").read() == b"1"


def test_suspended_replaces_the_null_version(made: oss2.Bucket) -> None:
    made.put_object("k", b"before")
    versioned(made, "Enabled")
    kept = put(made, "k", b"versioned")
    versioned(made, "Suspended")
    assert put(made, "k", b"after") == "null"
    ids = [one.versionid for one in made.list_object_versions().versions]
    assert ids == ["null", kept]
    assert made.delete_object("k").versionid == "null"
    listed = made.list_object_versions()
    assert ([one.versionid for one in listed.versions], [one.versionid for one in listed.delete_marker]) == ([kept], ["null"])


def test_a_bucket_with_versions_is_not_empty(made: oss2.Bucket) -> None:
    versioned(made, "Enabled")
    id_ = put(made, "k", b"1")
    marker = made.delete_object("k").versionid
    for versions in ([], [id_]):
        for one in versions:
            made.delete_object("k", params={"versionId": one})
        with pytest.raises(oss2.exceptions.BucketNotEmpty):
            made.delete_bucket()
    named = BatchDeleteObjectVersionList([BatchDeleteObjectVersion("k", marker)])
    assert made.delete_object_versions(named).delete_versions[0].delete_marker
    made.delete_bucket()


def test_pages_of_versions(made: oss2.Bucket) -> None:
    versioned(made, "Enabled")
    wanted = [(key, put(made, key, b"")) for key in ("a", "a", "b", "c") for _ in range(2)]
    seen: list[tuple[str, str]] = []
    key, id_ = "", ""
    while True:
        page = made.list_object_versions(key_marker=key, versionid_marker=id_, max_keys=3)
        seen += [(one.key, one.versionid) for one in page.versions]
        if not page.is_truncated:
            break
        key, id_ = page.next_key_marker, page.next_versionid_marker
    newest_first = sorted(range(len(wanted)), key=lambda index: (wanted[index][0], -index))
    assert seen == [wanted[index] for index in newest_first]
