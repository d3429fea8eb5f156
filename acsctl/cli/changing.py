"""What apply and destroy share: lock, plan, ask, execute."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from acsctl.cli.keeping import described, still
from acsctl.cli.locking import Ending, holding
from acsctl.cli.planning import check, stats
from acsctl.cli.records import warn_of_folder
from acsctl.errors import AcsctlError, ExpiredError, RefusedError, StaleError

if TYPE_CHECKING:
    from acsctl.cli.session import Session
    from acsctl.model.history import History
    from acsctl.model.plan import Observation, Plan
    from acsctl.plan.saved import Document
    from acsctl.plan.work import Asked
    from acsctl.run.observe import World


@dataclass(frozen=True)
class Consent:
    """Whether there is no need to ask, and the kept plan that was consented to: no other one is carried out then.

    `since` is the record with which it was thought out what is to be done; with another one nothing is.
    """

    given: bool = False
    to: Document | None = None
    since: History | None = None


def change(session: Session, asked: Asked, *, yes: bool, kept: Document | None = None, since: History | None = None) -> None:
    """Lock, observe, plan, ask, execute. Raises what went wrong.

    A plan that was `kept` is carried out without a question, and nothing is if it is no longer the plan: StaleError. Nor is
    anything where the record is no longer what it was when it was read (`since`).
    """
    from acsctl.cli.session import revision
    from acsctl.cloud import Expired, Stopped
    from acsctl.record import this_run

    check(asked, session.stack, session.world.history)
    command = "destroy" if asked.destroy else "apply"
    run = this_run(command, environ=os.environ, revision=revision(session.stack.file))
    warn_of_folder(session)
    began = session.cloud.clock.now()
    try:
        with holding(session, run) as ending:
            moments = (began, session.cloud.clock.now())
            _locked(session, asked, moments=moments, consent=Consent(yes or kept is not None, kept, since), ending=ending)
    except Stopped as error:
        if not isinstance(error, Expired):
            session.view.note("Stopped. Nothing was changed.")
        raise


def _locked(session: Session, asked: Asked, *, moments: tuple[float, float], consent: Consent, ending: Ending) -> None:
    from acsctl.model.event import RunEnded, RunStarted
    from acsctl.run.apply import Apply, Approved, remember

    began, locked = moments
    world = replace(session.world, history=session.record.inherited)
    if consent.since not in (None, world.history):
        raise StaleError("another run has changed the stack meanwhile", remedy="Run the command again.")
    plan, seen = _read(session, world, asked, locked=locked)
    ending.drift = _drifted(plan)
    now = described(session, world, plan, seen=seen, asked=asked)
    ending.plan = str((consent.to or now)["digest"])
    if consent.to is not None:
        ending.result = "stale"
        still(session, consent.to, now, begun=world.history.plan == ending.plan)
        ending.result = "refused"
    if not (plan.empty and not world.history.clean and not _refusals(plan)):
        session.view.plan(plan, stats(session, plan, began))
    _refuse(plan)
    if plan.empty and world.history.clean:
        ending.result = "no changes"
        remember(world, plan, session.record)
        return
    if not plan.empty and not consent.given:
        _ask(session, asked)
    approved = Approved(plan, seen, asked, locked=locked, began=began, exact=consent.to is not None)
    apply = Apply(world, approved, session.record)
    session.record.write("plan", digest=ending.plan, replace=sorted(asked.replace))
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
    if outcome.interrupted and session.cloud.expired:
        ending.result = "credentials expired"
        raise _expired(session.cloud.expired)
    if outcome.error:
        raise outcome.error


def _expired(refusal: AcsctlError) -> ExpiredError:
    remedy = "Nothing is lost: log in again, then run the same command again to go on."
    return ExpiredError(f"the credentials have expired in the middle of the run ({refusal.message})", remedy=remedy)


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
    with session.stop.asking():
        answer = session.view.ask(f"{question} Only 'yes' is taken: ").strip()
    if answer != "yes":
        raise AcsctlError("not approved; nothing was changed")
