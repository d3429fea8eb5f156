"""A cloud in which an undisturbed apply has made every kind; what a scenario needs of less it makes itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.everything import RESOURCES, write
from tests.support.lab import Lab, laboratory


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    with laboratory(tmp_path / "mine", monkeypatch) as made:
        yield made


@pytest.fixture
def whole(lab: Lab) -> Lab:
    """With every kind in it."""
    write(lab, RESOURCES)
    lab.apply()
    return lab
