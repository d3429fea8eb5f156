"""Every case on both control planes, against what the real one answered when the case was written.

The real one is pinned, and answers as it did: `make test` asks it a sample again.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest
import yaml

from tests.emulator.kubernetes.contract import answers
from tests.emulator.kubernetes.contract.case import FOLDER, Case, cases, files
from tests.emulator.kubernetes.contract.normal import differences, told
from tests.emulator.kubernetes.contract.rig import Rig
from tests.support.sample import sampled

ALL = [case for file in files() for case in cases(file)]


@cache
def named() -> list[dict[str, Any]]:
    """case: id of a case, or a glob of ids. paths: globs of step/place, `0/body/spec/*`. reason: why it may differ."""
    return yaml.safe_load((FOLDER / "differences.yaml").read_text(encoding="utf-8")) or []


def found(rig: Rig, case: Case) -> dict[str, tuple[Any, Any]]:
    """Place -> expected and found, of all steps. Of an answer of another status there is one place, `2/code`."""
    recorded = answers.read(case.file)[case.name]
    assert len(recorded) == len(case.steps), "the case has other steps than were recorded"
    places: dict[str, tuple[Any, Any]] = {}
    for number, (answer, made) in enumerate(zip(recorded, rig.run(case), strict=True)):
        if answer["code"] != made["code"]:
            places[f"{number}/code"] = (answer, made)
        else:
            places |= {f"{number}{path}": (expected, got) for path, expected, got in differences(answer, made)}
    return places


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_the_built_in_plane_answers_like_the_real_one(builtin: Rig, case: Case) -> None:
    places = found(builtin, case)
    rows = [row for row in named() if fnmatchcase(case.id, row["case"])]
    globs = [glob for row in rows for glob in row["paths"]]
    new = {place: pair for place, pair in places.items() if not any(fnmatchcase(place, glob) for glob in globs)}
    assert not new, told(new)
    strict = [glob for row in rows if row["case"] == case.id for glob in row["paths"]]
    assert [glob for glob in strict if not any(fnmatchcase(place, glob) for place in places)] == [], "no longer differs"


@pytest.mark.parametrize("case", sampled(ALL, every=4, name=lambda case: case.id))
def test_the_real_plane_answers_as_it_did(real: Rig, case: Case) -> None:
    assert not (places := found(real, case)), told(places)


def test_named_differences_have_a_case_and_a_reason() -> None:
    ids = {case.id for file in files() for case in cases(file)}
    assert [row for row in named() if not any(fnmatchcase(id, row["case"]) for id in ids) or not row["reason"].strip()] == []
