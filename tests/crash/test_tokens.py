"""A cloud that forgets ClientTokens, or keeps those of failed calls: a killed or failed apply goes on all the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.crash.conftest import Finished, Stage
from tests.crash.points import APPLY, writes
from tests.crash.scene import Point
from tests.support.sample import sampled

FORGETFUL: dict[str, Any] = {"token_memory": 0.0}


@pytest.mark.parametrize("point", sampled((point for point in writes(APPLY) if point.when == "after"), every=9))
def test_tokens_that_are_forgotten(point: Point, stage: Stage, finished: Finished) -> None:
    scene = stage(**FORGETFUL)
    assert scene.killed("apply", point)
    if not point.record:
        scene.forget()
    scene.done("apply")
    assert scene.world() == finished.world
    scene.nothing_to_do()


REFUSALS = [
    (quota, record, kept)
    for quota in ("vpc.eips", "vpc.nat-gateways-per-vpc", "ecs.security-groups", "ecs.vcpus")
    for record in (True, False)
    for kept in (True, False)
]


@pytest.mark.parametrize(
    ("quota", "record", "kept"),
    sampled(
        REFUSALS,
        every=5,
        name=lambda row: f"{row[0]}{'' if row[1] else '-no-record'}-{'kept' if row[2] else 'forgotten'}",
    ),
)
def test_a_refusal_that_is_over(quota: str, record: bool, kept: bool, stage: Stage, finished: Finished) -> None:
    scene = stage()
    scene.control("PUT", "settings", {"keep_failed_tokens": kept, "quotas": {quota: 0}})
    code, text = scene.run("apply")
    assert code == 6, text
    assert "Quota" in text
    assert "Nothing is lost" in text
    scene.control("PUT", "settings", {"quotas": {}})
    if not record:
        scene.forget()
    scene.done("apply")
    assert scene.world() == finished.world
    scene.nothing_to_do()


def test_stock_that_is_gone_after_it_was_accepted(stage: Stage, finished: Finished) -> None:
    scene = stage()
    scene.control("PUT", "settings", {"late_no_stock": 2})
    code, text = scene.run("apply")
    assert code in (0, 6, 9), text
    scene.done("apply")
    assert scene.world(placed=False) == finished.loose
    scene.nothing_to_do()
