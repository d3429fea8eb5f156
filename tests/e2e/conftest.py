"""Labs for the proofs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cluster_cases import NETWORK, SMALL
from tests.e2e.trouble import kube_of, write
from tests.support.lab import Lab, laboratory
from tests.support.rungs import RUNGS, on


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


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A cloud whose clusters have a real control plane, which takes its time to start: one for the tests of a file."""
    options = on("real")
    with pytest.MonkeyPatch.context() as patch, laboratory(tmp_path_factory.mktemp("shared"), patch, **options) as made:
        yield made


@pytest.fixture(params=RUNGS)
def either(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A cloud whose clusters have one of the two control planes; a real one may be there already, with nothing in it."""
    if request.param == "builtin":
        with laboratory(tmp_path, monkeypatch) as made:
            yield made
        return
    shared: Lab = request.getfixturevalue("shared")
    shared.settings(images={})
    shared.stack({**NETWORK, "kube": SMALL})
    done = shared.run("apply", "--yes", "--allow", "all", "--allow", "cluster.kube")
    assert done.code == 0, done.text
    inside = kube_of(shared)
    for row in inside.list("v1", "ConfigMap", namespace="default"):  # what was retained
        if not row["metadata"]["name"].startswith("kube-"):
            inside.delete(row)
    yield shared


@pytest.fixture(scope="module", params=RUNGS)
def standing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A cluster with a node, on each of the two control planes, which the tests of a file share."""
    options = on(request.param)
    with pytest.MonkeyPatch.context() as patch, laboratory(tmp_path_factory.mktemp("standing"), patch, **options) as lab:
        write(lab)
        lab.apply()
        yield lab


@pytest.fixture
def kube(standing: Lab) -> Iterator[Lab]:
    """The same with no workload in it."""
    yield standing
    # What goes has ten minutes, which at a thousandfold speed a busy machine does not keep.
    standing.settings(images={}, speed=standing.speed / 10)
    write(standing)
    standing.apply()
    standing.settings(speed=standing.speed)
