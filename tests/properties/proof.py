"""What the proofs share: how a world becomes what a stack says, and what is left of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, event, settings

from acsctl.kinds import registry
from tests.properties.stacks import Blocks
from tests.properties.words import FILES
from tests.scenarios.everything import PATIENT
from tests.support.lab import ALLOWED, Lab

REFUSED = {3: "the file is no stack", 5: "the plan is refused"}
EXAMPLES = settings.default.max_examples
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, *((Phase.shrink,) if EXAMPLES > 60 else ()))
"""Shrinking takes minutes: `make test` shows what was found as it is."""
LASTING = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture]


def examples(share: int) -> Callable[[Any], Any]:
    """Settings with so small a share of the examples that a profile has."""
    return settings(max_examples=max(1, EXAMPLES // share), phases=PHASES, suppress_health_check=LASTING)


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


def any_over_any(lab: Lab, first: Blocks, second: Blocks, *, allowed: frozenset[str] = frozenset()) -> None:
    """One stack, the other in its place, then nothing: each is reached, and no call fails with a code that is not allowed."""
    empty(lab)
    become(lab, first)
    become(lab, second)
    lab.stack({})
    lab.destroy()
    assert left(lab) == []
    errors = lab.calls()["errors"]
    assert set(errors) <= {ALLOWED, *allowed}, errors


def left(lab: Lab) -> list[Any]:
    """What is left and is not meant to be: a disk stays where the file says so, and a registry's door stays open for others."""
    rows = [row for row in lab.world() if not (row["type"] == "disk" and not row["attributes"]["DeleteWithInstance"])]
    return [row for row in rows if row["type"] != "registry_endpoint" or "acsctl" in str(row["attributes"])]
