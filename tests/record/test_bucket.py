"""The door to a bucket: the real SDK against the local cloud over loopback, and what it makes of refusals and of silence."""

from __future__ import annotations

import json
import socket
import threading
import urllib.request
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import oss2
import pytest

from acsctl import emulator
from acsctl.cloud import connect, static_credentials
from acsctl.cloud.oss import Bucket
from acsctl.errors import AcsctlError, CloudError, DeniedError, UnknownOutcomeError, UnreachableError


@pytest.fixture(scope="module")
def server() -> Iterator[emulator.Server]:
    with emulator.run(emulator.Options()) as running:
        yield running


def door(address: str, place: str = "acsctl-local/some/prefix/", *, secret: str = "local", timeout: float = 10.0) -> Bucket:
    credentials = static_credentials("local", secret=secret)
    cloud = connect("cn-hangzhou", endpoint=address, credentials=credentials)
    return Bucket(cloud, place, timeout=timeout, sleep=lambda seconds: None)


@pytest.fixture
def bucket(server: emulator.Server, request: pytest.FixtureRequest) -> Bucket:
    return door(server.address, f"acsctl-local/{request.node.name}/")


def faults(server: emulator.Server, *documents: dict[str, Any]) -> None:
    request = urllib.request.Request(
        f"{server.address}/_emulator/faults", json.dumps(documents).encode(), {"Content-Type": "application/json"}, method="PUT"
    )
    urllib.request.urlopen(request, timeout=10).close()


@pytest.fixture(autouse=True)
def without_faults(server: emulator.Server) -> Iterator[None]:
    yield
    faults(server)


def test_what_is_written_is_read_and_never_written_over(bucket: Bucket) -> None:
    assert bucket.get("a") is None
    assert bucket.put("a", b'{"x": 1}')
    assert not bucket.put("a", b"other")
    assert bucket.get("a") == b'{"x": 1}'


def test_lists_are_in_order_with_the_servers_time(bucket: Bucket) -> None:
    for key in ("lock/2", "lock/1/end", "lock/1", "other"):
        bucket.put(key, b"x")
    listed = bucket.list("lock/")
    assert [row.key for row in listed.objects] == ["lock/1", "lock/1/end", "lock/2"]
    assert all(0.0 <= listed.date - row.modified <= 60.0 for row in listed.objects)
    assert [row.key for row in bucket.list("").objects][-1] == "other"


def test_long_lists_are_read_to_their_end(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acsctl.cloud.oss.PAGE", 3)
    for number in range(8):
        bucket.put(f"k{number}", b"x")
    assert [row.key for row in bucket.list("k").objects] == [f"k{number}" for number in range(8)]


def test_deleted_is_gone_and_may_be_deleted_again(bucket: Bucket) -> None:
    bucket.put("a", b"x")
    bucket.put("b", b"x")
    for _ in range(2):
        bucket.delete(["a", "never"])
    assert [row.key for row in bucket.list("").objects] == ["b"]


def test_versions_are_told(server: emulator.Server) -> None:
    assert door(server.address).versioning() == ""
    other = oss2.Bucket(oss2.AuthV4("local", "local"), server.address, "once-versioned", region="cn-hangzhou")
    other.create_bucket()
    other.put_bucket_versioning(oss2.models.BucketVersioningConfig("Enabled"))
    assert door(server.address, "once-versioned/").versioning() == "Enabled"
    other.put_bucket_versioning(oss2.models.BucketVersioningConfig("Suspended"))
    assert door(server.address, "once-versioned/").versioning() == "Suspended"


def test_a_missing_bucket_says_what_to_type(server: emulator.Server) -> None:
    with pytest.raises(CloudError) as caught:
        door(server.address, "no-such-bucket/").list("")
    assert (caught.value.code, caught.value.status) == ("NoSuchBucket", 404)
    assert caught.value.request_id
    assert "aliyun oss mb oss://no-such-bucket --region cn-hangzhou" in caught.value.remedy


def test_a_wrong_key_is_exit_4(server: emulator.Server) -> None:
    with pytest.raises(DeniedError) as caught:
        door(server.address, secret="wrong").put("a", b"x")
    assert caught.value.exit_code == 4
    assert caught.value.code == "SignatureDoesNotMatch"
    assert "wrong" not in f"{caught.value} {caught.value.remedy}"


def test_a_key_that_may_not_is_told_which_permission_it_lacks(server: emulator.Server, bucket: Bucket) -> None:
    faults(server, {"action": "oss.ListObjects*", "kind": "denied", "code": "AccessDenied"})
    with pytest.raises(DeniedError) as caught:
        bucket.list("")
    assert "oss:ListObjects on the bucket acsctl-local" in caught.value.remedy


@pytest.mark.parametrize("kind", ["drop", "page", "cut"])
@pytest.mark.parametrize("action", ["oss.PutObject", "oss.GetObject", "oss.ListObjects*"])
def test_one_bad_answer_is_made_good(server: emulator.Server, bucket: Bucket, kind: str, action: str) -> None:
    bucket.put("there", b"x")
    faults(server, {"action": action, "kind": kind, "when": "after"} if kind == "drop" else {"action": action, "kind": kind})
    bucket.put("a", b"x")
    assert bucket.get("a") == b"x"
    assert [row.key for row in bucket.list("").objects] == ["a", "there"]


def test_a_lost_answer_of_a_write_is_found_to_be_there(server: emulator.Server, bucket: Bucket) -> None:
    faults(server, {"action": "oss.PutObject", "kind": "drop", "when": "after"})
    assert bucket.put("a", b"mine") is False
    assert bucket.get("a") == b"mine"


def test_a_bucket_that_goes_on_failing_is_an_unknown_outcome(server: emulator.Server, bucket: Bucket) -> None:
    faults(server, {"action": "oss.PutObject", "kind": "page", "times": "always"})
    with pytest.raises(UnknownOutcomeError):
        bucket.put("a", b"x")


def test_silence_ends_with_the_timeout(server: emulator.Server) -> None:
    faults(server, {"action": "oss.GetObject", "kind": "timeout", "seconds": 1, "times": "always"})
    with pytest.raises(UnknownOutcomeError, match=r"acsctl\.(Timeout|Dropped)"):
        door(server.address, timeout=0.2).get("a")


def test_nobody_there_is_unreachable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(UnreachableError, match=r"acsctl\.Unreachable \(nothing answers at 127"):
        door(address).get("a")


def test_many_threads_share_it(bucket: Bucket) -> None:
    threads = [threading.Thread(target=bucket.put, args=(f"k{number}", str(number).encode())) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {bucket.get(f"k{number}") for number in range(20)} == {str(number).encode() for number in range(20)}


def test_the_token_of_temporary_keys_is_sent_and_keys_are_asked_for_anew() -> None:
    from acsctl.cloud.credentials import Credentials, Keys

    asked: list[int] = []

    def provide() -> Keys:
        asked.append(1)
        return Keys("id", "secret", f"token-{len(asked)}")

    cloud = connect("cn-hangzhou", endpoint="http://127.0.0.1:1", credentials=Credentials("test", provide=provide))
    client = Bucket(cloud, "bucket/", timeout=1.0)._new()
    for number in (1, 2):
        request = oss2.http.Request("GET", "http://127.0.0.1:1/bucket/a", region="cn-hangzhou", product="oss")
        client.auth._sign_request(request, "bucket", "a")
        assert request.headers["x-oss-security-token"] == f"token-{number}"
        assert request.headers["authorization"].startswith("OSS4-HMAC-SHA256 Credential=id/")


class Elsewhere:
    """The client of one region: the bucket is in another."""

    def __init__(self, region: str, home: str) -> None:
        self._at_home = region == home
        self._home = home

    def get_bucket_versioning(self) -> Any:
        if self._at_home:
            return SimpleNamespace(status=None)
        details = {"Code": "AccessDenied", "Message": "elsewhere", "Endpoint": f"oss-{self._home}.aliyuncs.com"}
        raise oss2.exceptions.AccessDenied(403, {"x-oss-request-id": "6A"}, b"", details)


@pytest.mark.parametrize("home", ["cn-hangzhou", "cn-beijing"])
def test_a_bucket_of_another_region_is_asked_there(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def new(self: Bucket) -> Elsewhere:
        opened.append(f"{self._endpoint} {self._region}")
        return Elsewhere(self._region, home)

    monkeypatch.setattr(Bucket, "_new", new)
    cloud = connect("cn-hangzhou", credentials=static_credentials("id", secret="secret"))
    assert Bucket(cloud, "bucket/", timeout=1.0).versioning() == ""
    assert opened[0] == "https://oss-cn-hangzhou.aliyuncs.com cn-hangzhou"
    assert opened[1:] == (["https://oss-cn-beijing.aliyuncs.com cn-beijing"] if home == "cn-beijing" else [])


@pytest.mark.parametrize("endpoint", ["evil.example.com", "oss-cn-hangzhou.aliyuncs.com", "oss-x.aliyuncs.com.example.com", ""])
def test_nobody_is_followed_anywhere_else(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise oss2.exceptions.AccessDenied(403, {}, b"", {"Code": "AccessDenied", "Endpoint": endpoint})

    monkeypatch.setattr(Bucket, "_new", lambda self: SimpleNamespace(get_bucket_versioning=refuse))
    cloud = connect("cn-hangzhou", credentials=static_credentials("id", secret="secret"))
    with pytest.raises(AcsctlError, match="AccessDenied"):
        Bucket(cloud, "bucket/", timeout=1.0).versioning()


def test_a_netrc_does_not_sign_in_our_place(server: emulator.Server, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("default login somebody password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert door(server.address, "acsctl-local/netrc/").put("a", b"x")
