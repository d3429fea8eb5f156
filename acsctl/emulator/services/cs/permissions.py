"""Grants of cluster roles to RAM users: kept and told. Control planes here do not enforce them (metadata/ack.json)."""

from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs.types import CLUSTER, PERMISSION
from acsctl.emulator.services.cs.wiring import require_cluster, serves

ROLE_TYPES = ("cluster", "namespace", "all-clusters")
Grant = dict[str, Any]


@serves("DescribeUserPermission")
def describe_user_permission(call: Call) -> list[dict[str, Any]]:
    """The account itself administers all its clusters."""
    uid = call.text("uid")
    owned = [_owned(one) for one in call.listed(CLUSTER) if uid == one.account]
    return [*owned, *(_row(one) for one in _of(call, uid=uid))]


@serves("GrantPermissions")
def grant_permissions(call: Call) -> dict[str, Any]:
    """Replaces what the user has."""
    grants = _given(call)
    for one in _of(call, uid=call.text("uid")):
        one.remove()
    _add(call, grants=grants)
    return {}


@serves("UpdateUserPermissions")
def update_user_permissions(call: Call) -> dict[str, Any]:
    """mode: apply replaces all, patch those of the clusters that are named, delete removes the named ones."""
    grants, mode = _given(call), call.text("mode", default="apply")
    keys = [_key(one) for one in grants]
    clusters = {str(one["cluster"]) for one in grants if one.get("cluster")}
    for one in _of(call, uid=call.text("uid")):
        in_patch = mode == "patch" and one["Grant"].get("cluster") in clusters
        if mode == "apply" or in_patch or (mode == "delete" and _key(one["Grant"]) in keys):
            one.remove()
    if mode != "delete":
        _add(call, grants=grants)
    return {}


@serves("CleanUserPermissions")
def clean_user_permissions(call: Call) -> dict[str, Any]:
    clusters = {str(one) for one in call.items("ClusterIds")}
    for one in _of(call, uid=call.text("Uid")):
        if not clusters or one["Grant"].get("cluster") in clusters:
            one.remove()
    return {"task_id": ""}


@serves("CleanClusterUserPermissions")
def clean_cluster_user_permissions(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call)
    for one in _of(call, uid=call.text("Uid")):
        if one["Grant"].get("cluster") == cluster.id:
            one.remove()
    return {}


def _of(call: Call, *, uid: str) -> list[Resource]:
    return [one for one in call.all(PERMISSION) if one["Uid"] == uid]


def _given(call: Call) -> list[Grant]:
    """Raises InvalidParameter.RoleType, ErrorClusterNotFound."""
    grants: list[Grant] = list(call.parameters.get("body") or ())
    for one in grants:
        if one.get("role_type") not in ROLE_TYPES or not one.get("role_name"):
            message = f"A grant has a role_name, and a role_type of {', '.join(ROLE_TYPES)}."
            raise ApiError("InvalidParameter.RoleType", message=message, status=400)
        if one["role_type"] != "all-clusters":
            require_cluster(call, id=str(one.get("cluster", "")))
    return grants


def _key(grant: Grant) -> tuple[str, ...]:
    return tuple(str(grant.get(name, "")) for name in ("cluster", "namespace", "role_name", "role_type"))


def _add(call: Call, *, grants: list[Grant]) -> None:
    for one in grants:
        call.create(PERMISSION, attributes={"Uid": call.text("uid"), "Grant": one})


def _owned(cluster: Resource) -> dict[str, Any]:
    names = {"resource_type": "cluster", "role_name": "admin", "role_type": "admin"}
    return {"resource_id": cluster.id, **names, "is_owner": 1, "is_ram_role": 0}


def _row(permission: Resource) -> dict[str, Any]:
    grant = permission["Grant"]
    namespace = str(grant.get("namespace") or "")
    id_ = str(grant.get("cluster") or "all-clusters")
    return {
        "resource_id": f"{id_}/{namespace}" if namespace else id_,
        "resource_type": "namespace" if namespace else "cluster",
        "role_name": grant["role_name"],
        "role_type": "custom" if grant.get("is_custom") else str(grant["role_name"]),
        "is_owner": 0,
        "is_ram_role": 1 if grant.get("is_ram_role") else 0,
    }
