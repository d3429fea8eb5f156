"""The lock on OSS, as pure logic: whatever is lost, late or wrong, two never hold it at once, and nobody waits for ever."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsctl.cloud import Stopped
from acsctl.errors import LockedError, LockLostError, UnreachableError
from acsctl.record import AT_ONCE, Patience, Run, Terms, lease
from acsctl.record.lock import OssLock
from tests.record.shelves import Client, Server, Ticks, Time

TERMS = Terms(60.0)
RUN = Run("r1", "apply", "me", "here", 4711)
OTHER = Run("r2", "destroy", "other", "there", 42)


@dataclass
class Machine:
    """One machine with its clock, its way to the bucket and its lock."""

    clock: Ticks
    client: Client
    lock: OssLock
    lost: list[str]

    @property
    def holds(self) -> bool:
        try:
            self.lock.held()
        except LockLostError:
            return False
        return True


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def server(time: Time) -> Server:
    return Server(time)


@pytest.fixture
def machine(server: Server) -> Callable[..., Machine]:
    return lambda ahead=0.0, terms=TERMS: new(server, ahead=ahead, terms=terms)


def new(server: Server, *, ahead: float = 0.0, terms: Terms = TERMS) -> Machine:
    clock, client, lost = Ticks(server.time, ahead=ahead), Client(server), list[str]()
    return Machine(clock, client, OssLock(client, clock=clock, terms=terms, lost=lambda: lost.append("lost")), lost)


def beating(time: Time, machine: Machine) -> None:
    """What the thread does."""
    seconds = [0.0]

    def act() -> None:
        seconds[0] += 1.0
        if seconds[0] >= machine.lock._terms.beat:
            seconds[0] = 0.0
            machine.lock.renew()

    time.during.append(act)


def keys(server: Server) -> list[str]:
    return sorted(server.objects)


def test_taken_kept_and_given_back(server: Server, time: Time, machine: Callable[..., Machine]) -> None:
    one = machine()
    assert one.lock.take(RUN, patience=AT_ONCE) is None
    time.pass_by(TERMS.beat)
    assert one.lock.renew()
    assert one.holds
    one.lock.release()
    assert keys(server) == ["lock/0000000001", "lock/0000000001/00000001", "lock/0000000001/end"]
    two = machine()
    assert two.lock.take(OTHER, patience=AT_ONCE) is None
    assert two.lock.number == 2
    assert not one.holds


def test_a_living_holder_is_told_by_its_next_beat(time: Time, machine: Callable[..., Machine]) -> None:
    one, two = machine(), machine(ahead=5000.0)
    one.lock.take(RUN, patience=AT_ONCE)
    beating(time, one)
    began, told = time.seconds, list[str]()
    with pytest.raises(
        LockedError, match=r"apply by me on here \(pid 4711\) since 1970-01-12T13:46:40Z, last heard of"
    ) as caught:
        two.lock.take(OTHER, patience=Patience(0.0, lambda row: told.append(row["who"])))
    assert "--lock-timeout" in caught.value.remedy
    assert "acsctl unlock --mine" in caught.value.remedy
    assert time.seconds - began <= TERMS.beat + 3.0
    assert told == ["me"]
    assert one.holds


def test_patience_waits_for_the_end(time: Time, machine: Callable[..., Machine]) -> None:
    one, two = machine(), machine()
    one.lock.take(RUN, patience=AT_ONCE)
    beating(time, one)
    began = time.seconds
    time.at.append((began + 200.0, one.lock.release))
    assert two.lock.take(OTHER, patience=Patience(600.0)) is None
    assert 200.0 <= time.seconds - began <= 203.0
    assert two.holds


def test_patience_ends(time: Time, machine: Callable[..., Machine]) -> None:
    one, two = machine(), machine()
    one.lock.take(RUN, patience=AT_ONCE)
    beating(time, one)
    began = time.seconds
    with pytest.raises(LockedError):
        two.lock.take(OTHER, patience=Patience(300.0))
    assert 300.0 <= time.seconds - began <= 303.0


def test_a_dead_holder_is_followed_after_its_lease(server: Server, time: Time, machine: Callable[..., Machine]) -> None:
    one, two = machine(), machine()
    one.lock.take(RUN, patience=AT_ONCE)
    one.lock.renew()
    began = time.seconds
    died = two.lock.take(OTHER, patience=AT_ONCE)
    assert (died or {})["who"] == "me"
    assert TERMS.lease + TERMS.timeout <= time.seconds - began <= TERMS.dead + 3.0
    assert two.holds
    assert not one.holds


def test_a_taker_counts_by_the_terms_of_the_holder(time: Time, machine: Callable[..., Machine]) -> None:
    one, two = machine(terms=Terms(600.0)), machine(terms=Terms(4.0))
    one.lock.take(RUN, patience=AT_ONCE)
    began = time.seconds
    two.lock.take(OTHER, patience=AT_ONCE)
    assert time.seconds - began >= 610.0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"run": {}}'])
def test_a_holder_that_cannot_be_read_may_live_as_long_as_any(
    server: Server, time: Time, machine: Callable[..., Machine], body: bytes
) -> None:
    one, two = machine(terms=Terms(600.0)), machine(terms=Terms(4.0))
    one.lock.take(RUN, patience=AT_ONCE)
    key = lease.key(one.lock.number)
    whole = server.objects[key]
    server.objects[key] = (body, whole[1])
    time.at.append((time.seconds + 90.0, lambda: server.objects.update({key: whole})))
    began = time.seconds
    two.lock.take(OTHER, patience=AT_ONCE)
    assert time.seconds - began >= 610.0


def test_a_stopped_taker_waits_no_longer(machine: Callable[..., Machine]) -> None:
    one, two = machine(), machine()
    one.lock.take(RUN, patience=AT_ONCE)
    two.clock.stopped = True
    with pytest.raises(Stopped):
        two.lock.take(OTHER, patience=Patience(600.0))


def test_of_two_takers_at_once_one_gets_it(server: Server, time: Time, machine: Callable[..., Machine]) -> None:
    one, two = machine(), machine()
    one.client.before_put.append(lambda key: two.lock.take(OTHER, patience=AT_ONCE))
    beating(time, two)
    with pytest.raises(LockedError, match="destroy by other"):
        one.lock.take(RUN, patience=AT_ONCE)
    assert two.holds
    assert not one.holds


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_lost_answer_leaves_the_lock_ours(server: Server, machine: Callable[..., Machine], lost: int) -> None:
    one = machine()
    one.client.lose = lost
    assert one.lock.take(RUN, patience=AT_ONCE) is None
    assert one.holds
    assert keys(server) == ["lock/0000000001"]


def test_a_place_that_was_tidied_away_is_not_taken(server: Server, time: Time, machine: Callable[..., Machine]) -> None:
    """A taker that saw epoch 1 ended is held up until 2 was taken, ended and tidied away, and 3 is held."""
    one, two, three = machine(), machine(), machine()
    one.lock.take(RUN, patience=AT_ONCE)
    one.lock.release()

    def meanwhile(key: str) -> None:
        assert key == "lock/0000000002"
        second = machine()
        second.lock.take(RUN, patience=AT_ONCE)
        second.lock.release()
        three.lock.take(OTHER, patience=AT_ONCE)
        for old in [old for old in server.objects if old < lease.key(3)]:
            del server.objects[old]

    two.client.before_put.append(meanwhile)
    beating(time, three)
    with pytest.raises(LockedError):
        two.lock.take(replace(OTHER, id="r3"), patience=AT_ONCE)
    assert three.holds
    assert not two.holds


def test_clocks_ten_minutes_apart(time: Time, machine: Callable[..., Machine]) -> None:
    one, two = machine(ahead=600.0), machine(ahead=-600.0)
    one.lock.take(RUN, patience=AT_ONCE)
    began = time.seconds
    two.lock.take(OTHER, patience=AT_ONCE)
    assert time.seconds - began >= TERMS.lease + TERMS.timeout
    assert not one.holds


def test_a_sleeper_wakes_without_the_lock(time: Time, machine: Callable[..., Machine]) -> None:
    one, two = machine(), machine()
    one.lock.take(RUN, patience=AT_ONCE)
    time.pass_by(1000.0)
    two.lock.take(OTHER, patience=AT_ONCE)
    two.lock.release()
    assert not one.lock.renew()
    assert one.lost == ["lost"]
    with pytest.raises(LockLostError, match="no beat got through for 10"):
        one.lock.held()
    with pytest.raises(LockLostError):
        one.lock.release()


def test_writes_stop_before_the_lease_ends(time: Time, machine: Callable[..., Machine]) -> None:
    one = machine()
    one.lock.take(RUN, patience=AT_ONCE)
    time.pass_by(TERMS.mine - 1.0)
    assert one.holds
    time.pass_by(1.0)
    assert not one.holds


def test_missing_beats_lose_the_lock_and_one_that_gets_through_keeps_it(time: Time, machine: Callable[..., Machine]) -> None:
    one = machine()
    one.lock.take(RUN, patience=AT_ONCE)
    one.client.cut = True
    time.pass_by(30.0)
    assert not one.lock.renew()
    assert one.holds
    one.client.cut = False
    assert one.lock.renew()
    one.client.cut = True
    time.pass_by(49.0)
    assert not one.lock.renew()
    assert one.holds
    time.pass_by(1.0)
    assert not one.holds


def test_a_beat_counts_from_when_it_was_sent(time: Time, machine: Callable[..., Machine]) -> None:
    one = machine()
    one.lock.take(RUN, patience=AT_ONCE)
    time.pass_by(20.0)
    one.client.before_put.append(lambda key: time.pass_by(30.0))
    assert one.lock.renew()
    time.pass_by(19.0)
    assert one.holds
    time.pass_by(1.0)
    assert not one.holds


def test_a_beat_that_is_confirmed_too_late_does_not_count(time: Time, machine: Callable[..., Machine]) -> None:
    one = machine()
    one.lock.take(RUN, patience=AT_ONCE)
    time.pass_by(49.0)
    one.client.before_put.append(lambda key: time.pass_by(30.0))
    assert not one.lock.renew()
    assert not one.holds


def test_a_beat_whose_answer_is_lost_is_followed_by_another(server: Server, machine: Callable[..., Machine]) -> None:
    one = machine()
    one.lock.take(RUN, patience=AT_ONCE)
    one.client.lose = 1
    assert not one.lock.renew()
    assert one.lock.renew()
    assert one.holds
    assert keys(server)[1:] == ["lock/0000000001/00000001", "lock/0000000001/00000002"]


def test_beats_do_not_pile_up(server: Server, time: Time, machine: Callable[..., Machine]) -> None:
    one = machine()
    one.lock.take(RUN, patience=AT_ONCE)
    for _ in range(200):
        time.pass_by(TERMS.beat)
        assert one.lock.renew()
    assert len(server.objects) <= 33
    assert "lock/0000000001/00000200" in server.objects


def test_an_end_by_somebody_else_is_noticed(server: Server, machine: Callable[..., Machine]) -> None:
    one, two = machine(), machine()
    one.lock.take(RUN, patience=AT_ONCE)
    assert two.lock.unlock(mine=replace(RUN, id="r9"))
    two.lock.take(OTHER, patience=AT_ONCE)
    assert not one.lock.renew()
    assert one.lost == ["lost"]
    assert not one.holds
    assert two.holds


def test_its_own_release_does_not_wait_for_the_next_beat_to_notice(machine: Callable[..., Machine]) -> None:
    one, two = machine(), machine()
    one.lock.take(RUN, patience=AT_ONCE)
    two.lock.unlock(mine=RUN)
    with pytest.raises(LockLostError, match="somebody has ended it"):
        one.lock.release()


def test_a_missing_object_of_the_lock_is_noticed(server: Server, machine: Callable[..., Machine]) -> None:
    one = machine()
    one.lock.take(RUN, patience=AT_ONCE)
    del server.objects["lock/0000000001"]
    assert not one.lock.renew()
    with pytest.raises(LockLostError, match="was deleted"):
        one.lock.held()


def test_unlock_needs_a_dead_holder(time: Time, machine: Callable[..., Machine]) -> None:
    one, two = machine(), machine()
    assert not two.lock.unlock(mine=None)
    one.lock.take(RUN, patience=AT_ONCE)
    with pytest.raises(LockedError, match="apply by me on here"):
        two.lock.unlock(mine=None)
    with pytest.raises(LockedError):
        two.lock.unlock(mine=OTHER)
    assert one.lock.renew()
    time.pass_by(TERMS.dead)
    assert two.lock.unlock(mine=None)
    assert not two.lock.unlock(mine=None)


def test_mine_is_the_same_job_or_the_same_user_on_the_same_host() -> None:
    in_job = replace(RUN, job="github/shop/17/deploy", host="runner-1")
    assert replace(in_job, host="runner-2", who="ci/18").continues(in_job.row)
    assert not replace(in_job, job="github/shop/18/deploy").continues(in_job.row)
    assert not RUN.continues(replace(RUN, job="github/shop/17/deploy").row)
    assert replace(RUN, id="r5", pid=1).continues(RUN.row)
    assert not replace(RUN, host="elsewhere").continues(RUN.row)
    assert not replace(RUN, who="somebody").continues(RUN.row)


def test_mine_does_not_break_what_runs_on_this_machine(machine: Callable[..., Machine]) -> None:
    one, two = machine(), machine()
    here = Run("r1", "apply", "me", socket.gethostname(), os.getppid())
    one.lock.take(here, patience=AT_ONCE)
    with pytest.raises(LockedError) as caught:
        two.lock.unlock(mine=replace(here, id="r2", pid=4711))
    assert f"stop process {os.getppid()} first" in caught.value.remedy


def test_no_way_to_the_bucket_is_no_lock(machine: Callable[..., Machine]) -> None:
    one = machine()
    one.client.cut = True
    with pytest.raises(UnreachableError):
        one.lock.take(RUN, patience=AT_ONCE)
    assert not one.holds


@pytest.mark.parametrize("text", ["", "0", "nonsense", "1e9"])
def test_a_lease_from_outside(text: str) -> None:
    from acsctl.errors import UsageError
    from acsctl.record import terms_of

    assert terms_of({"ACSCTL_LEASE": "4"}) == Terms(4.0)
    if not text:
        assert terms_of({"ACSCTL_LEASE": text}) == Terms(60.0)
        return
    with pytest.raises(UsageError, match="ACSCTL_LEASE"):
        terms_of({"ACSCTL_LEASE": text})


EVENTS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["take", "renew", "release", "cut", "mend", "lose", "slow"])),
    min_size=10,
    max_size=60,
)


@given(
    EVENTS, st.lists(st.floats(0.0, 40.0), min_size=60, max_size=60), st.lists(st.integers(-700, 700), min_size=3, max_size=3)
)
def test_two_never_hold_it_at_once(events: list[tuple[int, str]], gaps: list[float], offsets: tuple[int, ...]) -> None:
    """Machines that take, beat, give back, are cut off, lose answers and are slow, with any time between: one holds at most."""
    server = Server(Time())
    machines = [new(server, ahead=float(offset)) for offset in offsets]

    def check() -> None:
        assert sum(machine.holds for machine in machines) <= 1

    server.time.during.append(check)
    for number, ((who, what), gap) in enumerate(zip(events, gaps, strict=False)):
        act(machines[who], what, run=replace(RUN, id=f"r{number}", who=str(who)), time=server.time)
        check()
        server.time.pass_by(gap)


def act(machine: Machine, what: str, *, run: Run, time: Time) -> None:
    match what:
        case "take" if not machine.holds:
            try:
                machine.lock.take(run, patience=Patience(1.0))
            except (LockedError, UnreachableError):
                return
        case "renew" if machine.lock.number:
            machine.lock.renew()
        case "release" if machine.holds and not machine.client.cut:
            machine.lock.release()
            machine.lock = OssLock(machine.client, clock=machine.clock, terms=TERMS, lost=lambda: None)
        case "cut" | "mend":
            machine.client.cut = what == "cut"
        case "lose":
            machine.client.lose = 1
        case "slow":
            machine.client.before_put.append(lambda key: time.pass_by(17.0))
        case _:
            return
