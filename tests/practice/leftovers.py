"""What real nodes could leave on the machine, looked at from outside of the local cloud."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MARK = "acsctl-nodes"


@dataclass(frozen=True)
class Sight:
    """Network namespaces that a process is in, network devices of this one, mounts, and what carries the mark of nodes."""

    namespaces: frozenset[str]
    devices: frozenset[str]
    mounts: frozenset[str]
    marked: frozenset[str]

    def beyond(self, other: Sight) -> list[str]:
        """What is here and was not there."""
        mine, theirs = vars(self), vars(other)
        return sorted(f"{name}: {one}" for name in mine for one in mine[name] - theirs[name])


def processes() -> set[str]:
    """Living ones whose command names the folder of nodes."""
    found: set[str] = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if MARK in command:
                found.add(f"process {process.name}: {command}")
    return found


def look() -> Sight:
    marked = processes() | {str(one) for one in Path("/sys/fs/cgroup").rglob(f"{MARK}-*")}
    marked |= {str(one) for one in Path("/run/acsctl-nodes").glob("*")}
    namespaces: set[str] = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if "\nState:\tZ" not in (process / "status").read_text(encoding="utf-8"):
                namespaces.add(str((process / "ns" / "net").readlink()))
    mounts = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines())
    devices = (one.name for one in Path("/sys/class/net").iterdir())
    return Sight(frozenset(namespaces), frozenset(devices), frozenset(mounts), frozenset(marked))
