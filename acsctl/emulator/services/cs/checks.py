"""Cluster checks, which clients run before an upgrade: here every cluster is in good health."""

from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs.types import CHECK
from acsctl.emulator.services.cs.wiring import body, require_cluster, serves

CHECKING = 10.0  # cloud seconds, own choice


@serves("RunClusterCheck")
def run_cluster_check(call: Call) -> dict[str, Any]:
    cluster, given = require_cluster(call), body(call)
    attributes = {
        "ClusterId": cluster.id,
        "Type": str(given["type"]),
        "Target": str(given.get("target") or ""),
        "Status": "Running",
    }
    check = call.create(CHECK, attributes={**attributes, "FinishedAt": ""})
    check.later(CHECKING, Status="Succeeded", FinishedAt=iso_seconds(call.now + CHECKING))
    return {"check_id": check.id}


@serves("ListClusterChecks")
def list_cluster_checks(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call, listed=True)
    found = [one for one in call.listed(CHECK) if one["ClusterId"] == cluster.id]
    same = {"type": "Type", "target": "Target"}
    asked = [one for one in found if all(call.text(name) in ("", one[field]) for name, field in same.items())]
    return {"checks": [_row(one) for one in reversed(asked)]}


@serves("GetClusterCheck")
def get_cluster_check(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call, listed=True)
    check = call.find(CHECK, id=call.text("check_id"))
    if check is None or check["ClusterId"] != cluster.id:
        raise ApiError("ErrorCheckNotFound", message="The check does not exist.", status=404)
    return {**_row(check), "check_items": {}}


def _row(check: Resource) -> dict[str, Any]:
    return {
        "check_id": check.id,
        "type": check["Type"],
        "status": check["Status"],
        "message": "",
        "created_at": iso_seconds(check.created),
        "finished_at": check["FinishedAt"],
    }
