"""Under which addresses the control planes of self-managed clusters are reached: those of their machines, and who leads there.

A private address is one of a VPC; from outside, where a user's machine stands in for one inside, the same address in two VPCs
leads nowhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.instance import INSTANCE, RUNNING
from acsctl.emulator.services.kubeadm.records import CLUSTER, scope_of
from acsctl.emulator.services.network import EIP
from acsctl.emulator.services.slb.types import LISTENER, LOAD_BALANCER, VSERVER_GROUP
from acsctl.emulator.world import World


def find(world: World, host: str, *, port: int, vpc_id: str = "") -> Resource | None:
    """The cluster whose API server answers there; None when none does, or more than one. vpc_id: of who asks; empty for
    somebody outside. Under the lock of the world."""
    found = [one for one in world.store.of(CLUSTER) if (host, port) in set(_places(world, one, vpc_id=vpc_id))]
    return found[0] if len(found) == 1 else None


def listed(world: World, cluster: Resource) -> list[str]:
    """`10.0.0.5:6443`, sorted. Under the lock of the world."""
    return sorted({f"{host}:{port}" for host, port in _places(world, cluster)})


def _places(world: World, cluster: Resource, *, vpc_id: str = "") -> Iterator[tuple[str, int]]:
    """Host and port. Names are those of the serving certificate: that they resolve to it is the user's business."""
    port = int(cluster["BindPort"])
    members = [one for id_ in cluster["Members"] if (one := _running(world, cluster, id=id_)) is not None]
    if not members:
        return
    endpoint = str(cluster["Server"]).removeprefix("https://").partition(":")
    if not endpoint[0].replace(".", "").isdigit():
        yield endpoint[0], int(endpoint[2])
    for one in members:
        if vpc_id in ("", one["VpcId"]):
            yield one["PrivateIpAddress"], port
        if one["PublicIpAddress"]:
            yield one["PublicIpAddress"], port
        for eip in world.store.all(EIP, scope=scope_of(cluster)):
            if eip["InstanceId"] == one.id:
                yield eip["IpAddress"], port
    yield from _balanced(world, cluster, ids={one.id for one in members})


def _running(world: World, cluster: Resource, *, id: str) -> Resource | None:
    found = world.store.find(INSTANCE, scope=scope_of(cluster), id=id)
    return found if found is not None and not found["Releasing"] and found["Status"] == RUNNING else None


def _balanced(world: World, cluster: Resource, *, ids: set[str]) -> Iterator[tuple[str, int]]:
    """The listeners of classic load balancers, TCP, with one of these instances behind them."""
    scope, port = scope_of(cluster), int(cluster["BindPort"])
    groups = {one.id: one for one in world.store.all(VSERVER_GROUP, scope=scope)}
    balancers = {one.id: one for one in world.store.all(LOAD_BALANCER, scope=scope)}
    for listener in world.store.all(LISTENER, scope=scope):
        balancer, group = balancers.get(listener["LoadBalancerId"]), groups.get(str(listener.get("VServerGroupId", default="")))
        if balancer is None or listener["ListenerProtocol"] != "tcp" or listener.get("Status") != "running":
            continue
        servers: Iterable[Mapping[str, Any]] = (group or balancer)["BackendServers"]
        if any(one["ServerId"] in ids and _port(one, listener=listener) == port for one in servers):
            yield balancer["Address"], int(listener["ListenerPort"])
            for eip in world.store.all(EIP, scope=scope):
                if eip["InstanceId"] == balancer.id:
                    yield eip["IpAddress"], int(listener["ListenerPort"])


def _port(server: Mapping[str, Any], *, listener: Resource) -> int:
    return int(server.get("Port") or listener.get("BackendServerPort") or 0)
