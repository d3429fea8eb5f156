"""The objects of one control plane, in memory and in one SQLite file, with the history that watches are fed from.

A stored object is never changed in place: whoever holds one holds a snapshot.
"""

import json
import sqlite3
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, RLock
from typing import Any, Literal

Object = dict[str, Any]
Kind = tuple[str, str]
"""Group and plural."""

HISTORY = 4096
"""How many changes a watch may lag behind before it is told that its resourceVersion is too old."""

_TABLES = """
CREATE TABLE IF NOT EXISTS object (
    api_group TEXT, plural TEXT, namespace TEXT, name TEXT, document TEXT, PRIMARY KEY (api_group, plural, namespace, name)
);
CREATE TABLE IF NOT EXISTS memory (name TEXT PRIMARY KEY, value TEXT);
"""
_ORDER = (
    "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
    "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
    "managedFields",
)  # fmt: skip
_PRAGMAS = ("PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = OFF")


@dataclass(frozen=True)
class Key:
    """Where an object is; namespace is empty for what has none."""

    kind: Kind
    namespace: str
    name: str


@dataclass(frozen=True)
class Change:
    """One event of the history. old: the object before; None when it was added."""

    revision: int
    type: Literal["ADDED", "MODIFIED", "DELETED"]
    key: Key
    new: Object
    old: Object | None


class Storage:
    """folder: where the file is; None keeps nothing. `lock` is held over each read-modify-write; reads need none.

    Raises BlockingIOError while another process holds the file.
    """

    def __init__(self, folder: Path | None) -> None:
        self.lock = RLock()
        self.changed = Condition(self.lock)
        self.closed = False
        self.listeners: list[Callable[[Change], None]] = []
        self._kinds: dict[Kind, dict[tuple[str, str], Object]] = {}
        self._history: deque[Change] = deque(maxlen=HISTORY)
        self._db = _open(folder)
        self.revision = 0
        self._load()
        self._first = self.revision

    @property
    def oldest(self) -> int:
        """The smallest resourceVersion from which a watch can still go on."""
        if len(self._history) == self._history.maxlen:
            return self._history[0].revision - 1
        return self._first

    def get(self, key: Key) -> Object | None:
        return self._kinds.get(key.kind, {}).get((key.namespace, key.name))

    def all(self, kind: Kind, *, namespace: str = "") -> list[Object]:
        """In the order of namespace and name; of one namespace, or of all when it is empty."""
        with self.lock:
            found = sorted(self._kinds.get(kind, {}).items())
        return [one for (where, _), one in found if not namespace or where == namespace]

    def put(self, key: Key, *, obj: Object) -> Object:
        """Stores an object under the next resourceVersion and gives it back with it."""
        with self.lock:
            old = self.get(key)
            revision = self.revision + 1
            stored = {**obj, "metadata": _ordered({**obj["metadata"], "resourceVersion": str(revision)})}
            self._write("INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?)", key=key, document=json.dumps(stored))
            self._kinds.setdefault(key.kind, {})[key.namespace, key.name] = stored
            self._tell(Change(revision, "ADDED" if old is None else "MODIFIED", key, stored, old))
            return stored

    def remove(self, key: Key, *, last: Object) -> Object:
        """Removes an object. last: as it was in the end; given back with the resourceVersion of its removal."""
        with self.lock:
            old = self._kinds[key.kind].pop((key.namespace, key.name))
            revision = self.revision + 1
            gone = {**last, "metadata": {**last["metadata"], "resourceVersion": str(revision)}}
            self._write("DELETE FROM object WHERE (api_group, plural, namespace, name) = (?, ?, ?, ?)", key=key)
            self._tell(Change(revision, "DELETED", key, gone, old))
            return gone

    def since(self, revision: int) -> list[Change]:
        """What came after a revision. Raises LookupError when that is forgotten."""
        if revision < self.oldest:
            raise LookupError(revision)
        with self.lock:
            newer: list[Change] = []
            for change in reversed(self._history):
                if change.revision <= revision:
                    break
                newer.append(change)
        return newer[::-1]

    def at(self, revision: int, *, kind: Kind, namespace: str = "") -> list[Object]:
        """`all`, as it was at a revision. Raises LookupError when that is forgotten."""
        with self.lock:
            objects = {(one["metadata"].get("namespace", ""), one["metadata"]["name"]): one for one in self.all(kind)}
            for change in reversed(self.since(revision)):
                where = (change.key.namespace, change.key.name)
                if change.key.kind != kind:
                    continue
                if change.old is None:
                    objects.pop(where, None)
                else:
                    objects[where] = change.old
        return [one for (where, _), one in sorted(objects.items()) if not namespace or where == namespace]

    def close(self) -> None:
        """Ends all watches; nothing can be written from now on."""
        with self.lock:
            self.closed = True
            self.changed.notify_all()
            if self._db is not None:
                self._db.close()

    def _load(self) -> None:
        if self._db is None:
            return
        for group, plural, namespace, name, document in self._db.execute("SELECT * FROM object"):
            self._kinds.setdefault((group, plural), {})[namespace, name] = json.loads(document)
        row = self._db.execute("SELECT value FROM memory WHERE name = 'revision'").fetchone()
        self.revision = 0 if row is None else int(row[0])

    def _write(self, statement: str, *, key: Key, document: str | None = None) -> None:
        if self.closed:
            raise OSError("the control plane is closed")
        if self._db is not None:
            values = (*key.kind, key.namespace, key.name, *([] if document is None else [document]))
            with self._db:  # commits, or takes all back
                self._db.execute("BEGIN")
                self._db.execute(statement, values)
                self._db.execute("INSERT OR REPLACE INTO memory VALUES ('revision', ?)", (str(self.revision + 1),))

    def _tell(self, change: Change) -> None:
        self.revision = change.revision
        self._history.append(change)
        self.changed.notify_all()
        for listener in self.listeners:
            listener(change)


def _ordered(metadata: Object) -> Object:
    """In the order of the server's type, in which it writes it."""
    known = {name: metadata[name] for name in _ORDER if name in metadata}
    return {**known, **metadata}


def _open(folder: Path | None) -> sqlite3.Connection | None:
    if folder is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(folder / "objects.sqlite", check_same_thread=False, isolation_level=None, timeout=0)
    try:
        for pragma in _PRAGMAS:
            db.execute(pragma)
        db.executescript(_TABLES)
    except sqlite3.OperationalError as error:
        db.close()
        raise BlockingIOError(f"{folder} is in use by another local cloud") from error
    return db
