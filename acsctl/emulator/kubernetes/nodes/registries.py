"""All registries: those that have a namespace, and the cloud's own, with the images that are made here."""

import platform
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from acsctl.emulator.kubernetes.nodes import images
from acsctl.emulator.kubernetes.nodes.clusters import place
from acsctl.emulator.kubernetes.nodes.configuration import PAUSE_IMAGE
from acsctl.emulator.kubernetes.nodes.front import Front
from acsctl.emulator.kubernetes.nodes.parts import Parts
from acsctl.emulator.kubernetes.nodes.registry import Registry
from acsctl.emulator.kubernetes.nodes.tries import Tries

Wanted = Callable[[], Mapping[str, Iterable[str]]]
CLOUD = "cloud"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class Registries:
    """folder: a folder for each. wanted: the images that the cloud is to have now, each with the absolute paths that it is
    started by; asked for, in other threads, when one of them is pulled that is not there. Raises OSError when the cloud's own
    registry does not serve."""

    def __init__(self, folder: Path, *, parts: Parts, tries: Tries, wanted: Wanted) -> None:
        self._folder, self._parts, self._tries = folder, parts, tries
        self._open: dict[str, Registry] = {}
        self._wanted, self._lock = wanted, threading.Lock()
        self._seeded: dict[str, frozenset[str]] = {}
        self._begin(CLOUD)
        self._seed(PAUSE_IMAGE, paths=frozenset())
        self._front = Front(self._open[CLOUD].port, missing=self._complete)

    @property
    def cloud(self) -> int:
        """The port of the one with the cloud's own images."""
        return int(self._front.server_port)

    def get(self, id: str) -> Registry | None:
        return self._open.get(id)

    def tend(self, ids: Iterable[str]) -> None:
        """These, and the cloud's own. What was pushed to another stays in its folder."""
        wanted = {CLOUD, *ids}
        for id_ in self._open.keys() - wanted:
            self._open.pop(id_).close()
        for id_ in wanted - self._open.keys():
            self._tries.attempt(f"registry {id_}", work=partial(self._begin, id_))

    def document(self) -> dict[str, str]:
        """Id -> where it answers."""
        return {id_: one.url.removeprefix("http://") for id_, one in self._open.copy().items() if id_ != CLOUD}

    def close(self) -> None:
        self._front.close()
        while self._open:
            self._open.popitem()[1].close()

    def _begin(self, id: str) -> None:
        self._open[id] = Registry(self._folder / id, program=self._parts.program("docker-registry"))

    def _complete(self) -> None:
        with self._lock:
            for name, paths in self._wanted().items():
                if self._seeded.get(name) != frozenset(paths):
                    self._seed(name, paths=frozenset(paths))

    def _seed(self, name: str, *, paths: frozenset[str]) -> None:
        found = place(name)
        if found is not None:
            architecture = ARCHITECTURES.get(platform.machine(), platform.machine())
            image = images.idle(Path(self._parts.program("busybox")), architecture=architecture, paths=sorted(paths))
            images.push(image, registry=self._open[CLOUD].url, repository=found[0], tag=found[1])
        self._seeded[name] = paths
