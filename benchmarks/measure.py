"""Commands as processes of their own: what they cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPEATS = 5
ACSCTL = (sys.executable, "-c", "from acsctl.cli import main; main()")
NOTHING = (sys.executable, "-c", "pass")


@dataclass(frozen=True)
class Cost:
    """Of one process: CPU seconds of user and system, and the peak of its resident memory in MB."""

    cpu: float
    memory: float
    text: str = ""


@dataclass(frozen=True)
class Cloud:
    """A local cloud in a process of its own."""

    address: str

    def control(self, method: str, path: str) -> Any:
        """Its own API."""
        request = urllib.request.Request(f"{self.address}/_emulator/{path}", method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def calls(self) -> dict[str, int]:
        """Calls since the last time, by action."""
        found: dict[str, int] = self.control("GET", "calls")["actions"]
        self.control("DELETE", "calls")
        return found


@contextmanager
def cloud(*, speed: float = 200.0, folder: Path | None = None) -> Iterator[Cloud]:
    """An empty one; with a folder it keeps its world there."""
    kept = [] if folder is None else ["--folder", str(folder)]
    command = [sys.executable, "-m", "acsctl.emulator", "--speed", str(speed), *kept]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield Cloud(process.stdout.readline().strip())
        finally:
            process.terminate()


def cost(command: Sequence[str], *, cwd: Path | None = None) -> Cost:
    """Run a command to its end. Raises RuntimeError with what it said where that is not a good one."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures"
        line = [sys.executable, "-c", _LAUNCH, str(figures), *command]
        done = subprocess.run(
            line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=cwd, env=_environ(), check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}")
        seconds, size = json.loads(figures.read_text())
    return Cost(seconds, size / (1 << (20 if sys.platform == "darwin" else 10)), done.stdout)


_LAUNCH = """
import json, os, sys
pid = os.spawnvp(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(pid, 0)
with open(sys.argv[1], "w") as file:
    json.dump([usage.ru_utime + usage.ru_stime, usage.ru_maxrss], file)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""A small process between: the peak of a process begins with that of the one that it is forked from, however large that is."""


def _environ() -> dict[str, str]:
    """Python keeps its byte code, as it does for a user from the first run on."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def least(command: Sequence[str], *, cwd: Path | None = None) -> Cost:
    """The cheapest of some runs: what else the machine does only adds to it."""
    return min((cost(command, cwd=cwd) for _ in range(REPEATS)), key=lambda found: found.cpu)
