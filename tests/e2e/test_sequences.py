"""One block rewritten again and again, several fields at a time: after each step the plan is empty and the thing the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e import instance_cases, network_cases
from tests.e2e.scene import Case, Scene
from tests.e2e.test_kinds import CASES
from tests.support.lab import Lab
from tests.support.sample import sampled

WEB = {"protocol": "tcp", "port": 80, "from": "10.0.0.0/8"}
BOTH = {"eips": ["one", "two"]}

SEQUENCES: dict[str, tuple[Case, list[dict[str, Any]]]] = {
    "ranges of a vpc": (
        network_cases.VPC,
        [
            {"secondary_cidrs": ranges}
            for ranges in (["172.20.0.0/16"], ["172.21.0.0/16", "172.20.0.0/16"], [], ["172.20.0.0/24"])
        ],
    ),
    "rules of a group": (
        network_cases.SECURITY_GROUP,
        [
            {"ingress": rules}
            for rules in (
                [WEB],
                [{**WEB, "description": "said"}],
                [{**WEB, "description": "said anew"}],
                [WEB],
                [{**WEB, "priority": 9}],
                [{**WEB, "policy": "drop", "priority": 9}],
                [{**WEB, "port": "all"}],
                [{**WEB, "port": [1, 2, "3-4"], "from": ["10.0.0.0/8", "1.2.3.4", "peer"]}],
                [{**WEB, "port": ["3-4", 2], "from": ["peer", "1.2.3.4"]}, {"protocol": "gre", "from": "peer"}],
                [],
            )
        ],
    ),
    "a hundred rules and more": (
        network_cases.SECURITY_GROUP,
        [{"egress": [{"protocol": "tcp", "port": list(range(1, last)), "to": "0.0.0.0/0"}]} for last in (131, 11, 121)],
    ),
    "addresses and entries of a gateway": (
        network_cases.NAT_GATEWAY,
        [
            {**BOTH, "snat": [{"vswitch": "a"}]},
            {**BOTH, "snat": [{"vswitch": "a", "eips": ["two"]}]},
            {**BOTH, "snat": [{"vswitch": "a", "eips": ["one"]}, {"vswitch": "b", "eips": ["two"]}]},
            {"eips": ["two"], "snat": [{"vswitch": "b"}]},
            {"eips": ["one"], "snat": [{"vswitch": "b"}]},
            {"eips": ["one"], "snat": []},
            {"eips": [], "snat": []},
            {**BOTH, "snat": [{"cidr": "10.0.0.0/16"}]},
        ],
    ),
    "a machine": (
        instance_cases.INSTANCE,
        [
            {"instance_types": ["ecs.g6.large"], "vswitch": "b", "user_data": "two", "name": "two"},
            {"system_disk": {"size": 80, "performance_level": "PL1"}},
            {"key_pair": "other_key", "ram_role": "", "security_groups": ["db"]},
            {"running": False, "description": "asleep"},
            {"running": False, "instance_types": ["ecs.c7.large"], "user_data": "three", "system_disk": {"size": 100}},
            {"running": True, "vswitch": "a", "instance_types": ["ecs.g7.large"]},
            {"image": instance_cases.OTHER_IMAGE, "system_disk": {"size": 120}},
        ],
    ),
}

sequences = pytest.mark.parametrize("name", SEQUENCES)


def allowed(case: Case) -> tuple[str, ...]:
    return ("--allow", case.address) if case.stateful else ()


@sequences
def test_step_by_step(lab: Lab, name: str) -> None:
    case, steps = SEQUENCES[name]
    scene, block = Scene(lab, case), dict[str, Any]()
    scene.write()
    lab.apply()
    before = scene.ids
    for step in steps:
        block = {**block, **step}
        scene.write(block)
        lab.apply(*allowed(case))
        lab.still("--deep")
    assert scene.ids == before


@pytest.mark.parametrize("name", sampled(SEQUENCES, every=5))
def test_step_by_step_while_lists_lag(lagging: Lab, name: str) -> None:
    test_step_by_step(lagging, name)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_everything_that_can_change_at_once(lab: Lab, case: Case) -> None:
    scene = Scene(lab, case)
    scene.write(*(edit.base for edit in case.edits.values()))
    lab.apply()
    before = scene.ids
    scene.write(*(block for edit in case.edits.values() for block in (edit.base, edit.block)))
    lab.apply(*allowed(case))
    lab.still("--deep")
    assert scene.ids == before


@pytest.mark.parametrize("case", CASES, ids=str)
def test_everything_that_somebody_else_can_change_at_once(lab: Lab, case: Case) -> None:
    scene = Scene(lab, case)
    scene.write()
    lab.apply()
    before = scene.ids
    paths: set[str] = set()
    for path, drift in case.drifts.items():
        if not drift.replaces:
            drift.does(scene)
            paths |= drift.paths or {path}
    if paths:
        assert set(lab.plan("--deep", *allowed(case)).paths(case.address)) == paths
    lab.apply("--deep", *allowed(case))
    lab.still("--deep")
    assert scene.ids == before


@pytest.mark.parametrize("case", CASES, ids=str)
def test_somebody_else_changed_what_the_file_changes_too(lab: Lab, case: Case) -> None:
    scene = Scene(lab, case)
    scene.write()
    lab.apply()
    for drift in case.drifts.values():
        if not drift.replaces:
            drift.does(scene)
    scene.write(*(edit.block for path, edit in case.edits.items() if not edit.base))
    lab.apply("--deep", *allowed(case))
    lab.still("--deep")
    assert len(scene.ids) == case.things
