"""The pace of one API, on numbers instead of a clock."""

from __future__ import annotations

import threading
from collections import deque
from heapq import heapify, heappop, heappush
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acsctl.cloud import connect
from acsctl.cloud.limiter import FLOOR, MINUTE, RELEASE, Limiter
from tests.cloud.server import Reply, refusal


def sent(limiter, count, *, now, speed=1.0):
    return [limiter.reserve(now, speed=speed) for _ in range(count)]


def test_nothing_is_held_back_before_the_first_throttle():
    assert sent(Limiter(), 100, now=10.0) == [0.0] * 100


def test_a_throttle_halves_the_rate_that_was_reached():
    limiter = Limiter()
    sent(limiter, 20, now=10.0)  # in a window of 2 seconds: 10 a second
    limiter.throttled(10.0, now=10.5, speed=1.0)
    assert limiter.rate(10.5, speed=1.0) == 5.0
    first, second, third = sent(limiter, 3, now=10.5)
    assert first == pytest.approx(0.2)
    assert second - first == pytest.approx(1 / 5.2)  # one a second faster, and 0.2 seconds have passed
    assert third - second < second - first


def test_calls_in_flight_together_slow_down_once():
    limiter = Limiter()
    sent(limiter, 40, now=10.0)
    for _ in range(16):
        limiter.throttled(10.0, now=10.5, speed=1.0)
    assert limiter.rate(10.5, speed=1.0) == 10.0
    limiter.throttled(10.6, now=10.5, speed=1.0)
    assert limiter.rate(10.5, speed=1.0) == 5.0


def test_the_rate_does_not_fall_below_the_probe():
    limiter = Limiter()
    for moment in range(10, 30):
        limiter.throttled(float(moment), now=float(moment), speed=1.0)
    assert limiter.rate(29.0, speed=1.0) == FLOOR


def test_time_makes_it_faster_until_it_is_free():
    limiter = Limiter()
    limiter.throttled(0.0, now=0.0, speed=1.0)
    rates = [limiter.rate(float(second), speed=1.0) for second in range(120)]
    assert rates[:3] == [FLOOR, FLOOR + 1, FLOOR + 2]
    held = [rate for rate in rates if rate is not None]
    assert held == sorted(held)
    assert held[-1] <= RELEASE
    assert rates[-1] is None
    assert sent(limiter, 100, now=120.0) == [0.0] * 100


def test_the_rate_that_was_refused_twice_is_approached_slowly_for_a_minute():
    limiter = Limiter()
    sent(limiter, 40, now=10.0)
    limiter.throttled(10.0, now=10.5, speed=1.0)
    limiter.throttled(11.5, now=11.5, speed=1.0)  # at 11 a second
    assert limiter.rate(11.5, speed=1.0) == 5.5
    assert limiter.rate(21.5, speed=1.0) == pytest.approx(0.75 * 11 + 0.1 * (10 - 2.75))
    assert limiter.rate(72.5, speed=1.0) == pytest.approx(0.75 * 11 + 0.1 * (60 - 2.75) + 1.0)


def test_what_the_cloud_asks_for_holds_for_all_who_call():
    limiter = Limiter()
    limiter.throttled(10.0, now=10.0, speed=1.0, retry_after=7.0)
    limiter.throttled(10.0, now=10.0, speed=1.0, retry_after=9.0)
    first, second = sent(limiter, 2, now=10.0)
    assert first == 9.0
    assert second > 9.0


def test_what_is_known_of_a_minute_is_kept():
    limiter = Limiter(per_minute=3)
    assert sent(limiter, 4, now=10.0) == [0.0, 0.0, 0.0, MINUTE]
    assert sent(limiter, 3, now=80.0) == [0.0, 0.0, 50.0]


def test_a_fast_cloud_is_paced_in_its_own_seconds():
    limiter = Limiter()
    sent(limiter, 20, now=10.0, speed=100.0)
    limiter.throttled(10.0, now=10.0, speed=100.0)
    first, second = sent(limiter, 2, now=10.0, speed=100.0)
    assert first == pytest.approx(0.002)
    assert second - first == pytest.approx(1 / 520)


Schedule = list[tuple[float, bool]]


@given(st.lists(st.tuples(st.floats(0.0, 20.0), st.booleans()), max_size=120), st.sampled_from([1.0, 100.0]))
def test_no_schedule_of_throttles_makes_it_faster_than_it_may_be(schedule: Schedule, speed: float):
    """Between two throttles no more is sent than what a rate gives that begins at the half and gains one a second."""
    limiter, now, times = Limiter(), 0.0, []
    cut: float | None = None
    for gap, refused in schedule:
        now += gap / speed
        at = now + limiter.reserve(now, speed=speed)
        if cut is not None and limiter.rate(at, speed=speed) is not None:
            rate = limiter.rate(at, speed=speed)
            assert rate is not None
            assert FLOOR <= rate <= RELEASE
            assert not times or (at - times[-1]) * speed >= 1.0 / RELEASE - 1e-6
        times.append(at)
        assert times == sorted(times)
        if refused:
            before = limiter.rate(at, speed=speed)
            limiter.throttled(at, now=at, speed=speed)
            after = limiter.rate(at, speed=speed)
            assert after is not None
            assert before is None or after == max(FLOOR, before / 2)
            now, cut = at, at
    end = max([now, *times]) + (RELEASE + MINUTE) / speed
    assert limiter.rate(end + 1 / speed, speed=speed) is None


@given(st.integers(2, 30), st.integers(1, 10), st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_it_finds_what_a_cloud_takes_and_keeps_near_it(capacity: int, workers: int, seed: int):
    """A cloud that takes `capacity` calls a second, and workers who call as fast as they are let: little is refused."""
    random, limiter = Random(seed), Limiter()
    taken: deque[float] = deque()
    done = refused = 0
    calls = [(random.random(), worker) for worker in range(workers)]
    heapify(calls)
    while calls[0][0] < 300.0:
        now, worker = heappop(calls)
        at = now + limiter.reserve(now, speed=1.0)
        while taken and taken[0] <= at - 1.0:
            taken.popleft()
        took = random.uniform(0.02, 0.1)
        if len(taken) < capacity:
            taken.append(at)
            done += at > 100.0
        else:
            refused += at > 100.0
            limiter.throttled(at, now=at + took, speed=1.0)
        heappush(calls, (at + took, worker))
    most = min(capacity, workers / 0.06) * 200
    assert done >= 0.5 * most
    assert refused <= 0.25 * (done + refused)


def test_one_throttled_api_does_not_slow_another(server, cloud, clock):
    server.on("CreateVpc", refusal("Throttling"), Reply())
    cloud.call("vpc", "CreateVpc", {})
    before = len(clock.sleeps)
    cloud.call("vpc", "DescribeVpcs", {})
    assert len(clock.sleeps) == before
    cloud.call("vpc", "CreateVpc", {})
    assert len(clock.sleeps) == before + 1


def test_many_workers_share_a_door_and_each_gets_its_own_answer(server, clock):
    cloud = connect("cn-hangzhou", endpoint=server.url, clock=clock)
    for number in range(12):
        throttles = [refusal("Throttling")] * (number % 3)
        server.on(f"Describe{number}", *throttles, Reply({"Number": number}))
    answers: dict[int, list[int]] = {number: [] for number in range(12)}

    def work(number: int) -> None:
        for _ in range(5):
            answers[number].append(cloud.call("ecs", f"Describe{number}", {})["Number"])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answers == {number: [number] * 5 for number in range(12)}
    assert cloud.tally.total == len(server.seen) == 12 * 5 + 12
    assert len({seen.headers["x-acs-signature-nonce"] for seen in server.seen}) == len(server.seen)
