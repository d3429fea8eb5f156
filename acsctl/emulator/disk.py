"""The world in a folder: one SQLite file, one row per resource, remembered token and content, written row by row.

Every write is in the hands of the operating system before the answer is sent, so a killed process loses nothing; a power
cut may lose the last seconds, which a local trial can bear.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from acsctl.emulator.resource import Record, Transition

_TABLES = """
CREATE TABLE IF NOT EXISTS resource (
    account TEXT, type TEXT, id TEXT, sequence INTEGER, record TEXT, PRIMARY KEY (account, type, id)
);
CREATE TABLE IF NOT EXISTS memory (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS content (name TEXT PRIMARY KEY, bytes BLOB);
"""
# Exclusive: two processes with a world in memory each would overwrite one another.
_PRAGMAS = ("PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = OFF")
_PUT_RESOURCE = "INSERT OR REPLACE INTO resource VALUES (?, ?, ?, ?, ?)"
_DROP_RESOURCE = "DELETE FROM resource WHERE account = ? AND type = ? AND id = ?"
_PUT_MEMORY = "INSERT OR REPLACE INTO memory VALUES (?, ?)"
_NOW, _AHEAD = "now", "ahead"

ResourceKey = tuple[str, str, str]
"""Account, resource type, id."""


class Disk:
    """folder is made when it is absent. Raises BlockingIOError while another local cloud holds it.

    Used under the lock of the world, by whichever thread holds that.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "world.sqlite", check_same_thread=False, isolation_level=None, timeout=0)
        try:
            for pragma in _PRAGMAS:
                self._db.execute(pragma)
            self._db.executescript(_TABLES)
        except sqlite3.OperationalError as error:
            self._db.close()
            raise BlockingIOError(f"{folder} is in use by another local cloud") from error
        self._memory: dict[str, Any] = {}
        self._contents: dict[str, bytes | None] = {}

    def records(self) -> Iterator[Record]:
        """All resources, oldest first."""
        for (text,) in self._db.execute("SELECT record FROM resource ORDER BY sequence"):
            raw = json.loads(text)
            raw["pending"] = [Transition(**one) for one in raw["pending"]]
            raw["old_tags"] = [(until, tags) for until, tags in raw["old_tags"]]
            yield Record(**raw)

    def now(self) -> float | None:
        """The cloud time at which the last run stopped; None in a new world."""
        return self._seconds(_NOW)

    def ahead(self) -> float:
        """By how many cloud seconds the clock was held until then."""
        return self._seconds(_AHEAD) or 0.0

    def _seconds(self, name: str) -> float | None:
        row = self._db.execute("SELECT value FROM memory WHERE name = ?", (name,)).fetchone()
        return None if row is None else float(row[0])

    def remembered(self, prefix: str) -> Iterator[tuple[str, Any]]:
        """What was remembered under names that begin so."""
        rows = self._db.execute("SELECT name, value FROM memory WHERE substr(name, 1, ?) = ?", (len(prefix), prefix))
        for name, value in rows.fetchall():
            yield name, json.loads(value)

    def remember(self, name: str, *, value: Any) -> None:
        """Keeps a value with the next write; None forgets it."""
        self._memory[name] = value

    def content(self, name: str) -> bytes:
        """What was kept under a name. Raises KeyError."""
        row = self._db.execute("SELECT bytes FROM content WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise KeyError(name)
        return bytes(row[0])

    def keep(self, name: str, *, content: bytes | None) -> None:
        """Keeps bytes with the next write; None forgets them."""
        self._contents[name] = content

    def write(self, rows: Mapping[ResourceKey, Record | None], *, now: float, ahead: float) -> None:
        """One transaction: changed resources (None: gone), remembered values, contents, the cloud time."""
        self._db.execute("BEGIN")
        for key, record in rows.items():
            if record is None:
                self._db.execute(_DROP_RESOURCE, key)
            else:
                self._db.execute(_PUT_RESOURCE, (*key, record.sequence, json.dumps(asdict(record))))
        for name, value in self._memory.items():
            if value is None:
                self._db.execute("DELETE FROM memory WHERE name = ?", (name,))
            else:
                self._db.execute(_PUT_MEMORY, (name, json.dumps(value)))
        for name, content in self._contents.items():
            if content is None:
                self._db.execute("DELETE FROM content WHERE name = ?", (name,))
            else:
                self._db.execute("INSERT OR REPLACE INTO content VALUES (?, ?)", (name, content))
        self._db.executemany(_PUT_MEMORY, ((_NOW, repr(now)), (_AHEAD, repr(ahead))))
        self._db.execute("COMMIT")
        self._memory, self._contents = {}, {}

    def clear(self) -> None:
        self._db.executescript("BEGIN; DELETE FROM resource; DELETE FROM memory; DELETE FROM content; COMMIT;")
        self._memory, self._contents = {}, {}

    def close(self) -> None:
        self._db.close()
