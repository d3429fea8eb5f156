"""Both control planes, one of each for all cases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulator.kubernetes.contract.rig import Rig, rig


@pytest.fixture(scope="session")
def builtin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig("builtin", tmp_path_factory.mktemp("builtin")) as made:
        yield made


@pytest.fixture(scope="session")
def real(assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig("real", tmp_path_factory.mktemp("real")) as made:
        yield made
