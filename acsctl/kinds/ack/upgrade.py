"""Upgrading a cluster: the check, the control plane, the addons in order (API UpgradeCluster; sheet containers.md 1.3).

Node pools follow by themselves: that their nodes are behind the control plane is a difference of theirs, which each plan sees.
One minor version at a time; which steps there are, the cloud tells (`versions`).
"""

from __future__ import annotations

from typing import Any

from acsctl.cloud import Cloud
from acsctl.kinds.ack import addons, checks, clusters, tasks, versions
from acsctl.kinds.contract import Prepared, Steps, Wait


def brought(cloud: Cloud, id: str, *, version: str) -> Steps:
    """Bring a running cluster to `version`; what a run that broke off has done already is not done again."""
    row = clusters.detail(cloud, id) or {}
    have = str(row.get("current_version") or "")
    if not versions.same(version, have):
        yield from checks.passed(cloud, id, version=version)
        answer = cloud.call("cs", "UpgradeCluster", {"ClusterId": id, "next_version": version, "master_only": True})
        yield from tasks.done(answer, said=f"control plane {have} → {version}")
        yield Wait((id,), soon=True)
        have = version
    yield from addons.brought(cloud, {**row, "cluster_id": id}, version=have)


def prepared(cloud: Cloud, row: dict[str, Any], want: str) -> Prepared:
    """Which version it will be, what is in the way of it, and what it takes along."""
    have = str(row["current_version"])
    found = versions.reached(cloud, want, have=have)
    if found.findings:
        return found
    version = str(found.spec.get("version") or have)
    behind = addons.behind(cloud, row, version=version)
    steps = [*(["control plane"] if version != have else []), *map(str, behind), "node pools"]
    return Prepared(found.spec, note=f"a check, then {', '.join(steps)}" if version != have else f"left: {', '.join(steps)}")
