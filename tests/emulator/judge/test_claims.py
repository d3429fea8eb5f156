"""Each row of claims/*.yaml: a request, and the code and status, or the fields, that it is answered with.

A refused call must leave the world as it was, so one world serves all rows.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulator.judge.town import Town

FOLDER = Path(__file__).parent / "claims"
Row = dict[str, Any]


def rows(name: str) -> list[Any]:
    loaded: list[Row] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return [pytest.param(row, id=f"{row['call']} {row['claim']}") for row in loaded]


def files() -> list[str]:
    return sorted(path.name for path in FOLDER.glob("refusals_*.yaml"))


@pytest.mark.parametrize("row", [row for name in files() for row in rows(name)])
def test_a_refused_call_says_why_and_changes_nothing(town: Town, row: Row) -> None:
    before = town.world()
    answer = town.call(row["call"], row.get("with", {}))
    assert (answer.status, answer.json.get("Code")) == (row["status"], row["code"]), answer.text
    assert {"RequestId", "HostId", "Message", "Recommend"} <= set(answer.json)
    assert town.world() == before


@pytest.mark.parametrize("row", rows("reads.yaml"))
def test_a_read_finds_what_is_there(town: Town, row: Row) -> None:
    answer = town.call(row["call"], row.get("with", {}))
    assert answer.status == 200, answer.text
    for path, expected in row["fields"].items():
        found = at(answer.json, path=path)
        assert found == (town.filled(expected) if isinstance(expected, str) else expected), path


def at(document: Any, *, path: str) -> Any:
    """`Vpcs.Vpc.0.Status`; `#` counts a list."""
    for part in path.split("."):
        if part == "#":
            return len(document)
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def test_the_answers_fit_the_published_trees(town: Town) -> None:
    assert [one for one in town.cloud.findings() if one["kind"] != "unknown-parameter"] == []
