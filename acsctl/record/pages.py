"""The journal on OSS: pages that are written once, in the place of the epoch that writes them.

    journal/<n>/<k>         some entries of epoch n
    journal/<n>/<k>.all     all that was known by then in short: what stands before it need not be read

A run that lost its lock can neither overwrite the pages of its successor nor come between them: its own sort before them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile

from acsctl.errors import AccessError, AcsctlError, CloudError, PartialError, UnknownOutcomeError, UnreachableError
from acsctl.record import journal
from acsctl.record.journal import Entry
from acsctl.record.shelf import Shelf

ROOT = "journal/"
ALL = ".all"
SHORTEN_AFTER = 30  # pages
READERS = 8
TRIES = 5


class Read:
    """What was found: the entries, and the keys of all pages there are."""

    def __init__(self, entries: Sequence[Entry], keys: Sequence[str]) -> None:
        self.entries = list(entries)
        self.keys = list(keys)


def read(shelf: Shelf) -> Read:
    """The newest summary and what follows it. Raises AcsctlError where pages go on vanishing, or cannot be read.

    What cannot be read is not left out: a run that knew less than the record would write that down as all that is known.
    """
    broken = ""
    for _ in range(TRIES):
        keys = [row.key for row in shelf.list(ROOT).objects]
        needed = _needed(keys)
        with ThreadPoolExecutor(READERS) as pool:
            pages = list(pool.map(shelf.get, needed))
        found = [page for page in pages if page is not None]
        if len(found) < len(pages):
            continue  # a run that ended just now has put a summary in their place
        try:
            return Read([entry for page in found for entry in journal.page(page.decode())], keys)
        except ValueError as error:
            broken = str(error)
    if broken:
        remedy = f"Run the command again. If it stays so, move what is below {ROOT} away: no resource is lost with it."
        raise AcsctlError(f"a page of the record cannot be read: {broken}", remedy=remedy)
    raise AcsctlError("the record changes faster than it can be read", remedy="Run the command again.")


def _needed(keys: Sequence[str]) -> list[str]:
    behind = list(takewhile(lambda key: not key.endswith(ALL), reversed(keys)))
    summary = keys[len(keys) - len(behind) - 1 : len(keys) - len(behind)] if len(behind) < len(keys) else []
    return [*summary, *reversed(behind)]


class Writer:
    """Writes the entries of one epoch from a thread of its own: what comes while a page is written makes the next page."""

    def __init__(self, shelf: Shelf, *, number: int, before: Sequence[Entry], held: Callable[[], None]) -> None:
        self._shelf = shelf
        self._root = f"{ROOT}{number:010d}/"
        self._known = list(before)
        self._held = held
        self._condition = threading.Condition()
        self._waiting: list[Entry] = []
        self._taken = 0
        self._durable = 0
        self._page = 0
        self._long = 0
        self._closed = False
        self._error: AcsctlError | None = None
        self._thread = threading.Thread(target=self._writing, name="acsctl-record", daemon=True)

    def start(self) -> None:
        """From now on entries are written."""
        self._thread.start()

    def add(self, entry: Entry) -> None:
        """Write an entry soon. Nothing more is written after one that failed: `flush` tells."""
        with self._condition:
            self._waiting.append(entry)
            self._taken += 1
            self._condition.notify_all()

    def flush(self) -> None:
        """Wait until all that was added before is on OSS. Raises PartialError and LockLostError where it cannot be."""
        with self._condition:
            wanted = self._taken
            self._condition.wait_for(lambda: self._durable >= wanted or self._error is not None)
            if self._durable < wanted and self._error is not None:
                raise self._error

    def close(self, entries: Sequence[Entry]) -> str:
        """Write everything in short, with some last entries, and stop. Returns the key of that page. Raises as `flush`."""
        self.flush()
        self.stop()
        self._thread.join()
        self._known += entries
        return self._put(self._summary(), ALL)

    def stop(self) -> None:
        """Write no more than what was added."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def _writing(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: bool(self._waiting) or self._closed)
                if not self._waiting:
                    return
                entries, self._waiting = self._waiting, []
            error = self._try(entries)
            with self._condition:
                self._durable += 0 if error else len(entries)
                self._error = error
                self._condition.notify_all()
            if error is not None:
                return

    def _try(self, entries: list[Entry]) -> AcsctlError | None:
        self._known += entries
        try:
            if self._long >= SHORTEN_AFTER:
                self._put(self._summary(), ALL)
                self._long = 0
            else:
                self._put(entries, "")
                self._long += 1
        except AcsctlError as error:
            return error
        except Exception as error:  # a bug here must not let everybody wait for ever
            bug = AcsctlError(
                f"the record: {type(error).__name__}: {error}", remedy="This is a bug in acsctl: please report it."
            )
            bug.__cause__ = error
            return bug
        return None

    def _summary(self) -> list[Entry]:
        self._known = journal.shorten(self._known)
        return self._known

    def _put(self, entries: Sequence[Entry], suffix: str) -> str:
        """The next page. While nobody answers it is tried for as long as the lock is held."""
        self._page += 1
        key = f"{self._root}{self._page:08d}{suffix}"
        body = "".join(journal.dump(entry) for entry in entries).encode()
        while True:
            self._held()
            try:
                if self._shelf.put(key, body) or self._shelf.get(key) == body:
                    return key
            except (UnknownOutcomeError, UnreachableError):
                continue
            except (CloudError, AccessError) as error:
                raise unwritten(error) from error
            raise AcsctlError(f"the record has another page in the place of {key}")


def unwritten(error: CloudError | AccessError) -> PartialError:
    """What a refusal of the door means for a run: it stops, and the next one goes on."""
    remedy = f"{error.remedy} Nothing is lost: then run the same command again.".strip()
    return PartialError(f"the record cannot be written: {error.message}", remedy=remedy)
