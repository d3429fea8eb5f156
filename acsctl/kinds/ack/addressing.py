"""Address arithmetic of a Flannel cluster (sheet containers.md 2.2): pure, used at load and at plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

from acsctl.kinds import ranges
from acsctl.model.resource import Desired, Spec
from acsctl.model.schema import Fault, Others
from acsctl.model.unknown import Ref

PRIVATE = tuple(map(IPv4Network, ("172.16.0.0/12", "10.0.0.0/8", "192.168.0.0/16")))
"""Where pods may have their addresses; looked through in this order for a free range."""
SERVICE_MASKS = range(16, 25)

Taken = list[tuple[IPv4Network, str]]
"""Ranges that are in use, with words for who has them."""


def faults(spec: Spec, others: Others) -> Iterator[Fault]:
    """What can be refused at load: forms, and overlaps with the VPC, with each other and with other clusters of the stack."""
    written = spec.get("network")
    network: Mapping[str, Any] = written if isinstance(written, Mapping) else {}
    pods, services = ranges.network(network.get("pod_cidr")), ranges.network(network.get("service_cidr"))
    taken = [*_of_vpc(spec, others), *_of_clusters(spec, others)]
    if pods:
        path = ("network", "pod_cidr")
        yield from _form(network, pods)
        yield from _overlaps(pods, taken, path=path, also=[services])
        taken.append((pods, "pod_cidr"))
    if services:
        path = ("network", "service_cidr")
        if services.prefixlen not in SERVICE_MASKS:
            text = f"{services} has prefix length {services.prefixlen}"
            yield Fault(path, text, hint=f"allowed are /{SERVICE_MASKS[0]} to /{SERVICE_MASKS[-1]}")
        yield from _overlaps(services, taken, path=path, also=[])


def _form(network: Mapping[str, Any], pods: IPv4Network) -> Iterator[Fault]:
    if not any(pods.subnet_of(private) for private in PRIVATE):
        allowed = ", ".join(map(str, PRIVATE))
        yield Fault(("network", "pod_cidr"), f"{pods} is not private", hint=f"pods have addresses in {allowed}")
    mask = network.get("node_cidr_mask")
    if isinstance(mask, int) and mask < pods.prefixlen:
        text = f"a /{mask} for each node does not fit into {pods}"
        yield Fault(("network", "node_cidr_mask"), text, hint=f"write {max(pods.prefixlen + 1, 24)} to 28")


def _overlaps(cidr: IPv4Network, taken: Taken, *, path: tuple[str, ...], also: Iterable[IPv4Network | None]) -> Iterator[Fault]:
    found = next(((other, owner) for other, owner in taken if cidr.overlaps(other)), None)
    if found:
        other, owner = found
        used = [*(range for range, _ in taken), *(range for range in also if range)]
        free = free_range(cidr.prefixlen, used)
        hint = f"{owner} has {other}" + (f"; free and large enough: {free}" if free else "")
        yield Fault(path, f"{path[-1]} {cidr} overlaps {owner}'s {other}", hint=hint)


def free_range(prefix: int, used: Iterable[IPv4Network]) -> IPv4Network | None:
    """The first private range of that size that has nothing in common with `used` nor with what the cloud reserves."""
    taken = [*used, *ranges.RESERVED]
    for home in PRIVATE:
        if prefix < home.prefixlen:
            continue
        candidate = IPv4Network((home.network_address, prefix))
        while candidate.subnet_of(home):
            blocker = next((other for other in taken if candidate.overlaps(other)), None)
            if blocker is None:
                return candidate
            after = int(max(candidate.broadcast_address, blocker.broadcast_address)) + 1
            # The next range of this size that begins behind what is in the way.
            size = candidate.num_addresses
            start = -(-after // size) * size
            if start > int(home.broadcast_address):
                break
            candidate = IPv4Network((start, prefix))
    return None


def _vpcs(spec: Spec, others: Others) -> list[Desired]:
    """The VPCs of the vSwitches, or of the control plane, as far as they are in the file."""
    found: dict[Any, Desired] = {}
    machines = (ranges.target(item, others) for item in _items(spec.get("control_plane")))
    homes = (item for machine in machines if machine for item in _items(machine.spec.get("vswitch")))
    for value in (*_items(spec.get("vswitches")), *homes):
        vswitch = ranges.target(value, others)
        vpc = ranges.target(vswitch.spec.get("vpc"), others) if vswitch else None
        if vpc:
            found[vpc.address] = vpc
    return list(found.values())


def _items(written: Any) -> list[Any]:
    return list(written) if isinstance(written, (list, tuple)) else [] if written is None else [written]


def _of_vpc(spec: Spec, others: Others) -> Taken:
    return [
        (cidr, str(vpc.address))
        for vpc in _vpcs(spec, others)
        for cidr in map(ranges.network, (vpc.spec.get("cidr"), *(vpc.spec.get("secondary_cidrs") or ())))
        if cidr
    ]


def _of_clusters(spec: Spec, others: Others) -> Taken:
    """The ranges of the clusters that stand before this one in the file, in the same VPC."""
    home = {vpc.address for vpc in _vpcs(spec, others)}
    found: Taken = []
    for other in ranges.before(spec, others, kind="cluster"):
        network = other.spec.get("network")
        if isinstance(network, Mapping) and home & {vpc.address for vpc in _vpcs(other.spec, others)}:
            cidrs = (ranges.network(network.get(name)) for name in ("pod_cidr", "service_cidr"))
            found += [(cidr, str(other.address)) for cidr in cidrs if cidr]
    return found


def blocks(network: Any) -> int | None:
    """For how many nodes the range of the pods has a block, None where that is not known yet."""
    if not isinstance(network, Mapping):
        return None
    pods, mask = ranges.network(network.get("pod_cidr")), network.get("node_cidr_mask")
    if pods is None or not isinstance(mask, int):
        return None
    return int(2 ** max(mask - pods.prefixlen, 0))


def too_many(spec: Spec, others: Others) -> Iterator[Fault]:
    """More nodes in the pools of the file than the range of the pods has blocks."""
    room = blocks(spec.get("network"))
    itself = next((item.address for item in others.values() if item.spec is spec), None)
    if room is None or itself is None:
        return
    pools = [pool for pool in others.values() if _is_pool_of(pool, itself)]
    wanted = sum(nodes(pool.spec, others) for pool in pools)
    if wanted > room:
        network = spec["network"]
        mask = network["node_cidr_mask"]
        text = f"{wanted} nodes are wanted, but {network['pod_cidr']} has a /{mask} for {room}"
        yield Fault(("network", "node_cidr_mask"), text, hint=f"a /{mask} is {2 ** (32 - mask)} addresses for each node")


def _is_pool_of(pool: Desired, cluster: Any) -> bool:
    owner = pool.spec.get("cluster")
    wanted = pool.address.kind == "node_pool" and not pool.existing and not pool.absent
    return wanted and isinstance(owner, Ref) and owner.address == cluster


def nodes(pool: Spec, others: Others) -> int:
    """How many nodes a pool may have, as far as the file tells: the most where it scales by itself."""
    size = pool.get("size")
    if isinstance(size, Mapping):
        return most if isinstance(most := size.get("max"), int) else 0
    if isinstance(size, int):
        return size
    written = pool.get("attach")
    fleets: dict[Any, int] = {}
    for value in written if isinstance(written, (list, tuple)) else ():
        fleet = ranges.target(value, others)
        if fleet:
            every = fleet.count if fleet.count is not None else 1
            fleets[value.address] = 1 if value.address.number is not None else every
    return sum(fleets.values())
