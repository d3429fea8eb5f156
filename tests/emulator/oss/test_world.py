"""OSS as a part of the world: kept on disk, counted, struck by faults, throttled, emptied."""

import threading
from contextlib import suppress
from email.utils import parsedate_to_datetime
from pathlib import Path

import oss2
import pytest

from acsctl.emulator import Options, Server, run
from acsctl.emulator.message import Request
from acsctl.emulator.services.oss.exchange import OssExchange
from tests.emulator.conftest import LocalCloud
from tests.emulator.oss.conftest import BUCKET, code_of, opened, versioned
from tests.emulator.test_persistence import start

FORBID = {"x-oss-forbid-overwrite": "true"}


def test_everything_survives_the_process(tmp_path: Path) -> None:
    """Nothing is written at the end: a second world reads what the first had on disk when each answer was sent."""
    with run(Options(folder=tmp_path / "a")) as server:
        bucket, other = opened(server.address), opened(server.address, "other")
        bucket.put_object("lock/1", b"me", headers={"x-oss-meta-a": "1"})
        bucket.put_object("gone", b"")
        bucket.delete_object("gone")
        other.create_bucket()
        versioned(other, "Enabled")
        first = other.put_object("k", b"one").versionid
        other.put_object("k", b"two")
        upload = bucket.init_multipart_upload("big").upload_id
        etag = bucket.upload_part("big", upload, 1, b"part").etag
        copy = tmp_path / "b"
        copy.mkdir()
        for file in (tmp_path / "a").iterdir():
            if file.is_file():
                (copy / file.name).write_bytes(file.read_bytes())
    for folder in ("a", "b"):
        with run(Options(folder=tmp_path / folder)) as server:
            bucket, other = opened(server.address), opened(server.address, "other")
            assert [one.key for one in bucket.list_objects().object_list] == ["lock/1"]
            got = bucket.get_object("lock/1")
            assert (got.read(), got.headers["x-oss-meta-a"]) == (b"me", "1")
            with pytest.raises(oss2.exceptions.ServerError) as failure:
                bucket.put_object("lock/1", b"you", headers=FORBID)
            assert code_of(failure) == (409, "FileAlreadyExists")
            assert other.get_object("k", params={"versionId": first}).read() == b"one"
            bucket.complete_multipart_upload("big", upload, [oss2.models.PartInfo(1, etag)])
            assert bucket.get_object("big").read() == b"part"
            bucket.delete_object("big")


def test_every_answered_write_survives_a_kill(tmp_path: Path) -> None:
    """Locks are taken while the process is killed: each that was answered is there, whole, and none is taken twice."""
    process, address = start(tmp_path)
    answered: list[str] = []

    def take() -> None:
        bucket = opened(address)
        with suppress(oss2.exceptions.OssError):
            for number in range(10_000):
                bucket.put_object(f"lock/{number:05}", str(number) * 1000, headers=FORBID)
                answered.append(f"lock/{number:05}")

    taker = threading.Thread(target=take)
    taker.start()
    while len(answered) < 20 and taker.is_alive():
        taker.join(0.01)
    process.kill()
    taker.join()
    process.communicate()
    with run(Options(folder=tmp_path)) as server:
        bucket = opened(server.address)
        listed = [one.key for one in oss2.ObjectIteratorV2(bucket)]
        assert listed[: len(answered)] == answered
        assert len(listed) - len(answered) in (0, 1)  # one may have been on its way
        for key in listed:
            assert bucket.get_object(key).read() == str(int(key[5:])).encode() * 1000
            with pytest.raises(oss2.exceptions.ServerError) as failure:
                bucket.put_object(key, b"you", headers=FORBID)
            assert code_of(failure) == (409, "FileAlreadyExists")


def test_contents_go_with_their_objects(tmp_path: Path) -> None:
    with run(Options(folder=tmp_path)) as server:
        bucket = opened(server.address)
        for _ in range(3):
            bucket.put_object("k", b"x")
            bucket.append_object("log", bucket.append_object("log", 0, b"1").next_position, b"2")
            bucket.copy_object(BUCKET, "k", "k")
            upload = bucket.init_multipart_upload("big").upload_id
            for _ in range(2):
                bucket.upload_part("big", upload, 1, b"part")
            bucket.abort_multipart_upload("big", upload)
            bucket.delete_object("log")
        assert server.world.disk is not None
        assert _contents(server) == 1
        bucket.delete_object("k")
        assert _contents(server) == 0


def _contents(server: Server) -> int:
    (count,) = server.world.disk._db.execute("SELECT count(*) FROM content").fetchone()
    return int(count)


def test_calls_are_counted(cloud: LocalCloud) -> None:
    bucket = opened(cloud.address)
    bucket.put_object("k", b"", headers=FORBID)
    with pytest.raises(oss2.exceptions.ServerError):
        bucket.put_object("k", b"", headers=FORBID)
    bucket.get_object("k")
    calls = cloud.control("GET", "calls")
    assert calls["actions"] == {"oss.GetObject": 1, "oss.PutObject": 2}
    assert calls["errors"] == {"FileAlreadyExists": 1}
    logged = cloud.control("GET", "log")[0]
    assert (logged["action"], logged["status"], logged["region"]) == ("oss.PutObject", 200, "cn-hangzhou")
    assert logged["parameters"] == {"bucket": BUCKET, "object": "k"}


def test_a_lost_answer_has_had_its_effect(cloud: LocalCloud) -> None:
    cloud.control("PUT", "faults", [{"action": "oss.PutObject", "kind": "drop", "when": "after"}])
    bucket = opened(cloud.address)
    with pytest.raises(oss2.exceptions.RequestError):
        bucket.put_object("lock/1", b"me", headers=FORBID)
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        bucket.put_object("lock/1", b"me", headers=FORBID)
    assert code_of(failure) == (409, "FileAlreadyExists")
    assert bucket.get_object("lock/1").read() == b"me"


def test_an_answer_without_a_body_is_cut_off_too(cloud: LocalCloud) -> None:
    bucket = opened(cloud.address)
    cloud.control("PUT", "faults", [{"action": "oss.*", "kind": "cut", "times": 2}])
    for use in (lambda: bucket.put_object("k", b"x"), lambda: bucket.head_object("k")):
        with pytest.raises(oss2.exceptions.RequestError):
            use()
    assert bucket.get_object("k").read() == b"x"


def test_a_fault_before_the_effect_leaves_nothing(cloud: LocalCloud) -> None:
    fault = {"action": "oss.PutObject", "parameters": {"object": "lock/*"}}
    cloud.control("PUT", "faults", [{**fault, "kind": "drop"}, {**fault, "code": "InternalError", "status": 500}])
    bucket = opened(cloud.address)
    bucket.put_object("other", b"")
    with pytest.raises(oss2.exceptions.RequestError):
        bucket.put_object("lock/1", b"me")
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        bucket.put_object("lock/1", b"me")
    assert code_of(failure) == (500, "InternalError")
    assert [one.key for one in bucket.list_objects().object_list] == ["other"]


def test_an_error_after_the_effect(cloud: LocalCloud) -> None:
    cloud.control("PUT", "faults", [{"action": "oss.*", "code": "ServiceUnavailable", "status": 503, "when": "after"}])
    bucket = opened(cloud.address)
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        bucket.put_object("k", b"x")
    assert code_of(failure) == (503, "ServiceUnavailable")
    assert bucket.get_object("k").read() == b"x"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("throttle", (503, "TotalQpsLimitExceeded")),
        ("denied", (403, "AccessDenied")),
        ("expired", (403, "SecurityTokenExpired")),
        ("page", (502, "")),
    ],
)
def test_faults_speak_as_oss_does(cloud: LocalCloud, kind: str, expected: tuple[int, str]) -> None:
    cloud.control("PUT", "faults", [{"action": "*", "kind": kind}])
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        opened(cloud.address).put_object("k", b"x")
    assert code_of(failure) == expected


def test_throttling(cloud: LocalCloud) -> None:
    cloud.settings(throttle={"oss.PutObject": {"calls": 1, "seconds": 10}})
    bucket = opened(cloud.address)
    bucket.put_object("k", b"")
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        bucket.put_object("k", b"")
    assert code_of(failure) == (503, "TotalQpsLimitExceeded")
    cloud.pass_time(11)
    bucket.put_object("k", b"")


def test_a_reset_empties_the_buckets(cloud: LocalCloud) -> None:
    bucket, other = opened(cloud.address), opened(cloud.address, "other")
    bucket.put_object("k", b"")
    other.create_bucket()
    bucket.init_multipart_upload("big")
    cloud.control("POST", "reset")
    assert cloud.world() == []
    assert bucket.list_objects().object_list == []
    assert bucket.list_multipart_uploads().upload_list == []
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        other.get_bucket_info()


def test_what_a_fault_holds_is_as_old_as_its_effect(cloud: LocalCloud) -> None:
    """Else a lock would look older than it is."""
    world = cloud.server.world
    exchange = OssExchange(_put("lock/1"), world=world)
    with world.lock:
        world.begin()
        exchange.enter()
        cloud.pass_time(30)
        exchange.act()
        world.store.commit()
    answer = exchange.render()
    cloud.pass_time(5)
    got = opened(cloud.address).get_object("lock/1")
    now = parsedate_to_datetime(got.headers["Date"]).timestamp()
    assert now - got.last_modified == 5
    assert parsedate_to_datetime(answer.headers["Date"]).timestamp() == got.last_modified


def _put(key: str) -> Request:
    request = oss2.http.Request("PUT", "http://x", region="cn-hangzhou", product="oss")
    oss2.AuthV4("local", "local")._sign_request(request, BUCKET, key)
    headers = {name.lower(): value for name, value in request.headers.items() if value is not None}
    return Request("PUT", f"/{BUCKET}/{key}", "", headers, b"me")
