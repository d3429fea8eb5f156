"""A large stack asks little of the cloud, and of this machine's memory."""

from __future__ import annotations

from benchmarks import large


def test_calls_grow_with_pages_and_not_with_resources() -> None:
    figures = large.measured()
    assert sum(figures.plan_calls.values()) <= large.PLAN_CALLS, figures.plan_calls
    assert sum(figures.apply_calls.values()) <= large.APPLY_CALLS, figures.apply_calls
    assert figures.apply_calls["ecs.RunInstances"] == large.RUN_INSTANCES
    assert max(figures.plan.memory, figures.apply.memory) < large.MEMORY
