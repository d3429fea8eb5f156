"""A running real control plane for the tests that leave it running, and what starts others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from acsctl.emulator.kubernetes.plane import Face
from acsctl.emulator.kubernetes.planes import Surroundings
from acsctl.emulator.kubernetes.real import start
from acsctl.emulator.kubernetes.real.plane import RealPlane

PATIENCE = 90.0
IMAGES: dict[str, str] = {}
AROUND = Surroundings(now=lambda: time.time() * 20, images=lambda: IMAGES)


def face(folder: Path | None, *, port: int = 0, service_cidr: str = "172.21.0.0/20") -> Face:
    return Face(
        id="c1",
        rung="real",
        version="v1.35.4",
        pod_cidr="172.20.0.0/16",
        service_cidr=service_cidr,
        node_cidr_mask=25,
        port=port,
        folder=folder,
    )


def until(done: Callable[[], bool], *, plane: RealPlane | None = None) -> None:
    """Waits; lets the plane do its work meanwhile."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, "it did not come to that"
        if plane is not None:
            assert not plane.failure, plane.failure
            plane.tick()
        time.sleep(0.05)


def started(folder: Path | None, *, port: int = 0) -> RealPlane:
    plane = start(face(folder, port=port), AROUND)
    until(lambda: plane.ready, plane=plane)
    return plane


@pytest.fixture(scope="module")
def plane(assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPlane]:
    made = started(tmp_path_factory.mktemp("cluster"))
    yield made
    made.close()
