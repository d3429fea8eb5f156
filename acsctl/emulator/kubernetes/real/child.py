"""A process of the control plane: started, looked at, ended, and found again after a crash."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

LAUNCH = Path(__file__).with_name("launch.py")
PAUSE = 0.02  # wall seconds between two looks


class Child:
    """folder: of the cluster; the process works in it, and NAME.pid and logs/NAME.log are in it.

    On Linux it ends with the thread that made this object, at the latest; so that must be one that lives long.
    """

    def __init__(self, command: Sequence[str], *, folder: Path) -> None:
        self.name = Path(command[0]).name
        self.log = folder / "logs" / f"{self.name}.log"
        self._pid_file = folder / f"{self.name}.pid"
        self.log.parent.mkdir(exist_ok=True)
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".old.log"))
        # Of a session of its own: Ctrl-C is for the local cloud, which ends its processes in order.
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), *command],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._pid_file.write_text(str(self._process.pid), encoding="ascii")

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def code(self) -> int | None:
        """What it ended with; None while it runs."""
        return self._process.poll()

    def ask_to_end(self) -> None:
        if self.code is None:
            self._process.terminate()

    def end(self, patience: float) -> None:
        """Returns when it has ended: by itself within so many wall seconds, or killed."""
        self.ask_to_end()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._pid_file.unlink(missing_ok=True)

    def last_words(self) -> str:
        """The last line of its log, shortened."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
        return lines[-1][:300]


def end_leftovers(folder: Path, *, patience: float) -> None:
    """Kills what an earlier run that was killed itself left behind in this folder.

    Raises TimeoutError when one is still there after so many wall seconds.
    """
    for file in folder.glob("*.pid"):
        text = file.read_text(encoding="ascii")
        if text.isdigit():
            _kill(int(text), marks=(file.stem, str(folder)), patience=patience)
        file.unlink()


def _kill(pid: int, *, marks: Sequence[str], patience: float) -> None:
    deadline = time.monotonic() + patience
    while _is_there(pid, marks=marks):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {pid} of an earlier run does not end")
        time.sleep(PAUSE)


def _is_there(pid: int, *, marks: Sequence[str]) -> bool:
    """False too for another process that got the number since: the command line has to name program and folder."""
    if not Path("/proc/self").exists():
        asked = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return all(mark in asked.stdout for mark in marks)
    try:
        if "\nState:\tZ" in (status := Path(f"/proc/{pid}/status").read_text(encoding="utf-8")):
            return "\nThreads:\t1\n" not in status  # while a thread of it still ends, its port is not free
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return all(mark in command for mark in marks)
