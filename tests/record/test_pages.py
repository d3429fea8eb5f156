"""The journal on OSS: written page by page, read from the newest summary, never touched by a run that lost its lock."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from acsctl.errors import AccessError, AcsctlError, CloudError, DeniedError, LockLostError, PartialError
from acsctl.record import journal, pages
from acsctl.record.refusal import lost
from tests.record.shelves import Client, Server, Time


@pytest.fixture
def client() -> Client:
    return Client(Server(Time()))


def writer(client: Client, number: int = 1, *, before: Any = ()) -> pages.Writer:
    made = pages.Writer(client, number=number, before=before, held=lambda: None)
    made.start()
    return made


def made(number: int) -> journal.Entry:
    return {"what": "made", "address": "net.main", "ids": [f"net-{number}"]}


def test_what_was_flushed_is_read_in_order(client: Client) -> None:
    one = writer(client)
    for number in range(5):
        one.add(made(number))
        one.flush()
    found = pages.read(client)
    assert found.entries == [made(number) for number in range(5)]
    assert found.keys == [f"journal/0000000001/0000000{number}" for number in range(1, 6)]


@pytest.mark.parametrize("body", [b"", b"<html></html>", b'{"what": "ma', b'{"what": "made"', b"[]\n", b"\xff\n"])
def test_a_page_that_cannot_be_read_is_not_left_out(client: Client, body: bytes) -> None:
    one = writer(client)
    one.add(made(0))
    one.flush()
    (key,) = client.server.objects
    whole = client.server.objects[key]
    client.server.objects[key] = (body, whole[1])
    with pytest.raises(AcsctlError, match="cannot be read"):
        pages.read(client)
    client.server.objects[key] = whole
    assert pages.read(client).entries == [made(0)]


def test_what_comes_while_a_page_is_written_makes_one_page(client: Client) -> None:
    hold, begun = threading.Event(), threading.Event()
    client.before_put.append(lambda key: (begun.set(), hold.wait(10.0)))
    one = writer(client)
    one.add(made(0))
    assert begun.wait(10.0)
    for number in range(1, 100):
        one.add(made(number))
    hold.set()
    one.flush()
    assert len(client.server.objects) == 2
    assert pages.read(client).entries == [made(number) for number in range(100)]


def test_a_flush_waits_for_what_was_added_before_it(client: Client) -> None:
    hold = threading.Event()
    client.before_put.append(lambda key: hold.wait(10.0))
    one = writer(client)
    one.add(made(0))
    through = threading.Event()
    threading.Thread(target=lambda: (one.flush(), through.set())).start()
    assert not through.wait(0.1)
    assert not client.server.objects
    hold.set()
    assert through.wait(10.0)
    assert client.server.objects


def test_the_end_leaves_one_page_to_read(client: Client) -> None:
    one = writer(client)
    for number in range(20):
        one.add(made(number))
        one.flush()
    history = journal.replay(pages.read(client).entries)
    last = one.close([{"what": "end", "clean": True}])
    client.calls.clear()
    found = pages.read(client)
    assert client.calls == ["list journal/", f"get {last}"]
    assert journal.replay(found.entries).made == history.made
    assert journal.replay(found.entries).clean is True


def test_a_long_journal_is_shortened_on_the_way(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "SHORTEN_AFTER", 10)
    one = writer(client)
    one.add({"what": "begin", "run": "r1", "row": {"id": "r1", "since": "then"}})
    for number in range(35):
        one.add(made(number))
        one.flush()
    client.calls.clear()
    found = pages.read(client)
    assert len(client.calls) <= 12
    assert set(journal.replay(found.entries).made) == {f"net-{number}" for number in range(35)}
    assert journal.replay(found.entries).clean is False
    assert journal.runs([*found.entries, {"what": "begin", "run": "r2", "row": {"id": "r2"}}])[0]["id"] == "r1"


def test_pages_of_a_run_that_lost_its_lock_sort_before_its_successor(client: Client) -> None:
    zombie = writer(client, 1)
    zombie.add(made(1))
    zombie.flush()
    successor = writer(client, 2, before=pages.read(client).entries)
    successor.add({"what": "destroyed", "address": "net.main", "ids": ["net-1"]})
    successor.flush()
    zombie.add({"what": "applied", "address": "net.main", "spec": {}, "ids": ["net-1"]})
    zombie.flush()
    history = journal.replay(pages.read(client).entries)
    assert history.applied == {}
    last = successor.close([])
    zombie.close([{"what": "end", "clean": True}])
    client.calls.clear()
    found = pages.read(client)
    assert client.calls[1:] == [f"get {last}"]
    assert journal.replay(found.entries).clean is None


def test_a_page_whose_answer_was_lost_is_there_once(client: Client) -> None:
    one = writer(client)
    client.lose = 1
    one.add(made(1))
    one.flush()
    assert pages.read(client).entries == [made(1)]


def test_nobody_else_writes_in_our_place(client: Client) -> None:
    client.server.objects["journal/0000000001/00000001"] = (b"{}\n", 0.0)
    one = writer(client)
    one.add(made(1))
    with pytest.raises(AcsctlError, match="another page"):
        one.flush()


def test_a_bucket_that_is_cut_off_is_waited_for_while_the_lock_is_held(client: Client) -> None:
    left = [3]

    def held() -> None:
        left[0] -= 1
        client.cut = left[0] > 0

    client.cut = True
    one = pages.Writer(client, number=1, before=(), held=held)
    one.start()
    one.add(made(1))
    one.flush()
    assert pages.read(client).entries == [made(1)]


def test_a_lost_lock_ends_the_waiting(client: Client) -> None:
    def held() -> None:
        raise lost("no beat got through")

    client.cut = True
    one = pages.Writer(client, number=1, before=(), held=held)
    one.start()
    one.add(made(1))
    with pytest.raises(LockLostError):
        one.flush()
    one.add(made(2))
    with pytest.raises(LockLostError):
        one.close([])
    client.cut = False
    assert client.server.objects == {}


def test_a_key_that_may_not_write_ends_the_run_part_way(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(key: str, body: bytes, *, tries: int = 3) -> bool:
        error = DeniedError("AccessDenied", action="oss.PutObject", status=403)
        error.remedy = "Give the key oss:PutObject."
        raise error

    monkeypatch.setattr(client, "put", denied)
    one = writer(client)
    one.add(made(1))
    with pytest.raises(PartialError, match=r"the record cannot be written: oss\.PutObject: AccessDenied") as caught:
        one.flush()
    assert caught.value.remedy == "Give the key oss:PutObject. Nothing is lost: then run the same command again."


def test_pages_that_vanish_while_they_are_read_are_looked_for_again(client: Client) -> None:
    one = writer(client)
    for number in range(3):
        one.add(made(number))
        one.flush()
    get, ended = client.get, list[str]()

    def racing(key: str) -> bytes | None:
        if not ended:
            ended.append(one.close([{"what": "end", "clean": True}]))
            client.delete([old for old in client.server.objects if old < ended[0]])
        return get(key)

    client.get = racing  # type: ignore[method-assign]
    assert journal.replay(pages.read(client).entries).clean is True


def test_a_record_that_never_holds_still_is_no_endless_loop(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    writer_ = writer(client)
    writer_.add(made(1))
    writer_.flush()
    monkeypatch.setattr(client, "get", lambda key: None)
    with pytest.raises(AcsctlError, match="changes faster"):
        pages.read(client)


def test_other_refusals_are_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(prefix: str) -> Any:
        raise CloudError("NoSuchBucket", action="oss.ListObjects", status=404)

    monkeypatch.setattr(client, "list", missing)
    with pytest.raises(CloudError, match="NoSuchBucket"):
        pages.read(client)


def test_a_bug_lets_nobody_wait_for_ever(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "put", None)
    one = writer(client)
    one.add(made(1))
    with pytest.raises(AcsctlError, match="the record: TypeError"):
        one.flush()


def test_keys_that_have_expired_end_the_run_part_way(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def expired(key: str, body: bytes, *, tries: int = 3) -> bool:
        raise AccessError("profile x gives no credentials", remedy="Log in again.")

    monkeypatch.setattr(client, "put", expired)
    one = writer(client)
    one.add(made(1))
    with pytest.raises(PartialError, match="cannot be written: profile x"):
        one.flush()
