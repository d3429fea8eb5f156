"""The pace of one API, on numbers instead of a clock."""

from __future__ import annotations

import threading

import pytest

from acsctl.cloud import connect
from acsctl.cloud.limiter import FLOOR, RELEASE, Limiter
from tests.cloud.server import Reply, refusal


def sent(limiter, count, *, now, speed=1.0):
    return [limiter.reserve(now, speed=speed) for _ in range(count)]


def test_nothing_is_held_back_before_the_first_throttle():
    assert sent(Limiter(), 100, now=10.0) == [0.0] * 100


def test_a_throttle_halves_the_rate_that_was_reached():
    limiter = Limiter()
    sent(limiter, 20, now=10.0)  # in a window of 2 seconds: 10 a second
    limiter.throttled(10.0, now=10.5, speed=1.0)
    assert limiter.rate == 5.0
    assert sent(limiter, 3, now=10.5) == pytest.approx([0.2, 0.4, 0.6])


def test_calls_in_flight_together_slow_down_once():
    limiter = Limiter()
    sent(limiter, 40, now=10.0)
    for _ in range(16):
        limiter.throttled(10.0, now=10.5, speed=1.0)
    assert limiter.rate == 10.0
    limiter.throttled(10.6, now=11.0, speed=1.0)
    assert limiter.rate == 5.0


def test_the_rate_does_not_fall_below_the_probe():
    limiter = Limiter()
    for moment in range(10, 30):
        limiter.throttled(float(moment), now=float(moment), speed=1.0)
    assert limiter.rate == FLOOR


def test_success_makes_it_faster_step_by_step_until_it_is_free():
    limiter = Limiter()
    limiter.throttled(0.0, now=0.0, speed=1.0)
    limiter.succeeded()
    assert limiter.rate == 2.0
    seen = [limiter.rate]
    while limiter.rate is not None:
        limiter.succeeded()
        seen.append(limiter.rate)
    assert seen[:-1] == sorted(seen[:-1])
    assert seen[-2] <= RELEASE


def test_a_fast_cloud_is_paced_in_its_own_seconds():
    limiter = Limiter()
    sent(limiter, 20, now=10.0, speed=100.0)
    limiter.throttled(10.0, now=10.0, speed=100.0)
    assert sent(limiter, 2, now=10.0, speed=100.0) == pytest.approx([0.002, 0.004])


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
