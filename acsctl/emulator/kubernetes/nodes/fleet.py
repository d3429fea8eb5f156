"""All real nodes of a local cloud: a thread that brings what there is together with what is to be there."""

import logging
import threading
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from acsctl.emulator.kubernetes.nodes import clusters, traces
from acsctl.emulator.kubernetes.nodes.balancers import Balancers
from acsctl.emulator.kubernetes.nodes.configuration import IMAGES, IMAGES_PORT, SERVICES, NodeFacts
from acsctl.emulator.kubernetes.nodes.machine import Machine, MachineWish
from acsctl.emulator.kubernetes.nodes.namespaces import Namespace
from acsctl.emulator.kubernetes.nodes.networks import Networks, Place
from acsctl.emulator.kubernetes.nodes.parts import Parts
from acsctl.emulator.kubernetes.nodes.registries import Registries
from acsctl.emulator.kubernetes.nodes.tries import Tries
from acsctl.emulator.kubernetes.nodes.wishes import Wishes, read
from acsctl.emulator.kubernetes.plane import Plane
from acsctl.emulator.world import World

LOG = logging.getLogger(__name__)
ROUND = 0.2  # wall seconds between two rounds
LOOK = 1.0  # wall seconds between two looks at what a cluster tells
HTTP = 80
TOLD = ("id", "node", "cluster", "address", "vpc")


class Fleet:
    """Begins at once, and cleans up first what an earlier local cloud left. Raises OSError when that cannot be cleaned up, and
    when the machine cannot have real nodes although nothing is missing."""

    def __init__(self, world: World, *, parts: Parts) -> None:
        for left in traces.leftovers():
            traces.end(left)
        self._world, self._parts = world, parts
        self._trace = traces.begin()
        self._tries = Tries()
        self._networks = Networks(Path(self._trace.folder), parts=parts, tries=self._tries)
        self._balancers = Balancers(self._tries, find=self._namespace)
        self._registries: Registries | None = None
        self._machines: dict[str, Machine] = {}
        self._ports: dict[str, int] = {}
        self._asked: dict[str, float] = {}
        self._looks: dict[str, float] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._live, name="real nodes", daemon=True)
        self._thread.start()

    def document(self) -> dict[str, Any]:
        """What there is, as JSON: nodes; registries and listeners of load balancers with where they answer; what fails."""
        nodes = [
            {**{name: vars(one.wish)[name] for name in TOLD}, "pid": one.namespace.pid}
            for one in self._machines.copy().values()
        ]
        registries = {} if self._registries is None else self._registries.document()
        failures = self._tries.failures
        return {"nodes": nodes, "listeners": self._balancers.document(), "registries": registries, "failures": failures}

    def close(self) -> None:
        """Ends all nodes and takes away all that they left."""
        self._closing.set()
        self._thread.join()

    def _live(self) -> None:
        # Processes end with the thread that started them (launch.py), so this one starts all and stays until they are ended.
        try:
            while not self._closing.wait(ROUND):
                self._tries.attempt("round", work=lambda: self._round(read(self._world)))
        finally:
            self._tries.attempt("end", work=self._end)

    def _round(self, wishes: Wishes) -> None:
        registries = self._opened()
        registries.tend(wishes.registries)
        self._networks.tend(wishes.vpcs)
        planes = self._planes(wishes)
        self._networks.relay(self._places(wishes, registries=registries))
        for id_ in self._machines.keys() - wishes.machines.keys():
            self._tries.attempt(id_, work=partial(self._end_machine, id_))
        for id_, wish in wishes.machines.items():
            if wish.cluster in planes:
                self._tries.attempt(id_, work=partial(self._tend_machine, wish, plane=planes[wish.cluster]))
        self._look(planes, hosts=_hosts(wishes))
        self._balancers.tend(wishes.listeners)
        self._networks.keep({*wishes.vpcs, *(one.wish.vpc for one in self._machines.values())})

    def _opened(self) -> Registries:
        if self._registries is None:
            folder = self._world.folder or Path(self._trace.folder)
            self._registries = Registries(folder / "registries", parts=self._parts, tries=self._tries, wanted=self._images)
        return self._registries

    def _images(self) -> dict[str, set[str]]:
        """Of all clusters. Called in other threads. Raises OSError."""
        found: dict[str, set[str]] = {}
        for plane in self._world.planes.all():
            for name, paths in clusters.images(plane).items() if plane.ready else ():
                found.setdefault(name, set()).update(paths)
        return found

    def _planes(self, wishes: Wishes) -> dict[str, Plane]:
        """By id of cluster, those that serve and that have told their port."""
        found: dict[str, Plane] = {}
        for id_ in {one.cluster for one in wishes.machines.values()}:
            plane = self._world.planes.get(id_)
            if plane is not None and plane.ready:
                self._tries.attempt(f"cluster {id_}", work=partial(self._ask_port, id_, plane=plane))
                if self._ports.get(id_):
                    found[id_] = plane
            else:
                self._ports.pop(id_, None)
        return found

    def _ask_port(self, id: str, *, plane: Plane) -> None:
        due = self._asked.get(id, 0.0) <= time.monotonic()
        if due or not self._ports.get(id):  # a control plane that has started anew still tells its old one for a while
            self._asked[id] = time.monotonic() + LOOK
            self._ports[id] = clusters.port(plane)

    def _places(self, wishes: Wishes, *, registries: Registries) -> dict[Place, int]:
        """What answers in VPCs -> a port of this machine."""
        wanted: dict[Place, int] = {(id_, IMAGES, IMAGES_PORT): registries.cloud for id_ in wishes.vpcs}
        for one in wishes.machines.values():
            if port := self._ports.get(one.cluster):
                wanted[one.vpc, SERVICES, port] = port  # for pods, by the Service `kubernetes`
            if (plane := self._world.planes.get(one.cluster)) is not None:
                outer = clusters.outer_port(plane)
                wanted[one.vpc, SERVICES, outer] = outer  # for nodes: it stays from run to run
        for link in wishes.links:
            if (registry := registries.get(link.registry)) is not None:
                wanted[link.vpc, link.address, HTTP] = registry.port
        return wanted

    def _tend_machine(self, wish: MachineWish, *, plane: Plane) -> None:
        machine = self._machines.get(wish.id)
        if machine is not None and (failure := machine.failure):
            self._end_machine(wish.id)
            raise ChildProcessError(failure)
        if machine is not None and machine.wish != wish:
            self._end_machine(wish.id)
            machine = None
        vpc = self._networks.get(wish.vpc)
        if machine is None and vpc is not None:
            group = f"{self._trace.group}/{wish.id}"
            cluster = clusters.facts(plane)
            facts = NodeFacts(wish.node, wish.address, group, cluster)
            folder = Path(self._trace.folder) / wish.id
            machine = Machine(wish, folder=folder, facts=facts, plane=plane, parts=self._parts)
            self._machines[wish.id] = machine
            vpc.attach(machine.namespace, address=wish.address, subnet=wish.subnet)
            machine.run("containerd", "kubelet", "kube-proxy")

    def _end_machine(self, id: str) -> None:
        self._machines[id].end()
        del self._machines[id]

    def _look(self, planes: Mapping[str, Plane], *, hosts: Mapping[str, Mapping[str, str]]) -> None:
        """What machines and registries take from their clusters."""
        for id_, plane in planes.items():
            if self._looks.get(id_, 0.0) <= time.monotonic():
                self._looks[id_] = time.monotonic() + LOOK
                self._tries.attempt(f"look {id_}", work=partial(self._look_at, id_, plane=plane))
        for id_, machine in self._machines.items():
            known = hosts.get(machine.wish.vpc, {})
            self._tries.attempt(f"network of {id_}", work=partial(machine.keep_connected, known))

    def _look_at(self, id: str, *, plane: Plane) -> None:
        net_conf = clusters.net_conf(plane)
        for machine in self._machines.values():
            if machine.wish.cluster == id:
                machine.set_network(net_conf)

    def _end(self) -> None:
        self._balancers.tend({})
        self._networks.relay({})
        for id_ in list(self._machines):
            self._end_machine(id_)
        self._networks.keep(())
        if self._registries is not None:
            self._registries.close()
        traces.end(self._trace)

    def _namespace(self, vpc: str) -> Namespace | None:
        found = self._networks.get(vpc)
        return None if found is None else found.namespace


def _hosts(wishes: Wishes) -> dict[str, dict[str, str]]:
    """By VPC: host name of a registry -> where its images come from."""
    found = {id_: {"_default": f"http://{IMAGES}:{IMAGES_PORT}"} for id_ in wishes.vpcs}
    for link in wishes.links:
        found[link.vpc][link.domain] = f"http://{link.address}:{HTTP}"
    return found
