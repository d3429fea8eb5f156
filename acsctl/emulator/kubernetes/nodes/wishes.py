"""What is to be there, read from the world: machines of clusters, their VPCs, registries, listeners of load balancers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.emulator.kubernetes.nodes.machine import MachineWish
from acsctl.emulator.kubernetes.nodes.network import VpcWish
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cr.endpoint import domain_of
from acsctl.emulator.services.cr.instance import REGISTRY, new, standing
from acsctl.emulator.services.cr.namespace import NAMESPACE
from acsctl.emulator.services.cr.vpc_link import LINK
from acsctl.emulator.services.cs.types import CLUSTER, NODE
from acsctl.emulator.services.ecs.instance import INSTANCE, RUNNING
from acsctl.emulator.services.kubeadm.records import CLUSTER as KUBEADM_CLUSTER
from acsctl.emulator.services.kubeadm.records import MEMBER
from acsctl.emulator.services.network import ROUTE_ENTRY, ROUTE_TABLE, VSWITCH
from acsctl.emulator.services.slb.types import LISTENER, LOAD_BALANCER, VSERVER_GROUP
from acsctl.emulator.world import World


@dataclass(frozen=True)
class Backend:
    """A port of a machine behind a load balancer."""

    vpc: str
    address: str
    port: int


@dataclass(frozen=True)
class ListenerWish:
    """A TCP listener of a load balancer that has the address."""

    address: str
    port: int
    backends: tuple[Backend, ...] = ()


@dataclass(frozen=True)
class LinkWish:
    """A VPC that reaches a registry, at an address of its own. domain: of the registry inside of VPCs."""

    vpc: str
    address: str
    registry: str
    domain: str


@dataclass(frozen=True)
class Wishes:
    """By id; listeners by `<load balancer>/<port>`. registries: id -> domain in public."""

    machines: Mapping[str, MachineWish] = field(default_factory=dict[str, MachineWish])
    vpcs: Mapping[str, VpcWish] = field(default_factory=dict[str, VpcWish])
    registries: Mapping[str, str] = field(default_factory=dict[str, str])
    links: tuple[LinkWish, ...] = ()
    listeners: Mapping[str, ListenerWish] = field(default_factory=dict[str, ListenerWish])


Source = Callable[[World], list[MachineWish]]
SOURCES: list[Source] = []
"""What knows of machines that are nodes. Called under the lock of the world."""


def source(read: Source) -> Source:
    """Declares one."""
    SOURCES.append(read)
    return read


def read(world: World) -> Wishes:
    """Takes the lock of the world."""
    with world.lock:
        machines = {one.id: one for read_some in SOURCES for one in read_some(world)}
        links = _links(world)
        used = {one.vpc for one in machines.values()}
        return Wishes(
            machines=machines,
            vpcs={id_: _vpc(world, id=id_, links=links) for id_ in sorted(used)},
            registries=_registries(world),
            links=tuple(one for one in links if one.vpc in used),
            listeners=_listeners(world),
        )


@source
def members_of_clusters(world: World) -> list[MachineWish]:
    """Machines that a node pool has set up, as long as they run and their cluster is there."""
    clusters = {one.id for one in world.store.of(CLUSTER) if one["Rung"] == "real" and one["State"] != "deleted"}
    instances = _running(world)
    found: list[MachineWish] = []
    for record in world.store.of(NODE):
        machine = instances.get(record["InstanceId"])
        if machine is not None and record.get("Bootstrapped") and record["ClusterId"] in clusters:
            found.append(machine_wish(world, machine=machine, cluster=record["ClusterId"], node=record["NodeName"]))
    return found


@source
def members_of_their_own(world: World) -> list[MachineWish]:
    """Machines that kubeadm has set up, as long as they run."""
    clusters = {one.id for one in world.store.of(KUBEADM_CLUSTER) if one["Rung"] == "real" and one["State"] != "failed"}
    instances = _running(world)
    return [
        machine_wish(world, machine=instances[one["InstanceId"]], cluster=one["ClusterId"], node=one["NodeName"])
        for one in world.store.of(MEMBER)
        if one["ClusterId"] in clusters and one["Registered"] and one["InstanceId"] in instances
    ]


def machine_wish(world: World, *, machine: Resource, cluster: str, node: str) -> MachineWish:
    """An instance that is a node."""
    subnet = next(one["CidrBlock"] for one in world.store.of(VSWITCH) if one.id == machine["VSwitchId"])
    return MachineWish(
        id=machine.id,
        boot=f"{machine['StartTime']} {machine.created}",
        vpc=machine["VpcId"],
        subnet=str(subnet),
        address=machine["PrivateIpAddress"],
        cluster=cluster,
        node=node,
    )


def _running(world: World) -> dict[str, Resource]:
    return {one.id: one for one in world.store.of(INSTANCE) if one["Status"] == RUNNING and not one["Releasing"]}


def _vpc(world: World, *, id: str, links: list[LinkWish]) -> VpcWish:
    subnets = (str(one["CidrBlock"]) for one in world.store.of(VSWITCH) if one["VpcId"] == id)
    addresses = {one.id: str(one["PrivateIpAddress"]) for one in world.store.of(INSTANCE) if one["VpcId"] == id}
    tables = {one.id for one in world.store.of(ROUTE_TABLE) if one["VpcId"] == id}
    routes: dict[str, str] = {}
    for entry in world.store.of(ROUTE_ENTRY):
        hops: list[dict[str, Any]] = entry.get("NextHops") or []
        if entry["RouteTableId"] in tables and len(hops) == 1 and hops[0]["NextHopId"] in addresses:
            routes[str(entry["DestinationCidrBlock"])] = addresses[hops[0]["NextHopId"]]
    own = tuple(sorted(one.address for one in links if one.vpc == id))
    return VpcWish(tuple(sorted(subnets)), routes, own)


def _registries(world: World) -> dict[str, str]:
    """Those that have a namespace."""
    ids = {str(one["InstanceId"]) for one in world.store.of(NAMESPACE)}
    return {id_: _domain(world, id=id_, inside=False) for id_ in sorted(ids)}


def _links(world: World) -> list[LinkWish]:
    return [
        LinkWish(one["VpcId"], str(one["Ip"]), str(one["InstanceId"]), _domain(world, id=str(one["InstanceId"]), inside=True))
        for one in world.store.of(LINK)
        if one["Status"] == "RUNNING"
    ]


def _domain(world: World, *, id: str, inside: bool) -> str:
    found = next((one for one in world.store.of(REGISTRY) if one.id == id), None)
    name = str(new("local")["InstanceName"] if found is None else found["InstanceName"])
    region = standing()[id] if found is None else found.region
    return domain_of(name, region=region, inside=inside)


def _listeners(world: World) -> dict[str, ListenerWish]:
    balancers = {one.id: one for one in world.store.of(LOAD_BALANCER)}
    groups = {one.id: one for one in world.store.of(VSERVER_GROUP)}
    instances = _running(world)
    found: dict[str, ListenerWish] = {}
    for one in world.store.of(LISTENER):
        balancer = balancers.get(one["LoadBalancerId"])
        if balancer is None or one["Status"] != "running" or one["ListenerProtocol"] == "udp":
            continue
        group = groups.get(one.get("VServerGroupId") or "")
        if group is None:  # nothing stands behind that of an API server, which is no machine of the account
            continue
        backends = (
            Backend(instances[row["ServerId"]]["VpcId"], instances[row["ServerId"]]["PrivateIpAddress"], int(row["Port"]))
            for row in group["BackendServers"]
            if row["ServerId"] in instances
        )
        wish = ListenerWish(str(balancer["Address"]), int(one["ListenerPort"]), tuple(backends))
        found[f"{balancer.id}/{wish.port}"] = wish
    return found
