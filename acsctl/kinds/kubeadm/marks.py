"""What tells that a machine is a node: tags of the instance, beside those of the instance itself.

A self-managed cluster is no resource of the cloud. It is where its first control plane is: that machine's id is in the
cluster's, and its tags say whose it is, what it was made with, and which pools there are. They are written last, so that what
bears them is whole; a new machine in its place bears none, and is no cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.cloud import Cloud
from acsctl.kinds import marks
from acsctl.kinds.contract import Update
from acsctl.kinds.kubeadm import settings
from acsctl.kinds.kubeadm.settings import Network
from acsctl.model import address as addresses
from acsctl.model import ownership
from acsctl.model.address import Address
from acsctl.model.ownership import Mark

Tags = Mapping[str, str]

CLUSTER = "acsctl:cluster"  # the address of the cluster whose first control plane this is
SHAPE = "acsctl:cluster-shape"  # version, pod range, service range, node mask, and the end of the cluster's id
PROTECT = "acsctl:cluster-protect"
RETAIN = "acsctl:cluster-retain"
UP = "acsctl:cluster-up"  # it has answered
NODE = "acsctl:node"  # the cluster's id and the address of the pool
NODE_UP = "acsctl:node-up"  # the cluster has it
POOL = "acsctl:pool:"  # + the address of a pool; on the control plane
FLAGS = {ownership.PROTECT: "protect", ownership.RETAIN: "retain"}


@dataclass(frozen=True)
class Shape:
    """What a cluster was made with, as one tag holds it."""

    version: str
    network: Network
    serial: str

    def __str__(self) -> str:
        return f"{self.version} {self.network.pods} {self.network.services} {self.network.mask} {self.serial}"


def shape(tags: Tags) -> Shape | None:
    """What a control plane's tags say; None where they cannot be read."""
    try:
        version, pods, services, mask, serial = tags[SHAPE].split(" ")
        return Shape(version, Network(pods, services, int(mask)), serial)
    except (KeyError, ValueError):
        return None


def id_of(row: Mapping[str, Any]) -> str:
    """The id of the cluster whose first control plane a row of DescribeInstances is; empty where it is none."""
    tags = marks.read_tags(row)
    made = shape(tags)
    return settings.id_of(str(row["InstanceId"]), made.serial) if made and CLUSTER in tags else ""


def cluster_of(tags: Tags) -> Mark | None:
    """The mark of the cluster whose first control plane bears these tags."""
    address = _address(tags.get(CLUSTER, ""), "cluster")
    if address is None or ownership.STACK not in tags:
        return None
    return Mark(tags[ownership.STACK], address, protect=PROTECT in tags, retain=RETAIN in tags)


def pools_of(tags: Tags) -> Iterator[Mark]:
    """The marks of the pools that a control plane's tags name."""
    for key, value in sorted(tags.items()):
        address = _address(key.removeprefix(POOL), "node_pool") if key.startswith(POOL) else None
        if address is not None and ownership.STACK in tags:
            words = value.split()
            yield Mark(tags[ownership.STACK], address, protect="protect" in words, retain="retain" in words)


def node_of(tags: Tags) -> tuple[str, str]:
    """The cluster's id and the pool's address of a node; empty where the machine is none."""
    cluster, _, pool = tags.get(NODE, "").partition(" ")
    return cluster, pool


def of_cluster(mark: Mark, made: Shape) -> dict[str, str]:
    """The tags of a control plane."""
    flags = {PROTECT: mark.protect, RETAIN: mark.retain}
    return {CLUSTER: mark.address.tag, SHAPE: str(made), **{key: "true" for key, on in flags.items() if on}}


def of_pool(mark: Mark) -> dict[str, str]:
    """The tag by which a control plane names a pool."""
    words = [word for word, on in (("protect", mark.protect), ("retain", mark.retain)) if on]
    return {POOL + mark.address.tag: " ".join(words) or "-"}


def write(cloud: Cloud, id: str, *, put: Tags | None = None, drop: tuple[str, ...] = ()) -> None:
    """Set and take off tags of a machine."""
    marks.write_tags(cloud, "ecs", "instance", ids=[id], change=Update({}, set_tags=put or {}, unset_tags=drop))


def _address(text: str, kind: str) -> Address | None:
    try:
        found = addresses.parse(text) if text else None
    except ValueError:
        return None
    return found if found and found.kind == kind else None
