"""What the cloud does inside clusters by itself: a round per cluster through nodes, routes, load balancers and workloads.

It plays the cloud controller manager, what registers the kubelets, and what installs addons. A round looks at the records of
the world and at the objects of the control plane, and brings them together; it is done again when either has changed.
"""

import time
from contextlib import suppress
from weakref import WeakKeyDictionary

from acsctl.emulator.background import unlocked
from acsctl.emulator.kubernetes.client import Client, Refused
from acsctl.emulator.kubernetes.drivers import DISK_DRIVER
from acsctl.emulator.services.cs import load_balancers, nodes, routes, system_workloads, volumes
from acsctl.emulator.services.cs.rounds import LEAVING, ClusterGone, Memory, Round, seen
from acsctl.emulator.services.cs.types import CLUSTER
from acsctl.emulator.world import World

MANAGER = "cloud-controller-manager"
SPEAKERS = {"PersistentVolumeClaim": DISK_DRIVER, "PersistentVolume": DISK_DRIVER, "Pod": "attachdetach-controller"}
RETRY = 10.0  # cloud seconds after which what was refused is tried again
RESYNC = 300.0  # cloud seconds after which everything is looked at; "every few minutes", sheet containers.md 2.1
PERIOD = {"builtin": 0.2, "real": 0.5}  # wall seconds between two looks at a control plane that tells no revision

_MEMORIES: WeakKeyDictionary[World, dict[str, Memory]] = WeakKeyDictionary()


@unlocked
def tend_clusters(world: World) -> None:
    memories = _MEMORIES.setdefault(world, {})
    with world.lock:
        living = [] if world.closed else [one for one in world.store.of(CLUSTER) if one["State"] not in LEAVING]
        clusters = [seen(one) for one in living]
    for cluster in clusters:
        plane = world.planes.get(cluster.id)
        if plane is not None and plane.ready:
            memory = memories.get(cluster.id)
            if memory is None or memory.plane is not plane:
                memory = memories[cluster.id] = Memory(
                    plane, Client(plane, manager=MANAGER, now=world.clock.now, speakers=SPEAKERS)
                )
            with suppress(OSError, ClusterGone):  # the server is going down, or busy: at the next turn
                _tend(Round(world, cluster, memory))
    for id_ in memories.keys() - {one.id for one in clusters}:
        del memories[id_]


def _tend(job: Round) -> None:
    memory, wall = job.memory, time.monotonic()
    revision = getattr(memory.plane, "revision", None)
    now = (job.world.store.revision, revision)
    if now == memory.last and (revision is not None or wall < memory.poll) and memory.client.now < memory.wake:
        return
    memory.client.forget()
    memory.wake = memory.client.now + RESYNC
    for tend in (nodes.tend, routes.tend, load_balancers.tend, volumes.tend, system_workloads.tend):
        try:
            tend(job)
        except Refused:  # a webhook of the cluster's own, say
            job.again(after=RETRY)
    memory.last = (None, None) if memory.client.stale else now
    memory.poll = wall + PERIOD[memory.plane.face.rung]
