"""Servers behind a load balancer: its default ones, and the JSON text in which calls name servers (sheet network.md 9)."""

import json
from collections.abc import Mapping
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.instance import RUNNING, find_instance
from acsctl.emulator.services.naming import whole
from acsctl.emulator.services.slb.types import LISTENER, groups, listeners, require_balancer

MOST = 20  # servers per call
HEAVIEST = 100

Servers = list[dict[str, Any]]


@action("slb.AddBackendServers")
def add_backend_servers(call: Call) -> dict[str, Any]:
    balancer = require_balancer(call)
    new = read_servers(call, ported=False)
    check_running(call, servers=new)
    ids = {one["ServerId"] for one in new}
    balancer.set(BackendServers=[*(one for one in balancer["BackendServers"] if one["ServerId"] not in ids), *new])
    return _answer(balancer, weight=str)


@action("slb.SetBackendServers")
def set_backend_servers(call: Call) -> dict[str, Any]:
    """Weights of servers that are there."""
    balancer = require_balancer(call)
    new = {one["ServerId"]: one for one in read_servers(call, ported=False)}
    if not new.keys() <= {one["ServerId"] for one in balancer["BackendServers"]}:
        raise ApiError("InvalidParameter", message="A server is not behind the load balancer.", status=400)
    balancer.set(BackendServers=[new.get(one["ServerId"], one) for one in balancer["BackendServers"]])
    return _answer(balancer, weight=str)


@action("slb.RemoveBackendServers")
def remove_backend_servers(call: Call) -> dict[str, Any]:
    balancer = require_balancer(call)
    ids = {one["ServerId"] for one in read_servers(call, ported=False)}
    balancer.set(BackendServers=[one for one in balancer["BackendServers"] if one["ServerId"] not in ids])
    return _answer(balancer, weight=int)


@action("slb.DescribeHealthStatus")
def describe_health_status(call: Call) -> dict[str, Any]:
    """A server is healthy when it runs, behind a listener that does."""
    balancer = require_balancer(call)
    pools = {one.id: one["BackendServers"] for one in groups(call, balancer_id=balancer.id)}
    rows: list[dict[str, Any]] = []
    for listener in listeners(call, balancer_id=balancer.id):
        asked = call.number("ListenerPort") in (0, listener["ListenerPort"])
        if asked and call.text("ListenerProtocol") in ("", listener["ListenerProtocol"]):
            servers = pools.get(listener.get("VServerGroupId", default=""), balancer["BackendServers"])
            rows += [_health(call, server=one, listener=listener) for one in living_servers(call, servers=servers)]
    return {"BackendServers": {"BackendServer": rows}}


def read_servers(call: Call, *, name: str = "BackendServers", ported: bool) -> Servers:
    """Servers of a JSON text: objects, or mere ids. ported: whether each has a port. Raises InvalidParameter."""
    try:
        loaded = json.loads(call.text(name) or "[]")
    except (ValueError, RecursionError):
        loaded = None
    if not isinstance(loaded, list) or len(loaded) > MOST:
        raise ApiError("InvalidParameter", message=f"{name} is a JSON list of at most {MOST} servers.", status=400)
    return [_server(one if isinstance(one, dict) else {"ServerId": one}, ported=ported) for one in loaded]


def check_running(call: Call, *, servers: Servers) -> None:
    """Raises unless every server that is an instance runs."""
    for one in servers:
        instance = find_instance(call, id=one["ServerId"]) if one["Type"] == "ecs" else None
        if one["Type"] == "ecs" and (instance is None or instance["Status"] != RUNNING):
            code = call.published("InvalidServerId.NotExist", "ObtainIpFail")
            raise ApiError(code, message=f"The server {one['ServerId']} does not run.", status=400)


def living_servers(call: Call, *, servers: Servers) -> Servers:
    """Without instances that were released: the cloud takes those out by itself."""
    return [one for one in servers if one["Type"] != "ecs" or find_instance(call, id=one["ServerId"]) is not None]


def _server(raw: Mapping[str, Any], *, ported: bool) -> dict[str, Any]:
    weight, kind = whole(str(raw.get("Weight", HEAVIEST))), str(raw.get("Type") or "ecs").lower()
    port = whole(str(raw.get("Port", "")))
    if not raw.get("ServerId") or weight is None or weight > HEAVIEST or kind not in ("ecs", "eni", "eci"):
        raise ApiError("InvalidParameter", message="A server has ServerId, Weight 0 to 100 and Type.", status=400)
    row = {"ServerId": str(raw["ServerId"]), "Weight": weight, "Type": kind, "Description": str(raw.get("Description") or "")}
    if not ported:
        return row
    if port is None or not 1 <= port <= 65535:
        raise ApiError("InvalidParameter", message="A server of a group has a Port.", status=400)
    return {**row, "Port": port}


def _answer(balancer: Resource, *, weight: type) -> dict[str, Any]:
    rows = [{**one, "Weight": weight(one["Weight"])} for one in balancer["BackendServers"]]
    return {"LoadBalancerId": balancer.id, "BackendServers": {"BackendServer": rows}}


def _health(call: Call, *, server: Mapping[str, Any], listener: Resource) -> dict[str, Any]:
    instance = find_instance(call, id=server["ServerId"])
    well = listener["Status"] == "running" and (instance is None or instance["Status"] == RUNNING)
    return {
        "ServerId": server["ServerId"],
        "ServerIp": instance["PrivateIpAddress"] if instance else "",
        "ListenerPort": listener["ListenerPort"],
        "Protocol": listener["ListenerProtocol"],
        "Port": server.get("Port", listener.get("BackendServerPort", default=0)),
        "ServerHealthStatus": "normal" if well else "abnormal",
    }


def group_in_use(call: Call, *, group_id: str) -> bool:
    """Whether a listener uses a server group."""
    return any(one.get("VServerGroupId") == group_id for one in call.all(LISTENER))
