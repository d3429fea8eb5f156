"""Places for work: what only waits in the door keeps none."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from acsctl.cloud import Cloud, Stopped, connect
from acsctl.errors import AcsctlError
from acsctl.run.observe import World
from acsctl.run.step import Task
from acsctl.run.workers import THREADS, WORKERS, Delayed, News, Polled, Raised, Workers, Yielded

Steps = Generator[Any, Any, None]


class Held:
    """A clock on which nobody wakes before `wake`; it stands still."""

    def __init__(self) -> None:
        self.stopped = False
        self.woken = threading.Event()

    def now(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> bool:
        assert self.woken.wait(30)
        return not self.stopped

    def stop(self) -> None:
        self.stopped = True
        self.woken.set()


@pytest.fixture
def clock() -> Iterator[Held]:
    held = Held()
    yield held
    held.woken.set()


@pytest.fixture
def cloud(clock: Held) -> Cloud:
    return connect("cn-hangzhou", endpoint="http://127.0.0.1:9", clock=clock)


@pytest.fixture
def workers(cloud: Cloud, clock: Held) -> Iterator[Workers]:
    kinds = {"eip": SimpleNamespace(ready=lambda cloud, ids: dict.fromkeys(ids)), "bad": SimpleNamespace(ready=failing)}
    made = Workers(cast("World", SimpleNamespace(cloud=cloud, kinds=kinds)))
    with made.open():
        yield made
        clock.woken.set()


def failing(cloud: Cloud, ids: list[str]) -> None:
    raise KeyError("a bug")


def task(steps: Steps) -> Task:
    return cast("Task", SimpleNamespace(generator=steps, started=False, step=SimpleNamespace(id="create eip.a")))


def throttled(cloud: Cloud) -> Steps:
    cloud.delay("vpc", "AllocateEipAddress", seconds=5.0, code="Throttling")
    yield


def waiting(gate: threading.Event) -> Steps:
    assert gate.wait(30)
    yield


def following(workers: Workers) -> News:
    news = workers.next(30.0)
    assert news is not None
    return news


def test_what_sleeps_gives_its_place_to_the_next(workers: Workers, cloud: Cloud, clock: Held) -> None:
    gate = threading.Event()
    asleep = THREADS - WORKERS
    for _ in range(asleep):
        assert workers.free
        workers.go_on(task(throttled(cloud)), {}, until=float("inf"))
        news = following(workers)
        assert isinstance(news, Delayed)
        assert not news.over
    for _ in range(WORKERS):
        assert workers.free, "those that sleep hold none"
        workers.go_on(task(waiting(gate)), {}, until=float("inf"))
    assert not workers.free
    assert workers.flying == THREADS
    clock.woken.set()
    gate.set()
    ended = [following(workers) for _ in range(asleep + THREADS)]
    assert sum(isinstance(news, Yielded) for news in ended) == THREADS
    assert sum(isinstance(news, Delayed) and news.over for news in ended) == asleep
    assert (workers.flying, workers.free) == (0, True)


def test_no_more_work_at_once_than_there_are_places(workers: Workers) -> None:
    gate = threading.Event()
    for _ in range(WORKERS):
        workers.go_on(task(waiting(gate)), {}, until=float("inf"))
    assert not workers.free
    gate.set()
    following(workers)
    assert workers.free


def test_a_stop_wakes_what_sleeps_and_its_place_is_free_again(workers: Workers, cloud: Cloud, clock: Held) -> None:
    sleeper = task(throttled(cloud))
    workers.go_on(sleeper, {}, until=float("inf"))
    first = following(workers)
    assert isinstance(first, Delayed)
    clock.stop()
    assert following(workers) == Delayed(sleeper, first.event, over=True)
    news = following(workers)
    assert isinstance(news, Raised)
    assert isinstance(news.error, Stopped)
    assert workers.flying == 0


def test_the_end_of_a_step_and_what_it_raises(workers: Workers) -> None:
    def ending() -> Steps:
        got = yield "made"
        assert got == {"id": "x"}

    def refused() -> Steps:
        raise AcsctlError("no")
        yield

    def buggy() -> Steps:
        raise KeyError("k")
        yield

    step = task(ending())
    workers.go_on(step, {}, until=float("inf"))
    assert following(workers) == Yielded(step, cast("Any", "made"))
    workers.go_on(step, {"id": "x"}, until=float("inf"))
    assert following(workers) == Yielded(step, None)
    workers.go_on(task(refused()), {}, until=float("inf"))
    news = following(workers)
    assert isinstance(news, Raised)
    assert news.error.message == "no"
    workers.go_on(task(buggy()), {}, until=float("inf"))
    news = following(workers)
    assert isinstance(news, Raised)
    assert "KeyError" in news.error.message
    assert "bug in acsctl" in news.error.remedy


def test_polls_and_their_failures(workers: Workers) -> None:
    workers.ask("eip", ["a", "b"])
    assert following(workers) == Polled("eip", cast("Any", {"a": None, "b": None}))
    workers.ask("bad", ["a"])
    news = following(workers)
    assert isinstance(news, Polled)
    assert news.error is not None
    assert workers.next(0.001) is None


def test_a_stretch_has_an_end(workers: Workers, cloud: Cloud) -> None:
    seen = []

    def looking() -> Steps:
        seen.append((cloud._patience.allows(4.0), cloud._patience.allows(6.0)))
        yield

    workers.go_on(task(looking()), {}, until=5.0)
    following(workers)
    assert seen == [(True, False)]
