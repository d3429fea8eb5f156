"""Killed at every call of an apply and of a destroy of a whole cluster, requests to the cluster's own API among them.

Run again while lists and tags still lag behind the dead run; the world's objects in the cloud and in the cluster have to be
those of an undisturbed run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crash.nursery import Nursery
from tests.crash.objects import objects
from tests.crash.points import dealt, writes
from tests.crash.scene import Point, Scene, scene
from tests.support.sample import sampled

pytestmark = pytest.mark.long  # a sample of these points, dealt otherwise, runs in test_points.py
APPLY = (
    "CreateVpc", "CreateVSwitch", "CreateSecurityGroup", "AuthorizeSecurityGroup", "AuthorizeSecurityGroupEgress",
    "RunInstances", "CreateNamespace", "CreateRepository", "CreateInstanceVpcEndpointLinkedVpc", "CreateCluster",
    "CreateClusterNodePool", "AttachInstancesToNodePool", "PATCH-configmaps", "PATCH-services", "PATCH-deployments",
)  # fmt: skip
DESTROY = (
    "PATCH-configmaps", "DELETE-services", "DELETE-deployments", "DELETE-configmaps", "DeleteInstanceVpcEndpointLinkedVpc",
    "DeleteRepository", "DeleteNamespace", "RemoveNodePoolNodes", "DeleteClusterNodepool", "DeleteInstances", "DeleteCluster",
    "DeleteSecurityGroup", "DeleteVSwitch", "DeleteVpc",
)  # fmt: skip
CALLS = 320
"""About as many calls as an undisturbed apply or destroy sends: how many polls there are depends on the machine."""
SLOW = 100.0
"""How fast the cloud is after a kill, so that the next run looks before what lags shows. It stays so fast: a run takes its
cloud's speed for constant."""
LEAVE = ("--allow", "node_pool.workers")
"""Without the record nothing tells that the machines are new: that they may be emptied has to be said."""


@dataclass(frozen=True)
class Whole:
    """What an undisturbed apply leaves: in the cloud, and in the cluster."""

    folder: Path
    cloud: list[str]
    cluster: list[str]


Begin = Callable[[Whole | None], Scene]


def patient(on: Scene) -> Scene:
    """The stack waits as long as it takes: a loaded machine is slow by the cloud's fast clock."""
    file = on.folder / "stack.yaml"
    file.write_text(re.sub(r"^(    kind: .*)$", r"\1\n    timeout: 24h", file.read_text(encoding="utf-8"), flags=re.M), "utf-8")
    return on


def seen(on: Scene) -> tuple[list[str], list[str]]:
    """The world in the cloud and in its one cluster; no control plane is left of any other."""
    (plane,) = on.planes().values()
    assert on.planes_kept() == set(on.planes())
    return on.world(), objects(plane)


def differences(found: tuple[list[str], list[str]], whole: Whole) -> list[str]:
    """What is there and should not be, with a `+`, and what is not there and should be."""
    rows = ((found[0], whole.cloud), (found[1], whole.cluster))
    more = [f"+ {line}" for have, want in rows for line in (Counter(have) - Counter(want)).elements()]
    return more + [f"- {line}" for have, want in rows for line in (Counter(want) - Counter(have)).elements()]


@pytest.fixture(scope="session")
def whole(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    with scene(folder, nursery, example="flannel-cluster") as made:
        patient(made).done("apply")
        made.nothing_to_do()
        return Whole(folder, *seen(made))


@pytest.fixture
def begin(nursery: Nursery, tmp_path: Path) -> Iterator[Begin]:
    with ExitStack() as exits:

        def make(origin: Whole | None) -> Scene:
            made = scene(tmp_path / "scene", nursery, origin=origin.folder if origin else None, example="flannel-cluster")
            on = exits.enter_context(made)
            return on if origin else patient(on)

        yield make


def cut_off(on: Scene, command: str, point: Point) -> bool:
    """Kill a command at a point. False when it ended before."""
    killed = on.killed(command, point)
    on.control("PUT", "settings", {"speed": SLOW})
    if not point.record:
        on.forget()
    return killed


def goes_on(on: Scene, point: Point) -> None:
    """Apply at once, and to its end. A namespace without a repository bears no mark: without the record it is to be adopted."""
    flags = () if point.record else LEAVE
    code, text = on.run("apply", *flags)
    if code == 5 and not point.record and "adopt: cri-local/shop" in text:
        assert not [row for row in on.rows() if row["type"] == "registry_repository"]
        on.edit("    namespace: shop\n", "    namespace: shop\n    adopt: cri-local/shop\n")
        code, text = on.run("apply", *flags)
    assert code == 0, f"exit {code}\n{text}"


@pytest.mark.parametrize("point", [*sampled(writes(APPLY), every=7), *sampled(dealt(CALLS), every=320, start=100)])
def test_apply_goes_on(point: Point, begin: Begin, whole: Whole) -> None:
    on = begin(None)
    assert cut_off(on, "apply", point) or not point.action
    goes_on(on, point)
    found = differences(seen(on), whole)
    assert not found, "\n".join(found)
    on.nothing_to_do()


def is_destroyed(on: Scene, point: Point) -> None:
    """Destroy at once: nothing is left, but without the record a namespace that bears no mark, which is told and can be had."""
    code, text = on.run("destroy")
    assert code == 0, f"exit {code}\n{text}"
    assert on.planes_kept() == set()
    if not point.record and [row["type"] for row in on.rows()] == ["registry_namespace"]:
        code, text = on.run("destroy")
        assert (code, "--allow registry.images" in text) == (0, True), text
        on.done("destroy", "--allow", "registry.images")
    assert on.world() == []


@pytest.mark.parametrize("point", [*sampled(writes(DESTROY), every=8), *sampled(dealt(CALLS), every=320, start=49)])
def test_destroy_goes_on(point: Point, begin: Begin, whole: Whole) -> None:
    on = begin(whole)
    assert cut_off(on, "destroy", point) or not point.action
    is_destroyed(on, point)


@pytest.mark.parametrize("point", [*sampled(writes(APPLY), every=20, start=1), *sampled(dealt(CALLS), every=640, start=301)])
def test_what_was_begun_is_destroyed(point: Point, begin: Begin) -> None:
    on = begin(None)
    assert cut_off(on, "apply", point) or not point.action
    is_destroyed(on, point)


@pytest.mark.parametrize("point", sampled((point for point in writes(DESTROY) if point.record), every=17, start=12))
def test_what_was_being_destroyed_is_made_again(point: Point, begin: Begin, whole: Whole) -> None:
    """What lists still show may be gone, which no token tells: such a run ends part-way, and the next goes on."""
    on = begin(whole)
    assert cut_off(on, "destroy", point)
    code, text = on.run("apply", *LEAVE)
    if code in (6, 9):
        code, text = on.run("apply", *LEAVE)
    assert code == 0, f"exit {code}\n{text}"
    found = differences(seen(on), whole)
    assert not found, "\n".join(found)
    on.nothing_to_do()
