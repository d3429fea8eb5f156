"""What 500 objects ask of the API server of their cluster."""

from __future__ import annotations

import pytest

from benchmarks import objects


@pytest.mark.long
def test_each_object_is_tried_once_and_each_kind_is_listed_at_once() -> None:
    figures = objects.measured()
    for asked in (figures.apply, figures.plan, figures.change):
        assert asked.served == asked.total, "acsctl and the server count the same"
        assert asked.by_purpose["try"] == objects.OBJECTS, asked.by_purpose
        assert asked.by_purpose["list"] <= objects.LOOKS * (objects.KINDS + 1), asked.by_purpose
        assert asked.aside <= objects.ASIDE, asked.by_purpose
        assert asked.at_once >= objects.AT_ONCE
    assert figures.plan.total == objects.PLAN, figures.plan.by_purpose
    assert figures.apply.by_purpose["apply"] <= objects.OBJECTS + len(objects.WORKLOADS)
    assert figures.change.by_purpose["apply"] <= objects.WRITES, figures.change.by_purpose
