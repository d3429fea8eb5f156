"""The language by example: what texts load as, and what is said of those that are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from acsctl.errors import StackError
from tests.stack.helpers import cases, head, load_text, plain, resource, shown


@pytest.mark.parametrize("case", cases("good.yaml"), ids=lambda case: case["name"])
def test_what_a_stack_loads_as(case: dict[str, Any], tmp_path: Path) -> None:
    stack = load_text(tmp_path, head(case["text"]), case=case)
    assert {str(address): resource(desired) for address, desired in stack.resources.items()} == case["resources"]
    assert [str(address) for address in stack.resources] == list(case["resources"])
    assert plain(stack.outputs) == case.get("outputs", {})
    assert [f"{before} > {after}" for before, after in stack.moved] == case.get("moved", [])


@pytest.mark.parametrize("case", cases("bad.yaml"), ids=lambda case: case["name"])
def test_every_problem_of_a_wrong_text_is_said(case: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(StackError) as caught:
        load_text(tmp_path, head(case["text"]), case=case)
    assert [shown(problem, tmp_path) for problem in caught.value.problems] == case["problems"]


def test_there_are_many_bad_inputs() -> None:
    assert len(cases("bad.yaml")) >= 60


def test_a_problem_shows_its_line_and_underlines_the_word(tmp_path: Path) -> None:
    with pytest.raises(StackError) as caught:
        load_text(tmp_path, head("resources:\n  n:\n    kind: vpc\n    cidr: 10.0.0.0/16\n    cidrs: [a]\n"))
    (problem,) = caught.value.problems
    assert problem.excerpt == "    cidrs: [a]"
    assert problem.excerpt[problem.place.column - 1 :][: problem.width] == "cidrs"


def test_the_line_of_a_secret_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(StackError) as caught:
        load_text(tmp_path, head("resources: {s: {kind: store, name: s, password: hunter2}}\n"))
    assert "hunter2" not in repr(caught.value.problems)


def test_a_name_inside_of_an_expression_is_underlined(tmp_path: Path) -> None:
    text = "resources:\n  n:\n    kind: vpc\n    cidr: 10.0.0.0/16\n"
    text += "    description: |\n      first\n      {{ stack.name }} {{ nwe }}\n"
    with pytest.raises(StackError) as caught:
        load_text(tmp_path, head(text))
    (problem,) = caught.value.problems
    assert problem.excerpt[problem.place.column - 1 :][: problem.width] == "nwe"
