"""What lists and describe calls show of load balancers (sheet network.md 9)."""

from collections.abc import Callable
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.paging import by_number
from acsctl.emulator.services.slb.backend import living_servers
from acsctl.emulator.services.slb.legacy_tags import loaded_tags
from acsctl.emulator.services.slb.types import LOAD_BALANCER, groups, listeners
from acsctl.emulator.services.tagging import tag_filter, tag_key_value

IDS = 10
_FILTERS = (
    "LoadBalancerStatus",
    "LoadBalancerName",
    "Address",
    "AddressType",
    "AddressIPVersion",
    "NetworkType",
    "VpcId",
    "VSwitchId",
    "MasterZoneId",
    "SlaveZoneId",
    "PayType",
    "InternetChargeType",
    "ResourceGroupId",
)


@action("slb.DescribeLoadBalancers")
def describe_load_balancers(call: Call) -> dict[str, Any]:
    ids = call.commas("LoadBalancerId")
    if len(ids) > IDS:
        raise ApiError("InvalidParameter", message=f"LoadBalancerId takes at most {IDS} ids.", status=400)
    matches, has_tags = tag_filter(call), _legacy_filter(call)
    rows = [
        one
        for one in call.listed(LOAD_BALANCER)
        if (not ids or one.id in ids)
        and all(call.text(name) in ("", one[name]) for name in _FILTERS)
        and _has_server(one, call=call)
        and matches(one)
        and has_tags(one)
    ]
    page, counts = by_number(call, rows=rows)
    return {"LoadBalancers": {"LoadBalancer": [_shown(one) for one in page]}, **counts}


@action("slb.DescribeLoadBalancerAttribute")
def describe_load_balancer_attribute(call: Call) -> dict[str, Any]:
    balancer = next((one for one in call.listed(LOAD_BALANCER) if one.id == call.text("LoadBalancerId")), None)
    if balancer is None:
        raise ApiError("InvalidLoadBalancerId.NotFound", message="The load balancer does not exist.", status=404)
    there = listeners(call, balancer_id=balancer.id)
    old = [{"ListenerPort": one["ListenerPort"], "ListenerProtocal": one["ListenerProtocol"]} for one in there]
    new = [{"Description": "", **one.pick("ListenerPort", "ListenerProtocol", "Description")} for one in there]
    servers = [
        {"ServerIp": "", **{name: one[name] for name in ("ServerId", "Weight", "Type", "Description")}}
        for one in living_servers(call, servers=balancer["BackendServers"])
    ]
    return {
        **_shown(balancer),
        "EndTime": "2999-09-08T16:00:00Z",
        "EndTimeStamp": 32493801600000,
        "BackendServers": {"BackendServer": servers},
        "ListenerPorts": {"ListenerPort": [one["ListenerPort"] for one in there]},
        "ListenerPortsAndProtocal": {"ListenerPortAndProtocal": old},
        "ListenerPortsAndProtocol": {"ListenerPortAndProtocol": new},
    }


def _legacy_filter(call: Call) -> Callable[[Resource], bool]:
    """The parameter Tags: JSON text."""
    wanted = loaded_tags(call) if call.text("Tags") else {}
    return lambda one: all(key in one.seen_tags and value in ("", one.seen_tags[key]) for key, value in wanted.items())


def _has_server(balancer: Resource, *, call: Call) -> bool:
    """Whether ServerId, when given, is behind it."""
    if not call.text("ServerId"):
        return True
    pools = [balancer, *groups(call, balancer_id=balancer.id)]
    return any(call.text("ServerId") == server["ServerId"] for pool in pools for server in pool["BackendServers"])


def _shown(balancer: Resource) -> dict[str, Any]:
    names = (*_FILTERS, "LoadBalancerSpec", "Bandwidth", "InstanceChargeType", "DeleteProtection")
    return {
        "LoadBalancerId": balancer.id,
        "RegionId": balancer.region,
        "RegionIdAlias": balancer.region,
        "CreateTime": iso_seconds(balancer.created),
        "CreateTimeStamp": int(balancer.created * 1000),
        **balancer.pick(*names, "ModificationProtectionStatus", "ModificationProtectionReason"),
        "Tags": tag_key_value(balancer),
    }
