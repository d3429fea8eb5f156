"""A key that may not read: some APIs then answer an empty list. Nothing that is there is made again for that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from acsctl.kinds import registry
from tests.scenarios.everything import some, write
from tests.support.lab import Lab, laboratory

ALONE = ("net", "sub", "wall", "key", "way", "out", "images")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One world for all: no plan changes it."""
    with pytest.MonkeyPatch.context() as patch, laboratory(tmp_path_factory.mktemp("denied"), patch) as made:
        write(made, some(ALONE))
        made.apply()
        made.expected |= {"Forbidden.RAM"}
        yield made


HIDING = [".".join(kind.hides) for kind in registry.KINDS.values() if kind.hides and kind.schema.kind != "instance"]
"""Lists that may be empty for want of permission. Of the others no sheet says so: a key pair's, a registry's, a cluster's."""
REFUSING = [*HIDING, "ecs.DescribeKeyPairs", "cr.ListRepository"]


def test_these_are_the_lists(lab: Lab) -> None:
    """What a plan lists things with, and nothing that no plan asks."""
    lab.control("DELETE", "calls")
    lab.still()
    assert set(REFUSING) <= lab.calls()["actions"].keys()


@pytest.mark.parametrize("record", [True, False], ids=["record", "no-record"])
@pytest.mark.parametrize("action", HIDING)
def test_one_list_is_empty(lab: Lab, action: str, record: bool) -> None:
    if not record:
        lab.forget()
    with failing(lab, action, "empty-list"):
        plan = lab.plan()
    assert plan.code == 4 and any(action in text for text in plan.errors), plan.text
    assert not plan.changes


@pytest.mark.parametrize("action", REFUSING)
def test_one_list_is_refused(lab: Lab, action: str) -> None:
    with failing(lab, action, "denied"):
        plan = lab.plan()
    assert plan.code == 4 and not plan.changes, plan.text


def test_a_machine_that_may_not_be_seen(lab: Lab) -> None:
    """Once it was made: none is made again."""
    write(lab, some((*ALONE, "node")))
    assert lab.plan().actions == ["create instance.node"]
    with failing(lab, "ecs.DescribeInstances", "empty-list"):
        assert lab.plan().code == 4


@contextmanager
def failing(lab: Lab, action: str, kind: str) -> Iterator[None]:
    """Calls of this action have a fault."""
    lab.control("PUT", "faults", [{"action": action, "kind": kind, "times": "always"}])
    try:
        yield
    finally:
        lab.control("DELETE", "faults")
