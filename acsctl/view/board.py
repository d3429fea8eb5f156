"""How far each step of a run is: a value that grows by events. The live table, plain lines and results are drawn from it."""

from __future__ import annotations

import graphlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from acsctl.model.address import Address
from acsctl.model.event import (
    Event,
    RunStarted,
    Settling,
    StepDone,
    StepFailed,
    StepInfo,
    StepProgress,
    StepStarted,
    StepWaiting,
    Stopping,
    Throttled,
)
from acsctl.view import wording

State = Literal["waiting", "running", "done", "failed", "skipped"]


@dataclass(frozen=True)
class Row:
    """One step. `since` is when it began, on the run's clock; `took` how long it ran, once it ended.

    `message` is how far it is, `waits` what it waits for that is not its own work; both in words.
    """

    step: StepInfo
    state: State = "waiting"
    since: float = 0.0
    took: float = 0.0
    message: str = ""
    waits: str = ""
    done: int = 0
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Board:
    """All rows by step id, in the order in which they were announced, and what concerns the run as a whole."""

    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    throttled: Mapping[str, float] = field(default_factory=dict[str, float])
    throttled_in_all: float = 0.0
    failures: tuple[StepFailed, ...] = ()
    settling: Settling | None = None
    stopping: Stopping | None = None
    at: float = 0.0

    def after(self, event: Event) -> Board:
        """The board once `event` has happened."""
        board = replace(self, at=event.at)
        match event:
            case RunStarted(steps=steps):
                return replace(board, rows=board.rows | {step.id: Row(step) for step in steps})
            case StepStarted(step=step):
                return board._set(Row(step, "running", since=event.at))
            case StepProgress(step=step, message=message, done=done):
                return board._set(replace(board.row(step), state="running", message=message, done=done, waits=""))
            case StepWaiting(step=step):
                return board._set(replace(board.row(step), waits=wording.waits(event)))
            case StepDone(step=step, ids=ids, took=took):
                return board._set(replace(board.row(step), state="done", ids=ids, took=took))
            case StepFailed():
                return board._failed(event)
            case Throttled(action=action, seconds=seconds, in_all=in_all):
                return replace(board, throttled={**board.throttled, action: seconds}, throttled_in_all=in_all)
            case Settling():
                return replace(board, settling=event)
            case Stopping():
                return replace(board, stopping=event)
            case _:
                return board

    def row(self, step: StepInfo) -> Row:
        """The step's row; a new one for a step that was not announced, as after planning anew."""
        return self.rows.get(step.id) or Row(step, since=self.at)

    def _set(self, *rows: Row) -> Board:
        return replace(self, rows={**self.rows, **{row.step.id: row for row in rows}})

    def _failed(self, event: StepFailed) -> Board:
        failed = replace(self.row(event.step), state="failed", took=event.took)
        skipped = (replace(self.row(step), state="skipped") for step in event.skipped)
        return replace(self._set(failed, *skipped), failures=(*self.failures, event))

    def having(self, *states: State) -> list[Row]:
        """The rows in one of these states."""
        return [row for row in self.rows.values() if row.state in states]

    def blockers(self, row: Row) -> list[Address]:
        """What a waiting row waits for: the addresses of the steps before it that are not done."""
        before = (self.rows[step] for step in row.step.waits_for if step in self.rows)
        return list(dict.fromkeys(other.step.address for other in before if other.state != "done"))

    def left(self, now: float) -> float:
        """Seconds until the longest chain of unfinished steps has ended, by their usual durations; 0 if unknown."""
        ends: dict[str, float] = {}
        for row in self._in_order():
            begin = max((ends.get(step, 0.0) for step in row.step.waits_for), default=0.0)
            elapsed = now - row.since if row.state == "running" else 0.0
            ends[row.step.id] = begin + max(0.0, row.step.expected - elapsed)
        return max(ends.values(), default=0.0)

    def _in_order(self) -> Iterator[Row]:
        open_rows = {row.step.id: row for row in self.having("waiting", "running")}
        needs = {id: [step for step in row.step.waits_for if step in open_rows] for id, row in open_rows.items()}
        return (open_rows[id] for id in graphlib.TopologicalSorter(needs).static_order())
