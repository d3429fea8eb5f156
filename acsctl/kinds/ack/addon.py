"""The network addon of a cluster (API ListClusterAddonInstances, GetClusterAddonInstance, InstallClusterAddons,
UpgradeClusterAddons, ModifyClusterAddon; sheets containers.md 1.6, ack-facts.md 3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.cloud import Cloud, dicts, dig, is_absent
from acsctl.errors import AcsctlError, CloudError
from acsctl.kinds.ack import tasks
from acsctl.kinds.contract import Steps

NAMES = ("flannel", "kube-flannel-ds")
"""It is installed under the first and was read back under the second (ack-facts.md 3)."""


@dataclass(frozen=True)
class Addon:
    """The installed addon. `config` is only read where it was asked for."""

    name: str
    version: str
    state: str
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def active(self) -> bool:
        """Whether nothing is under way. An old state "" means the same."""
        return self.state in ("active", "")


def read(cloud: Cloud, cluster: str, *, whole: bool = False) -> Addon | None:
    """The network addon of a cluster, None where there is none."""
    try:
        rows = dicts(cloud.call("cs", "ListClusterAddonInstances", {"cluster_id": cluster}), "addons")
    except CloudError as error:
        if not is_absent(error):
            raise
        return None
    row = next((row for row in rows if row.get("name") in NAMES), None)
    if row is None:
        return None
    name = dig(row, "name", str)
    config = _config(cloud, cluster, name) if whole else {}
    return Addon(name, str(row.get("version") or ""), str(row.get("state") or ""), config)


def _config(cloud: Cloud, cluster: str, name: str) -> dict[str, Any]:
    """An empty one counts as {} (ack-facts.md 3)."""
    row = cloud.call("cs", "GetClusterAddonInstance", {"cluster_id": cluster, "instance_name": name})
    text = row.get("config") or "{}"
    try:
        found = json.loads(text)
    except ValueError as error:
        raise AcsctlError(f"the configuration of addon {name} is no JSON") from error
    return found if isinstance(found, dict) else {}


def bring(cloud: Cloud, cluster: str, *, version: str | None, config: Mapping[str, Any] | None) -> Steps:
    """Install it, or bring it to a version and a configuration; what is so already is left alone."""
    found = read(cloud, cluster, whole=bool(config))
    text = json.dumps(config, sort_keys=True) if config else ""
    if found is None:
        item = {"name": NAMES[0], "version": version or _newest(cloud, cluster), "config": text}
        yield from tasks.done(cloud.call("cs", "InstallClusterAddons", {"ClusterId": cluster, "body": [item]}))
    elif version and version != found.version:
        change = {"component_name": found.name, "next_version": version, "config": text or None}
        yield from tasks.done(cloud.call("cs", "UpgradeClusterAddons", {"ClusterId": cluster, "body": [change]}))
    elif any(found.config.get(name) != value for name, value in (config or {}).items()):
        merged = json.dumps({**found.config, **(config or {})}, sort_keys=True)
        # It answers with no task; that it is done shows in the addon's state (containers.md 1.6).
        cloud.call("cs", "ModifyClusterAddon", {"cluster_id": cluster, "component_id": found.name, "config": merged})


def _newest(cloud: Cloud, cluster: str) -> str:
    row = cloud.call("cs", "DescribeAddon", {"addon_name": NAMES[0], "cluster_id": cluster})
    return dig(row, "version", str)
