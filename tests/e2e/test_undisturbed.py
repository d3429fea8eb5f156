"""The reference stack, undisturbed: the order in which its steps ran, what overlapped, and that the cloud never said no."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import acsctl.cloud
from tests.support.lab import ALLOWED, Lab
from tests.support.ran import Ran

STACKS = Path(__file__).parents[2] / "stacks"
STACK = STACKS / "private-network" / "stack.yaml"

Interval = tuple[float, float]

AFTER = {
    "vswitch": {"vpc"},
    "security_group": {"vpc"},
    "nat_gateway": {"vpc", "vswitch", "eip"},
    "instance": {"vswitch", "security_group"},
}
"""What has to be there before, by kind: in this stack every thing of a kind stands on all of these."""


def ran(done: Ran) -> dict[str, Interval]:
    """When each step ran, by its id."""
    began = {line["hook"]["step"]: float(line["at"]) for line in done.of("apply_start")}
    return {line["hook"]["step"]: (began[line["hook"]["step"]], float(line["at"])) for line in done.of("apply_complete")}


def kind(step: str) -> str:
    """The kind that a step is about: `create vpc.network`."""
    return step.split()[1].partition(".")[0]


def overlap(one: Interval, other: Interval) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def announced(done: Ran) -> dict[str, Any]:
    (start,) = done.of("run_start")
    return {step["id"]: step for step in start["steps"]}


@pytest.fixture
def built(lab: Lab) -> Ran:
    """The stack, applied."""
    lab.write(STACK.read_text())
    return lab.apply()


def test_every_announced_step_ran_once(built: Ran) -> None:
    assert ran(built).keys() == announced(built).keys()
    assert len(built.of("apply_start")) == len(built.of("apply_complete")) == len(announced(built))


def test_no_step_began_before_what_it_waits_for(built: Ran) -> None:
    times = ran(built)
    for id, step in announced(built).items():
        assert all(times[other][1] <= times[id][0] for other in step["waits_for"]), id


def test_the_order_follows_what_stands_on_what(built: Ran) -> None:
    """From the log alone, whatever the steps say of themselves."""
    times = ran(built)
    for id, (began, _) in times.items():
        before = [other for other in times if kind(other) in AFTER.get(kind(id), ())]
        before = [other for other in before if kind(id) != "nat_gateway" or kind(other) != "vswitch" or other.endswith("-h")]
        assert all(times[other][1] <= began for other in before), id


def test_independent_steps_overlapped(built: Ran) -> None:
    times = ran(built)
    assert overlap(times["create eip.address"], times["create vpc.network"])
    machines = [id for id in times if kind(id) == "instance"]
    assert len(machines) == 3
    assert all(overlap(times[one], times[other]) for one in machines for other in machines)
    assert all(overlap(times[id], times["create nat_gateway.exit"]) for id in machines)


def test_what_the_cloud_serialises_did_not_overlap(built: Ran) -> None:
    """Two vSwitches of one VPC are not made at a time."""
    subnets = sorted(times for id, times in ran(built).items() if kind(id) == "vswitch")
    assert len(subnets) == 3
    assert all(one[1] <= other[0] for one, other in pairwise(subnets))


def test_destruction_is_the_reverse(lab: Lab, built: Ran) -> None:
    done = lab.destroy()
    times = ran(done)
    for id, (_, ended) in times.items():
        after = [other for other in times if kind(id) in AFTER.get(kind(other), ())]
        after = [other for other in after if kind(id) != "vswitch" or kind(other) != "nat_gateway" or id.endswith("-h")]
        assert all(times[other][1] <= times[id][0] for other in after), (id, ended)
    assert lab.world() == []


def test_the_cloud_never_said_no(lab: Lab, built: Ran) -> None:
    """Created, grown, changed, shrunk and destroyed without one error."""
    for nodes in ("8", "2"):
        assert lab.run("apply", "--yes", "--allow", "all", "--var", f"nodes={nodes}").code == 0
        lab.still("--var", f"nodes={nodes}")
    lab.destroy()
    assert set(lab.calls()["errors"]) <= {ALLOWED}


def test_a_plan_without_changes_takes_few_calls(lab: Lab, built: Ran) -> None:
    """One list per kind, and one more for what has rules, entries or disks."""
    lab.control("DELETE", "calls")
    lab.still()
    assert lab.calls()["total"] <= 12


def test_a_plan_through_both_layers_takes_few_calls(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Network, machines, registry, cluster, Flannel and workload: few calls of the cloud, and one dry run for each object."""
    clouds: list[Any] = []
    connect = acsctl.cloud.connect
    monkeypatch.setattr(acsctl.cloud, "connect", lambda *a, **k: clouds.append(connect(*a, **k)) or clouds[-1])
    lab.write((STACKS / "flannel-cluster" / "stack.yaml").read_text())
    lab.apply()
    lab.control("DELETE", "calls")
    lab.still()
    assert lab.calls()["total"] <= 25
    assert clouds[-1].tally.by_action["kubernetes.try"] == lab.thing("workload.web")["outputs"]["objects"] == 2


@pytest.mark.long
def test_as_processes(lab: Lab) -> None:
    """The same through the program itself."""
    lab.write(STACK.read_text())
    assert lab.process("apply", "--yes").code == 0
    plan = lab.process("plan", "--detailed-exitcode")
    assert (plan.code, plan.actions) == (0, [])
    assert lab.process("plan", "--detailed-exitcode", "--var", "nodes=6").code == 2
    assert lab.process("destroy", "--yes").code == 0
    assert lab.world() == []
