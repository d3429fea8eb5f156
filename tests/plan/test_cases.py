"""Runs the cases of `cases/*.yaml`: what the file says, what is live and recorded, and the plan that must come of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.plan.scene import Scene

EXPECTED = ("changes", "unchanged", "left", "findings", "shows")


def cases() -> Iterator[Any]:
    for path in sorted((Path(__file__).parent / "cases").glob("*.yaml")):
        for case in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            yield pytest.param(case, id=f"{path.stem}: {case['case']}")


@pytest.mark.parametrize("case", list(cases()))
def test_case(case: dict[str, Any]) -> None:
    scene = Scene(case)
    assert scene.result() == {key: case[key] for key in EXPECTED if key in case}
    if "steps" in case:
        expected = {id: sorted(needs) for id, needs in case["steps"].items()}
        assert {step.id: sorted(step.needs) for step in scene.steps()} == expected
