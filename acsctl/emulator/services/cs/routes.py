"""Routes of pods, which the cloud controller manager writes for Flannel (sheet containers.md 2.1).

One custom entry per node in the system route table of the VPC: the node's block of pod addresses, to its machine. They have
neither name nor description and count against the quota of the table. What lies inside the cluster's range and is not one of
them is taken away; entries with several next hops are left alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from acsctl.emulator.errors import ApiError
from acsctl.emulator.kubernetes.client import NODES, Object
from acsctl.emulator.kubernetes.conditions import Condition, find, with_condition
from acsctl.emulator.services.cs.rounds import Round, Seen
from acsctl.emulator.services.network import ROUTE_ENTRY, ROUTE_TABLE

FLANNEL = "flannel"
BATCH = 50  # entries per call, sheet network.md 3
THERE = Condition("NetworkUnavailable", "False", "RouteCreated", "RouteController created a route")


@dataclass(frozen=True)
class Route:
    """block: pod addresses of a node. machine: instance id."""

    block: str
    machine: str
    node: Object


def tend(job: Round) -> None:
    if job.cluster["Network"] != FLANNEL:
        return
    wanted = _wanted(job)
    tables = [one for one in job.all(ROUTE_TABLE) if one["VpcId"] == job.cluster["VpcId"]]
    if not tables:
        return
    if len(tables) > 1:
        why = f"alicloud: multiple route tables found by VPC id[{job.cluster['VpcId']}], length(routeTables)={len(tables)}"
        _tell(job, routes=wanted, failures={one.block: why for one in wanted}, made=set())
        return
    entries = [one for one in job.all(ROUTE_ENTRY) if one["RouteTableId"] == tables[0].id]
    inside = [one for one in entries if _is_inside(one, cidr=job.cluster["ContainerCidr"])]
    known = _known(job)
    _drop(job, entries=[one for one in inside if _pair(one) not in known])
    there = {_pair(one): one["Status"] for one in inside}
    missing = [one for one in wanted if (one.block, one.machine) not in there]
    failures = _add(job, table=tables[0].id, routes=missing)
    made = {one.block for one in wanted if there.get((one.block, one.machine)) == "Available"}
    _tell(job, routes=wanted, failures=failures, made=made)


def _wanted(job: Round) -> list[Route]:
    """Of the nodes that the cloud knows, that have a block, that do not leave and of which something is heard."""
    rows: list[Route] = []
    for node in job.client.listed(NODES):
        block, machine = node["spec"].get("podCIDR"), _machine(node)
        ready = find(node.get("status") or {}, "Ready")
        unheard = ready is not None and ready["status"] == "Unknown"
        if block and machine and not unheard and not node["metadata"].get("deletionTimestamp"):
            rows.append(Route(str(block), machine, node))
    return rows


def _known(job: Round) -> set[tuple[str, str]]:
    """Block and machine of every node that stays, also of those of which nothing is heard for a while."""
    nodes = [node for node in job.client.listed(NODES) if not node["metadata"].get("deletionTimestamp")]
    return {(str(node["spec"].get("podCIDR")), _machine(node)) for node in nodes if _machine(node)}


def _machine(node: Object) -> str:
    """The instance id in `<region>.<instance id>`."""
    return str(node["spec"].get("providerID") or "").rpartition(".")[2]


def _is_inside(entry: Seen, *, cidr: str) -> bool:
    """Whether it is a route to a machine, within the cluster's range."""
    single = len(entry["NextHops"]) == 1 and entry["NextHops"][0]["NextHopType"] == "Instance"
    return single and IPv4Network(entry["DestinationCidrBlock"]).subnet_of(IPv4Network(cidr))


def _pair(entry: Seen) -> tuple[str, str]:
    return str(entry["DestinationCidrBlock"]), str(entry["NextHops"][0]["NextHopId"])


def _drop(job: Round, *, entries: list[Seen]) -> None:
    """Deletes entries. A busy VPC is tried again."""
    rows = [{"RouteTableId": one["RouteTableId"], "RouteEntryId": one.id} for one in entries if one["Status"] == "Available"]
    if rows:
        try:
            job.ask("vpc.DeleteRouteEntries", RouteEntries=rows[:BATCH])
        except ApiError:
            job.client.stale = True


def _add(job: Round, *, table: str, routes: list[Route]) -> dict[str, str]:
    """Adds entries; what failed, block -> why. A busy VPC is tried again, and tells nothing."""
    rows = [
        {"RouteTableId": table, "DstCidrBlock": one.block, "NextHop": one.machine, "NextHopType": "Instance"} for one in routes
    ]
    failures: dict[str, str] = {}
    for start in range(0, len(rows), BATCH):
        try:
            answer = job.ask("vpc.CreateRouteEntries", RouteEntries=rows[start : start + BATCH])
        except ApiError as error:
            job.client.stale = True
            if "Status" not in error.code and error.code != "TaskConflict":
                failures |= {row["DstCidrBlock"]: f"{error.code}: {error.message}" for row in rows[start : start + BATCH]}
            break
        for one in answer["FailedRouteEntries"]:
            failures[one["DstCidrBlock"]] = f"{one['FailedCode']}: {one['FailedMessage']}"
    return failures


def _tell(job: Round, *, routes: list[Route], failures: Mapping[str, str], made: set[str]) -> None:
    """The condition NetworkUnavailable of each node."""
    for route in routes:
        if route.block in made:
            _set(job, node=route.node, condition=THERE)
        elif route.block in failures:
            why = failures[route.block]
            condition = Condition(
                "NetworkUnavailable", "True", "NoRouteCreated", f"RouteController failed to create a route: {why}"
            )
            if _set(job, node=route.node, condition=condition):
                note = f"Could not create route {route.block} for node {route.node['metadata']['name']}: {why}"
                job.client.event(route.node, reason="FailedToCreateRoute", note=note, warning=True)


def _set(job: Round, *, node: Object, condition: Condition) -> bool:
    """Whether that changed anything. A node whose kubelet has not spoken yet is left alone."""
    status: dict[str, Any] = node.get("status") or {}
    if not status.get("conditions"):
        return False
    conditions = with_condition(status["conditions"], condition, stamp=job.client.stamp)
    if conditions == status["conditions"]:
        return False
    return job.client.set_status(NODES, node, status={**status, "conditions": conditions})
