"""Labs for the proofs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.lab import Lab, laboratory


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A cloud that shows at once what it has."""
    with laboratory(tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def lagging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A cloud whose lists and tags show everything 20 cloud seconds late."""
    with laboratory(tmp_path, monkeypatch, list_lag=20.0, tag_lag=20.0) as made:
        yield made
