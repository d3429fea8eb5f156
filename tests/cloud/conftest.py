"""A cloud at a local server, on a clock that no test waits for."""

from __future__ import annotations

import threading

import pytest

from acsctl.cloud import Cloud, connect
from tests.cloud.server import Server


class FakeClock:
    """Sleeping moves it. `at_sleep` is called at each sleep, to let something happen meanwhile."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 1000.0
        self.sleeps: list[float] = []
        self.stopped = False
        self.at_sleep = lambda: None

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> bool:
        with self._lock:
            self.sleeps.append(seconds)
            self._now += seconds
        self.at_sleep()
        return not self.stopped

    def stop(self) -> None:
        self.stopped = True

    @property
    def slept(self) -> float:
        return sum(self.sleeps)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def cloud(server: Server, clock: FakeClock) -> Cloud:
    return connect("cn-hangzhou", endpoint=server.url, clock=clock)
