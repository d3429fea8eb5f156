"""Kubeconfigs (sheets containers.md 1.7, ack-facts.md 8). Each that is fetched has a certificate of its own; no key is kept."""

import base64
import secrets
import time
from typing import Any

import yaml

from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.kubernetes.plane import Pair, Plane
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs.control_plane import plane_of, refuse_revoked
from acsctl.emulator.services.cs.types import CERTIFICATE
from acsctl.emulator.services.cs.wiring import body, require_cluster, serves

SHORTEST, LONGEST = 15, 4320  # minutes
PERMANENT = 3 * 365 * 86400.0  # seconds
GROUP = "system:users"
WITHOUT = ("failed", "delete_failed", "deleting", "deleted", "initial", "unavailable")


@serves("DescribeClusterUserKubeconfig")
def describe_cluster_user_kubeconfig(call: Call) -> dict[str, Any]:
    return _issued(call, uid=_uid(call))


@serves("DescribeClusterV2UserKubeconfig")
def describe_cluster_v2_user_kubeconfig(call: Call) -> dict[str, Any]:
    return {"config": _issued(call, uid=_uid(call))["config"]}


@serves("DescribeSubaccountK8sClusterUserConfig")
def describe_subaccount_k8s_cluster_user_config(call: Call) -> dict[str, Any]:
    """For another user of the account."""
    return _issued(call, uid=call.text("Uid"))


def _issued(call: Call, *, uid: str) -> dict[str, Any]:
    cluster = require_cluster(call)
    if cluster["State"] in WITHOUT:
        raise ApiError("ErrorClusterState", message=f"The cluster is {cluster['State']}: nothing serves.", status=400)
    plane = plane_of(call.world, cluster=cluster)
    if plane is None:
        raise ApiError("ServiceUnavailable", message="The control plane is being started.", status=503)
    minutes = call.number("TemporaryDurationMinutes")
    if call.given("TemporaryDurationMinutes") and not SHORTEST <= minutes <= LONGEST:
        message = f"TemporaryDurationMinutes is {SHORTEST} to {LONGEST}."
        raise ApiError("InvalidParameter.TemporaryDurationMinutes", message=message, status=400)
    seconds = minutes * 60.0 or PERMANENT
    until = time.time() + seconds  # certificates are checked by the clock on the wall
    name = _name(call, cluster=cluster, uid=uid)
    text = _document(cluster, plane=plane, uid=uid, pair=plane.issue(name, groups=[GROUP], seconds=seconds))
    issued = {"ClusterId": cluster.id, "Uid": uid, "Until": until, "Name": name, "Revoked": False}
    call.create(CERTIFICATE, id=secrets.token_hex(16), attributes=issued)
    return {"config": text, "expiration": iso_seconds(until)}


@serves("RevokeK8sClusterKubeConfig")
def revoke_k8s_cluster_kube_config(call: Call) -> dict[str, Any]:
    """All that the caller holds of this cluster. The built-in control plane refuses it from now on (control_plane.py)."""
    cluster = require_cluster(call)
    for one in call.all(CERTIFICATE):
        if one["ClusterId"] == cluster.id and one["Uid"] == _uid(call):
            one.set(Revoked=True)
    plane = call.world.planes.get(cluster.id)
    if plane is not None:
        refuse_revoked(call.world, plane=plane)
    return {}


@serves("UpdateK8sClusterUserConfigExpire")
def update_k8s_cluster_user_config_expire(call: Call) -> dict[str, Any]:
    require_cluster(call)
    if not body(call).get("user"):
        raise ApiError("MissingParameter.User", message="user is mandatory.", status=400)
    return {}


@serves("ListClusterKubeconfigStates")
def list_cluster_kubeconfig_states(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call, listed=True)
    issued = [one for one in call.all(CERTIFICATE) if one["ClusterId"] == cluster.id and not one.get("Revoked")]
    by_user = {str(one["Uid"]): one for one in issued}
    number, size = call.number("pageNumber", default=1), call.number("pageSize", default=10)
    found = [_state(one) for one in by_user.values()][(number - 1) * size : number * size]
    return {"states": found, "page": {"page_number": number, "page_size": size, "total_count": len(by_user)}}


def _state(certificate: Resource) -> dict[str, Any]:
    return {
        "account_id": certificate["Uid"],
        "account_name": certificate["Uid"],
        "account_display_name": certificate["Uid"],
        "account_type": "RamUser" if certificate["Uid"] != certificate.account else "RootAccount",
        "account_state": "Active",
        "cert_state": "Unexpired" if certificate["Until"] > time.time() else "Expired",
        "cert_expire_time": iso_seconds(certificate["Until"]),
        "revokable": True,
    }


def _uid(call: Call) -> str:
    """The number of the account, or a stand-in for that of its RAM user."""
    return call.key.user or call.key.account


def _name(call: Call, *, cluster: Resource, uid: str) -> str:
    """`<uid>-<unix seconds>`, and a later second when certificates of that name were revoked."""
    revoked = {one["Name"] for one in call.all(CERTIFICATE) if one["ClusterId"] == cluster.id and one.get("Revoked")}
    seconds = int(time.time())
    while f"{uid}-{seconds}" in revoked:
        seconds += 1
    return f"{uid}-{seconds}"


def _document(cluster: Resource, *, plane: Plane, uid: str, pair: Pair) -> str:
    """Public and private variant name the same server: both are on this machine (metadata/ack.json)."""
    context = f"{uid}-{cluster.id}"
    document = {
        "apiVersion": "v1",
        "clusters": [
            {
                "cluster": {"server": plane.server, "certificate-authority-data": _encoded(plane.authority)},
                "name": "kubernetes",
            }
        ],
        "contexts": [{"context": {"cluster": "kubernetes", "user": uid}, "name": context}],
        "current-context": context,
        "kind": "Config",
        "preferences": {},
        "users": [
            {
                "name": uid,
                "user": {
                    "client-certificate-data": _encoded(pair.certificate),
                    "client-key-data": _encoded(pair.key),
                },
            }
        ],
    }
    return str(yaml.safe_dump(document, sort_keys=False))


def _encoded(pem: str) -> str:
    return base64.b64encode(pem.encode()).decode()
