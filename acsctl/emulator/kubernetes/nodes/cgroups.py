"""Control groups of nodes: made before a kubelet starts, which asks for its root, and removed when its machine has ended.

Both versions: with version 1 a node has a group of one path in every controller, with version 2 it has one.
"""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from acsctl.emulator.kubernetes.nodes.parts import CGROUPS

CPUSET = ("cpuset.cpus", "cpuset.mems")
UNIFIED = "unified"  # beside the controllers of version 1, without any of its own
PAUSE = 0.05  # wall seconds between two looks


def hierarchies(root: Path = CGROUPS) -> list[Path]:
    """The folders of all: one per controller and one of version 2 beside them, or one of version 2 alone."""
    if (root / "cgroup.controllers").exists():
        return [root]
    return [one for one in sorted(root.iterdir()) if one.is_dir() and not one.is_symlink()]


def make(path: str, *, root: Path = CGROUPS) -> None:
    """Makes the group of a path, `acsctl-1a2b/i-123`, for every controller."""
    for hierarchy in hierarchies(root):
        if hierarchy.name == UNIFIED and hierarchy != root:
            continue
        group = hierarchy
        for part in Path(path).parts:
            parent, group = group, group / part
            group.mkdir(exist_ok=True)
            _inherit(parent, group=group)


def _inherit(parent: Path, *, group: Path) -> None:
    """A new group of the controller cpuset has no processors, and takes no process, until it is told some."""
    for name in CPUSET:
        if (parent / name).exists() and not (group / name).read_text(encoding="ascii").strip():
            (group / name).write_text((parent / name).read_text(encoding="ascii"), encoding="ascii")


def processes(path: str, *, root: Path = CGROUPS) -> set[int]:
    """The ids of those in the group and below, as this process knows them."""
    found: set[int] = set()
    for hierarchy in hierarchies(root):
        for file in (hierarchy / path).rglob("cgroup.procs") if (hierarchy / path).is_dir() else ():
            with suppress(OSError):
                found |= {int(line) for line in file.read_text(encoding="ascii").split()}
    return found


def remove(path: str, *, patience: float, root: Path = CGROUPS) -> None:
    """Kills what is still in the group, and removes it. Raises TimeoutError when it does not go in so many wall seconds."""
    deadline = time.monotonic() + patience
    while not _is_removed(path, root=root):
        for pid in processes(path, root=root):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise TimeoutError(f"the control group {path} does not go: {sorted(processes(path, root=root))[:5]} are in it")
        time.sleep(PAUSE)


def _is_removed(path: str, *, root: Path) -> bool:
    """Tries once; whether nothing is left."""
    for hierarchy in hierarchies(root):
        top = hierarchy / path
        below = sorted((one for one in top.rglob("*") if one.is_dir()), reverse=True) if top.is_dir() else []
        for group in (*below, top):
            with suppress(OSError):
                group.rmdir()
    return not any((hierarchy / path).exists() for hierarchy in hierarchies(root))
