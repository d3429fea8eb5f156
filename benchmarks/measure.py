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
def cloud(*, speed: float = 200.0) -> Iterator[Cloud]:
    """An empty one."""
    command = [sys.executable, "-m", "acsctl.emulator", "--speed", str(speed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield Cloud(process.stdout.readline().strip())
        finally:
            process.terminate()


def cost(command: Sequence[str], *, cwd: Path | None = None) -> Cost:
    """Run a command to its end. Raises RuntimeError with what it said where that is not a good one."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=cwd, env=_environ())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}\n{text}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10)), text)


def _environ() -> dict[str, str]:
    """Python keeps its byte code, as it does for a user from the first run on."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def least(command: Sequence[str], *, cwd: Path | None = None) -> Cost:
    """The cheapest of some runs: what else the machine does only adds to it."""
    return min((cost(command, cwd=cwd) for _ in range(REPEATS)), key=lambda found: found.cpu)
