"""A record in a folder beside the stack file: `.acsctl/<account>/<region>/<stack>/`.

The lock is a flock: the system drops it when its holder dies, so a free one proves that nobody works.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from acsctl.errors import AcsctlError, LockedError
from acsctl.model.address import Address
from acsctl.model.history import Applied, History
from acsctl.record import journal

COMPACT_ABOVE = 512 * 1024
RUNS_KEPT = 50


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Run:
    """One run: what `status` tells of it. `who` is "user" or "ci/4711", `revision` the commit of the files or empty."""

    id: str
    command: str
    who: str
    host: str
    pid: int
    revision: str = ""


def this_run(command: str, *, environ: Mapping[str, str], revision: str = "") -> Run:
    """A new run of this process. In CI the job's number stands for the user."""
    job = next((environ[name] for name in ("CI_JOB_ID", "GITHUB_RUN_ID", "BUILD_NUMBER") if environ.get(name)), "")
    who = f"ci/{job}" if job else _user(environ)
    return Run(uuid.uuid4().hex[:12], command, who, socket.gethostname(), os.getpid(), revision)


def _user(environ: Mapping[str, str]) -> str:
    try:
        return environ.get("USER") or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


class FolderRecord:
    """The record of one stack in one account and region."""

    def __init__(self, folder: Path, *, now: Callable[[], datetime] = _now) -> None:
        self.folder = folder
        self._journal = folder / "journal.jsonl"
        self._runs = folder / "runs.jsonl"
        self._lock = folder / "lock"
        self._held: IO[str] | None = None
        self._now = now
        self.inherited = History()

    def history(self) -> History:
        """What the diff needs to know. Empty where there is no record. Raises AcsctlError where it is damaged."""
        try:
            return journal.replay(journal.lines(_text(self._journal)))
        except (KeyError, TypeError, ValueError) as error:
            remedy = f"Move {self.folder} away: no resource is lost with it, only the reasons of changes are."
            raise AcsctlError(f"the record {self._journal} is damaged", remedy=remedy) from error

    def begin(self, run: Run) -> Mapping[str, Any] | None:
        """Take the lock and note the beginning. Returns the run that died holding it, if there is one.

        From then on `inherited` is what the runs before have left: read under the lock, since one may have ended just now.
        Raises LockedError when another process holds the lock, and AcsctlError where the record is damaged or cannot be kept.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            held = self._lock.open("a+", encoding="utf-8")
        except OSError as error:
            remedy = "Make the folder writable: the lock and the history of the stack are kept there."
            raise AcsctlError(f"no record can be kept in {self.folder}: {error.strerror}", remedy=remedy) from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            held.close()
            raise locked(self.holder()) from error
        self._held = held
        self.inherited = self.history()
        died = self._last_holder()
        self._mend()
        self._compact()
        held.seek(0)
        held.truncate()
        held.write(json.dumps({**run.__dict__, "since": self._time()}))
        held.flush()
        self.write("begin", run=run.id)
        return died

    def write(self, what: str, **entry: Any) -> None:
        """Append one entry, on disk before this returns."""
        with self._journal.open("a", encoding="utf-8") as file:
            file.write(journal.dump({"what": what, "at": self._time(), **entry}))
            file.flush()
            os.fsync(file.fileno())

    def applied(self, address: Address, applied: Applied) -> None:
        """Note what an address now is. `applied` holds no secret."""
        self.write("applied", address=address.tag, spec=applied.spec, tags=applied.tags, ids=list(applied.ids))

    def end(self, run: Run, *, clean: bool, result: Mapping[str, Any]) -> None:
        """Note the end, add the run to the history and give the lock back."""
        self.write("end", clean=clean, run=run.id)
        row = {**run.__dict__, "ended": self._time(), "clean": clean, **result}
        kept = [*self.runs()[::-1], row][-RUNS_KEPT:]
        self._replace(self._runs, "".join(journal.dump(entry) for entry in kept))
        if self._held:
            self._held.seek(0)
            self._held.truncate()
            self._held.close()
            self._held = None

    def runs(self) -> list[journal.Entry]:
        """Past runs, the latest first."""
        text = _text(self._runs)
        return list(journal.lines(text))[::-1]

    def holder(self) -> Mapping[str, Any] | None:
        """Who holds the lock, or None. Asks the system only where somebody wrote down that he does."""
        if self._last_holder() is None:
            return None
        with self._lock.open("r", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return self._last_holder() or {}
        return None

    def unlock(self) -> bool:
        """Forget a holder that died. Returns whether there was one. Raises LockedError while the holder lives."""
        holder = self.holder()
        if holder is not None:
            raise locked(holder)
        died = self._last_holder()
        if died is not None:
            self._lock.write_text("", encoding="utf-8")
        return died is not None

    def _last_holder(self) -> Mapping[str, Any] | None:
        try:
            row = json.loads(self._lock.read_text(encoding="utf-8") or "null")
        except (ValueError, OSError):
            return None
        return row if isinstance(row, dict) else None

    def _mend(self) -> None:
        """End a line that a kill has cut, so that the next entry is a line of its own."""
        text = _text(self._journal)
        if text and not text.endswith("\n"):
            with self._journal.open("a", encoding="utf-8") as file:
                file.write("\n")

    def _compact(self) -> None:
        if self._journal.exists() and self._journal.stat().st_size > COMPACT_ABOVE:
            self._replace(self._journal, "".join(journal.dump(entry) for entry in journal.snapshot(self.history())))

    def _replace(self, path: Path, text: str) -> None:
        fresh = path.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)

    def _time(self) -> str:
        return self._now().strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def locked(holder: Mapping[str, Any] | None) -> LockedError:
    """Another run holds the lock."""
    who = holder or {}
    text = f"{who.get('command', 'a run')} by {who.get('who', 'somebody')} on {who.get('host', 'another host')}"
    since = f" since {who['since']}" if "since" in who else ""
    return LockedError(f"the stack is locked: {text} (pid {who.get('pid', '?')}){since}", remedy="Wait until it has ended.")
