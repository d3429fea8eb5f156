"""One city per module: what its claims do to it stays in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acsctl.emulator import Options, run
from tests.emulator.conftest import HandClock, LocalCloud
from tests.emulator.judge.ack.city import City, settle


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    clock = HandClock()
    folder: Path = tmp_path_factory.mktemp("city")
    with run(Options(speed=1.0, check_answers=True, clock=clock, folder=folder / "world")) as server:
        yield settle(LocalCloud(server, clock=clock), folder=folder)
