"""Calls whose outcome nobody knows, and a cloud that throttles: the run itself goes on to the right end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import pytest

from tests.crash.conftest import Finished, Stage
from tests.crash.points import APPLY, DESTROY
from tests.support.sample import sampled


@dataclass(frozen=True)
class Fault:
    """What a call of an action meets: see acsctl.emulator.faults."""

    action: str
    kind: str
    when: str
    code: str = "ServiceUnavailable"
    status: int = 503
    times: int = 1

    def __str__(self) -> str:
        return f"{self.action}-{self.kind}-{self.when}"


def faults(actions: tuple[str, ...]) -> Iterator[Fault]:
    """Each write once lost, once answered by a proxy's page, once failed by the cloud: before and after its effect."""
    for text in actions:
        action = text.split()[0]
        product = "ecs" if "SecurityGroup" in action or "Instances" in action else "vpc"
        for kind in ("drop", "page", "error"):
            for when in ("before", "after"):
                yield Fault(f"{product}.{action}", kind, when)


@pytest.mark.parametrize("fault", sampled(faults(APPLY), every=29, start=1))
def test_apply(fault: Fault, stage: Stage, finished: Finished) -> None:
    scene = stage()
    scene.control("PUT", "faults", [asdict(fault)])
    scene.done("apply")
    assert scene.control("GET", "faults") == []
    assert scene.world() == finished.world
    scene.nothing_to_do()


@pytest.mark.parametrize("fault", sampled(faults(DESTROY), every=29, start=1))
def test_destroy(fault: Fault, stage: Stage, finished: Finished) -> None:
    scene = stage(finished)
    scene.control("PUT", "faults", [asdict(fault)])
    scene.done("destroy")
    assert scene.control("GET", "faults") == []
    assert scene.rows() == []


@pytest.mark.parametrize("status", [pytest.param(400, marks=pytest.mark.long), 429, pytest.param(503, marks=pytest.mark.long)])
def test_a_storm_of_throttling(status: int, stage: Stage, finished: Finished) -> None:
    scene = stage()
    hit = ["*", "vpc.CreateVSwitch", "ecs.RunInstances", "vpc.DescribeNatGateways", "ecs.DescribeSecurityGroups"]
    storm = [Fault(action, "error", "before", code="Throttling.User", status=status, times=8) for action in hit]
    scene.control("PUT", "faults", [asdict(fault) for fault in storm])
    scene.done("apply")
    assert scene.control("GET", "faults") == []
    assert scene.world() == finished.world
    scene.nothing_to_do()


def test_lists_that_fail_for_a_while(stage: Stage, finished: Finished) -> None:
    scene = stage()
    lists = ["vpc.DescribeVpcs", "vpc.DescribeVSwitches", "ecs.DescribeInstances", "ecs.DescribeSecurityGroups"]
    scene.control("PUT", "faults", [asdict(Fault(name, "drop", "before", times=3)) for name in lists])
    scene.done("apply")
    assert scene.control("GET", "faults") == []
    assert scene.world() == finished.world


@pytest.mark.parametrize("kind", ["error", "drop"])
def test_a_write_that_never_gets_an_answer_is_told_in_the_end(kind: str, stage: Stage, finished: Finished) -> None:
    scene = stage()
    scene.control("PUT", "faults", [asdict(Fault("vpc.AllocateEipAddress", kind, "before", code="InternalError", times=1000))])
    code, text = scene.run("apply")
    assert code == 6, text
    assert "eip.address" in text
    assert ("InternalError" if kind == "error" else "dropped the connection") in text
    scene.control("PUT", "faults", [])
    scene.done("apply")
    assert scene.world() == finished.world
    scene.nothing_to_do()
