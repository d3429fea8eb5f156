"""What the cloud would refuse: quotas, and ranges that live clusters and routes have already (containers.md 1.8 and 2.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

from acsctl.cloud import Cloud, Listing, Style, dig, list_all
from acsctl.errors import CloudError
from acsctl.kinds import ranges, vpc
from acsctl.kinds.ack import addressing, clusters, pools
from acsctl.kinds.contract import Prepared
from acsctl.kinds.ecs import catalogue
from acsctl.model.plan import Finding
from acsctl.model.resource import Spec
from acsctl.model.schema import SpecOf
from acsctl.model.unknown import Ref

ROUTES = Listing(
    "vpc",
    "DescribeRouteEntryList",
    items="RouteEntrys.RouteEntry",
    key=("RouteEntryId",),
    style=Style.TOKEN,
    size=100,
    size_name="MaxResult",
)
ROUTES_A_TABLE = 200
"""The default of `vpc_quota_route_entrys_num`, where the Quota Center does not answer."""


def quotas(cloud: Cloud) -> Callable[[str], int | None]:
    """The quotas of Container Service by name; the map `quotas` wins where it has one. None where the cloud does not tell."""
    answer = cloud.call("cs", "DescribeUserQuota", {})

    def quota(name: str) -> int | None:
        row = (answer.get("quotas") or {}).get(name)
        found = row.get("quota") if isinstance(row, Mapping) else answer.get(name)
        return int(found) if found is not None and str(found).isdecimal() else None

    return quota


def of_clusters(cloud: Cloud, spec: Spec, spec_of: SpecOf) -> Iterator[Finding]:
    """What keeps a further cluster from being made: the number of clusters, and ranges in use in its VPC."""
    every = clusters.listed(cloud)
    rows = [row for row in every if row["cluster_id"] != spec.get("replaces")]
    most = quotas(cloud)("amk_cluster_quota")
    if most is not None and len(rows) >= most:
        yield Finding("error", f"{len(rows)} of {most} clusters are there already", remedy=MORE, passing=True)
    home = vpc_of(spec, spec_of)
    if home is None:
        return
    # A route to a node is its cluster's, whose range is looked at as a whole; that of a replaced one goes with it.
    pods = [cidr for row in every if row.get("vpc_id") == home and (cidr := ranges.network(row.get("container_cidr")))]
    others = [cidr for cidr in routes(cloud, home) if not any(cidr.subnet_of(whole) for whole in pods)]
    taken = [*_of_neighbours(rows, home), *((cidr, "a route of the VPC") for cidr in others)]
    network: Mapping[str, Any] = spec.get("network") or {}
    for name in ("pod_cidr", "service_cidr"):
        cidr = ranges.network(network.get(name))
        found = next(((other, owner) for other, owner in taken if cidr and cidr.overlaps(other)), None)
        if cidr and found:
            free = addressing.free_range(cidr.prefixlen, [*(other for other, _ in taken), *_own(home, spec_of, spec)])
            hint = f"free and large enough: {free}" if free else ""
            yield Finding("error", f"{name} {cidr} overlaps {found[0]} of {found[1]}", remedy=hint, passing=True)


MORE = "ask for a higher quota in the Quota Center"


def _of_neighbours(rows: list[dict[str, Any]], home: str) -> Iterator[tuple[IPv4Network, str]]:
    for row in rows:
        for name in ("container_cidr", "service_cidr"):
            cidr = ranges.network(row.get(name))
            if row.get("vpc_id") == home and cidr:
                yield cidr, f"cluster {row.get('name') or row['cluster_id']}"


def _own(home: str, spec_of: SpecOf, spec: Spec) -> list[IPv4Network]:
    """The ranges of the VPC, as far as they are known, and the other range of the cluster itself."""
    network: Mapping[str, Any] = spec.get("network") or {}
    known = spec_of(home) or {}
    written = [known.get("cidr"), *(known.get("secondary_cidrs") or ()), network.get("pod_cidr"), network.get("service_cidr")]
    return [cidr for cidr in map(ranges.network, written) if cidr]


def vpc_of(spec: Spec, spec_of: SpecOf) -> str | None:
    """The id of the live VPC that a cluster stands in, None where that is new or not known."""
    for value in spec.get("vswitches") or ():
        vswitch = spec_of(value)
        home = vswitch.get("vpc") if vswitch else None
        if isinstance(home, str):
            return home
        found = spec_of(home) if home is not None else None
        if found and isinstance(found.get("id"), str):
            return str(found["id"])
    return None


def routes(cloud: Cloud, home: str) -> list[IPv4Network]:
    """The destinations of the custom routes in the VPC's system table."""
    rows = list_all(cloud, vpc.LISTING, {"RegionId": cloud.region, "VpcId": home})
    table = next((vpc.read(row).outputs["route_table_id"] for row in rows), "")
    if not table:
        return []
    params = {"RegionId": cloud.region, "RouteTableId": table, "RouteEntryType": "Custom"}
    found = (ranges.network(row.get("DestinationCidrBlock")) for row in list_all(cloud, ROUTES, params))
    # The way out says nothing of who has an address.
    return [cidr for cidr in found if cidr and cidr.prefixlen > 0]


def of_pool(cloud: Cloud, spec: Spec, spec_of: SpecOf) -> Iterator[Finding]:
    """What keeps a pool from having its nodes: the quotas of pools and nodes, and of routes in the VPC's table."""
    owner = spec_of(spec.get("cluster")) or {}
    cluster, own = owner.get("id"), spec.get("id")
    there = pools.listed(cloud, cluster) if isinstance(cluster, str) else []
    others = [row for row in there if pools.id_of(str(cluster), row) != own]
    quota = quotas(cloud)
    most = quota("cluster_nodepool_quota")
    if most is not None and own is None and len(others) >= most:
        yield Finding("error", f"the cluster has {len(others)} of {most} node pools already", remedy=MORE, passing=True)
    total = wanted(spec, spec_of) + _nodes(others)
    nodes = quota("node_quota")
    if nodes is not None and total > nodes:
        yield Finding("error", f"the cluster would have {total} nodes, {nodes} are allowed", remedy=MORE, passing=True)
    yield from _of_routes(cloud, owner, spec_of, nodes=total)


def of_market(cloud: Cloud, spec: Spec, spec_of: SpecOf) -> Prepared:
    """Whether the machines that a pool is to make are in stock; what scales by itself may have to wait for them."""
    size, cluster, own = spec.get("size"), (spec_of(spec.get("cluster")) or {}).get("id"), spec.get("id")
    there = pools.listed(cloud, cluster) if isinstance(cluster, str) and own is not None else []
    have = _nodes([row for row in there if pools.id_of(str(cluster), row) == own])
    if size is None or wanted(spec, spec_of) <= have:
        return Prepared()
    found = catalogue.market(cloud, spec, catalogue.zones(cloud, spec.get("vswitches") or (), spec_of))
    severity = "warning" if isinstance(size, Mapping) else "error"
    findings = tuple(replace(item, severity=severity) if item.severity == "error" else item for item in found.findings)
    return Prepared(note=found.note, findings=findings)


def _nodes(rows: Iterable[Mapping[str, Any]]) -> int:
    return sum((row.get("status") or {}).get("total_nodes") or 0 for row in rows)


def _of_routes(cloud: Cloud, owner: Spec, spec_of: SpecOf, *, nodes: int) -> Iterator[Finding]:
    """Each node has a route: those of the cluster's own nodes lie inside the pods' range."""
    pods = ranges.network((owner.get("network") or {}).get("pod_cidr"))
    if pods is None:
        return
    home = vpc_of(owner, spec_of)
    foreign = [cidr for cidr in routes(cloud, home) if not cidr.subnet_of(pods)] if home else []
    quota, told = route_quota(cloud)
    room = quota - len(foreign)
    if nodes > room:
        text = f"{nodes} nodes need as many routes, but a table has {quota} and {len(foreign)} are taken: room for {room}"
        by_default = "" if told else " (the default: the Quota Center did not answer)"
        yield Finding("error" if told else "warning", text + by_default, remedy=MORE, passing=told)


def route_quota(cloud: Cloud) -> tuple[int, bool]:
    """How many custom routes a table may have, and whether the Quota Center told so: its key may not be allowed to ask it
    (API GetProductQuota; sheets data.md 5, network.md 3)."""
    params = {
        "ProductCode": "vpc",
        "QuotaActionCode": "vpc_quota_route_entrys_num",
        "Dimensions": [{"Key": "regionId", "Value": cloud.region}],
    }
    try:
        found = dig(cloud.call("quotas", "GetProductQuota", params), "Quota", dict).get("TotalQuota")
    except CloudError:
        return ROUTES_A_TABLE, False
    return (int(found), True) if isinstance(found, int | float) else (ROUTES_A_TABLE, False)


def wanted(pool: Spec, spec_of: SpecOf) -> int:
    """How many nodes a pool may have: the most where it scales by itself."""
    size = pool.get("size")
    if isinstance(size, Mapping):
        return int(size["max"])
    if isinstance(size, int):
        return size
    fleets = {value: _count(value, spec_of) for value in pool.get("attach") or ()}
    return sum(fleets.values())


def _count(value: Any, spec_of: SpecOf) -> int:
    if not isinstance(value, Ref) or value.address.number is not None:
        return 1
    return int((spec_of(value) or {}).get("count", 1))
