"""What is made once per process: the nursery, and a finished world to start from and to compare with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.crash.ledger import BUILD, Ledger, version
from tests.crash.nursery import Nursery
from tests.crash.scene import Scene, scene
from tests.crash.workshop import Workshop


@dataclass(frozen=True)
class Finished:
    """What an undisturbed apply leaves: where its world and record are kept, and the world to compare with.

    `loose` is the world that does not tell which member of the fleet stands where.
    """

    folder: Path
    world: list[str]
    loose: list[str]


class Stage(Protocol):
    """Sets a scene up: from nothing, or from what an undisturbed apply has left. The rest are options of the local cloud."""

    def __call__(self, origin: Finished | None = None, **settings: Any) -> Scene: ...


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with Nursery() as made:
        yield made


@pytest.fixture(scope="session")
def workshop(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """What is made once is shared by all workers of this session."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    return Workshop(shared / "workshop", bench=tmp_path_factory.mktemp("bench"), nursery=nursery)


@pytest.fixture(scope="session")
def ledger() -> Ledger:
    return Ledger(BUILD / "results.jsonl", version=version())


@pytest.fixture(scope="session")
def finished(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("finished")
    with scene(folder, nursery) as made:
        made.done("apply")
        made.nothing_to_do()
        return Finished(folder, made.world(), made.world(placed=False))


@pytest.fixture
def stage(nursery: Nursery, tmp_path: Path) -> Iterator[Stage]:
    with ExitStack() as exits:

        def make(origin: Finished | None = None, **settings: Any) -> Scene:
            made = scene(tmp_path / "scene", nursery, origin=origin.folder if origin else None, **settings)
            return exits.enter_context(made)

        yield make
