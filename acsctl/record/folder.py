"""A record in a folder beside the stack file: `.acsctl/<account>/<region>/<stack>/`.

The lock is a flock: the system drops it when its holder dies, so a free one proves that nobody works.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from acsctl.cloud import Clock, Stopped, SystemClock
from acsctl.errors import AcsctlError, PartialError
from acsctl.model.address import Address
from acsctl.model.history import Applied, History
from acsctl.record import journal
from acsctl.record.contract import AT_ONCE, Patience
from acsctl.record.refusal import locked, lost
from acsctl.record.run import Row, Run, died, ended, moment, system_time

COMPACT_ABOVE = 512 * 1024
LOOK_AGAIN = 0.5  # wall seconds between looks at a lock that is waited for


class FolderRecord:
    """The record of one stack in one account and region: `contract.Record`."""

    def __init__(self, folder: Path, *, now: Callable[[], datetime] = system_time, clock: Clock | None = None) -> None:
        self.folder = folder
        self._journal = folder / "journal.jsonl"
        self._runs = folder / "runs.jsonl"
        self._lock = folder / "lock"
        self._held: IO[str] | None = None
        self._now = now
        self._clock = clock or SystemClock()
        self._began = (0.0, "")
        self.inherited = History()

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.folder)

    def history(self) -> History:
        """What the diff needs to know. Empty where there is no record. Raises AcsctlError where it is damaged."""
        try:
            return journal.replay(journal.lines(_text(self._journal)))
        except (KeyError, TypeError, ValueError) as error:
            remedy = f"Move {self.folder} away: no resource is lost with it, only the reasons of changes are."
            raise AcsctlError(f"the record {self._journal} is damaged", remedy=remedy) from error

    def begin(self, run: Run, *, patience: Patience = AT_ONCE) -> Row | None:
        """Take the lock and note the beginning. Returns the run that died holding it, if there is one.

        From then on `inherited` is what the runs before have left: read under the lock, since one may have ended just now.
        Raises LockedError when another process holds the lock, AcsctlError where the record is damaged or cannot be kept, and
        PartialError where the disk takes no more.
        """
        self._held = held = self._take(patience)
        self.inherited = self.history()
        dead = self._written()
        self._began = (self._clock.now(), self._time())
        self._mend()
        self._compact()
        self._bury(dead)
        with _writing(self._lock):
            held.seek(0)
            held.truncate()
            held.write(json.dumps({**run.row, "since": self._began[1]}))
            held.flush()
        self.write("begin", run=run.id)
        return dead

    def _take(self, patience: Patience) -> IO[str]:
        waited_since = self._clock.now()
        told = False
        while (held := self._try()) is None:
            holder = self.holder()
            if self._clock.now() - waited_since >= patience.seconds:
                raise locked(holder)
            if not told:
                patience.tell(holder or {})
                told = True
            if not self._clock.sleep(LOOK_AGAIN):
                raise Stopped("the run was stopped while it waited for the lock")
        return held

    def _try(self) -> IO[str] | None:
        """The lock's file, locked; None where another process has it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            held = self._lock.open("a+", encoding="utf-8")
        except OSError as error:
            remedy = "Make the folder writable: the lock and the history of the stack are kept there."
            raise AcsctlError(f"no record can be kept in {self.folder}: {error.strerror}", remedy=remedy) from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
            return None
        return held

    def held(self) -> None:
        """Raises LockLostError where the folder was taken away: then another run can lock a new one."""
        if not self._held:
            raise lost("it was given back")
        try:
            ours = os.fstat(self._held.fileno()).st_ino == self._lock.stat().st_ino
        except OSError:
            ours = False
        if not ours:
            raise lost(f"{self._lock} was removed")

    def write(self, what: str, **entry: Any) -> None:
        """Append one entry, on disk before this returns. Raises PartialError where the disk does not take it."""
        with _writing(self._journal), self._journal.open("a", encoding="utf-8") as file:
            file.write(journal.dump({"what": what, "at": self._time(), **entry}))
            file.flush()
            os.fsync(file.fileno())

    def applied(self, address: Address, applied: Applied) -> None:
        """Note what an address now is. `applied` holds no secret."""
        self.write("applied", **journal.row(address, applied))

    def end(self, run: Run, *, clean: bool, result: Mapping[str, Any]) -> None:
        """Note the end, add the run to the history and give the lock back. Raises LockLostError, PartialError."""
        self.held()
        self.write("end", clean=clean, run=run.id)
        began, since = self._began
        seconds = self._clock.now() - began
        try:
            self._keep({**ended(run.row, began=since, ended=self._time(), seconds=seconds), "clean": clean, **result})
        finally:
            if self._held:
                self._held.seek(0)
                self._held.truncate()
                self._held.close()
                self._held = None

    def _bury(self, dead: Row | None) -> None:
        if dead is not None and dead.get("id") not in {row.get("id") for row in self.runs()}:
            self._keep(died(dead))

    def _keep(self, row: Row) -> None:
        kept = [*self.runs()[::-1], row][-journal.RUNS_KEPT :]
        self._replace(self._runs, "".join(journal.dump(entry) for entry in kept))

    def runs(self) -> list[Row]:
        """Past runs, the latest first."""
        text = _text(self._runs)
        return list(journal.lines(text))[::-1]

    def holder(self) -> Row | None:
        """Who holds the lock, or None. Asks the system only where somebody wrote down that he does."""
        row = self._written()
        return row if row is not None and self._busy() else None

    def left(self) -> Row | None:
        """Who died holding the lock, or None."""
        row = self._written()
        return row if row is not None and not self._busy() else None

    def _busy(self) -> bool:
        with self._lock.open("r", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def unlock(self, *, mine: Run | None = None) -> bool:
        """Forget a holder that died. Returns whether there was one. Raises LockedError while the holder lives.

        The system knows that it lives, so an attempt of `mine` is no exception.
        """
        holder = self.holder()
        if holder is not None:
            raise locked(holder, also=f"Or stop it: process {holder.get('pid', '?')} on {holder.get('host', 'that host')}.")
        dead = self.left()
        if dead is not None:
            with self._take(AT_ONCE) as file:
                self._bury(dead)
                file.truncate(0)
        return dead is not None

    def _written(self) -> Row | None:
        try:
            row = json.loads(self._lock.read_text(encoding="utf-8") or "null")
        except (ValueError, OSError):
            return None
        return row if isinstance(row, dict) else None

    def _mend(self) -> None:
        """End a line that a kill has cut, so that the next entry is a line of its own."""
        text = _text(self._journal)
        if text and not text.endswith("\n"):
            with _writing(self._journal), self._journal.open("a", encoding="utf-8") as file:
                file.write("\n")

    def _compact(self) -> None:
        if self._journal.exists() and self._journal.stat().st_size > COMPACT_ABOVE:
            self._replace(self._journal, "".join(journal.dump(entry) for entry in journal.snapshot(self.history())))

    def _replace(self, path: Path, text: str) -> None:
        fresh = path.with_suffix(".new")
        with _writing(path):
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(path)

    def _time(self) -> str:
        return moment(self._now())


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Raises PartialError where the disk does not take it."""
    try:
        yield
    except OSError as error:
        remedy = "Nothing is lost: make the folder writable and run the same command again."
        raise PartialError(f"the record {path} cannot be written: {error.strerror}", remedy=remedy) from error


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
