"""Listeners and server groups of the load balancer of a Service: one of each per port (sheet containers.md 4.3)."""

import json
from collections.abc import Mapping
from typing import Any

from acsctl.emulator.kubernetes.client import Object
from acsctl.emulator.services.cs.rounds import Round, Seen
from acsctl.emulator.services.cs.service_wishes import Port, Wish, group_prefix
from acsctl.emulator.services.slb.types import LISTENER, VSERVER_GROUP

BATCH = 20  # servers per call, sheet network.md 9


def ensure(job: Round, *, balancer: Seen, wish: Wish, backends: list[str], anew: bool) -> None:
    """Makes, changes and removes, until ports and nodes are as wanted. anew: the settings of listeners too. Raises ApiError."""
    there = {(one["ListenerPort"], one["ListenerProtocol"]): one for one in _of(job, LISTENER, balancer=balancer)}
    groups = {one["VServerGroupName"]: one for one in _of(job, VSERVER_GROUP, balancer=balancer)}
    wanted = {(one.number, one.protocol): one for one in wish.ports}
    for key in there.keys() - wanted.keys():
        _delete_listener(job, listener=there[key])
    for key, port in wanted.items():
        group_id = _ensure_group(job, balancer=balancer, port=port, group=groups.get(port.group), backends=backends)
        if key not in there:
            _create_listener(job, balancer=balancer, port=port, group_id=group_id)
        elif anew or there[key].get("VServerGroupId") != group_id:
            _set(job, listener=there[key], settings={**port.settings, "VServerGroupId": group_id})
    names = {one.group for one in wish.ports}
    for name, group in groups.items():
        if name not in names and name.startswith("k8s/"):
            job.ask("slb.DeleteVServerGroup", VServerGroupId=group.id)


def remove(job: Round, *, balancer: Seen, service: Object) -> None:
    """Takes out of a reused load balancer what was made in it for a Service."""
    start, end = group_prefix(service, cluster_id=job.cluster.id)
    groups = [
        one
        for one in _of(job, VSERVER_GROUP, balancer=balancer)
        if one["VServerGroupName"].startswith(start) and one["VServerGroupName"].endswith(end)
    ]
    ids = {one.id for one in groups}
    for listener in _of(job, LISTENER, balancer=balancer):
        if listener.get("VServerGroupId") in ids:
            _delete_listener(job, listener=listener)
    for group in groups:
        job.ask("slb.DeleteVServerGroup", VServerGroupId=group.id)


def _of(job: Round, kind: Any, *, balancer: Seen) -> list[Seen]:
    return [one for one in job.all(kind) if one["LoadBalancerId"] == balancer.id]


def _ensure_group(job: Round, *, balancer: Seen, port: Port, group: Seen | None, backends: list[str]) -> str:
    """The id of the group of a port, with the nodes in it."""
    if group is None:
        made = job.ask("slb.CreateVServerGroup", LoadBalancerId=balancer.id, VServerGroupName=port.group)
        group_id, there = str(made["VServerGroupId"]), set[str]()
    else:
        group_id, there = group.id, {str(one["ServerId"]) for one in group["BackendServers"]}
    for action, servers in (
        ("AddVServerGroupBackendServers", sorted(set(backends) - there)),
        ("RemoveVServerGroupBackendServers", sorted(there - set(backends))),
    ):
        for start in range(0, len(servers), BATCH):
            rows = [
                {"ServerId": one, "Port": port.node, "Weight": 100, "Type": "ecs"} for one in servers[start : start + BATCH]
            ]
            job.ask(f"slb.{action}", VServerGroupId=group_id, BackendServers=json.dumps(rows))
    return group_id


def _create_listener(job: Round, *, balancer: Seen, port: Port, group_id: str) -> None:
    which: Mapping[str, Any] = {"LoadBalancerId": balancer.id, "ListenerPort": port.number}
    action = f"slb.CreateLoadBalancer{port.protocol.upper()}Listener"
    job.ask(action, **which, **port.settings, VServerGroupId=group_id, Description=port.group)
    job.ask("slb.StartLoadBalancerListener", **which, ListenerProtocol=port.protocol)


def _set(job: Round, *, listener: Seen, settings: Mapping[str, Any]) -> None:
    which = {"LoadBalancerId": listener["LoadBalancerId"], "ListenerPort": listener["ListenerPort"]}
    job.ask(f"slb.SetLoadBalancer{listener['ListenerProtocol'].upper()}ListenerAttribute", **which, **settings)


def _delete_listener(job: Round, *, listener: Seen) -> None:
    which = {name: listener[name] for name in ("LoadBalancerId", "ListenerPort", "ListenerProtocol")}
    job.ask("slb.DeleteLoadBalancerListener", **which)
