"""All registries: those that have a namespace, and the cloud's own, with the images that are made here."""

import platform
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from acsctl.emulator.kubernetes.nodes import images
from acsctl.emulator.kubernetes.nodes.clusters import place
from acsctl.emulator.kubernetes.nodes.configuration import PAUSE_IMAGE
from acsctl.emulator.kubernetes.nodes.parts import Parts
from acsctl.emulator.kubernetes.nodes.registry import Registry
from acsctl.emulator.kubernetes.nodes.tries import Tries

CLOUD = "cloud"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class Registries:
    """folder: a folder for each. Raises OSError when the cloud's own does not serve."""

    def __init__(self, folder: Path, *, parts: Parts, tries: Tries) -> None:
        self._folder, self._parts, self._tries = folder, parts, tries
        self._open: dict[str, Registry] = {}
        self._seeded: dict[str, frozenset[str]] = {}
        self._begin(CLOUD)
        self.seed({PAUSE_IMAGE: ()})

    @property
    def cloud(self) -> Registry:
        """The one with the cloud's own images."""
        return self._open[CLOUD]

    def get(self, id: str) -> Registry | None:
        return self._open.get(id)

    def tend(self, ids: Iterable[str]) -> None:
        """These, and the cloud's own. What was pushed to another stays in its folder."""
        wanted = {CLOUD, *ids}
        for id_ in self._open.keys() - wanted:
            self._open.pop(id_).close()
        for id_ in wanted - self._open.keys():
            self._tries.attempt(f"registry {id_}", work=partial(self._begin, id_))

    def seed(self, names: Mapping[str, Iterable[str]]) -> None:
        """Lets the cloud's own registry have images of these names, which idle when they are started by one of these paths."""
        for name, paths in names.items():
            known = frozenset(paths)
            if self._seeded.get(name) != known:
                self._tries.attempt(f"image {name}", work=partial(self._seed, name, paths=known))

    def document(self) -> dict[str, str]:
        """Id -> where it answers."""
        return {id_: one.url.removeprefix("http://") for id_, one in self._open.copy().items() if id_ != CLOUD}

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()

    def _begin(self, id: str) -> None:
        self._open[id] = Registry(self._folder / id, program=self._parts.program("docker-registry"))

    def _seed(self, name: str, *, paths: frozenset[str]) -> None:
        found = place(name)
        if found is not None:
            architecture = ARCHITECTURES.get(platform.machine(), platform.machine())
            image = images.idle(Path(self._parts.program("busybox")), architecture=architecture, paths=sorted(paths))
            images.push(image, registry=self.cloud.url, repository=found[0], tag=found[1])
        self._seeded[name] = paths
