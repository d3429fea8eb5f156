"""Groups of servers behind a load balancer (sheet network.md 9)."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.instance import find_instance
from acsctl.emulator.services.slb.backend import Servers, check_running, group_in_use, living_servers, read_servers
from acsctl.emulator.services.slb.types import VSERVER_GROUP, groups, listeners, require_balancer
from acsctl.emulator.services.tagging import read_tags, tag_filter, tag_key_value


@action("slb.CreateVServerGroup")
def create_vserver_group(call: Call) -> dict[str, Any]:
    balancer = require_balancer(call)
    servers = read_servers(call, ported=True)
    check_running(call, servers=servers)
    made = call.create(
        VSERVER_GROUP,
        attributes={
            "LoadBalancerId": balancer.id,
            "VServerGroupName": call.text("VServerGroupName"),
            "BackendServers": servers,
        },
        tags=read_tags(call),
    )
    return _answer(made)


@action("slb.DescribeVServerGroups")
def describe_vserver_groups(call: Call) -> dict[str, Any]:
    balancer, matches = require_balancer(call), tag_filter(call)
    rows = [_row(one, call=call) for one in groups(call, balancer_id=balancer.id) if matches(one)]
    return {"VServerGroups": {"VServerGroup": rows}}


@action("slb.DescribeVServerGroupAttribute")
def describe_vserver_group_attribute(call: Call) -> dict[str, Any]:
    group = _require(call)
    servers: Servers = []
    for one in living_servers(call, servers=group["BackendServers"]):
        instance = find_instance(call, id=one["ServerId"])
        servers.append({**one, "ServerIp": instance["PrivateIpAddress"] if instance else ""})
    return {
        "VServerGroupId": group.id,
        **group.pick("VServerGroupName", "LoadBalancerId"),
        "CreateTime": iso_seconds(group.created),
        "BackendServers": {"BackendServer": servers},
        "Tags": tag_key_value(group),
    }


@action("slb.AddVServerGroupBackendServers")
def add_vserver_group_backend_servers(call: Call) -> dict[str, Any]:
    group, new = _require(call), read_servers(call, ported=True)
    check_running(call, servers=new)
    _put(group, new=new, out=new)
    return _answer(group)


@action("slb.RemoveVServerGroupBackendServers")
def remove_vserver_group_backend_servers(call: Call) -> dict[str, Any]:
    group = _require(call)
    _put(group, new=[], out=read_servers(call, ported=True))
    rows = [{name: one[name] for name in ("ServerId", "Port", "Weight", "Type")} for one in group["BackendServers"]]
    return {"VServerGroupId": group.id, "BackendServers": {"BackendServer": rows}}


@action("slb.ModifyVServerGroupBackendServers")
def modify_vserver_group_backend_servers(call: Call) -> dict[str, Any]:
    group = _require(call)
    old = read_servers(call, name="OldBackendServers", ported=True)
    new = read_servers(call, name="NewBackendServers", ported=True)
    check_running(call, servers=new)
    _put(group, new=new, out=[*old, *new])
    return _answer(group)


@action("slb.SetVServerGroupAttribute")
def set_vserver_group_attribute(call: Call) -> dict[str, Any]:
    """The name, and weights of servers that are there."""
    group = _require(call)
    new = {(one["ServerId"], one["Port"]): one for one in read_servers(call, ported=True)}
    group.set(BackendServers=[new.get((one["ServerId"], one["Port"]), one) for one in group["BackendServers"]])
    if call.text("VServerGroupName"):
        group.set(VServerGroupName=call.text("VServerGroupName"))
    return {**_answer(group), "VServerGroupName": group["VServerGroupName"]}


@action("slb.DeleteVServerGroup")
def delete_vserver_group(call: Call) -> dict[str, Any]:
    group = _require(call)
    if group_in_use(call, group_id=group.id):
        raise ApiError("RspoolVipExist", message=f"A listener uses {group.id}.")
    group.remove()
    return {}


def _require(call: Call) -> Resource:
    """Raises InvalidParameter, which clients tell by its message (sheet network.md 9)."""
    found = call.find(VSERVER_GROUP, id=call.text("VServerGroupId"))
    if found is None:
        raise ApiError("InvalidParameter", message="The specified VServerGroupId does not exist.", status=400)
    return found


def _put(group: Resource, *, new: Servers, out: Servers) -> None:
    gone = {(one["ServerId"], one["Port"]) for one in out}
    kept = [one for one in group["BackendServers"] if (one["ServerId"], one["Port"]) not in gone]
    group.set(BackendServers=[*kept, *new])


def _answer(group: Resource) -> dict[str, Any]:
    return {"VServerGroupId": group.id, "BackendServers": {"BackendServer": group["BackendServers"]}}


def _row(group: Resource, *, call: Call) -> dict[str, Any]:
    users = [
        {"Port": one["ListenerPort"], "Protocol": one["ListenerProtocol"]}
        for one in listeners(call, balancer_id=group["LoadBalancerId"])
        if one.get("VServerGroupId") == group.id
    ]
    shown = {"Listeners": {"Listener": users if call.flag("IncludeListener") else []}, "Rules": {"Rule": []}}
    return {
        "VServerGroupId": group.id,
        "VServerGroupName": group["VServerGroupName"],
        "CreateTime": iso_seconds(group.created),
        "ServerCount": len(living_servers(call, servers=group["BackendServers"])),
        "AssociatedObjects": shown,
        "Tags": tag_key_value(group),
    }
