"""`make bench`: a table of figures and limits. Exits with 1 where a limit is passed."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import large, objects, storm
from benchmarks.measure import ACSCTL, NOTHING, cloud, cost, least
from benchmarks.samples import FIVE

HELP, SMALL_PLAN = 8.0, 80.0  # times the CPU of `python -c pass`
LARGE_PLAN = 3.0  # CPU seconds


@dataclass(frozen=True)
class Row:
    """A figure that must not be above its limit."""

    what: str
    figure: float
    limit: float
    unit: str

    def __str__(self) -> str:
        verdict = "" if self.figure <= self.limit else "   TOO MUCH"
        return f"{self.what:<66} {self.figure:8.2f} {self.unit:<6} at most {self.limit:g}{verdict}"


def rows() -> Iterator[Row]:
    """Every figure, as it is measured."""
    unit = least(NOTHING).cpu
    yield Row("CPU of acsctl --help, in units of python -c pass", least((*ACSCTL, "--help")).cpu / unit, HELP, "times")
    yield Row("CPU of a plan of five resources, the same", _small() / unit, SMALL_PLAN, "times")
    figures = large.measured()
    yield Row("512 resources: CPU of a plan", figures.plan.cpu, LARGE_PLAN, "s")
    yield Row("512 resources: calls of a plan without changes", sum(figures.plan_calls.values()), large.PLAN_CALLS, "calls")
    yield Row("512 resources: calls of an apply", sum(figures.apply_calls.values()), large.APPLY_CALLS, "calls")
    yield Row("  of these RunInstances", figures.apply_calls["ecs.RunInstances"], large.RUN_INSTANCES, "calls")
    yield Row("512 resources: peak memory of a plan", figures.plan.memory, large.MEMORY, "MB")
    yield Row("512 resources: peak memory of an apply", figures.apply.memory, large.MEMORY, "MB")
    asked = objects.measured()
    yield Row("500 objects in a cluster: requests of a plan without changes", asked.plan.total, objects.PLAN, "calls")
    yield Row("  of these dry runs", asked.plan.by_purpose["try"], objects.OBJECTS, "calls")
    yield Row("  dry runs of the first apply", asked.apply.by_purpose["try"], objects.OBJECTS, "calls")
    yield Row("  lists of the first apply, by kind", asked.apply.by_purpose["list"] / objects.KINDS, objects.LOOKS, "calls")
    yield Row("  writes of an apply that changes one object", asked.change.by_purpose["apply"], objects.WRITES, "calls")
    found = storm.measured()
    yield Row("602 resources, 30 % of all calls throttled: calls to those without", found.ratio, storm.RATIO, "times")


def _small() -> float:
    """CPU seconds of a plan of what is there, the cloud in another process."""
    with tempfile.TemporaryDirectory() as folder, cloud() as there:
        Path(folder, "stack.yaml").write_text(FIVE, encoding="utf-8")
        flags = ("-f", folder, "--cloud", there.address)
        cost((*ACSCTL, "apply", "--yes", *flags))
        return least((*ACSCTL, "plan", *flags)).cpu


def main() -> None:
    """Print the table."""
    passed = True
    for row in rows():
        print(row, flush=True)
        passed = passed and row.figure <= row.limit
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
