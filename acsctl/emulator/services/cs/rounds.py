"""A look at one cluster from both sides: the records of the world, and the objects of its control plane."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from acsctl.emulator.background import held
from acsctl.emulator.errors import ApiError
from acsctl.emulator.kubernetes.client import Client, Refused
from acsctl.emulator.kubernetes.plane import Plane
from acsctl.emulator.resource import Resource, ResourceType, Scope
from acsctl.emulator.services.cs.types import CLUSTER
from acsctl.emulator.services.cs.wiring import ask, scope_of
from acsctl.emulator.world import World

LEAVING = ("deleting", "deleted")
SHORTEST_DELAY, LONGEST_DELAY = 5.0, 300.0  # cloud seconds


class ClusterGone(Exception):
    """The cluster is being deleted: nothing is made for it any more."""


class Failed(Exception):
    """Something inside a cluster cannot be done for the moment; the message says why."""


@dataclass(frozen=True)
class Seen:
    """A resource as it was at a moment, to look at without the lock."""

    id: str
    scope: Scope
    attributes: Mapping[str, Any]
    tags: Mapping[str, str]

    def __getitem__(self, name: str) -> Any:
        return self.attributes[name]

    def get(self, name: str, *, default: Any = None) -> Any:
        return self.attributes.get(name, default)


def seen(resource: Resource) -> Seen:
    return Seen(resource.id, scope_of(resource), resource.attributes, resource.tags)


@dataclass
class Memory:
    """What is remembered of a cluster while the process lives.

    applied: addon -> digest of what was installed for it. wake: cloud time of the next round though nothing changes. delays:
    what failed -> when it is tried again, and after how many cloud seconds that is.
    """

    plane: Plane
    client: Client
    last: tuple[object, object] = (None, None)
    poll: float = 0.0
    applied: dict[str, str] = field(default_factory=dict[str, str])
    wake: float = 0.0
    delays: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])


@dataclass(frozen=True)
class Round:
    """One cluster's round. client: its control plane, as the cloud controller manager."""

    world: World
    cluster: Seen
    memory: Memory

    @property
    def client(self) -> Client:
        return self.memory.client

    @property
    def plane(self) -> Plane:
        return self.memory.plane

    def again(self, *, after: float) -> None:
        """Asks for a round after so many cloud seconds."""
        self.memory.wake = min(self.memory.wake, self.client.now + after)

    def tried(self, key: str, *, work: Callable[[], None]) -> str:
        """Does something that may fail, and then is done again later and later; why it failed just now, else nothing.

        key: what it is. While it is put off nothing is done.
        """
        until, delay = self.memory.delays.get(key, (0.0, SHORTEST_DELAY / 2))
        if until > self.client.now:
            self.again(after=until - self.client.now)
            return ""
        try:
            work()
        except (ApiError, Refused, Failed) as error:
            delay = min(delay * 2, LONGEST_DELAY)
            self.memory.delays[key] = (self.client.now + delay, delay)
            self.again(after=delay)
            return str(error)
        self.memory.delays.pop(key, None)
        return ""

    def all(self, kind: ResourceType) -> list[Seen]:
        """What lives of a type in the region and account of the cluster."""
        with self.world.lock:
            return [seen(one) for one in self.world.store.all(kind, scope=self.cluster.scope)]

    def own(self, kind: ResourceType) -> list[Seen]:
        """The same, of this cluster."""
        return [one for one in self.all(kind) if one["ClusterId"] == self.cluster.id]

    @contextmanager
    def change(self, kind: ResourceType, *, id: str) -> Generator[Resource | None]:
        """A turn of the world with a resource of it, which may have gone meanwhile. Raises ClusterGone."""
        with self._held():
            yield self.world.store.find(kind, scope=self.cluster.scope, id=id)

    def set(self, kind: ResourceType, *, id: str, **changes: Any) -> None:
        with self.change(kind, id=id) as found:
            if found is not None:
                found.set(**changes)

    def ask(self, action: str, **parameters: Any) -> dict[str, Any]:
        """A call of the account's to the cloud. Raises ApiError, and then nothing has changed, and ClusterGone."""
        with self._held():
            return ask(self.world, action, scope=self.cluster.scope, **parameters)

    @contextmanager
    def _held(self) -> Generator[None]:
        with held(self.world):
            cluster = self.world.store.find(CLUSTER, scope=self.cluster.scope, id=self.cluster.id)
            if cluster is None or cluster["State"] in LEAVING:
                raise ClusterGone
            yield
