"""Kubernetes versions: which can be made, and what a cluster can be upgraded to (API DescribeKubernetesVersionMetadata).

A file may say as much of a version as it likes: `1.36`, `1.36.2` or `1.36.2-aliyun.1` (sheet ack-facts.md 5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from acsctl.cloud import Cloud, dicts, strings
from acsctl.errors import DeniedError
from acsctl.kinds.contract import Prepared
from acsctl.model.plan import Finding

FORM = r"^\d+\.\d+(\.\d+(-aliyun\.\d+)?)?$"


def same(want: str, have: str) -> bool:
    """Whether `have` is the wanted version, or one that begins with it."""
    return have == want or have.startswith((f"{want}.", f"{want}-"))


def key(version: str) -> tuple[int, ...]:
    """The numbers of a version, for comparing."""
    return tuple(map(int, re.findall(r"\d+", version)))


def minor(version: str) -> tuple[int, ...]:
    """Major and minor."""
    return key(version)[:2]


def chosen(cloud: Cloud, want: str) -> Prepared:
    """The newest version that can be made and is as wanted."""
    rows = _metadata(cloud)
    known = [str(row["version"]) for row in rows if row.get("creatable", True)]
    return _newest(want, known) or _refused(f"no cluster of version {want} can be made", known)


def newest(cloud: Cloud) -> str:
    """The version that a cluster gets for which none is written; empty where the catalogue does not tell us."""
    try:
        rows = _metadata(cloud)
    except DeniedError:
        return ""
    return max((str(row["version"]) for row in rows if row.get("creatable", True)), key=key, default="")


def reached(cloud: Cloud, want: str, *, have: str) -> Prepared:
    """The newest version as wanted that a cluster of version `have` can be upgraded to, one minor at a time."""
    if same(want, have):
        return Prepared()
    if key(want) < key(have)[: len(key(want))]:
        return _refused(f"a cluster of version {have} cannot go back to {want}", ())
    rows = _metadata(cloud, KubernetesVersion=have, QueryUpgradableVersion=True)
    steps = [version for row in rows if row.get("version") == have for version in strings(row, "upgradable_versions")]
    found = _newest(want, steps)
    if found:
        return found
    if minor(want)[1] - minor(have)[1] > 1:
        between = f"{minor(have)[0]}.{minor(have)[1] + 1}"
        text = f"an upgrade goes one minor version at a time: {have} cannot go to {want}"
        return Prepared(findings=(Finding("error", text, remedy=f"write  version: {between}  and apply that first"),))
    return _refused(f"a cluster of version {have} cannot be upgraded to {want}", steps)


def _newest(want: str, known: Sequence[str]) -> Prepared | None:
    fitting = sorted((version for version in known if same(want, version)), key=key)
    return Prepared(spec={"version": fitting[-1]}) if fitting else None


def _refused(text: str, known: Sequence[str]) -> Prepared:
    newest = ", ".join(sorted(known, key=key, reverse=True))
    return Prepared(findings=(Finding("error", text, remedy=f"write one of {newest}" if newest else ""),))


def _metadata(cloud: Cloud, **more: Any) -> list[dict[str, Any]]:
    params: Mapping[str, Any] = {"Region": cloud.region, "ClusterType": "ManagedKubernetes", "Profile": "Default", **more}
    return dicts(cloud.call("cs", "DescribeKubernetesVersionMetadata", params), "body")
