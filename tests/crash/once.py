"""One trial as a test: judged, and where it is long not made again once it has passed at this version of the code."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.crash.ledger import Ledger
from tests.crash.trial import Result


def once(name: str, attempt: Callable[[], Result], *, ledger: Ledger, request: pytest.FixtureRequest) -> Result:
    """Make the trial, keep what came of a long one, and judge it."""
    is_long = request.node.get_closest_marker("long") is not None
    if is_long and name in ledger.settled():
        pytest.skip("it has passed at this version of the code")
    began = time.monotonic()
    result = attempt()
    if is_long:
        ledger.write(name, result, time.monotonic() - began)
    judge(result)
    return result


def judge(result: Result) -> None:
    """It has passed."""
    assert result.verdict != "failed", "\n".join([result.why, *result.differences])
    assert (result.duplicates, result.orphans) == (0, 0)
