"""Runs the cases of `cases/*.yaml`: what the file says, what is live and recorded, and the plan that must come of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.plan.scene import Scene

EXPECTED = ("changes", "unchanged", "left", "left_out", "findings", "shows")
MANY = 4
"""From so many on, things are expected by their count, and numbers by the first and the last."""


def cases() -> Iterator[Any]:
    for path in sorted((Path(__file__).parent / "cases").glob("*.yaml")):
        for case in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            yield pytest.param(case, id=f"{path.stem}: {case['case']}")


@pytest.mark.parametrize("case", list(cases()))
def test_case(case: dict[str, Any]) -> None:
    scene = Scene(case)
    assert shortened(scene.result()) == {key: case[key] for key in EXPECTED if key in case}
    if "steps" in case:
        expected = {id: sorted(needs) for id, needs in case["steps"].items()}
        assert {step.id: sorted(step.needs) for step in scene.steps()} == expected
    if "frees" in case:
        assert {step.id: sorted(step.frees) for step in scene.steps() if step.frees} == case["frees"]
    if "places" in case:
        assert {step.id: str(step.place) for step in scene.steps() if step.place} == case["places"]


def shortened(result: dict[str, Any]) -> dict[str, Any]:
    """The same with long lists told shortly."""
    for change in result.get("changes", ()):
        if len(change.get("live", ())) > MANY:
            change["live"] = len(change["live"])
        if len(numbers := change.get("numbers", ())) > MANY and numbers == list(range(numbers[0], numbers[-1] + 1)):
            change["numbers"] = f"{numbers[0]}-{numbers[-1]}"
    if len(result.get("unchanged", ())) > 2 * MANY:
        result["unchanged"] = len(result["unchanged"])
    return result
