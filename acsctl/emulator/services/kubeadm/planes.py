"""The control planes of clusters that machines make of themselves: opened, stopped with their machines, dropped with them.

As those of the container service (cs/control_plane.py), done without the lock of the world, since it takes a while.
"""

from dataclasses import replace

from acsctl.emulator.background import held, unlocked
from acsctl.emulator.kubernetes.plane import Face, Pair
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.boots import BOOT
from acsctl.emulator.services.ecs.instance import INSTANCE, RUNNING
from acsctl.emulator.services.ecs.userdata import Step
from acsctl.emulator.services.kubeadm.flags import Wrong
from acsctl.emulator.services.kubeadm.orders import InitOrder
from acsctl.emulator.services.kubeadm.records import CLUSTER, PKI, fact, instance_of, scope_of, step_of
from acsctl.emulator.world import World

FAILURES = (OSError, ImportError, NotImplementedError, ValueError)
"""Of starting a plane: no binaries, no port, no extra acsctl[local], an authority that is none."""


def create(world: World, *, boot: Resource, order: InitOrder, version: str) -> Resource:
    """The record of a cluster, whose plane is opened at the next turn. Raises Wrong."""
    instance, step = instance_of(world, boot), step_of(boot)
    if step is not None:
        _authority(step)
    address = order.advertise or fact(boot, "private-ipv4")
    host, _, port = order.endpoint.partition(":")
    name = order.registration.name or fact(boot, "hostname").lower()
    names = [name, address, *([host] if host else []), *order.sans]
    attributes = {
        "State": "starting",
        "Error": "",
        "Rung": world.settings.kubernetes,
        "Port": 0,
        "Version": version,
        "Pods": order.pods,
        "Services": order.services,
        "Mask": order.mask,
        "BindPort": order.port,
        "VpcId": instance["VpcId"] if instance is not None else "",
        "Members": [boot.id],
        "Names": list(dict.fromkeys(names)),
        "Server": f"https://{host or address}:{port or order.port}",
        "Populated": False,
        "Step": boot["Step"],
    }
    return world.store.create(CLUSTER, scope=scope_of(boot), attributes=attributes, id=boot.id)


def _authority(step: Step) -> Pair | None:
    """The one that lies in the folder of certificates. Raises Wrong for a certificate without its key."""
    certificate, key = (step.files.get(f"{PKI}/ca.{end}") for end in ("crt", "key"))
    if certificate is not None and key is None:
        raise Wrong("error execution phase certs/ca: the local cloud plays no external CA: ca.crt is there and ca.key is not")
    if certificate is None or key is None:
        return None
    return Pair(certificate.decode(errors="replace"), key.decode(errors="replace"))


def face(world: World, *, cluster: Resource) -> Face:
    boot = world.store.find(BOOT, scope=scope_of(cluster), id=cluster.id)
    step = step_of(boot) if boot is not None and cluster["State"] == "starting" else None
    folder = world.folder / "kubernetes" / cluster.id if world.folder else None
    return Face(
        id=cluster.id,
        rung=cluster["Rung"],
        version=cluster["Version"],
        pod_cidr=cluster["Pods"],
        service_cidr=cluster["Services"],
        node_cidr_mask=cluster["Mask"],
        port=cluster["Port"],
        folder=folder,
        names=tuple(cluster["Names"]),
        authority=None if step is None else _authority(step),
        managed=False,
    )


@unlocked
def tend_machine_planes(world: World) -> None:
    """A plane serves while one of its machines runs; without one it stops, and its state stays."""
    with held(world):
        clusters = {one.id: one for one in world.store.of(CLUSTER) if one["State"] != "failed"}
        wanted = {id_: face(world, cluster=one) for id_, one in clusters.items() if _runs(world, cluster=one)}
        planes = [one for one in world.planes.all() if not one.face.managed]
    for plane in planes:
        if plane.face.id not in clusters:
            world.planes.drop(plane.face.id)
        elif plane.face.id not in wanted and plane.face.folder is not None:
            world.planes.stop(plane.face.id)  # without a folder its objects would be lost: then it stays, and nobody finds it
    for one in wanted.values():
        plane_now = world.planes.get(one.id)
        failure = str(getattr(plane_now, "failure", ""))  # only a real one can fail after it was started
        if failure:
            world.planes.stop(one.id)
            _note(world, id=one.id, State="failed", Error=failure)
        elif plane_now is None:
            _open(world, wanted=one)
        elif plane_now.face.names != one.names and one.folder is not None:
            world.planes.stop(one.id)  # another control plane has joined, and the one server here has to go by its names, too
            _open(world, wanted=one)


def _runs(world: World, *, cluster: Resource) -> bool:
    found = (world.store.find(INSTANCE, scope=scope_of(cluster), id=one) for one in cluster["Members"])
    return any(one is not None and one["Status"] == RUNNING for one in found)


def _open(world: World, *, wanted: Face) -> None:
    """At its old port, or at another one when that is taken."""
    failure = ""
    for attempt in (wanted, replace(wanted, port=0)):
        try:
            plane = world.planes.open(attempt)
        except FAILURES as error:
            failure = str(error)
            continue
        _note(world, id=wanted.id, Port=int(plane.server.rpartition(":")[2]))
        return
    _note(world, id=wanted.id, State="failed", Error=failure)


def _note(world: World, *, id: str, **changes: object) -> None:
    with held(world):
        found = next((one for one in world.store.of(CLUSTER) if one.id == id), None)
        if found is not None and any(found[name] != value for name, value in changes.items()):
            found.set(**changes)


def server(cluster: Resource) -> str:
    """Where it listens on this machine; empty before it was started once."""
    return f"https://127.0.0.1:{cluster['Port']}" if cluster["Port"] else ""
