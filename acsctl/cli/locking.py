"""Holding the lock of a stack for the time of a change: waiting for it, taking over, and sending nothing once it is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from acsctl.errors import LockLostError

if TYPE_CHECKING:
    from acsctl.cli.session import Session
    from acsctl.record import Run


@dataclass
class Ending:
    """How a run ended, as the record keeps it. A run that changed nothing leaves the record as clean as it was.

    `plan` is the digest of its plan, `drift` what had changed behind our back.
    """

    clean: bool
    result: str = "refused"
    counts: dict[str, int] = field(default_factory=dict[str, int])
    plan: str = ""
    drift: tuple[str, ...] = ()

    @property
    def row(self) -> dict[str, Any]:
        """For the history of runs."""
        return {"result": self.result, "counts": self.counts, "plan": self.plan, "drift": list(self.drift)}


@contextmanager
def holding(session: Session, run: Run) -> Iterator[Ending]:
    """Take the lock, give it back with how it ended. Raises LockedError, Stopped, LockLostError, and what the record raises."""
    from acsctl.record import Patience

    record, cloud = session.record, session.cloud
    died = record.begin(run, patience=Patience(session.options.lock_timeout, lambda row: _waiting(session, row)))
    if died:
        session.view.note(_taking_over(died))
    ending = Ending(clean=bool(record.inherited.clean))

    def guard() -> None:
        try:
            record.held()
        except LockLostError:
            cloud.stop()
            raise

    cloud.guard = guard
    try:
        yield ending
    finally:
        cloud.guard = None
        record.end(run, clean=ending.clean, result=ending.row)


def _taking_over(died: Mapping[str, Any]) -> str:
    """Where beats are kept when it was last heard of, else when it began."""
    from acsctl.record import age
    from acsctl.view import wording

    heard, begun = age(str(died.get("beat") or "")), age(str(died.get("since") or ""))
    ago = f" {wording.ago(heard)}" if heard is not None else ""
    began = f", begun {wording.ago(begun)}" if begun is not None and not ago else ""
    who, host = died.get("who", "somebody"), died.get("host", "another host")
    return f"An earlier {died.get('command', 'run')} ({who}, host {host}{began}) ended without a word{ago}. Taking over."


def _waiting(session: Session, row: Mapping[str, Any]) -> None:
    """Told once: a holder that died is waited for, too, until that is sure."""
    who = f"{row.get('command', 'a run')} by {row.get('who', 'somebody')} on {row.get('host', 'another host')}"
    session.view.note(f"The stack is locked: {who}. Waiting until it ends or shows whether it is alive.")
