"""The control planes of all clusters of a world: started, kept, ended."""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from acsctl.emulator.faults import Faults
from acsctl.emulator.kubernetes.plane import Face, Plane


@dataclass(frozen=True)
class Surroundings:
    """What planes look at while they run. now: cloud time, unix seconds. images: see Settings.images. faults: what requests
    from outside meet. real_nodes: whether kubelets of real control planes are real too, and are not played."""

    now: Callable[[], float]
    images: Callable[[], Mapping[str, str]]
    faults: Faults = field(default_factory=lambda: Faults(lambda: 0.0))
    real_nodes: bool = False


class Planes:
    """By cluster id. Safe to call from many threads; takes no other lock."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._lock = Lock()
        self._planes: dict[str, Plane] = {}

    def open(self, face: Face) -> Plane:
        """The plane of a cluster, started unless it runs already. Does not wait until it is ready.

        Raises FileNotFoundError when the binaries of a real one are not there, OSError when its port is taken.
        """
        with self._lock:
            if face.id not in self._planes:
                self._planes[face.id] = _start(face, self._around)
            return self._planes[face.id]

    def stop(self, id: str) -> None:
        """Ends a plane, so that it can be opened with other facts, a newer version say; what is in its folder stays."""
        with self._lock:
            plane = self._planes.pop(id, None)
        if plane is not None:
            plane.close()

    def get(self, id: str) -> Plane | None:
        """Does not wait for a plane that is being started."""
        return self._planes.get(id)

    def all(self) -> list[Plane]:
        return list(self._planes.values())

    def wait(self, seconds: float) -> None:
        """Returns when all of them are ready, or after so many wall seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not all(plane.ready for plane in self.all()):
            time.sleep(0.02)

    def drop(self, id: str) -> None:
        """Ends a plane and removes its state."""
        with self._lock:
            plane = self._planes.pop(id, None)
        if plane is not None:
            plane.close()
            if plane.face.folder is not None:
                shutil.rmtree(plane.face.folder, ignore_errors=True)

    def close(self) -> None:
        """Ends all; their state stays."""
        with self._lock:
            planes, self._planes = list(self._planes.values()), {}
        for plane in planes:
            plane.close()


def _start(face: Face, around: Surroundings) -> Plane:
    # Here and not above: both need the extra acsctl[local], and a world without clusters needs neither.
    if face.rung == "real":
        from acsctl.emulator.kubernetes import real

        return real.start(face, around)
    from acsctl.emulator.kubernetes import builtin

    return builtin.start(face, around)
