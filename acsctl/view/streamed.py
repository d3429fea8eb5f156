"""Events as lines of the stream: type, sentence and contents, with a heartbeat for what lasts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from acsctl.model.event import (
    Cause,
    Event,
    RunEnded,
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
from acsctl.view import documents, wording

Streamable = tuple[str, str, dict[str, Any]]

HEARTBEAT = 10.0
"""Seconds of the run's clock between two `apply_progress` of one step; what it says anew is told at once."""


class Streamed:
    """Remembers when each step began and what was told of it last."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._told: dict[str, tuple[float, str]] = {}

    def lines(self, event: Event) -> Iterator[Streamable]:
        """The lines that an event makes; none for `RunEnded`, which ends in outputs and the summary."""
        match event:
            case RunStarted(steps=steps):
                yield "run_start", f"{wording.count(len(steps), 'step')}", {"steps": [_step(step) for step in steps]}
            case StepStarted(step=step):
                self._since[step.id] = event.at
                self._told[step.id] = (event.at, "")
                yield "apply_start", f"{step.address}: {_doing(step)}", {"hook": _hook(step)}
            case StepProgress():
                yield from self._progress(event)
            case StepWaiting(step=step, cause=cause, what=what, code=code, seconds=seconds) if cause is not Cause.NONE:
                told = {"cause": cause.value, "what": what, "code": code, "seconds": round(seconds, 3)}
                yield "wait_progress", f"{step.address}: {wording.waits(event)}", {"hook": _hook(step), **told}
            case StepDone(step=step, ids=ids, took=took):
                hook = _hook(step) | {"id_key": "id", "id_value": ids[0] if ids else "", "ids": list(ids)}
                message = f"{step.address}: {wording.DONE.get(step.action, 'done')} after {wording.length(took)}"
                yield "apply_complete", message, {"hook": hook | {"elapsed_seconds": round(took, 3)}}
            case StepFailed(step=step, skipped=skipped, took=took):
                hook = _hook(step) | {"elapsed_seconds": round(took, 3)}
                not_started = [str(other.address) for other in skipped]
                yield "apply_errored", f"{step.address}: failed", {"hook": hook, "not_started": not_started}
            case _:
                yield from _of_the_run(event)

    def _progress(self, event: StepProgress) -> Iterator[Streamable]:
        step = event.step
        at, said = self._told.get(step.id, (event.at - HEARTBEAT, ""))
        if event.at - at < HEARTBEAT and event.message == said:
            return
        self._told[step.id] = (event.at, event.message)
        elapsed = event.at - self._since.get(step.id, event.at)
        message = f"{step.address}: {event.message or _doing(step)} ({wording.length(elapsed)})"
        hook = _hook(step) | {"elapsed_seconds": round(elapsed, 3)}
        yield "apply_progress", message, {"hook": hook, "message": event.message, "done": event.done, "count": step.count}

    def result(self, ended: RunEnded) -> dict[str, Any]:
        """What `run_summary` says of a run."""
        return {
            "done": ended.done,
            "failed": ended.failed,
            "not_started": ended.not_started,
            "clean": ended.clean,
            "interrupted": ended.interrupted,
            "under_way": [str(address) for address in ended.under_way],
            "waited": {cause: round(seconds, 3) for cause, seconds in ended.waited.items()},
            "waited_seconds": round(ended.waited_in_all, 3),
            "counts": {action.word: number for action, number in ended.counts.items()},
        }


def _of_the_run(event: Event) -> Iterator[Streamable]:
    match event:
        case Settling(message=message, left=left):
            yield "settling", message, {"left_seconds": round(left, 3)}
        case Throttled(action=action, seconds=seconds, in_all=in_all):
            message = f"throttled {wording.length(seconds)} ({action})"
            yield "throttled", message, {"action": action, "seconds": round(seconds, 3), "in_all": round(in_all, 3)}
        case Stopping(in_flight=in_flight, why=why):
            yield "stopping", f"{why}: nothing new is started".removeprefix(": "), {"in_flight": in_flight, "why": why}
        case _:
            return


def _doing(step: StepInfo) -> str:
    return wording.DOING.get(step.action, step.action.word)


def _hook(step: StepInfo) -> dict[str, Any]:
    return {"resource": documents.resource(step.address), "action": step.action.word, "step": step.id}


def _step(step: StepInfo) -> dict[str, Any]:
    return {
        "id": step.id,
        "address": str(step.address),
        "action": step.action.word,
        "waits_for": list(step.waits_for),
        "expected_seconds": step.expected,
        "count": step.count,
    }
