"""One trial: a command is killed at a point, something is run at once, and the world is compared with an undisturbed one."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.crash.deal import Settings
from tests.crash.objects import objects
from tests.crash.plots import PLOTS, Command, Plot, lasting
from tests.crash.scene import Point, Scene
from tests.crash.worlds import spread, unreplaced

LIMIT = 240.0
"""Wall seconds after which a command is taken to hang."""
BUCKET = "oss://acsctl-local/crash"
RANGE = re.compile(r"^nodes \S+")
PARTIAL = (6, 9)
"""What a run may end with that meets what an earlier one was destroying: the next one goes on."""


@dataclass(frozen=True)
class Whole:
    """An undisturbed world: the rows of the cloud with and without the places of machines, their spread, and the cluster."""

    placed: list[str]
    loose: list[str]
    spread: list[int]
    cluster: list[str]
    creates: int


@dataclass(frozen=True)
class Trial:
    """A point of a stack's command, and its settings."""

    plot: str
    command: Command
    point: Point
    settings: Settings

    def __str__(self) -> str:
        return f"{self.plot} {self.command} {self.point} {self.settings}"


@dataclass
class Result:
    """What came of it. `codes` are the exit codes of the runs after the kill, `made_again` the creates sent beyond one each."""

    verdict: str
    codes: list[int] = field(default_factory=list[int])
    duplicates: int = 0
    orphans: int = 0
    differences: list[str] = field(default_factory=list[str])
    made_again: int | None = None
    why: str = ""


class Failure(Exception):
    """What a run after the kill did wrong."""


def tried(trial: Trial, *, on: Scene, whole: Callable[[], Whole]) -> Result:
    """Kill, run again, compare. `whole` finds the world of an undisturbed run of the same way."""
    run = _Run(trial, on)
    on.limit = LIMIT
    on.write(run.text())
    try:
        if not on.killed(run.first, trial.point, *run.plot.first(trial.command)):
            return Result("not reached")
        if not on.proxy.quiet(LIMIT):
            raise Failure("a call never came back from the cloud")
        run.goes_on()
        result = Result("ok", run.codes, made_again=run.made_again(whole))
        compare(result, run.found(), run.wanted(whole))
    except (Failure, AssertionError) as failure:
        return Result("failed", run.codes, why=str(failure))
    if result.differences:
        result.verdict = "failed"
    return result


def expect(holds: bool, text: str) -> None:
    """Raises Failure where something does not hold."""
    if not holds:
        raise Failure(text)


def told(lines: Sequence[str]) -> list[str]:
    """Objects of a cluster, without which node has which part of the pods' range."""
    return [RANGE.sub("nodes", line) for line in lines]


class _Run:
    """What is run after the kill, and what has to come of it."""

    def __init__(self, trial: Trial, on: Scene) -> None:
        self.trial = trial
        self.plot: Plot = PLOTS[trial.plot]
        self.settings = trial.settings
        self.first = "destroy" if trial.command == "destroy" else "apply"
        self.codes: list[int] = []
        self.adopt = False
        self._on = on
        self._standing: list[str] = []

    @property
    def left(self) -> bool:
        """Whether a block is gone that no record knows: then what stands of it is left standing."""
        return self.settings.way == "without" and not self.settings.recorded

    def text(self, *, without: bool = False) -> str:
        """The stack file."""
        record = BUCKET if self.settings.stored else ""
        return self.plot.written(without=without, record=record, adopt=self.adopt)

    def goes_on(self) -> None:
        """Run what is run after the kill, to its end. Raises Failure."""
        on = self._on
        on.control("PUT", "settings", {"speed": self.plot.speed})
        if self.settings.place != "folder":
            on.forget()
        if self.settings.place == "mine":
            code, text = on.run("unlock", "--mine")
            expect(code == 0, f"unlock: exit {code}\n{text}")
        if self.left:
            self._standing = [row["id"] for row in on.rows() if _bears(row, self.plot.gone)]
        if self.settings.way == "destroy":
            self._destroyed()
        else:
            self._applied()

    def _applied(self) -> None:
        flags = self.plot.asked(self.trial.command, self.settings)
        on = self._on
        on.write(self.text(without=self.settings.way == "without"))
        text = self._run("apply", *flags)
        if self.codes[-1] == 5 and f"adopt: cri-local/{self.plot.namespace}" in text and not self.settings.recorded:
            # A namespace without a repository bears no mark: without the record it is to be adopted.
            expect(not [row for row in on.rows() if row["type"] == "registry_repository"], text)
            self.adopt = True
            on.write(self.text(without=self.settings.way == "without"))
            text = self._run("apply", *flags)
        if self.codes[-1] in PARTIAL and self.trial.command == "destroy":
            text = self._run("apply", *flags)
        expect(self.codes[-1] == 0, text)
        code, text = on.run("plan", "--detailed-exitcode", *lasting(flags))
        expect(code == 0, f"plan: exit {code}\n{text}")

    def _destroyed(self) -> None:
        on = self._on
        text = self._run("destroy")
        expect(self.codes[-1] == 0, text)
        if not self.settings.recorded and [row["type"] for row in on.rows()] == ["registry_namespace"]:
            text = self._run("destroy")
            expect(self.codes[-1] == 0 and "--allow registry.images" in text, text)
            text = self._run("destroy", "--allow", "registry.images")
            expect(self.codes[-1] == 0, text)

    def _run(self, command: str, *flags: str) -> str:
        code, text = self._on.run(command, *flags)
        self.codes.append(code)
        expect("Traceback" not in text and "bug in acsctl" not in text, text)
        return text

    def made_again(self, whole: Callable[[], Whole]) -> int | None:
        """How many creates were sent beyond those of an undisturbed run."""
        if self.trial.command != "apply" or self.settings.way == "destroy":
            return None
        return max(0, self._on.creates() - whole().creates)

    def found(self) -> tuple[list[str], list[str]]:
        """The world as it is now: of the cloud, and of the cluster. No control plane is left of a cluster that is gone."""
        on = self._on
        expect(on.planes_kept() == set(on.planes()), "a control plane is left over")
        expect(not unreplaced(on.rows()), "what was replaced is still there")
        cloud, cluster = on.world(placed=self._placed()), [line for plane in on.planes().values() for line in objects(plane)]
        if self.left:
            gone = set(self._standing) - {row["id"] for row in on.rows()}
            expect(not gone or self.trial.command == "destroy", f"not left standing: {sorted(gone)}")
        if self.settings.way not in ("fewer", "destroy"):
            cloud.append(f"spread {spread(on.rows())}")
        return self._told(cloud), self._told(cluster)

    def wanted(self, whole: Callable[[], Whole]) -> tuple[list[str], list[str]]:
        """The world as it ought to be."""
        if self.settings.way == "destroy":
            return [], []
        one = whole()
        cloud = list(one.placed if self._placed() else one.loose)
        if self.settings.way != "fewer":
            cloud.append(f"spread {one.spread}")
        return self._told(cloud), self._told(one.cluster)

    def _placed(self) -> bool:
        """Whether each member of a fleet has its place: where others stand before, they are dealt out otherwise."""
        return self.settings.way == "same" and self.trial.command == "apply"

    def _told(self, lines: Sequence[str]) -> list[str]:
        return [line for line in told(lines) if not (self.left and any(word in line for word in self.plot.apart))]


def _bears(row: Mapping[str, Any], name: str) -> bool:
    return str(row["tags"].get("acsctl:address", "")).endswith(f".{name}")


def compare(result: Result, found: tuple[list[str], list[str]], wanted: tuple[list[str], list[str]]) -> None:
    """Write the differences into a result: `+` what should not be there, `-` what is missing. Doubles, orphans are counted."""
    for have, want in zip(found, wanted, strict=True):
        more, less = Counter(have) - Counter(want), Counter(want) - Counter(have)
        result.differences += [f"+ {line}" for line in more.elements()] + [f"- {line}" for line in less.elements()]
        names, expected = Counter(map(_name, have)), Counter(map(_name, want))
        for name, surplus in (names - expected).items():
            if expected[name]:
                result.duplicates += surplus
            else:
                result.orphans += surplus


def _name(line: str) -> tuple[str, str]:
    """Of a row its type and address; an object of a cluster by its first two words."""
    if line.startswith("{"):
        row = json.loads(line)
        return row["type"], row["tags"].get("acsctl:address", "")
    kind, _, rest = line.partition(" ")
    if kind in ("spread", "nodes"):
        return kind, ""
    return kind, rest.split(" ")[0] if not rest.startswith("{") else json.loads(rest)["item"]["metadata"]["name"]
