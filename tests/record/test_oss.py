"""A record in a bucket, over one in memory: what the next run knows, what a kill leaves behind, what a zombie cannot do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from acsctl.errors import AcsctlError, LockedError, LockLostError, RefusedError
from acsctl.model.address import Address
from acsctl.model.history import Applied
from acsctl.record import OssRecord, Run, Surroundings, Terms, journal, pages
from tests.record.shelves import Client, Server, Ticks, Time

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
RUN = Run("r1", "apply", "me", "here", 4711, "3f2c9ab")
OTHER = Run("r2", "apply", "other", "there", 42)
NET = Address("net", ("main",))
SPEC = Applied({"cidr": "10.0.0.0/16"}, {"owner": "me"}, ("net-1",), ("description",))


@pytest.fixture
def server() -> Server:
    return Server(Time())


def fresh(server: Server, *, wrong_by: int = 0) -> OssRecord:
    """What the next process sees, on a machine whose clock is wrong by so many minutes."""
    around = Surroundings(
        clock=Ticks(server.time, ahead=60.0 * wrong_by), terms=Terms(60.0), now=lambda: NOW + timedelta(minutes=wrong_by)
    )
    return OssRecord(Client(server), "oss://bucket/team/1/cn-hangzhou/shop", around=around)


def die(record: OssRecord) -> None:
    """The process is killed: its threads send nothing more."""
    record.held()
    record._lock._quit.set()


def calls(record: OssRecord) -> list[str]:
    client = record._shelf
    assert isinstance(client, Client)
    return client.calls


def test_an_empty_record_writes_nothing(server: Server) -> None:
    record = fresh(server)
    assert record.history().clean is None
    assert record.runs() == []
    assert record.holder() is None
    assert record.left() is None
    assert record.unlock() is False
    assert server.objects == {}


def test_a_run_from_its_beginning_to_its_end(server: Server) -> None:
    record = fresh(server)
    assert record.begin(RUN) is None
    record.write("doing", address="net.main")
    record.write("made", address="net.main", ids=["net-1"])
    record.held()
    assert fresh(server).history().unfinished == {NET}
    record.applied(NET, SPEC)
    record.end(RUN, clean=True, result={"result": "done", "counts": {"create": 1}})
    history = fresh(server).history()
    assert history.applied == {NET: SPEC}
    assert (history.made, history.clean, history.unfinished) == ({"net-1": NET}, True, frozenset())
    moments = {"began": "2026-11-20T08:30:00Z", "ended": "2026-11-20T08:30:00Z", "seconds": 0.0}
    assert fresh(server).runs() == [{**RUN.row, **moments, "clean": True, "result": "done", "counts": {"create": 1}}]


def test_a_second_run_takes_the_next_epoch_and_tidies_the_first(server: Server) -> None:
    for number in range(3):
        record = fresh(server)
        record.begin(RUN)
        record.applied(NET, SPEC)
        record.end(RUN, clean=True, result={"number": number})
    assert sorted(server.objects) == ["journal/0000000003/00000002.all", "lock/0000000003", "lock/0000000003/end"]
    assert [row["number"] for row in fresh(server).runs()] == [2, 1, 0]


def test_few_calls(server: Server) -> None:
    """A plan reads with two; a run that changes nothing needs thirteen, a step's entries need one at most."""
    record = fresh(server)
    record.begin(RUN)
    record.end(RUN, clean=True, result={})
    record = fresh(server)
    record.history()
    record.runs()
    assert calls(record) == ["list journal/", "get journal/0000000001/00000002.all"]
    calls(record).clear()
    record.begin(OTHER)
    record.held()
    begun = len(calls(record))
    record.end(OTHER, clean=True, result={})
    assert begun <= 7
    assert len(calls(record)) <= 11


def test_a_holder_is_named(server: Server) -> None:
    record = fresh(server)
    record.begin(RUN)
    row = fresh(server).holder() or {}
    assert (row["who"], row["host"], row["pid"], row["since"]) == ("me", "here", 4711, "1970-01-12T13:46:40Z")
    with pytest.raises(LockedError, match="apply by me on here"):
        fresh(server).unlock()
    record.end(RUN, clean=True, result={})
    assert fresh(server).holder() is None


def test_a_run_that_died_is_followed_and_told_of(server: Server) -> None:
    record = fresh(server)
    record.begin(RUN)
    record.write("doing", address="net.main")
    die(record)
    server.time.pass_by(100.0)
    assert fresh(server).holder() is None
    assert (fresh(server).left() or {})["who"] == "me"
    follower = fresh(server)
    died = follower.begin(OTHER)
    assert (died or {})["id"] == "r1"
    assert follower.inherited.clean is False
    assert follower.inherited.unfinished == {NET}
    follower.end(OTHER, clean=True, result={"result": "done"})
    rows = fresh(server).runs()
    assert [(row["id"], row["result"], row["clean"]) for row in rows] == [
        ("r2", "done", True),
        ("r1", "ended without a word", False),
    ]
    assert rows[1]["began"] == "2026-11-20T08:30:00Z"


def test_a_zombie_adds_nothing_to_the_record_of_its_successor(server: Server) -> None:
    zombie = fresh(server, wrong_by=10)
    zombie.begin(RUN)
    zombie.write("doing", address="net.main")
    die(zombie)
    server.time.pass_by(100.0)
    follower = fresh(server, wrong_by=-10)
    follower.begin(OTHER)
    follower.applied(NET, SPEC)
    follower.end(OTHER, clean=True, result={"result": "done"})
    before = dict(server.objects)
    with pytest.raises(LockLostError):
        zombie.held()
    with pytest.raises(LockLostError):
        zombie.end(RUN, clean=True, result={})
    assert server.objects == before
    assert fresh(server).history().clean is True


def test_an_entry_under_way_when_the_lock_is_lost_changes_nothing_that_is_known(server: Server) -> None:
    zombie = fresh(server)
    zombie.begin(RUN)
    die(zombie)
    server.time.pass_by(100.0)
    follower = fresh(server)
    follower.begin(OTHER)
    follower.applied(NET, SPEC)
    follower.end(OTHER, clean=True, result={})
    late = {"what": "destroyed", "at": "2026-11-20T10:00:00Z", "address": "net.main", "ids": ["net-1"]}
    assert zombie._shelf.put(f"{pages.ROOT}{1:010d}/{9:08d}", journal.dump(late).encode())
    assert fresh(server).history().applied == {NET: SPEC}
    zombie.write("destroyed", address="net.main", ids=["net-1"])
    before = dict(server.objects)
    with pytest.raises(LockLostError):
        zombie.held()
    assert server.objects == before


def test_unlock_mine_breaks_the_lock_of_an_earlier_attempt(server: Server) -> None:
    first = fresh(server)
    first.begin(Run("r1", "apply", "ci/1", "runner-1", 7, job="github/shop/17/deploy"))
    first.held()  # what was written in the background is there
    with pytest.raises(LockedError):
        fresh(server).unlock(mine=Run("r2", "unlock", "ci/2", "runner-2", 7, job="github/shop/18/deploy"))
    assert fresh(server).unlock(mine=Run("r3", "unlock", "ci/1", "runner-2", 7, job="github/shop/17/deploy"))
    second = fresh(server)
    assert second.begin(OTHER) is None
    assert second.inherited.clean is False
    assert not first._lock.renew()
    with pytest.raises(LockLostError, match="another run has taken over"):
        first.held()
    second.end(OTHER, clean=True, result={"result": "done"})
    assert [row["result"] for row in fresh(server).runs()] == ["done", "ended without a word"]


@pytest.mark.parametrize("versions", ["Enabled", "Suspended"])
def test_a_bucket_that_ever_had_versions_is_refused(server: Server, versions: str) -> None:
    server.versions = versions
    with pytest.raises(RefusedError, match=f"the bucket has had versions \\({versions}\\)"):
        fresh(server).begin(RUN)
    assert server.objects == {}


def test_a_damaged_journal_is_named_and_locks_nobody_out(server: Server) -> None:
    server.objects["journal/0000000001/00000001"] = (b'{"what": "made", "address": "net.main"}\n', 0.0)
    for _ in range(2):
        with pytest.raises(AcsctlError, match="the record oss://bucket/team/1/cn-hangzhou/shop is damaged"):
            fresh(server).begin(RUN)
    assert fresh(server).holder() is None


def test_a_lock_that_is_lost_stops_the_run(server: Server) -> None:
    stopped: list[str] = []
    around = Surroundings(clock=Ticks(server.time), terms=Terms(60.0), lost=lambda: stopped.append("stopped"))
    record = OssRecord(Client(server), "oss://bucket", around=around)
    record.begin(RUN)
    server.time.pass_by(50.0)
    with pytest.raises(LockLostError):
        record.held()
    assert stopped == ["stopped"]


def test_a_key_that_may_not_delete_is_enough(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from acsctl.errors import DeniedError

    def denied(self: Client, keys: object) -> None:
        raise DeniedError("AccessDenied", action="oss.DeleteMultipleObjects", status=403)

    monkeypatch.setattr(Client, "delete", denied)
    for number in range(3):
        record = fresh(server)
        record.begin(RUN)
        record.end(RUN, clean=True, result={"number": number})
    assert [row["number"] for row in fresh(server).runs()] == [2, 1, 0]
