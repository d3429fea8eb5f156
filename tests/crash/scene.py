"""A stack, a cloud whose lists and tags lag, and a proxy that kills what calls it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acsctl import emulator
from tests.crash.doors import Plane, doors
from tests.crash.nursery import Nursery
from tests.crash.proxy import Proxy, Strike, When, proxy
from tests.crash.worlds import normalised

ROOT = Path(__file__).parent.parent.parent
SPEED = 200.0
LAG = 20.0  # cloud seconds
MAKING = ("Create", "Run", "Allocate", "Import")


@dataclass(frozen=True)
class Point:
    """Where a command is killed: at its call number `at`, or that of an action, before it is forwarded or after its effect."""

    at: int
    when: When
    record: bool = True
    action: str = ""

    def __str__(self) -> str:
        where = f"{self.action}-{self.at}" if self.action else f"{self.at:03d}"
        return f"{where}-{self.when}{'' if self.record else '-no-record'}"


class Scene:
    """One stack in one cloud. `folder` holds the stack file and its record."""

    def __init__(self, folder: Path, *, nursery: Nursery, proxy: Proxy) -> None:
        self.folder = folder
        self.kept = folder.parent / "world" / "kubernetes"
        self.proxy = proxy
        self.environ: dict[str, str] = {}
        self.limit: float | None = None  # wall seconds after which a command is ended with SIGABRT
        self.before = ""  # Python that a process of its own runs first
        self._nursery = nursery
        self._cloud = f"http://{proxy.target}"

    def run(self, command: str, *flags: str) -> tuple[int, str]:
        """Run a command undisturbed: exit code and what it printed."""
        self.proxy.arm(None)
        return self._run(command, flags)

    def killed(self, command: str, point: Point, *flags: str) -> bool:
        """Run a command and kill it at a point. False when it ended before."""

        def strike(pid: Callable[[], int]) -> Strike:
            return Strike(point.at, point.when, lambda: os.kill(pid(), signal.SIGKILL), action=point.action)

        code, text = self.struck(command, strike, *flags)
        assert code in (0, -signal.SIGKILL), f"exit {code}\n{text}"
        return code != 0

    def struck(
        self, command: str, strike: Callable[[Callable[[], int]], Strike], *flags: str, dead: threading.Event | None = None
    ) -> tuple[int, str]:
        """Run a command with a strike, which is told how to find its process; `dead` is set when it has ended."""
        born: Future[int] = Future()
        self.proxy.arm(strike(born.result))
        ended = self._run(command, flags, born.set_result)
        if dead:
            dead.set()
        return ended

    def process(self, command: str, *flags: str, armed: bool = False) -> subprocess.Popen[str]:
        """A command as a process of its own, with pipes to read from; `armed` leaves the strike of another run as it is."""
        if not armed:
            self.proxy.arm(None)
        line = [sys.executable, "-c", f"{self.before}from acsctl.cli import main; main()", *self._line(command, flags)]
        environ = {**os.environ, **self.environ}
        return subprocess.Popen(line, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ)

    def done(self, command: str, *flags: str) -> None:
        """Run a command, which has to end well."""
        code, text = self.run(command, *flags)
        assert code == 0, f"{command} {' '.join(flags)}: exit {code}\n{text}"

    def nothing_to_do(self, *flags: str) -> None:
        """The plan is empty."""
        code, text = self.run("plan", "--detailed-exitcode", *flags)
        assert code == 0, f"plan: exit {code}\n{text}"

    def _run(self, command: str, flags: tuple[str, ...], born: Any = lambda pid: None) -> tuple[int, str]:
        timers: list[threading.Timer] = []

        def watched(pid: int) -> None:
            born(pid)
            if self.limit is not None:
                timers.append(threading.Timer(self.limit, os.kill, (pid, signal.SIGABRT)))
                timers[0].start()

        try:
            return self._nursery.run(self._line(command, flags), cwd=self.folder, born=watched, environ=self.environ)
        finally:
            for timer in timers:
                timer.cancel()

    def _line(self, command: str, flags: tuple[str, ...]) -> list[str]:
        yes = ("--yes",) if command in ("apply", "destroy") else ()
        return [command, *yes, "-f", str(self.folder), "--cloud", self.proxy.address, *flags]

    def forget(self) -> None:
        """Lose the record."""
        shutil.rmtree(self.folder / ".acsctl", ignore_errors=True)

    def journal(self) -> str:
        """The record's journal."""
        (file,) = self.folder.glob(".acsctl/*/*/*/journal.jsonl")
        return file.read_text(encoding="utf-8")

    def write(self, text: str) -> None:
        """Put another stack file in its place."""
        (self.folder / "stack.yaml").write_text(text, encoding="utf-8")

    def edit(self, old: str, new: str) -> None:
        """Change the stack file; `old` must be in it."""
        file = self.folder / "stack.yaml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def control(self, method: str, path: str, document: Any = None) -> Any:
        """The cloud's own API, past the proxy."""
        data = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"{self._cloud}/_emulator/{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def rows(self) -> list[Any]:
        """The world as the cloud tells it, without what is in a bucket: a record, which tells of its runs."""
        return [row for row in self.control("GET", "world") if not row["type"].startswith("oss_")]

    def world(self, *, placed: bool = True) -> list[str]:
        """The world, comparable."""
        return normalised(self.rows(), placed=placed)

    def planes(self) -> dict[str, Plane]:
        """The API of each cluster, by its id."""
        rows = (row for row in self.rows() if row["type"] == "cluster")
        return {row["id"]: self._plane(row) for row in rows}

    def planes_kept(self) -> set[str]:
        """The ids of the clusters of which a control plane is kept on disk."""
        return {path.name for path in self.kept.glob("*") if path.is_dir()}

    def _plane(self, row: Any) -> Plane:
        return Plane(f"https://127.0.0.1:{row['attributes']['Port']}", self.kept / row["id"])

    def creates(self) -> int:
        """How many creates were sent."""
        actions: dict[str, int] = self.control("GET", "calls")["actions"]
        return sum(count for name, count in actions.items() if name.split(".")[1].startswith(MAKING))


@contextmanager
def scene(folder: Path, nursery: Nursery, *, origin: Path | None = None, **settings: Any) -> Iterator[Scene]:
    """A scene of the stack private-network in `folder`; with `origin`, a world and record that an earlier scene left there."""
    stack, world = folder / "stack", folder / "world"
    if origin:
        shutil.copytree(origin / "stack", stack)
        shutil.copytree(origin / "world", world)
    else:
        stack.mkdir(parents=True)
        world.mkdir()
        shutil.copy(ROOT / "stacks" / "private-network" / "stack.yaml", stack)
    options = {"speed": SPEED, "list_lag": LAG, "tag_lag": LAG, **settings}
    with (
        emulator.run(emulator.Options(folder=world, **options)) as server,
        proxy(server.address) as between,
        doors(between, world),
    ):
        yield Scene(stack, nursery=nursery, proxy=between)
