"""Any desired over any live world: an apply converges and the second plan is empty; a destroy leaves nothing.

The live world is what an apply of another stack has left. What is no stack is refused, and then nothing is changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings

from acsctl.errors import StackError
from acsctl.kinds import registry
from acsctl.stack.loading import Inputs, load
from tests.properties.stacks import CLUSTER, NETWORK, Blocks, stacks
from tests.properties.words import FILES
from tests.scenarios.everything import PATIENT
from tests.support.lab import ALLOWED, Lab, laboratory

REFUSED = {3: "the file is no stack", 5: "the plan is refused"}
EXAMPLES = settings.default.max_examples
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, *((Phase.shrink,) if EXAMPLES > 100 else ()))
"""Shrinking takes minutes: `make test` shows what was found as it is."""
lasting = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with pytest.MonkeyPatch.context() as patch, laboratory(tmp_path_factory.mktemp("any"), patch) as made:
        yield made


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Where pods are driven from their nodes, which takes the wall's time, and nobody waits for long."""
    with pytest.MonkeyPatch.context() as patch, laboratory(tmp_path_factory.mktemp("slow"), patch, speed=150.0) as made:
        yield made


def empty(lab: Lab) -> None:
    """A new world and no record."""
    lab.control("POST", "reset")
    lab.control("DELETE", "calls")
    lab.forget()
    for name, text in FILES.items():
        lab.write(text, name)


def become(lab: Lab, blocks: Blocks) -> int:
    """Apply a stack; where it is refused nothing is changed. The exit code."""
    lab.stack({name: {**block, "timeout": PATIENT} for name, block in blocks.items()})
    leave = [flag for name, block in blocks.items() for flag in ("--allow", f"{block['kind']}.{name}")]
    before = lab.world()
    done = lab.run("apply", "--yes", "--allow", "all", *LEAVE, *leave)
    if done.code in REFUSED:
        assert lab.world() == before, done.text
        event(REFUSED[done.code])
        return done.code
    assert done.code == 0, done.text
    lab.still("--deep")
    event("applied")
    return 0


LEAVE = [flag for kind in registry.KINDS for number in (1, 2, 3) for flag in ("--allow", f"{kind}.{kind}_{number}")]
"""Consent to every loss of data: what is lost is not the question here."""


def any_over_any(lab: Lab, first: Blocks, second: Blocks) -> None:
    empty(lab)
    become(lab, first)
    become(lab, second)
    lab.stack({})
    lab.destroy()
    assert left(lab) == []
    assert set(lab.calls()["errors"]) <= {ALLOWED}


def left(lab: Lab) -> list[Any]:
    """What is left and is not meant to be: a disk stays where the file says so, and a registry's door stays open for others."""
    rows = [row for row in lab.world() if not (row["type"] == "disk" and not row["attributes"]["DeleteWithInstance"])]
    return [row for row in rows if row["type"] != "registry_endpoint" or "acsctl" in str(row["attributes"])]


@settings(max_examples=max(1, EXAMPLES // 15), phases=PHASES, suppress_health_check=lasting)
@given(first=stacks(NETWORK), second=stacks(NETWORK))
def test_networks_and_machines(lab: Lab, first: Blocks, second: Blocks) -> None:
    any_over_any(lab, first, second)


@settings(max_examples=max(1, EXAMPLES // 50), phases=PHASES, suppress_health_check=lasting)
@given(first=stacks(CLUSTER), second=stacks(CLUSTER))
def test_clusters(slow: Lab, first: Blocks, second: Blocks) -> None:
    any_over_any(slow, first, second)


EVERY = tuple(dict.fromkeys((*NETWORK, *CLUSTER)))


def test_every_kind_is_in_it() -> None:
    assert set(EVERY) == set(registry.KINDS)


@pytest.mark.parametrize("kinds", [NETWORK, CLUSTER], ids=["network", "cluster"])
def test_most_of_what_is_made_is_a_stack(lab: Lab, kinds: tuple[str, ...]) -> None:
    """Else the proofs above would prove little: of ten at most three are refused, and every kind is in many."""
    empty(lab)
    seen: Counter[str] = Counter()

    @settings(max_examples=60, phases=(Phase.generate,), suppress_health_check=lasting, derandomize=True, database=None)
    @given(blocks=stacks(kinds))
    def look(blocks: Blocks) -> None:
        lab.stack(blocks)
        seen.update({"stack": int(loads(lab)), "made": 1})
        seen.update({block["kind"] for block in blocks.values()})

    look()
    assert seen["stack"] > 0.7 * seen["made"]
    assert {kind for kind in kinds if seen[kind] < 0.1 * seen["made"]} == set()


def loads(lab: Lab) -> bool:
    """Whether the stack file is one."""
    try:
        load(lab.folder, Inputs(), registry.schemas())
    except StackError as error:
        event(error.problems[0].message)
        return False
    return True
