"""What a storm of throttling costs in calls: hardly more than the throttled calls themselves."""

from __future__ import annotations

import pytest

from benchmarks import storm


@pytest.mark.long
def test_a_storm_makes_few_calls_more_than_it_takes() -> None:
    figures = storm.measured(seeds=(7, 23))
    for run in figures.storms:
        assert run.throttled > 0.2 * run.total, "that is a storm"
        assert run.errors.keys() <= {"Throttling.User", *figures.calm.errors}
        assert run.total <= storm.RATIO * figures.calm.total, run.calls
        assert run.summary["clean"] is True
        assert any(cause.startswith("throttling ") for cause in run.summary["waited"])
        assert run.summary["waited_seconds"] <= run.summary["seconds"]
