"""The addons that an upgrade of a cluster takes along (API ListAddons, ListClusterAddonInstances, UpgradeClusterAddons;
sheets containers.md 1.6, ack-facts.md 3).

Only what belongs to Kubernetes itself: its core, network and storage. The rest has an owner who chose its version, and the pod
network is `flannel`'s. Never more than one at a time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.cloud import Cloud, dicts
from acsctl.kinds.ack import addon, tasks
from acsctl.kinds.contract import Steps

ORDER = ("core", "network", "storage")
UPGRADE = "Upgrade"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Behind:
    """An installed addon that is older than the one of a version of Kubernetes."""

    name: str
    have: str
    want: str

    def __str__(self) -> str:
        return f"{self.name} {self.have} → {self.want}"


def behind(cloud: Cloud, cluster: Row, *, version: str) -> list[Behind]:
    """What `version` of Kubernetes brings newer than a cluster (a row of DescribeClusterDetail) has, in the order to do it."""
    there = dicts(cloud.call("cs", "ListClusterAddonInstances", {"cluster_id": cluster["cluster_id"]}), "addons")
    catalogue = {
        "region_id": cloud.region,
        "cluster_type": "ManagedKubernetes",
        "profile": "Default",
        "cluster_spec": cluster.get("cluster_spec") or "ack.standard",
        "cluster_version": version,
    }
    known = {str(row.get("name")): row for row in dicts(cloud.call("cs", "ListAddons", catalogue), "addons")}
    found = [_behind(row, known.get(str(row.get("name")), {})) for row in there]
    rank = {name: str(row.get("category") or "") for name, row in known.items()}
    return sorted(filter(None, found), key=lambda item: (ORDER.index(rank[item.name]), item.name))


def _behind(installed: Row, offered: Row) -> Behind | None:
    name, have, want = (
        str(row.get(key) or "") for row, key in ((installed, "name"), (installed, "version"), (offered, "version"))
    )
    actions = offered.get("supported_actions")
    ours = offered.get("category") in ORDER and name not in addon.NAMES
    can = not isinstance(actions, list) or not actions or UPGRADE in actions
    return Behind(name, have, want) if ours and can and have and want and key(have) < key(want) else None


def key(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with: those behind are of builds, and may be digits of a hash."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(map(int, found[1].split("."))) if found else ()


def brought(cloud: Cloud, cluster: Row, *, version: str) -> Steps:
    """Upgrade what is behind, one after the other, each to its end."""
    for item in behind(cloud, cluster, version=version):
        change = {"component_name": item.name, "next_version": item.want, "version": item.have}
        params = {"ClusterId": cluster["cluster_id"], "body": [change]}
        yield from tasks.done(cloud.call("cs", "UpgradeClusterAddons", params), said=f"addon {item}")
