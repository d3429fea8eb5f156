"""What apply and destroy share: lock, plan, ask, execute, and what a signal does."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING

from acsctl.cli.locking import Ending, holding
from acsctl.cli.planning import check, stats
from acsctl.cli.records import warn_of_folder
from acsctl.errors import AcsctlError, RefusedError

if TYPE_CHECKING:
    from acsctl.cli.session import Session
    from acsctl.model.plan import Observation, Plan
    from acsctl.plan.work import Asked
    from acsctl.run.observe import World


CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


class Stop:
    """The signal that came, if one did. The first stops the run in order, the second leaves at once; both are safe."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.number = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.number:
            os._exit(CODES[signal.Signals(number)])
        self.number = number
        self._session.cloud.stop()

    @property
    def code(self) -> int:
        """The exit code of the signal."""
        return CODES[signal.Signals(self.number)]


@contextmanager
def stopping(session: Session) -> Iterator[Stop]:
    """Ctrl-C and SIGTERM stop the session's calls instead of killing the command."""
    stop = Stop(session)
    before = {number: signal.signal(number, stop) for number in CODES}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def change(session: Session, asked: Asked, *, yes: bool) -> None:
    """Lock, observe, plan, ask, execute. Raises what went wrong; SystemExit after a signal."""
    from acsctl.cli.session import revision
    from acsctl.cloud import Stopped
    from acsctl.record import this_run

    check(asked, session.stack, session.world.history)
    command = "destroy" if asked.destroy else "apply"
    run = this_run(command, environ=os.environ, revision=revision(session.stack.file))
    warn_of_folder(session)
    with stopping(session) as stop:
        began = session.cloud.clock.now()
        try:
            with holding(session, run) as ending:
                _locked(session, asked, moments=(began, session.cloud.clock.now()), yes=yes, ending=ending)
        except Stopped:
            session.view.note("Stopped. Nothing was changed.")
    if stop.number:
        raise SystemExit(stop.code)


def _locked(session: Session, asked: Asked, *, moments: tuple[float, float], yes: bool, ending: Ending) -> None:
    from acsctl.model.event import RunEnded, RunStarted
    from acsctl.run.apply import Apply, Approved

    began, locked = moments
    world = replace(session.world, history=session.record.inherited)
    plan, seen = _read(session, world, asked, locked=locked)
    ending.drift = _drifted(plan)
    if not (plan.empty and not world.history.clean and not _refusals(plan)):
        session.view.plan(plan, stats(session, plan, began))
    _refuse(plan)
    if plan.empty and world.history.clean:
        ending.result = "no changes"
        return
    if not plan.empty and not yes:
        _ask(session, asked)
    apply = Apply(world, Approved(plan, seen, asked, locked=locked, began=began), session.record)
    ending.clean, ending.result = False, "ended part-way"
    outcome = apply.outcome
    for event in apply.events():
        # A look at what an earlier run may have left is no run to a person, unless it finds something to do.
        if not (plan.empty and isinstance(event, (RunStarted, RunEnded)) and not outcome.counts and not outcome.error):
            session.view.event(event)
    if plan.empty and outcome.clean and not outcome.counts:
        session.view.plan(plan, stats(session, plan, began))
    ending.counts = {action.word: count for action, count in outcome.counts.items()}
    if outcome.clean:
        # What an earlier run had begun and this one was to leave out is as unfinished as before.
        ending.clean, ending.result = not outcome.unfinished, "done"
    if outcome.error:
        raise outcome.error


def _read(session: Session, world: World, asked: Asked, *, locked: float) -> tuple[Plan, Observation]:
    """The plan. What would refuse it may be what an earlier run has made, and not show its mark yet: then it is read again."""
    from acsctl.run.apply import EARLIER, read, unsettled

    plan, seen = read(world, asked)
    wait = unsettled(world, plan, seen, locked=locked)
    if wait is not None:
        session.view.note("What stands in the way may be an earlier run's own, whose marks show soon: looking again.")
        session.cloud.pause(wait, cause=EARLIER)
        return read(world, asked)
    return plan, seen


def _drifted(plan: Plan) -> tuple[str, ...]:
    """The addresses that the cloud has changed behind our back."""
    from acsctl.model.change import Reason

    return tuple(sorted(str(change.address) for change in plan.changes if change.reason in (Reason.DRIFT, Reason.BOTH)))


def _refusals(plan: Plan) -> list[str]:
    return [finding.message for finding in plan.findings if finding.severity == "error"]


def _refuse(plan: Plan) -> None:
    reasons = _refusals(plan)
    if reasons:
        raise RefusedError(reasons)


def _ask(session: Session, asked: Asked) -> None:
    question = "Destroy all this?" if asked.destroy else "Apply this plan?"
    if session.view.ask(f"{question} Only 'yes' is taken: ").strip() != "yes":
        raise AcsctlError("not approved; nothing was changed")
