"""drift: observe and diff, and of the plan only what the cloud changed. Takes no lock and writes nothing."""

from __future__ import annotations

from acsctl.model.drift import Drift
from acsctl.model.plan import Plan
from acsctl.plan.drift import drift
from acsctl.plan.work import Asked
from acsctl.run.apply import plan_of
from acsctl.run.observe import World, observe


def look(world: World) -> tuple[Plan, Drift]:
    """The plan that would be made, bare, and what of it is drift."""
    plan = plan_of(world, observe(world), Asked())
    return plan, drift(plan, world.history)
