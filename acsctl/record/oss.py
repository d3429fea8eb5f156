"""A record in a bucket: `oss://bucket/prefix`, below it `<account>/<region>/<stack>/`, for teams and for CI.

The lock is `lock.OssLock`, the journal and the history of runs are `pages`. Entries are written in the background; `held`,
which is called before each write to the cloud is signed, waits until they are on OSS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from acsctl.cloud import Clock
from acsctl.errors import AccessError, AcsctlError, CloudError, RefusedError
from acsctl.model.address import Address
from acsctl.model.history import Applied, History
from acsctl.record import journal, lease, pages
from acsctl.record.contract import AT_ONCE, Patience
from acsctl.record.lease import Terms
from acsctl.record.lock import OssLock, Standing
from acsctl.record.run import Row, Run, ended, moment, system_time
from acsctl.record.shelf import Shelf


@dataclass(frozen=True)
class Surroundings:
    """What a record on OSS lives in. `clock` is of the boot clock's kind, `lost` is called when the lock is lost."""

    clock: Clock
    terms: Terms = field(default_factory=Terms)
    lost: Callable[[], None] = lambda: None
    now: Callable[[], datetime] = system_time


class OssRecord:
    """The record of one stack in one account and region: `contract.Record`. `place` is for people."""

    def __init__(self, shelf: Shelf, place: str, *, around: Surroundings) -> None:
        self._shelf = shelf
        self._place = place
        self._around = around
        self._lock = OssLock(shelf, clock=around.clock, terms=around.terms, lost=around.lost)
        self._found: pages.Read | None = None
        self._writer: pages.Writer | None = None
        self._began = (0.0, "")
        self.inherited = History()

    @property
    def place(self) -> str:
        """The prefix in the bucket."""
        return self._place

    def history(self) -> History:
        """What the diff needs to know: one list and, after a run that ended, one object."""
        try:
            return journal.replay(self._read().entries)
        except (KeyError, TypeError, ValueError) as error:
            remedy = f"Move {self._place}/journal away: no resource is lost with it, only the reasons of changes are."
            raise AcsctlError(f"the record {self._place} is damaged", remedy=remedy) from error

    def runs(self) -> list[Row]:
        """Past runs, the latest first."""
        return journal.runs(self._read().entries)[::-1]

    def _read(self) -> pages.Read:
        if self._found is None:
            self._found = pages.read(self._shelf)
        return self._found

    def begin(self, run: Run, *, patience: Patience = AT_ONCE) -> Row | None:
        """Take the lock and read what the runs before have left. Returns the run that died holding the lock.

        Raises LockedError, Stopped, RefusedError for a bucket that ever had versions, and what the door raises.
        """
        self._check()
        dead = self._lock.take(run, patience=patience)
        self._lock.keep()
        try:
            self._found = None
            self.inherited = self.history()
            found = self._read()
        except BaseException:
            self._give_back()
            raise
        self._began = (self._around.clock.now(), self._time())
        self._writer = pages.Writer(self._shelf, number=self._lock.number, before=found.entries, held=self._lock.held)
        self._writer.start()
        self.write("begin", run=run.id, row={**run.row, "since": self._began[1]})
        return dead

    def _give_back(self) -> None:
        """As well as it goes: without it the next run waits until the lease has ended."""
        try:
            self._lock.release()
        except AcsctlError:
            self._lock.drop()

    def _check(self) -> None:
        """A bucket that ever had versions writes over objects in spite of forbid-overwrite (API PutObject)."""
        versioning = self._shelf.versioning()
        if versioning:
            reason = f"{self._place}: the bucket has had versions ({versioning}), so that two runs could take the lock at once"
            remedy = "Use a bucket whose versioning was never switched on; it cannot be switched off again, only suspended."
            raise RefusedError([reason], remedy=remedy)

    def held(self) -> None:
        """All that was written is on OSS, and the lock is ours. Raises LockLostError, PartialError."""
        if self._writer is not None:
            self._writer.flush()
        self._lock.held()

    def write(self, what: str, **entry: Any) -> None:
        """Add one entry to the journal, in the background."""
        if self._writer is not None:
            self._writer.add({"what": what, "at": self._time(), **entry})

    def applied(self, address: Address, applied: Applied) -> None:
        """Note what an address now is."""
        self.write("applied", **journal.row(address, applied))

    def end(self, run: Run, *, clean: bool, result: Mapping[str, Any]) -> None:
        """Write the journal in short, with the end, and give the lock back. Raises LockLostError, PartialError."""
        try:
            self.held()
            self._close(run, clean=clean, result=result)
            self._lock.release()
        except (CloudError, AccessError) as error:
            raise pages.unwritten(error) from error
        finally:
            self._lock.drop()
            if self._writer is not None:
                self._writer.stop()
            self._writer, self._found = None, None

    def _close(self, run: Run, *, clean: bool, result: Mapping[str, Any]) -> None:
        assert self._writer is not None
        began, since = self._began
        at = self._time()
        row = {**ended(run.row, began=since, ended=at, seconds=self._around.clock.now() - began), "clean": clean, **result}
        last = self._writer.close([{"what": "end", "at": at, "clean": clean, "run": run.id}, {"what": "run", "row": row}])
        self._tidy(last)

    def _tidy(self, last: str) -> None:
        """Delete what the last page has made needless. It does no harm, so that a key that may not delete is enough."""
        try:
            keys = [row.key for row in self._shelf.list("").objects]
            bounds = {pages.ROOT: last, lease.ROOT: lease.key(self._lock.number)}
            old = [key for key in keys for root, bound in bounds.items() if key.startswith(root) and key < bound]
            if old:
                self._shelf.delete(old)
        except (CloudError, AccessError):
            return

    def holder(self) -> Row | None:
        """Who holds the lock and may be alive."""
        standing = self._lock.standing()
        return standing.row if standing and standing.alive else None

    def left(self) -> Row | None:
        """Who died holding the lock."""
        standing: Standing | None = self._lock.standing()
        return standing.row if standing and not standing.alive else None

    def unlock(self, *, mine: Run | None = None) -> bool:
        """End what a run that died has left, or at once what an earlier attempt of `mine` holds. Raises LockedError."""
        return self._lock.unlock(mine=mine)

    def _time(self) -> str:
        return moment(self._around.now())
