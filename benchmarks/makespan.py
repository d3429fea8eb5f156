"""How long an apply takes, against the longest path of what the cloud itself takes: `make makespan`.

At speed 5, from the first write to the last thing that is ready, with a record of a clean run before it: without one, a create
that has no proven token waits until lists show everything (docs/how-it-works.md, settling).

What each resource takes is measured at the cloud (watch.py); the graph is the stack file's own, and vSwitches of one VPC, which
the cloud makes one by one, follow one another. It takes some minutes, so that it is none of the figures of `make bench`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from acsctl.kinds import registry
from acsctl.model.resource import Stack
from acsctl.plan import graph
from acsctl.stack.loading import load
from acsctl.stack.session import Inputs
from benchmarks.measure import ACSCTL, cloud, cost
from benchmarks.planes import Planes
from benchmarks.samples import MIXED
from benchmarks.watch import Row, Span, Watch

SPEED = 5.0
GOAL = 1.05
PERIOD = 0.1
OWNERS = {
    "registry_vpc_link": "registry",
    "registry_endpoint": "registry",
    "registry_namespace": "registry",
    "node_pool": "node_pool",
    "route_entry": "node_pool",
    "overlay": "flannel",
    "objects": "workload",
}
"""Rows that bear no address, by type: a stack that is measured has one resource of these kinds at most."""
PARENTS = ("NatGatewayId", "InstanceId")
"""Attributes that name what a row belongs to: an EIP is bound by its gateway's step."""

Window = tuple[float, float]


@dataclass(frozen=True)
class Figures:
    """Cloud seconds: of the run, and of the longest path of the cloud's own durations. `path` has of each resource on it how
    long the cloud was busy, and how long its step took."""

    makespan: float
    critical: float
    path: tuple[tuple[str, float, float], ...]

    @property
    def ratio(self) -> float:
        """1 where the tool itself costs no time."""
        return self.makespan / self.critical

    def __str__(self) -> str:
        rows = [f"    {address:<32} {busy:7.1f} of {took:7.1f} s" for address, busy, took in self.path]
        head = f"{self.makespan:.1f} s, critical path {self.critical:.1f} s: {self.ratio:.3f}"
        return "\n".join([head, *rows])


def measured(stack: Path) -> Figures:
    """Apply this stack file to an empty cloud, after an apply of nothing. Raises RuntimeError where one fails."""
    with tempfile.TemporaryDirectory() as folder, cloud(speed=SPEED, folder=Path(folder)) as there:
        line = (*ACSCTL, "apply", "--yes", "--json", "-f", str(stack), "--cloud", there.address)
        text = stack.read_text(encoding="utf-8")
        stack.write_text(text.partition("resources:")[0] + "resources: {}\n", encoding="utf-8")
        cost(line)
        stack.write_text(text, encoding="utf-8")
        with Watch(there, PERIOD, Planes(Path(folder))) as watch:
            done = subprocess.run(line, capture_output=True, text=True, check=False, env=dict(os.environ))
    if done.returncode:
        raise RuntimeError(f"exit {done.returncode}\n{done.stdout[-3000:]}{done.stderr}")
    windows = _windows([json.loads(text) for text in done.stdout.splitlines()])
    return _figures(load(stack, Inputs(), registry.schemas()), windows, watch)


def _windows(lines: Iterable[Any]) -> dict[str, Window]:
    """When each resource was begun and when it was ready, in seconds of the wall's clock."""
    found: dict[str, Window] = {}
    for line in lines:
        if line["type"] not in ("apply_start", "apply_complete"):
            continue
        address = line["hook"]["resource"]["addr"]
        moment = datetime.fromisoformat(line["@timestamp"]).timestamp()
        began, ended = found.get(address, (moment, moment))
        found[address] = (min(began, moment), max(ended, moment))
    return found


def _figures(stack: Stack, windows: Mapping[str, Window], watch: Watch) -> Figures:
    busy = dict.fromkeys(windows, 0.0) | {
        address: _union(spans) for address, spans in _by_owner(watch, windows).items() if address in windows
    }
    needs = _needs(stack, windows)
    total: dict[str, float] = {}
    before: dict[str, str] = {}
    for address in graph.order(needs):
        first = max(needs[address], key=lambda need: total[need], default="")
        total[address] = busy[address] + (total[first] if first else 0.0)
        before[address] = first
    last = max(total, key=lambda address: total[address])
    path = [last]
    while before[path[-1]]:
        path.append(before[path[-1]])
    rows = [(address, busy[address] * SPEED, (windows[address][1] - windows[address][0]) * SPEED) for address in reversed(path)]
    took = max(end for _, end in windows.values()) - min(began for began, _ in windows.values())
    return Figures(took * SPEED, total[last] * SPEED, tuple(rows))


def _by_owner(watch: Watch, windows: Mapping[str, Window]) -> dict[str, list[Span]]:
    """The busy spans of each resource: those that began while it was being made."""
    only = {address.partition(".")[0]: address for address in windows}
    found: dict[str, list[Span]] = {}
    for row, span in watch.ended():
        address = _owner(row, watch) or only.get(OWNERS.get(row["type"], ""), "")
        began, ended = windows.get(address, (0.0, 0.0))
        if began - PERIOD <= span.began <= ended:
            found.setdefault(address, []).append(span)
    return found


def _owner(row: Row, watch: Watch) -> str:
    """The address that a row bears, or that of what it is bound to; empty where there is none."""
    for name in PARENTS:
        for other in watch.parents.get(str(row["attributes"].get(name) or ""), ()):
            return other
    return str(row["tags"].get("acsctl:address") or "")


def _union(spans: Sequence[Span]) -> float:
    """The length of what at least one of them covers."""
    total, reached = 0.0, 0.0
    for span in sorted(spans, key=lambda span: span.began):
        total += max(0.0, span.ended - max(span.began, reached))
        reached = max(reached, span.ended)
    return total


def _needs(stack: Stack, windows: Mapping[str, Window]) -> dict[str, set[str]]:
    """What each resource waits for: what its block says, and the vSwitch of its VPC that was made before it."""
    needs = {
        str(address): {str(edge.whole) for edge in desired.edges} & windows.keys()
        for address, desired in stack.resources.items()
        if str(address) in windows
    }
    homes: dict[str, list[str]] = {}
    for address, desired in stack.resources.items():
        if address.kind == "vswitch":
            homes.setdefault(str(desired.spec["vpc"]), []).append(str(address))
    for siblings in homes.values():
        ordered = sorted(siblings, key=lambda address: windows[address])
        for first, second in pairwise(ordered):
            needs[second].add(first)
    return needs


STACKS = {"stacks/flannel-cluster": Path(__file__).parent.parent / "stacks" / "flannel-cluster" / "stack.yaml"}


def main() -> None:
    """Measure the reference cluster and 300 mixed resources. Exits with 1 where one takes longer than the goal."""
    passed = True
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mixed.yaml").write_text(MIXED, encoding="utf-8")
        every = {**STACKS, "300 mixed resources": Path(folder) / "mixed.yaml"}
        for name in sys.argv[1:] or every:
            copied = Path(folder) / f"{len(name)}.yaml"
            copied.write_text(every[name].read_text(encoding="utf-8"), encoding="utf-8")
            figures = measured(copied)
            print(f"{name}: {figures}\n    at most {GOAL}", flush=True)
            passed = passed and figures.ratio <= GOAL
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
