"""What a check of a cluster looks at, as far as the local cloud knows it (public pages of ACK's cluster checks).

Groups and levels are the cloud's; names of items are chosen. What is only known inside a cluster (deprecated APIs) is not
looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import addon_records
from acsctl.emulator.services.cs.types import NODE_POOL
from acsctl.emulator.services.cs.wiring import nodes_of, scope_of
from acsctl.emulator.services.ecs.instance import INSTANCE, RUNNING
from acsctl.emulator.services.network import VPC, VSWITCH
from acsctl.emulator.services.slb.types import LISTENER, LOAD_BALANCER
from acsctl.emulator.world import World

NORMAL, WARNING, ERROR = "normal", "warning", "error"
LEVELS = (NORMAL, WARNING, ERROR)
RESOURCES, COMPONENTS, CONFIGURATION = "ClusterResource", "ClusterComponent", "ClusterConfiguration"
API_PORT = 6443


@dataclass(frozen=True)
class Item:
    """targets: names of what was looked at, or of what is wrong."""

    group: str
    name: str
    level: str = NORMAL
    message: str = ""
    targets: tuple[str, ...] = ()

    def row(self) -> dict[str, Any]:
        found = {"Message": self.message, "Targets": [{"Target": one} for one in self.targets]}
        return {"Group": self.group, "Name": self.name, "Level": {self.level: found}}


def look(world: World, *, cluster: Resource, pool_id: str = "", next_version: str = "") -> list[Item]:
    """All items, with the levels that the setting failing_checks gives. pool_id: of that pool's nodes only."""
    found = [
        _api_server(world, cluster=cluster),
        _network(world, kind=VPC, name="VPC", ids=[cluster["VpcId"]], cluster=cluster),
        _network(world, kind=VSWITCH, name="VSwitch", ids=list(cluster["VSwitchIds"]), cluster=cluster),
        _addons_active(world, cluster=cluster),
        *([_addons_fit(world, cluster=cluster, next_version=next_version)] if next_version else []),
        _machines(world, cluster=cluster, pool_id=pool_id),
        *([_node_versions(world, cluster=cluster)] if next_version else []),
    ]
    return [_as_set(one, levels=world.settings.failing_checks) for one in found]


def _as_set(item: Item, *, levels: Mapping[str, str]) -> Item:
    level = levels.get(item.name)
    return Item(item.group, item.name, level, "The check was asked to fail.", item.targets) if level else item


def _api_server(world: World, *, cluster: Resource) -> Item:
    """The load balancer of the API server, and its listener."""
    id_ = str(cluster["LoadBalancerId"])
    balancer = world.store.find(LOAD_BALANCER, scope=scope_of(cluster), id=id_)
    ports = [one["ListenerPort"] for one in world.store.all(LISTENER, scope=scope_of(cluster)) if one["LoadBalancerId"] == id_]
    problem = "" if balancer is not None else f"The load balancer {id_} does not exist."
    if balancer is not None and API_PORT not in ports:
        problem = f"The load balancer {id_} has no listener {API_PORT}."
    return Item(RESOURCES, "APIServerSLB", ERROR if problem else NORMAL, problem, (id_,))


def _network(world: World, *, kind: Any, name: str, ids: list[str], cluster: Resource) -> Item:
    found = {one: world.store.find(kind, scope=scope_of(cluster), id=one) for one in ids}
    lost = [id_ for id_, one in found.items() if one is None or one["Status"] != "Available"]
    problem = f"{', '.join(lost)} does not exist or is not available." if lost else ""
    return Item(RESOURCES, name, ERROR if lost else NORMAL, problem, tuple(lost or ids))


def _addons_active(world: World, *, cluster: Resource) -> Item:
    busy = [f"{one['Name']}" for one in addon_records.of(world, cluster_id=cluster.id) if one["State"] != "active"]
    problem = f"{', '.join(busy)} is being changed." if busy else ""
    return Item(COMPONENTS, "ComponentStatus", ERROR if busy else NORMAL, problem, tuple(busy))


def _addons_fit(world: World, *, cluster: Resource, next_version: str) -> Item:
    """Whether each has a version for the next one; an addon that has to follow afterwards is told."""
    late = []
    for one in addon_records.of(world, cluster_id=cluster.id):
        found = addon_records.entry(one["Name"])
        offered = addon_records.versions(found, cluster_version=next_version) if found is not None else [one["Version"]]
        if one["Version"] not in offered and "{minor}" not in str(found["versions"][0] if found else ""):
            late.append(f"{one['Name']} {one['Version']}")
    problem = f"{', '.join(late)} is to be upgraded after the cluster." if late else ""
    return Item(COMPONENTS, "ComponentVersion", WARNING if late else NORMAL, problem, tuple(late))


def _machines(world: World, *, cluster: Resource, pool_id: str) -> Item:
    nodes = nodes_of(world, cluster_id=cluster.id, pool_id=pool_id)
    scope = scope_of(cluster)
    found = {one["NodeName"]: world.store.find(INSTANCE, scope=scope, id=one.id) for one in nodes if one["State"] == "running"}
    lost = [name for name, one in found.items() if one is None or one["Status"] != RUNNING]
    problem = f"{', '.join(lost)} is not running." if lost else ""
    return Item(CONFIGURATION, "NodeStatus", ERROR if lost else NORMAL, problem, tuple(lost))


def _node_versions(world: World, *, cluster: Resource) -> Item:
    """Nodes have to be at the version of the control plane before it goes on."""
    pools = {one.id: one["Name"] for one in world.store.all(NODE_POOL, scope=scope_of(cluster))}
    nodes = [one for one in nodes_of(world, cluster_id=cluster.id) if one["Version"] != cluster["Version"]]
    old = tuple(dict.fromkeys(str(pools.get(one["NodePoolId"], one["NodePoolId"])) for one in nodes))
    problem = f"Nodes of {', '.join(old)} are not at {cluster['Version']}." if old else ""
    return Item(CONFIGURATION, "NodeVersion", ERROR if old else NORMAL, problem, old)
