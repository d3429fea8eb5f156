"""One town per module, with a clock that moves only while it is built."""

from collections.abc import Iterator

import pytest

from acsctl.emulator import Options, run
from tests.emulator.conftest import HandClock, LocalCloud
from tests.emulator.judge.town import Town, settle


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    clock = HandClock()
    with run(Options(speed=1.0, check_answers=True, clock=clock)) as server:
        yield settle(LocalCloud(server, clock=clock))
