"""A bucket in memory with a clock of its own, and clients of it whose answers can be lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from acsctl.cloud.oss import Listed, Stored
from acsctl.errors import UnknownOutcomeError, UnreachableError


class Time:
    """The one time that really passes. Whoever sleeps lets it pass; `during` is called after each second of it."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0
        self.during: list[Callable[[], None]] = []
        self.at: list[tuple[float, Callable[[], None]]] = []

    def pass_by(self, seconds: float) -> None:
        end = self.seconds + seconds
        while self.seconds < end:
            self.seconds = min(self.seconds + 1.0, end)
            for moment, act in [entry for entry in self.at if entry[0] <= self.seconds]:
                self.at.remove((moment, act))
                act()
            for act in self.during:
                act()


class Ticks:
    """The boot clock of one machine: it began at another moment than those of others."""

    def __init__(self, time: Time, *, ahead: float = 0.0) -> None:
        self._time = time
        self._ahead = ahead
        self.stopped = False

    def now(self) -> float:
        return self._time.seconds + self._ahead

    def sleep(self, seconds: float) -> bool:
        self._time.pass_by(seconds)
        return not self.stopped

    def stop(self) -> None:
        self.stopped = True


class Server:
    """Objects with the server's time of their writing, told in whole seconds as OSS does."""

    def __init__(self, time: Time) -> None:
        self.time = time
        self.objects: dict[str, tuple[bytes, float]] = {}
        self.versions = ""
        self.lock = threading.Lock()


class Client:
    """One client of it. `lose` names how many answers of writes get lost, the writing done; `cut` that nothing gets through."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.calls: list[str] = []
        self.lose = 0
        self.cut = False
        self.before_put: list[Callable[[str], None]] = []

    def put(self, key: str, body: bytes, *, tries: int = 3) -> bool:
        self._call(f"put {key}")
        for act in list(self.before_put):
            self.before_put.remove(act)
            act(key)
        with self.server.lock:
            new = key not in self.server.objects
            if new:
                self.server.objects[key] = (body, self.server.time.seconds)
        if self.lose:
            self.lose -= 1
            if tries == 1:
                raise UnknownOutcomeError("acsctl.Dropped", action="oss.PutObject")
            return self.put(key, body, tries=tries - 1)
        return new

    def get(self, key: str) -> bytes | None:
        self._call(f"get {key}")
        found = self.server.objects.get(key)
        return found[0] if found else None

    def list(self, prefix: str) -> Listed:
        self._call(f"list {prefix}")
        with self.server.lock:
            found = sorted((key, float(int(at))) for key, (_, at) in self.server.objects.items() if key.startswith(prefix))
        return Listed(tuple(Stored(key, at) for key, at in found), float(int(self.server.time.seconds)))

    def delete(self, keys: Sequence[str]) -> None:
        self._call(f"delete {len(keys)}")
        with self.server.lock:
            for key in keys:
                self.server.objects.pop(key, None)

    def versioning(self) -> str:
        self._call("versioning")
        return self.server.versions

    def _call(self, what: str) -> None:
        if self.cut:
            raise UnreachableError("acsctl.Unreachable", action=what)
        self.calls.append(what)
