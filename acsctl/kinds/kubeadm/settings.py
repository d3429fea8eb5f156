"""What is to be known of a node and of its cluster before a machine becomes one: plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PORT = 6443
PREFIX = "kubeadm-"
MIRROR = "http://mirrors.cloud.aliyuncs.com"
"""Packages: it answers inside of the cloud, to machines without a way to the Internet, too."""
IMAGES = "registry.aliyuncs.com/google_containers"


def id_of(machine: str, serial: str) -> str:
    """The id of a cluster: its first control plane, and which of the clusters that have been on that machine."""
    return f"{PREFIX}{machine}-{serial}"


def is_id(cluster: str) -> bool:
    """Whether an id is one of a self-managed cluster, or of something in one."""
    return cluster.startswith(PREFIX)


def machine_of(cluster: str) -> str:
    """The first control plane of a cluster."""
    return cluster.removeprefix(PREFIX).rpartition("-")[0]


@dataclass(frozen=True)
class Release:
    """Which Kubernetes, and where its packages and images come from."""

    version: str
    mirror: str = MIRROR
    images: str = IMAGES

    @property
    def minor(self) -> str:
        """`1.35`, by which package repositories are divided."""
        return ".".join(self.version.split(".")[:2])


@dataclass(frozen=True)
class Node:
    """A machine that becomes a node: its id, its address in the VPC, what the Node object shall bear."""

    region: str
    id: str
    address: str
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    taints: Sequence[Mapping[str, str]] = ()

    @property
    def name(self) -> str:
        """The name of its Node object, which is its provider id too: `<region>.<instance id>` (sheet containers.md 2.5)."""
        return f"{self.region}.{self.id}"


@dataclass(frozen=True)
class Network:
    """The ranges of pods and services, and the size of a node's part of the former."""

    pods: str
    services: str
    mask: int

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Network:
        """From the field `network` of a cluster."""
        return cls(spec["pod_cidr"], spec["service_cidr"], spec["node_cidr_mask"])


@dataclass(frozen=True)
class Entry:
    """How a node finds its cluster and is let in: the API server's address, a bootstrap token, the hash of its authority."""

    endpoint: str
    token: str = field(repr=False)
    authority: str
