"""What a local cloud with real nodes leaves on the machine, written down before it is made, so that the next one can clean up.

One file per local cloud: `/run/acsctl-nodes/<id>.json`. When its process is gone without having removed it, the next start
takes away what it names: control groups with what still runs in them, and the folder with the nodes' disks. Namespaces,
bridges and mounts need no entry: they go with the processes, and those end with the local cloud.
"""

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from acsctl.emulator.kubernetes.nodes import cgroups

FOLDER = Path("/run/acsctl-nodes")
PREFIX = "acsctl-nodes-"
PATIENCE = 15.0  # wall seconds for processes of a killed local cloud to end


@dataclass(frozen=True)
class Trace:
    """id: 8 hex digits. pid, started: of the local cloud's process; a later process of the same number has another start."""

    id: str
    pid: int
    started: str
    folder: str

    @property
    def group(self) -> str:
        """The control group that those of the nodes are in."""
        return f"{PREFIX}{self.id}"


def begin(folder: Path = FOLDER) -> Trace:
    """Writes down a new one, and then makes its folder. Raises OSError."""
    id_ = secrets.token_hex(4)
    trace = Trace(id_, os.getpid(), started(os.getpid()), str(Path(tempfile.gettempdir()) / f"{PREFIX}{id_}"))
    folder.mkdir(mode=0o700, exist_ok=True)
    file = _file(trace, folder=folder)
    new = file.with_suffix(".new")
    new.write_text(json.dumps(asdict(trace)), encoding="utf-8")
    new.replace(file)
    Path(trace.folder).mkdir(mode=0o700)
    return trace


def end(trace: Trace, *, folder: Path = FOLDER, remove: Callable[[str], None] | None = None) -> None:
    """Takes away all that there is of it. Raises TimeoutError when something still runs; then it stays written down."""
    (remove or _remove_group)(trace.group)
    shutil.rmtree(trace.folder, ignore_errors=True)
    if Path(trace.folder).exists():
        raise TimeoutError(f"{trace.folder} cannot be removed")
    _file(trace, folder=folder).unlink(missing_ok=True)


def leftovers(folder: Path = FOLDER) -> list[Trace]:
    """Those whose local cloud is gone."""
    found = [_read(file) for file in sorted(folder.glob("*.json"))]
    return [one for one in found if one is not None and started(one.pid) != one.started]


def started(pid: int) -> str:
    """When a process began, in clock ticks since boot; empty when there is none. proc(5), stat, field 22."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return text.rpartition(")")[2].split()[19]


def _read(file: Path) -> Trace | None:
    """Nothing for a file that is none of ours."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        trace = Trace(str(document["id"]), int(document["pid"]), str(document["started"]), str(document["folder"]))
    except (ValueError, KeyError, TypeError):
        return None
    # What is removed has to be what was made here, whatever the file says.
    return trace if Path(trace.folder).name == f"{PREFIX}{trace.id}" and trace.id.isalnum() else None


def _file(trace: Trace, *, folder: Path) -> Path:
    return folder / f"{trace.id}.json"


def _remove_group(path: str) -> None:
    cgroups.remove(path, patience=PATIENCE)
