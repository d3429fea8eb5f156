"""One VPC, ten vSwitches, a security group and 500 instances: what a plan and an apply of them ask of the cloud."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import ACSCTL, Cost, cloud, cost
from benchmarks.samples import LARGE

PLAN_CALLS, RUN_INSTANCES = 20, 5
APPLY_CALLS = 80  # about 60; how often an apply looks until all is ready is up to the machine
MEMORY = 200.0  # MB


@dataclass(frozen=True)
class Figures:
    """Of an apply to an empty cloud, and of the plan after it, which finds nothing to do: calls by action, and costs."""

    apply: Cost
    apply_calls: Mapping[str, int]
    plan: Cost
    plan_calls: Mapping[str, int]


def measured() -> Figures:
    """Apply, then plan, each in a process of its own. Raises RuntimeError where one fails or the plan is not empty."""
    with tempfile.TemporaryDirectory() as folder, cloud() as there:
        Path(folder, "stack.yaml").write_text(LARGE, encoding="utf-8")
        flags = ("-f", folder, "--cloud", there.address)
        applied = cost((*ACSCTL, "apply", "--yes", *flags))
        apply_calls = there.calls()
        planned = cost((*ACSCTL, "plan", "--detailed-exitcode", *flags))
        return Figures(applied, apply_calls, planned, there.calls())
