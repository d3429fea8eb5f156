"""Cloud time: it never runs backwards, and waits for the work of the cloud itself."""

from types import SimpleNamespace

import pytest

from acsctl.emulator import clock as clock_module
from acsctl.emulator.clock import Clock
from acsctl.emulator.settings import Settings
from acsctl.emulator.world import World
from tests.emulator.conftest import HandClock


def test_it_runs_at_its_speed() -> None:
    wall = HandClock()
    clock = Clock(wall, speed=10.0, start=500.0)
    wall.seconds += 2
    assert clock.now() == 520.0
    clock.set_speed(1.0)
    wall.seconds += 2
    assert (clock.now(), clock.speed) == (522.0, 1.0)


def test_it_waits_for_long_work_and_goes_on_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = HandClock()
    monkeypatch.setattr(clock_module, "time", SimpleNamespace(monotonic=wall, time=wall))
    clock = Clock(wall, speed=100.0, start=0.0)
    with clock.at_most(50.0):
        wall.seconds += 0.2
        assert clock.now() == pytest.approx(20.0)
        wall.seconds += 7
        assert clock.now() == 50.0
    assert clock.now() == 50.0
    wall.seconds += 1
    assert clock.now() == 150.0


def test_who_waits_outside_counts_on_while_it_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = HandClock()
    monkeypatch.setattr(clock_module, "time", SimpleNamespace(monotonic=wall, time=wall))
    clock = Clock(wall, speed=100.0, start=0.0, ahead=5.0)
    with clock.at_most(50.0):
        wall.seconds += 7
        assert (clock.now(), clock.unheld()) == (50.0, 705.0)
        clock.advance(10.0)
        clock.set_speed(10.0)
    wall.seconds += 1
    assert (clock.now(), clock.unheld()) == (70.0, 725.0)


def test_faults_end_when_who_waits_outside_expects_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An API server that is away for so long is back then, however busy the cloud is."""
    wall = HandClock()
    monkeypatch.setattr(clock_module, "time", SimpleNamespace(monotonic=wall, time=wall))
    world = World(Settings(speed=100.0), folder=None, wall=wall)
    world.faults.put([{"action": "*", "times": None, "until": 600}])
    with world.clock.at_most(50.0):
        wall.seconds += 5
        assert len(world.faults.listed()) == 1
        wall.seconds += 1
        assert world.faults.listed() == []
    world.close()


def test_what_is_let_pass_at_once_passes_while_it_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = HandClock()
    monkeypatch.setattr(clock_module, "time", SimpleNamespace(monotonic=wall, time=wall))
    clock = Clock(wall, speed=100.0, start=0.0)
    with clock.at_most(50.0):
        wall.seconds += 7
        clock.advance(600.0)
        assert clock.now() == 650.0
        wall.seconds += 7
        assert clock.now() == 650.0
    assert clock.now() == 650.0


def test_a_clock_that_a_test_moves_is_not_held() -> None:
    wall = HandClock()
    clock = Clock(wall, speed=1.0, start=0.0)
    with clock.at_most(0.5):
        wall.seconds += 3600
        assert clock.now() == 3600.0
    assert clock.now() == 3600.0
