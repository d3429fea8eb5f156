"""The ledger of trials: what has passed at one version of the code is not tried again, and the table counts honestly."""

from __future__ import annotations

from pathlib import Path

from tests.crash.ledger import Ledger, summary, version
from tests.crash.trial import Result, compare


def test_what_has_passed_is_settled_at_its_version_only(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    ledger = Ledger(file, version="a")
    ledger.write("net apply 1", Result("failed"), 1.0)
    ledger.write("net apply 2", Result("ok", [0]), 1.0)
    ledger.write("net apply 3", Result("not reached"), 1.0)
    assert Ledger(file, version="a").settled() == {"net apply 2", "net apply 3"}
    ledger.write("net apply 1", Result("ok", [0]), 1.0)
    ledger.write("net apply 2", Result("failed", [6]), 1.0)
    assert Ledger(file, version="a").settled() == {"net apply 1", "net apply 3"}
    assert Ledger(file, version="b").settled() == set()


def test_points_beyond_the_end_are_no_kills() -> None:
    def row(name: str, verdict: str, **more: object) -> dict[str, object]:
        empty = {"codes": [0], "duplicates": 0, "orphans": 0, "different": 0, "made_again": None, "seconds": 1.5}
        return {"trial": name, "verdict": verdict, **empty, **more}

    rows = [
        row("net apply 1 same", "ok", made_again=2),
        row("net apply 2 same", "not reached"),
        row("net destroy 1 same", "failed", duplicates=1, orphans=2, different=3, codes=[6, 0]),
    ]
    head, apply, destroy, total = [line.split() for line in summary(rows).splitlines()]
    assert head[0] == "tried"
    assert apply[2:10] == ["1", "1", "0", "0", "0", "0", "2", "3"]
    assert destroy[2:10] == ["1", "0", "1", "2", "3", "1", "0", "1"]
    assert total[2:10] == ["2", "1", "1", "2", "3", "1", "2", "4"]


def test_the_version_is_that_of_the_code() -> None:
    assert version() == version()


def test_what_is_too_much_is_a_double_or_an_orphan_and_what_differs_is_neither() -> None:
    def thing(address: str, size: int = 1) -> str:
        return f'{{"attributes": {{"size": {size}}}, "tags": {{"acsctl:address": "{address}"}}, "type": "eip"}}'

    wanted = ([thing("eip.a"), thing("eip.b"), thing("eip.c")], ["pods default/web"])
    result = Result("ok")
    compare(result, ([thing("eip.a"), thing("eip.a"), thing("eip.b", 2), thing("eip.d")], []), wanted)
    assert (result.duplicates, result.orphans, len(result.differences)) == (1, 1, 6)
