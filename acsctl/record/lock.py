"""The lock on OSS: taken by writing the next epoch, kept by beats, lost when nothing was heard of its holder for too long.

Two never hold it at once: a holder counts from when its last beat was *sent*, on a clock that goes on while the machine sleeps,
and stops `timeout` before its lease ends; a taker counts by the server's times and waits `timeout` longer than the lease.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

from acsctl.cloud import Clock, Stopped
from acsctl.errors import AcsctlError, CloudError
from acsctl.record import lease
from acsctl.record.contract import Patience
from acsctl.record.lease import Epoch, Sight, Terms
from acsctl.record.refusal import locked, lost
from acsctl.record.run import Row, Run
from acsctl.record.shelf import Shelf

LONGEST_LOOK = 2.0  # wall seconds between two looks at a lock that is waited for
BEATS_KEPT = 30


@dataclass(frozen=True)
class Standing:
    """Who has the newest epoch, if it was not given back: the row of its run, its terms, and whether it may be alive."""

    row: Row
    terms: Terms
    alive: bool


class OssLock:
    """The lock of one stack. `lost` is called once, from any thread, when it is lost."""

    def __init__(self, shelf: Shelf, *, clock: Clock, terms: Terms, lost: Callable[[], None]) -> None:
        self._shelf = shelf
        self._clock = clock
        self._terms = terms
        self._tell_lost = lost
        self._quit = threading.Event()
        self._run = ""
        self._beats = 0
        self._renewed = 0.0
        self._why = "it was never taken"
        self.number = 0

    def take(self, run: Run, *, patience: Patience) -> Row | None:
        """Take the next epoch; returns the row of the one that died holding the last. Raises LockedError and Stopped."""
        waiting = _Waiting(self._clock, patience)
        while True:
            sight = lease.look(self._shelf)
            newest = sight.newest
            standing = self._standing(sight)
            if standing is not None and standing.alive and newest is not None:
                waiting.wait(newest, standing)
            elif self._claim(newest.number + 1 if newest else 1, run):
                return standing.row if standing else None

    def _claim(self, number: int, run: Run) -> bool:
        """Write the epoch and look whether it is the newest: a late writer may find the place of one that was tidied away."""
        sent = self._clock.now()
        if not self._written(number, run):
            return False
        newest = lease.look(self._shelf).newest
        if newest is None or newest.number != number or newest.ended:
            return False
        self.number, self._run, self._renewed, self._beats, self._why = number, run.id, sent, 0, ""
        return True

    def _written(self, number: int, run: Run) -> bool:
        """Whether the epoch is ours; where an answer was lost its object tells."""
        try:
            if self._shelf.put(lease.key(number), lease.document(run.row, self._terms)):
                return True
        except CloudError:
            if not self._is(number, run):
                raise
            return True
        return self._is(number, run)

    def _is(self, number: int, run: Run) -> bool:
        return lease.holder(self._shelf.get(lease.key(number))).row.get("id") == run.id

    def keep(self) -> None:
        """Send beats from now on, from a thread of their own, until the lock is given back or lost."""
        threading.Thread(target=self._beating, name="acsctl-lock", daemon=True).start()

    def _beating(self) -> None:
        pause = self._terms.beat
        while not self._quit.wait(pause) and not self._why:
            pause = self._terms.beat if self.renew() else self._terms.timeout / 4.0

    def renew(self) -> bool:
        """One beat, and a look whether the epoch is still ours and the newest. False where it did not get through."""
        sent = self._clock.now()
        if self._late(sent):
            return False
        self._beats += 1
        try:
            self._shelf.put(lease.key(self.number, self._beats), json.dumps({"run": self._run}).encode(), tries=1)
            sight = lease.look(self._shelf)
        except AcsctlError:
            return False
        if self._quit.is_set():
            return True  # it is being given back
        why = self._taken_away(sight)
        if why or self._clock.now() - self._renewed >= self._terms.lease:
            self._lose(why or "no beat got through in time")
            return False
        self._renewed = sent
        self._tidy_beats(sight)
        return True

    def _taken_away(self, sight: Sight) -> str:
        mine, newest = sight.epochs.get(self.number), sight.newest
        if newest is None or newest.number != self.number:
            return "another run has taken over"
        if mine is None or not mine.taken:
            return "its object was deleted"
        return "somebody has ended it" if mine.ended else ""

    def _late(self, now: float) -> bool:
        late = now - self._renewed >= self._terms.mine
        if late:
            self._lose(f"no beat got through for {now - self._renewed:.0f} s")
        return late

    def _lose(self, why: str) -> None:
        if not self._why:
            self._why = why
            self._quit.set()
            self._tell_lost()

    def held(self) -> None:
        """Raises LockLostError where a write might come when another run has taken over."""
        if not self._why:
            self._late(self._clock.now())
        if self._why:
            raise lost(self._why)

    def release(self) -> None:
        """Give it back: the last thing that is written. Raises LockLostError where somebody else did."""
        self.held()
        self._quit.set()
        key, end = lease.key(self.number, lease.END), json.dumps({"by": self._run}).encode()
        if not self._shelf.put(key, end) and self._shelf.get(key) != end:
            self._lose("somebody has ended it")
            raise lost(self._why)
        self.drop()

    def drop(self) -> None:
        """Send no more beats."""
        self._quit.set()
        self._why = self._why or "it was given back"

    def standing(self) -> Standing | None:
        """Who holds the lock, or died holding it."""
        return self._standing(lease.look(self._shelf))

    def _standing(self, sight: Sight) -> Standing | None:
        newest = sight.newest
        if newest is None or newest.ended:
            return None
        found = lease.holder(self._shelf.get(lease.key(newest.number)))
        row = {**found.row, "since": lease.time_of(newest.since), "beat": lease.time_of(newest.heard)}
        return Standing(row, found.terms, alive=sight.age(newest) < found.terms.dead)

    def unlock(self, *, mine: Run | None) -> bool:
        """End the newest epoch. Raises LockedError where its holder may be alive and is no earlier attempt of `mine`."""
        sight = lease.look(self._shelf)
        standing = self._standing(sight)
        if standing is None or sight.newest is None:
            return False
        if standing.alive:
            _check(standing.row, mine)
        self._shelf.put(lease.key(sight.newest.number, lease.END), json.dumps({"by": "unlock"}).encode())
        return True

    def _tidy_beats(self, sight: Sight) -> None:
        """The newest beat says all that the older ones did."""
        beats = [key for key in sight.epochs[self.number].keys if key != lease.key(self.number)]
        if len(beats) > BEATS_KEPT:
            try:
                self._shelf.delete(beats[:-2])
            except CloudError:
                return  # they do no harm


def _check(row: Row, mine: Run | None) -> None:
    """Whether somebody's word that the holder is dead is good enough. Raises LockedError."""
    if mine is None or not mine.continues(row):
        raise locked(row, also="A dead holder's lock is free soon after its last beat.", mine=mine is None)
    if row.get("host") == socket.gethostname() and _runs(row.get("pid")):
        raise locked(row, also=f"It runs on this machine: stop process {row['pid']} first.")


def _runs(pid: object) -> bool:
    """Whether there is such a process here. This one may bear the number of an attempt in another container."""
    if not isinstance(pid, int) or pid in (1, os.getpid()):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class _Waiting:
    """How long a taker waits for a holder that may be alive: until it is given back, too old, or beats once too often."""

    def __init__(self, clock: Clock, patience: Patience) -> None:
        self._clock = clock
        self._patience = patience
        self._began = clock.now()
        self._first: str | None = None

    def wait(self, epoch: Epoch, standing: Standing) -> None:
        """Sleep until the next look. Raises LockedError when it has shown that it lives and patience is at its end."""
        seen = epoch.keys[-1]
        if self._first is None:
            self._first = seen
            self._patience.tell(standing.row)
        lives = seen != self._first
        if lives and self._clock.now() - self._began >= self._patience.seconds:
            raise locked(standing.row, mine=True)
        if not self._clock.sleep(min(standing.terms.beat / 3.0, LONGEST_LOOK)):
            raise Stopped("the run was stopped while it waited for the lock")
