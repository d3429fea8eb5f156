"""A look at one cluster from both sides: the records of the world, and the objects of its control plane."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from acsctl.emulator.background import held
from acsctl.emulator.kubernetes.client import Client
from acsctl.emulator.kubernetes.plane import Plane
from acsctl.emulator.resource import Resource, ResourceType
from acsctl.emulator.services.cs.rounds import Seen, seen
from acsctl.emulator.world import World


@dataclass
class Memory:
    """What is remembered of a cluster while the process lives. wake, poll: cloud and wall time of the next look though nothing
    changes; ends: wall time at which the next token expires."""

    plane: Plane
    client: Client
    last: tuple[object, object] = (None, None)
    wake: float = 0.0
    poll: float = 0.0
    ends: float = float("inf")


@dataclass(frozen=True)
class Visit:
    """client: as the kubelets and kubeadm of the cluster's machines."""

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
        """Asks for a look after so many cloud seconds."""
        self.memory.wake = min(self.memory.wake, self.client.now + after)

    def all(self, kind: ResourceType) -> list[Seen]:
        """What lives of a type in the region and account of the cluster."""
        with self.world.lock:
            return [seen(one) for one in self.world.store.all(kind, scope=self.cluster.scope)]

    @contextmanager
    def change(self, kind: ResourceType, *, id: str) -> Generator[Resource | None]:
        """A turn of the world with a resource of it, which may have gone meanwhile."""
        with held(self.world):
            yield self.world.store.find(kind, scope=self.cluster.scope, id=id)

    def set(self, kind: ResourceType, *, id: str, **changes: object) -> None:
        with self.change(kind, id=id) as found:
            if found is not None:
                found.set(**changes)
