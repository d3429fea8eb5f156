"""What a record is to those who use it: one protocol, kept in a folder or in an OSS bucket.

A row is a mapping of JSON values. The row of a run: `id command who host pid revision job`, `began`, `ended`, `seconds`,
`clean`, `result`, `counts`, `plan` (digest or ""), `drift` (addresses that had changed behind our back). The row of a holder:
those of its run, `since`, and where beats are kept `beat`, the moment of the last one. Moments are 2026-11-20T10:00:00Z.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from acsctl.model.address import Address
from acsctl.model.history import Applied, History
from acsctl.record.run import Row, Run


def _silent(holder: Mapping[str, Any]) -> None:
    """Nobody is told."""


@dataclass(frozen=True)
class Patience:
    """How many wall seconds to wait for a lock that is held; `tell` is called once, with the holder, when waiting begins."""

    seconds: float = 0.0
    tell: Callable[[Mapping[str, Any]], None] = _silent


AT_ONCE = Patience()


class Record(Protocol):
    """The record of one stack in one account and region.

    Everything may raise AcsctlError where the record is damaged or cannot be kept, and on OSS what its door raises.
    """

    inherited: History
    """What the runs before have left, as read under the lock by `begin`."""

    @property
    def place(self) -> str:
        """Where it is kept, for people."""
        ...

    def history(self) -> History:
        """What the diff needs to know. Empty where there is no record. Takes no lock."""
        ...

    def runs(self) -> list[Row]:
        """The rows of the last 50 runs, the latest first. Takes no lock."""
        ...

    def begin(self, run: Run, *, patience: Patience = AT_ONCE) -> Row | None:
        """Take the lock and note the beginning. Returns the row of a run that died holding it, if there is one.

        Raises LockedError where another run holds the lock for longer than `patience`, and Stopped of `cloud` when the run
        was asked to stop while it waited.
        """
        ...

    def held(self) -> None:
        """For `Cloud.guard`, before each write is signed: all that was written is on disk, and the lock is still ours.

        May be called from any thread; may wait for the writing. Raises LockLostError.
        """
        ...

    def write(self, what: str, **entry: Any) -> None:
        """Append one entry of the journal: on disk before the next `held` returns, which also tells where that failed."""
        ...

    def applied(self, address: Address, applied: Applied) -> None:
        """Note what an address now is. `applied` holds no secret."""
        ...

    def end(self, run: Run, *, clean: bool, result: Mapping[str, Any]) -> None:
        """Note the end, add the run with `result` to the history and give the lock back.

        A lock that was lost is left alone, and nothing is written. Raises LockLostError then.
        """
        ...

    def holder(self) -> Row | None:
        """The row of the run that holds the lock and may be alive, or None."""
        ...

    def left(self) -> Row | None:
        """The row of a run that died holding the lock, or None. The next run takes over from it."""
        ...

    def unlock(self, *, mine: Run | None = None) -> bool:
        """Forget a holder that died; with `mine` also one that may be alive, where it was an earlier attempt of that run.

        That is the same job of CI, or outside of CI the same user on the same host. Returns whether there was a holder.
        Raises LockedError for any other living one, and for one that is known to be alive.
        """
        ...
