"""What belongs to the account, not to a cluster: quotas, versions, regions, roles (containers.md 1.8, ack-facts.md 5)."""

import secrets
from typing import Any

from acsctl.emulator import catalogue
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.services.cs.wiring import body, known, serves
from acsctl.emulator.services.ecs.image import images
from acsctl.emulator.settings import Settings

_NODE_FAMILIES = ("acs:alibaba_cloud_linux_3_2104_lts_x64", "acs:alibaba_cloud_linux_3_2104_lts_arm64")
_QUOTAS = {
    "amk_cluster_quota": "cs.clusters",
    "cluster_nodepool_quota": "cs.node-pools-per-cluster",
    "node_quota": "cs.nodes-per-cluster",
}


@serves("DescribeUserQuota")
def describe_user_quota(call: Call) -> dict[str, Any]:
    """The map `quotas` wins over the plain numbers."""
    numbers: dict[str, int] = {**known()["quotas"], **_numbers(call.settings)}
    rest = {"adjustable": True, "unit": ""}
    named = {name: {"quota": str(value), "operation_code": name, **rest} for name, value in numbers.items()}
    return {**numbers, "quotas": named}


def _numbers(settings: Settings) -> dict[str, int]:
    return {name: settings.quota(quota) for name, quota in _QUOTAS.items()}


@serves("DescribeKubernetesVersionMetadata")
def describe_kubernetes_version_metadata(call: Call) -> list[dict[str, Any]]:
    """Mode counts only without a version; its default is creatable."""
    wanted, mode = call.text("KubernetesVersion"), call.text("Mode", default="creatable")
    rows: list[dict[str, Any]] = list(known()["versions"])
    if wanted:
        rows = [one for one in rows if one["version"] == wanted]
    elif mode == "creatable":
        rows = [one for one in rows if one["creatable"] or call.settings.ended_versions]
    return [_version(one, call=call) for one in rows]


def _version(row: dict[str, Any], *, call: Call) -> dict[str, Any]:
    shown = ("version", "creatable", "release_date", "expiration_date")
    upgradable = row["upgradable_versions"] if call.flag("QueryUpgradableVersion") or call.text("KubernetesVersion") else []
    runtime = {"name": "containerd", "version": row["runtime"]}
    return {
        **{name: row[name] for name in shown},
        "creatable": row["creatable"] or call.settings.ended_versions,
        "upgradable_versions": upgradable,
        "capabilities": {"Network": "true", "KubeProxyModes": "ipvs,iptables,nftables"},
        "meta_data": {"KubernetesVersion": row["version"], "SubClass": "default"},
        "runtimes": [runtime] if call.text("runtime") in ("", "containerd") else [],
        "images": [_image(one) for one in images().values() if one.get("family") in _NODE_FAMILIES],
    }


def _image(image: Any) -> dict[str, str]:
    arm = image["architecture"] == "arm64"
    return {
        "image_id": image["id"],
        "image_name": image["os_name_en"],
        "image_type": "AliyunLinux3Arm64" if arm else "AliyunLinux3",
        "image_category": "system",
        "platform": "AliyunLinux",
        "os_type": "Linux",
        "os_version": "3",
        "architecture": image["architecture"],
    }


@serves("DescribeRegions")
def describe_regions(call: Call) -> dict[str, Any]:
    return {"regions": [{"regionId": id_, "localName": id_} for id_ in catalogue.regions()]}


@serves("OpenAckService")
def open_ack_service(call: Call) -> dict[str, Any]:
    """It is open already; opening it again costs nothing."""
    if call.text("type", default="propayasgo") not in ("propayasgo", "edgepayasgo", "gspayasgo"):
        raise ApiError("InvalidParameter.Type", message="There is no such service.", status=400)
    return {"order_id": f"2{secrets.randbelow(10**14):014d}"}


@serves("CheckServiceRole")
def check_service_role(call: Call) -> dict[str, Any]:
    """All service roles are granted here."""
    return {"roles": [{"name": str(one["name"]), "granted": True, "message": ""} for one in body(call)["roles"]]}


@serves("ListOperationPlans")
def list_operation_plans(call: Call) -> dict[str, Any]:
    """None: nothing here is planned for a maintenance window."""
    return {"plans": []}


@serves("ListOperationPlansForRegion")
def list_operation_plans_for_region(call: Call) -> dict[str, Any]:
    return {"plans": []}
