"""Cloud time: it never runs backwards, and waits for the work of the cloud itself."""

import time

from acsctl.emulator.clock import Clock
from tests.emulator.conftest import HandClock


def pass_wall(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_it_runs_at_its_speed() -> None:
    wall = HandClock()
    clock = Clock(wall, speed=10.0, start=500.0)
    wall.seconds += 2
    assert clock.now() == 520.0
    clock.set_speed(1.0)
    wall.seconds += 2
    assert (clock.now(), clock.speed) == (522.0, 1.0)


def test_it_waits_for_long_work_and_goes_on_from_there() -> None:
    clock = Clock(time.monotonic, speed=1000.0, start=0.0)
    with clock.at_most(0.001):
        limit = clock.now() + 1.0
        pass_wall(0.01)
        held = clock.now()
        assert held <= limit
        pass_wall(0.001)
        assert clock.now() == held
    after = clock.now()
    pass_wall(0.001)
    assert held <= after < held + 9.0  # of the 11 seconds' worth that have passed, 10 were not counted
    assert clock.now() > after


def test_a_clock_that_a_test_moves_is_not_held() -> None:
    wall = HandClock()
    clock = Clock(wall, speed=1.0, start=0.0)
    with clock.at_most(0.5):
        wall.seconds += 3600
        assert clock.now() == 3600.0
    assert clock.now() == 3600.0
