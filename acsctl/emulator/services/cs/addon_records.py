"""The addons of clusters as records: which a new cluster gets, their states over time (sheet ack-facts.md 3)."""

import json
import re
from collections.abc import Mapping
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs.types import ADDON
from acsctl.emulator.services.cs.wiring import known, scope_of, wrong
from acsctl.emulator.world import World

OLDEST = "1.20.0"
Entry = Mapping[str, Any]
"""One addon of metadata/ack.json."""

Wish = dict[str, str]
"""name, version and config (JSON text) of an addon to be."""


def entry(name: str) -> Entry | None:
    """The catalogue's entry of a name or an old name."""
    return next((one for one in known()["addons"] if name == one["name"] or name in one.get("aliases", ())), None)


def versions(found: Entry, *, cluster_version: str) -> list[str]:
    """What a cluster of a version can have, oldest first; those of the control plane follow the cluster."""
    minor = cluster_version.partition("-")[0]
    fitting = [str(one) for one in found["versions"] if _fits(found, version=str(one), cluster_version=cluster_version)]
    return [one.replace("{minor}", minor) for one in fitting]


def minimum(found: Entry, *, version: str) -> str:
    """The oldest cluster version that an addon's version is for."""
    return str((found.get("minimum") or {}).get(version, OLDEST))


def _fits(found: Entry, *, version: str, cluster_version: str) -> bool:
    newest: str | None = (found.get("maximum") or {}).get(version)
    here = _numbers(cluster_version)
    return _numbers(minimum(found, version=version)) <= here and (newest is None or here[:2] <= _numbers(newest)[:2])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"\d+", version.partition("-")[0]))


def wanted(given: dict[str, Any], *, network: str, version: str) -> list[Wish]:
    """The addons of a new cluster: the default ones, the network's own, and those asked for; `disabled` takes one out.

    Raises InvalidParameter.Addons for one that is not known, or whose config is not JSON.
    """
    chosen = [one for one in known()["addons"] if one["default"] or one.get("network") == network]
    wishes = {one["name"]: wish(one, cluster_version=version) for one in chosen}
    for one in given.get("addons") or ():
        found = entry(str(one.get("name", "")))
        if found is None:
            raise wrong("Addons", f"There is no addon {one.get('name')}.")
        if one.get("disabled"):
            wishes.pop(found["name"], None)
        else:
            wishes[found["name"]] = wish(found, cluster_version=version, given=one)
    return list(wishes.values())


def wish(found: Entry, *, cluster_version: str, given: Mapping[str, Any] | None = None) -> Wish:
    """Raises InvalidParameter.Addons for a version or a config that cannot be."""
    asked: Mapping[str, Any] = given or {}
    offered = versions(found, cluster_version=cluster_version)
    version = str(asked.get("version") or offered[-1])
    if version not in offered:
        raise wrong("Addons", f"{found['name']} has the versions {', '.join(offered)}, not {version}.")
    config = asked.get("config") or (json.dumps(found["config"]) if "config" in found else "")
    return {"name": found["name"], "version": version, "config": checked(config)}


def checked(config: Any) -> str:
    """The config of an addon, JSON text of an object, or empty. Raises InvalidParameter.Addons."""
    try:
        loaded: Any = json.loads(str(config)) if config else {}
    except ValueError:
        loaded = None
    if not isinstance(loaded, dict):
        raise wrong("Addons", "The config of an addon is the text of a JSON object.")
    return str(config or "")


def create(world: World, *, cluster: Resource, addons: list[Wish]) -> None:
    for one in addons:
        world.store.create(
            ADDON,
            scope=scope_of(cluster),
            id=f"{cluster.id}/{one['name']}",
            attributes={
                "ClusterId": cluster.id,
                "Name": one["name"],
                "Version": one["version"],
                "Config": one["config"],
                "State": "initial",
                "Updated": world.store.now,
            },
        )


def settle_all(world: World, *, cluster_id: str) -> None:
    """What was initial is active."""
    for one in of(world, cluster_id=cluster_id):
        if one["State"] == "initial":
            one.set(State="active", Updated=world.store.now)


def of(world: World, *, cluster_id: str) -> list[Resource]:
    return [one for one in world.store.of(ADDON) if one["ClusterId"] == cluster_id]


def require(call: Call, *, cluster: Resource, name: str) -> Resource:
    """An installed addon, by any of its names. Raises AddonNotFound 404."""
    found = entry(name)
    addon = call.find(ADDON, id=f"{cluster.id}/{found['name'] if found else name}")
    if addon is None:
        raise ApiError("AddonNotFound", message=f"The addon {name} is not installed.", status=404)
    return addon
