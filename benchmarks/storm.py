"""A storm: 30 % of all calls are throttled while 500 instances and a hundred other things are made. What that costs in calls.

Without limit each of those calls is made 1 / 0.7 = 1.43 times; what is above that comes from asking too early or too often.
"""

from __future__ import annotations

import json
import tempfile
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import ACSCTL, Cloud, cloud, cost
from benchmarks.samples import LARGE

SHARE = 0.3
SEEDS = (7, 11, 13)
RATIO = 1.6
OTHERS = 90

GROUPS = """\
  group:
    kind: security_group
    for_each: "{{ groups }}"
    vpc: network
    ingress: [{protocol: tcp, port: 22, from: 10.0.0.0/16}]
"""
VARIABLE = f"  groups: {{type: list, default: {[str(number) for number in range(OTHERS)]}}}\n"
STACK = LARGE.replace("stack: large", "stack: storm").replace("resources:\n", f"{VARIABLE}resources:\n") + GROUPS


@dataclass(frozen=True)
class Run:
    """An apply to an empty cloud that ended well: its calls by action, refusals by code, and what it told at the end."""

    calls: Mapping[str, int]
    errors: Mapping[str, int]
    summary: Mapping[str, Any]

    @property
    def throttled(self) -> int:
        """Calls that were throttled."""
        return sum(count for code, count in self.errors.items() if "Throttling" in code)

    @property
    def total(self) -> int:
        """All calls, the throttled ones too."""
        return sum(self.calls.values())


@dataclass(frozen=True)
class Figures:
    """The same apply in calm and in storms."""

    calm: Run
    storms: tuple[Run, ...]

    @property
    def ratio(self) -> float:
        """Calls in a storm by calls in calm: the mean of the storms."""
        return sum(storm.total for storm in self.storms) / len(self.storms) / self.calm.total


def measured(*, seeds: tuple[int, ...] = SEEDS, stack: str = STACK) -> Figures:
    """One apply in calm, one for each seed. Raises RuntimeError where one does not converge."""
    return Figures(_applied(stack, seed=None), tuple(_applied(stack, seed=seed) for seed in seeds))


def _applied(stack: str, *, seed: int | None) -> Run:
    with tempfile.TemporaryDirectory() as folder, cloud() as there:
        Path(folder, "stack.yaml").write_text(stack, encoding="utf-8")
        flags = ("-f", folder, "--cloud", there.address)
        if seed is not None:
            _put(there, "faults", [{"action": "*", "kind": "throttle", "share": SHARE, "seed": seed}])
        text = cost((*ACSCTL, "apply", "--json", "--yes", *flags)).text
        answer = there.control("GET", "calls")
        _put(there, "faults", [])
        cost((*ACSCTL, "plan", "--detailed-exitcode", *flags))
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return Run(answer["actions"], answer["errors"], lines[-1])


def _put(there: Cloud, path: str, body: Any) -> None:
    request = urllib.request.Request(f"{there.address}/_emulator/{path}", json.dumps(body).encode(), method="PUT")
    urllib.request.urlopen(request, timeout=30).read()


if __name__ == "__main__":
    figures = measured()
    for run in (figures.calm, *figures.storms):
        waited = {cause: seconds for cause, seconds in run.summary["waited"].items() if seconds > 0.05}
        print(run.total, dict(run.errors), round(run.total / figures.calm.total, 2), run.summary["seconds"], waited)
    print(round(figures.ratio, 3))
