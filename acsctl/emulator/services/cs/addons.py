"""Addons (sheets containers.md 1.6, ack-facts.md 3): the catalogue, and installing, upgrading, changing, uninstalling."""

import json
from collections.abc import Mapping
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import addon_records as records
from acsctl.emulator.services.cs import tasks
from acsctl.emulator.services.cs.addon_records import Entry
from acsctl.emulator.services.cs.tasks import Job, Order, fails, runs
from acsctl.emulator.services.cs.wiring import body, known, require_cluster, require_running, serves, wrong

WORKING = 30.0  # cloud seconds; half a minute to five were told, sheet ack-facts.md 2
_VERSION = "cluster_version"
KIND = {
    "region_id": "RegionId",
    "cluster_type": "ClusterType",
    "profile": "Profile",
    "cluster_spec": "ClusterSpec",
    _VERSION: "ClusterVersion",
}
"""What describes a kind of cluster to the catalogue."""


@serves("ListAddons")
def list_addons(call: Call) -> dict[str, Any]:
    """For a cluster, or for a kind of cluster that is described whole (sheet containers.md 1.6). Raises MissingParameter.X."""
    for name, field in KIND.items() if not call.text("cluster_id") else ():
        if not call.text(name):
            raise ApiError(f"MissingParameter.{field}", message=f"Without cluster_id {name} is mandatory.", status=400)
    version = _cluster_version(call)
    return {"addons": [_catalogued(one, version=version) for one in _offered(version)]}


@serves("DescribeAddon")
def describe_addon(call: Call) -> dict[str, Any]:
    version, found = _cluster_version(call), _known(call.text("addon_name"))
    offered = records.versions(found, cluster_version=version)
    shown = call.text("version", default=offered[-1] if offered else "")
    if shown not in offered:
        raise ApiError("AddonNotFound", message=f"{found['name']} has no version {shown}.", status=404)
    names = [one for one in found["versions"] if "{" not in one]
    newer = names[names.index(shown) + 1 :] if shown in names else []
    rows = [
        {"version": one, "upgradable": one in offered, "minimum_cluster_version": records.minimum(found, version=one)}
        for one in newer
    ]
    return {**_catalogued(found, version=version), "version": shown, "newer_versions": rows}


@serves("DescribeAddons")
def describe_addons(call: Call) -> dict[str, Any]:
    """The old form of the catalogue."""
    version = _cluster_version(call)
    rows = {
        one["name"]: {
            "name": one["name"],
            "version": records.versions(one, cluster_version=version)[-1],
            "description": "",
            "required": str(bool(one["required"])).lower(),
            "disabled": False,
        }
        for one in _offered(version)
    }
    groups = sorted({str(one["category"]) for one in known()["addons"]})
    grouped = [
        {"group_name": group, "items": [{"name": one["name"]} for one in known()["addons"] if one["category"] == group]}
        for group in groups
    ]
    return {"ComponentGroups": grouped, "StandardComponents": rows}


@serves("DescribeClusterAddonMetadata")
def describe_cluster_addon_metadata(call: Call) -> dict[str, Any]:
    version, found = str(require_cluster(call, listed=True)["Version"]), _known(call.text("component_id"))
    shown = _catalogued(found, version=version)
    return {
        "name": shown["name"],
        "version": call.text("version", default=shown["version"]),
        "config_schema": shown["config_schema"],
    }


@serves("ListClusterAddonInstances")
def list_cluster_addon_instances(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call, listed=True)
    found = records.of(call.world, cluster_id=cluster.id)
    return {"addons": [{"name": one["Name"], "version": one["Version"], "state": one["State"]} for one in found]}


@serves("GetClusterAddonInstance")
def get_cluster_addon_instance(call: Call) -> dict[str, Any]:
    return {**_instance(call, name=call.text("instance_name")), "logging": {"capable": False, "enabled": False}}


@serves("DescribeClusterAddonInstance")
def describe_cluster_addon_instance(call: Call) -> dict[str, Any]:
    return _instance(call, name=call.text("AddonName"))


@serves("DescribeClusterAddonsVersion")
def describe_cluster_addons_version(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call, listed=True)
    rows = [_version_row(one, cluster=cluster) for one in records.of(call.world, cluster_id=cluster.id)]
    return {one["component_name"]: one for one in rows}


@serves("DescribeClusterAddonUpgradeStatus")
def describe_cluster_addon_upgrade_status(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call, listed=True)
    addon = records.require(call, cluster=cluster, name=call.text("ComponentId"))
    return {addon["Name"]: _upgrade_status(addon)}


@serves("DescribeClusterAddonsUpgradeStatus")
def describe_cluster_addons_upgrade_status(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call, listed=True)
    found = [records.require(call, cluster=cluster, name=str(one)) for one in call.items("componentIds")]
    return {one["Name"]: _upgrade_status(one) for one in found}


@serves("InstallClusterAddons")
def install_cluster_addons(call: Call) -> dict[str, Any]:
    cluster, given = require_running(call), _listed(call)
    wishes = [records.wish(_known(str(one.get("name", ""))), cluster_version=cluster["Version"], given=one) for one in given]
    there = {one["Name"] for one in records.of(call.world, cluster_id=cluster.id)}
    again = [one["name"] for one in wishes if one["name"] in there]
    if again:
        raise ApiError("AddonAlreadyInstalled", message=f"{again[0]} is installed already.", status=400)
    records.create(call.world, cluster=cluster, addons=wishes)
    names = [one["name"] for one in wishes]
    return _answer(call, cluster=cluster, type="cluster_addon_install", changes={name: {} for name in names})


@serves("UpgradeClusterAddons")
def upgrade_cluster_addons(call: Call) -> dict[str, Any]:
    cluster = require_running(call)
    changes: dict[str, dict[str, str]] = {}
    for one in _listed(call):
        addon = _idle(call, cluster=cluster, name=str(one.get("component_name", "")))
        wanted = {"version": one.get("next_version"), "config": one.get("config")}
        wish = records.wish(_known(addon["Name"]), cluster_version=cluster["Version"], given=wanted)
        _check_newer(addon, version=wish["version"])
        config = {"Config": wish["config"]} if one.get("config") else {}
        changes[addon["Name"]] = {"Version": wish["version"], **config}
    _mark(call, cluster=cluster, names=list(changes), state="upgrading")
    return _answer(call, cluster=cluster, type="cluster_addon_upgrade", changes=changes)


def _check_newer(addon: Resource, *, version: str) -> None:
    """Raises InvalidParameter.Addons: there is no way back."""
    names = [str(one) for one in _known(addon["Name"])["versions"]]
    known_both = addon["Version"] in names and version in names
    if version == addon["Version"] or (known_both and names.index(version) < names.index(addon["Version"])):
        raise wrong("Addons", f"{addon['Name']} {addon['Version']} cannot be upgraded to {version}.")


@serves("ModifyClusterAddon")
def modify_cluster_addon(call: Call) -> dict[str, Any]:
    """Answers nothing; the task is found in the cluster's list."""
    cluster = require_running(call)
    addon = _idle(call, cluster=cluster, name=call.text("component_id"))
    config = records.checked(body(call).get("config"))
    _mark(call, cluster=cluster, names=[addon["Name"]], state="updating")
    _answer(call, cluster=cluster, type="cluster_addon_modify", changes={addon["Name"]: {"Config": config}})
    return {}


@serves("UnInstallClusterAddons")
def uninstall_cluster_addons(call: Call) -> dict[str, Any]:
    cluster = require_running(call)
    names: list[str] = []
    for one in call.items("addons"):
        addon = _idle(call, cluster=cluster, name=str(one.get("name", "")))
        if _known(addon["Name"])["required"]:
            message = f"{addon['Name']} is a part of the cluster and cannot be uninstalled."
            raise ApiError("AddonOperationNotSupported", message=message, status=400)
        names.append(addon["Name"])
    if not names:
        raise wrong("Addons", "Name addons.")
    _mark(call, cluster=cluster, names=names, state="deleting")
    return _answer(call, cluster=cluster, type="cluster_addon_uninstall", changes={name: {} for name in names})


@runs("cluster_addon_install", "cluster_addon_upgrade", "cluster_addon_modify", "cluster_addon_uninstall")
def move_addons(job: Job) -> None:
    for addon in _subjects(job):
        if job.task["TaskType"] == "cluster_addon_uninstall":
            addon.remove()
        else:
            addon.set(**job.work["Changes"][addon["Name"]], State="active", Updated=job.now)
    job.succeed()


@fails("cluster_addon_upgrade", "cluster_addon_modify", "cluster_addon_uninstall")
def leave_active(job: Job) -> None:
    for addon in _subjects(job):
        addon.set(State="active", Updated=job.now)


@fails("cluster_addon_install")
def leave_nothing(job: Job) -> None:
    for addon in _subjects(job):
        addon.remove()


def _subjects(job: Job) -> list[Resource]:
    found = records.of(job.world, cluster_id=job.task["ClusterId"])
    return [one for one in found if one["Name"] in job.work["Changes"]]


def _answer(call: Call, *, cluster: Resource, type: str, changes: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    parameters = {"addons": sorted(changes)}
    order = Order(type, cluster, first=WORKING, work={"Changes": dict(changes)}, parameters=parameters)
    return {"cluster_id": cluster.id, "task_id": tasks.start(call.world, order=order).id}


def _mark(call: Call, *, cluster: Resource, names: list[str], state: str) -> None:
    for one in records.of(call.world, cluster_id=cluster.id):
        if one["Name"] in names:
            one.set(State=state, Updated=call.now)


def _idle(call: Call, *, cluster: Resource, name: str) -> Resource:
    """Raises AddonNotFound, and AddonOperationConflict while it is being changed."""
    addon = records.require(call, cluster=cluster, name=name)
    if addon["State"] != "active":
        raise ApiError("AddonOperationConflict", message=f"{addon['Name']} is {addon['State']}.", status=400)
    return addon


def _listed(call: Call) -> list[dict[str, Any]]:
    given: list[dict[str, Any]] = list(call.parameters.get("body") or ())
    if not given:
        raise wrong("Addons", "Name addons.")
    return given


def _offered(version: str) -> list[Entry]:
    """The addons that there are for a cluster's version."""
    return [one for one in known()["addons"] if records.versions(one, cluster_version=version)]


def _known(name: str) -> Entry:
    found = records.entry(name)
    if found is None:
        raise ApiError("AddonNotFound", message=f"There is no addon {name}.", status=404)
    return found


def _cluster_version(call: Call) -> str:
    """Of the cluster that is named, else cluster_version, else the newest."""
    if call.text("cluster_id"):
        return str(require_cluster(call, listed=True, id=call.text("cluster_id"))["Version"])
    return call.text(_VERSION, default=str(known()["versions"][0]["version"]))


def _catalogued(found: Entry, *, version: str) -> dict[str, Any]:
    actions = ["Install", "Upgrade"] + ([] if found["required"] else ["Uninstall"]) + ["Modify"]
    return {
        "name": found["name"],
        "version": records.versions(found, cluster_version=version)[-1],
        "category": found["category"],
        "managed": found["managed"],
        "install_by_default": found["default"],
        "supported_actions": actions,
        "architecture": ["amd64", "arm64"],
        "config_schema": json.dumps({"type": "object", "properties": {}}),
    }


def _instance(call: Call, *, name: str) -> dict[str, Any]:
    cluster = require_cluster(call, listed=True)
    addon = records.require(call, cluster=cluster, name=name)
    return {"name": addon["Name"], "version": addon["Version"], "state": addon["State"], "config": addon["Config"]}


def _version_row(addon: Resource, *, cluster: Resource) -> dict[str, Any]:
    found = _known(addon["Name"])
    newest = records.versions(found, cluster_version=cluster["Version"])[-1]
    return {
        "component_name": addon["Name"],
        "version": addon["Version"],
        "next_version": newest,
        "can_upgrade": newest != addon["Version"],
        "exist": True,
        "required": found["required"],
        "message": "",
    }


def _upgrade_status(addon: Resource) -> dict[str, Any]:
    """Status `Success` is what the provider waits for."""
    status = "Success" if addon["State"] == "active" else "Running"
    times = {"created_at": iso_seconds(addon.created), "finished_at": iso_seconds(addon["Updated"])}
    info = {"component_name": addon["Name"], "version": addon["Version"], "ready_to_upgrade": ""}
    return {"addon_info": info, "tasks": {**times, "status": status, "is_canceled": False}}
