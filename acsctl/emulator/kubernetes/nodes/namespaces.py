"""Network namespaces of the local cloud: held by a process, entered by commands and by single threads.

No name under /run/netns: a namespace goes with the process that holds it and the sockets that were made in it, so that nothing
is left behind when the local cloud is killed.
"""

import ctypes
import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from acsctl.emulator.kubernetes.real.child import Child

OPEN, PAUSE = 10.0, 0.01  # wall seconds for a process to get its namespace, and between two looks
CLONE_NEWNET = 0x40000000  # linux/sched.h
T = TypeVar("T")


class NamespaceError(OSError):
    """What was to be done in a namespace failed; the message is the program's."""


class Namespace:
    """The network namespace of a process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    @property
    def path(self) -> Path:
        return Path(f"/proc/{self.pid}/ns/net")

    def run(self, command: Sequence[str], *, text: str = "") -> str:
        """Runs a program in the namespace; its output. text: its input. Raises NamespaceError."""
        done = subprocess.run(
            ["nsenter", f"--net={self.path}", "--", *command], input=text, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise NamespaceError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def ip(self, *lines: str) -> None:
        """Runs lines of `ip`, all of them though some fail. Raises NamespaceError for the first that failed."""
        if lines:
            self.run(["ip", "-force", "-batch", "-"], text="".join(f"{line}\n" for line in lines))

    def enter(self) -> None:
        """Moves the calling thread, and no other, into the namespace. Raises OSError when it is gone."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            library = ctypes.CDLL(None, use_errno=True)
            if library.setns(descriptor, CLONE_NEWNET) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
        finally:
            os.close(descriptor)

    def call(self, work: Callable[[], T]) -> T:
        """Does something in a thread that is in the namespace; a socket made there stays in it. Raises what it raises."""
        results: list[T] = []
        failures: list[BaseException] = []

        def inside() -> None:
            try:
                self.enter()
                results.append(work())
            except BaseException as failure:  # handed over to the thread that waits
                failures.append(failure)

        thread = threading.Thread(target=inside, name=f"namespace of {self.pid}")
        thread.start()
        thread.join()
        if failures:
            raise failures[0]
        return results[0]


def opened(child: Child) -> Namespace:
    """The namespace of a process that makes one of its own. Raises NamespaceError when it does not."""
    namespace = Namespace(child.pid)
    own, deadline = Path("/proc/self/ns/net").readlink(), time.monotonic() + OPEN
    while child.code is None and time.monotonic() < deadline:
        if namespace.path.readlink() != own:
            return namespace
        time.sleep(PAUSE)
    raise NamespaceError(f"no network namespace can be made: {child.last_words()}")
