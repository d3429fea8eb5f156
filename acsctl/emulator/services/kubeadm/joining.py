"""`kubeadm join`: a machine looks for its cluster until it is let in, refused, or the time for it is over."""

from collections.abc import Mapping
from typing import Any

import yaml

from acsctl.emulator.background import held
from acsctl.emulator.resource import Resource, Scope
from acsctl.emulator.services.cs.rounds import Seen
from acsctl.emulator.services.ecs.boots import BOOT
from acsctl.emulator.services.ecs.instance import INSTANCE
from acsctl.emulator.services.kubeadm import addresses, orders
from acsctl.emulator.services.kubeadm.booting import JOIN, fail
from acsctl.emulator.services.kubeadm.discovery import IDENTITY, Applicant, NotYet, check
from acsctl.emulator.services.kubeadm.flags import Wrong
from acsctl.emulator.services.kubeadm.orders import JoinOrder
from acsctl.emulator.services.kubeadm.reach import allows
from acsctl.emulator.services.kubeadm.records import fact, instance_of, scope_of, step_of
from acsctl.emulator.services.kubeadm.visits import Visit
from acsctl.emulator.world import World

INFO = "{INFO}"


def tend(visit: Visit, boot: Seen) -> None:
    """One machine that looks for this cluster. Raises OSError when the control plane does not answer."""
    step = step_of(boot)
    if step is None:
        return
    order = orders.read_join(step.words, files=step.files)
    applicant = Applicant(order, order.registration.name or fact(boot, "hostname").lower())
    try:
        check(visit, applicant, endpoint=endpoint_of(order, files=step.files))
    except NotYet as error:
        give_up_late(visit.world, boot, message=f"{IDENTITY}{error}")
        return
    except Wrong as error:
        message = str(error)
        with visit.change(BOOT, id=boot.id) as found:
            if found is not None and found["Doing"] == "join":
                fail(visit.world, found, step=step, message=message)
        return
    due = visit.world.clock.now() + JOIN
    with visit.change(BOOT, id=boot.id) as found:
        if found is not None and found["Doing"] == "join":
            found.set(Doing="joining", ClusterId=visit.cluster.id, Due=due)


def seek(world: World, boot: Resource) -> Resource | None:
    """The cluster that a machine in `join` is told to look for, as far as somebody answers there. Under the lock."""
    step = step_of(boot)
    if step is None:
        return None
    order = orders.read_join(step.words, files=step.files)
    host, _, port = endpoint_of(order, files=step.files).partition(":")
    found = addresses.find(world, host, port=int(port) if port.isdigit() else 0, vpc_id=fact(boot, "vpc-id"))
    return None if found is None or _blocked(world, boot, host=host, port=int(port)) else found


def _blocked(world: World, boot: Resource, *, host: str, port: int) -> bool:
    """Whether security groups keep a machine from the private address of another one."""
    sender = instance_of(world, boot)
    near = [] if sender is None else [one for one in world.store.all(INSTANCE, scope=scope_of(boot)) if not one["Releasing"]]
    target = next((one for one in near if sender and one["VpcId"] == sender["VpcId"] and one["PrivateIpAddress"] == host), None)
    return sender is not None and target is not None and not allows(world, target, port=port, sender=sender)


def give_up_late(world: World, boot: Seen, *, message: str = "") -> None:
    """Ends a discovery whose time is over."""
    with held(world):
        found = world.store.find(BOOT, scope=Scope(boot.scope.account, boot.scope.region), id=boot.id)
        step = step_of(boot)
        if found is None or step is None or found["Doing"] != "join" or world.store.now < found["Deadline"]:
            return
        order = orders.read_join(step.words, files=step.files)
        endpoint = endpoint_of(order, files=step.files)
        host, _, port = endpoint.partition(":")
        blocked = port.isdigit() and _blocked(world, found, host=host, port=int(port))
        why = f"dial tcp {endpoint}: {'i/o timeout' if blocked else 'connect: connection refused'}"
        refused = f'{IDENTITY}failed to request the cluster-info ConfigMap: Get "https://{endpoint}{INFO}": {why}'
        fail(world, found, step=step, message=message or refused)


def endpoint_of(order: JoinOrder, *, files: Mapping[str, bytes]) -> str:
    """host:port that discovery asks."""
    if not order.file:
        return order.endpoint
    try:
        document: Any = yaml.safe_load(files.get(order.file, b"").decode(errors="replace")) or {}
        return str(document["clusters"][0]["cluster"]["server"]).removeprefix("https://").rstrip("/")
    except (yaml.YAMLError, ValueError, KeyError, IndexError, TypeError):
        return ""
