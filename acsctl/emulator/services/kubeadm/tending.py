"""What the machines of self-managed clusters do inside them: a look at each cluster, done again when anything has changed."""

import time
from contextlib import suppress
from weakref import WeakKeyDictionary

from acsctl.emulator.background import unlocked
from acsctl.emulator.kubernetes.client import Client, Refused
from acsctl.emulator.services.cs.rounds import Seen, seen
from acsctl.emulator.services.ecs.boots import BOOT
from acsctl.emulator.services.kubeadm import joining, nodes, populate, tokens
from acsctl.emulator.services.kubeadm.records import CLUSTER
from acsctl.emulator.services.kubeadm.visits import Memory, Visit
from acsctl.emulator.world import World

MANAGER = "kubelet"
RESYNC, RETRY = 300.0, 10.0  # cloud seconds until everything is looked at again, and what was refused is
JOINING = 5.0  # cloud seconds between two tries of a machine that looks for its cluster
PERIOD = {"builtin": 0.2, "real": 0.5}  # wall seconds between two looks at a control plane that tells no revision

_MEMORIES: WeakKeyDictionary[World, dict[str, Memory]] = WeakKeyDictionary()


@unlocked
def tend_machines(world: World) -> None:
    memories = _MEMORIES.setdefault(world, {})
    with world.lock:
        clusters = [] if world.closed else [seen(one) for one in world.store.of(CLUSTER) if one["State"] != "failed"]
        seekers = [] if world.closed else _seekers(world)
    for cluster in clusters:
        plane = world.planes.get(cluster.id)
        if plane is not None and plane.ready:
            memory = memories.get(cluster.id)
            if memory is None or memory.plane is not plane:
                memory = memories[cluster.id] = Memory(plane, Client(plane, manager=MANAGER, now=world.clock.now))
            waiting = [boot for boot, id_ in seekers if id_ == cluster.id]
            with suppress(OSError):  # the server is going down, or busy: at the next turn
                _tend(Visit(world, cluster, memory), waiting=waiting)
    for boot, id_ in seekers:
        if not id_:
            joining.give_up_late(world, boot)
    for id_ in memories.keys() - {one.id for one in clusters}:
        del memories[id_]


def _seekers(world: World) -> list[tuple[Seen, str]]:
    """The machines that look for a cluster, with the id of the one that answers there, or nothing."""
    found: list[tuple[Seen, str]] = []
    for boot in world.store.of(BOOT):
        if boot["Doing"] == "join":
            cluster = joining.seek(world, boot)
            found.append((seen(boot), cluster.id if cluster is not None and cluster["Populated"] else ""))
    return found


def _tend(visit: Visit, *, waiting: list[Seen]) -> None:
    memory, wall = visit.memory, time.monotonic()
    revision = getattr(memory.plane, "revision", None)
    now = (visit.world.store.revision, revision)
    idle = now == memory.last and (revision is not None or wall < memory.poll)
    if idle and visit.client.now < memory.wake and time.time() < memory.ends:
        return
    visit.client.forget()
    memory.wake = visit.client.now + (JOINING if waiting else RESYNC)
    if populate.tend(visit):
        try:
            memory.ends = tokens.tend(visit.client) or float("inf")
            nodes.tend(visit)
        except Refused:  # a webhook of the cluster's own, say
            visit.again(after=RETRY)
        for boot in waiting:
            joining.tend(visit, boot)
    memory.last = (None, None) if visit.client.stale else now
    memory.poll = wall + PERIOD[memory.plane.face.rung]
