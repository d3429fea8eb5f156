"""Listeners: TCP, UDP, HTTP, HTTPS; known by load balancer, port and protocol (sheet network.md 9).

What was given is kept as it was given; a describe call shows of it what the published answer of its protocol has.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from acsctl.emulator.actions import Handler, action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.slb.types import LISTENER, VSERVER_GROUP, listeners, require_balancer
from acsctl.emulator.services.tagging import read_tags, tag_key_value

STARTING, STOPPING = 1.0, 1.0  # cloud seconds, chosen
PROTOCOLS = ("tcp", "udp", "http", "https")
# Names that create and set calls spell in another way than the answers do.
_RENAMED = {
    "HealthCheckSwitch": "HealthCheck",
    "healthCheckInterval": "HealthCheckInterval",
    "healthCheckExp": "HealthCheckExp",
    "healthCheckReq": "HealthCheckReq",
}
_NOT_KEPT = frozenset({"LoadBalancerId", "RegionId", "Tag", "DryRun", "ListenerPort", "VServerGroup", "MasterSlaveServerGroup"})
_DEFAULTS: Mapping[str, Any] = {
    "Scheduler": "wrr",
    "Bandwidth": -1,
    "HealthCheck": "on",
    "HealthyThreshold": 3,
    "UnhealthyThreshold": 3,
    "HealthCheckInterval": 2,
    "AclStatus": "off",
    "Description": "",
    "VServerGroupId": "",
}


def _bind(protocol: str) -> None:
    """The three actions of a protocol."""
    word = protocol.upper()
    for name, handler in (
        (f"CreateLoadBalancer{word}Listener", _creates(protocol)),
        (f"SetLoadBalancer{word}ListenerAttribute", _sets(protocol)),
        (f"DescribeLoadBalancer{word}ListenerAttribute", _describes(protocol)),
    ):
        action(f"slb.{name}")(handler)


def _creates(protocol: str) -> Handler:
    def create(call: Call) -> dict[str, Any]:
        balancer, port = require_balancer(call), call.number("ListenerPort")
        if not 1 <= port <= 65535:
            raise ApiError(call.published("InvalidParam.ListenerPort"), message="ListenerPort is 1 to 65535.", status=400)
        stream = protocol != "udp"
        for one in listeners(call, balancer_id=balancer.id):
            if one["ListenerPort"] == port and (one["ListenerProtocol"] != "udp") == stream:
                code = call.published("ListenerAlreadyExists", "ListenerPortConflict")
                raise ApiError(code, message=f"{balancer.id} has a listener of port {port}.", status=400)
        given = _given(call, protocol=protocol)
        if not given.get("VServerGroupId") and not given.get("BackendServerPort"):
            raise ApiError("MissingParameter", message="BackendServerPort or VServerGroupId is mandatory.", status=400)
        natural = {"LoadBalancerId": balancer.id, "ListenerPort": port, "ListenerProtocol": protocol}
        attributes = {**_DEFAULTS, **given, **natural, "Status": "stopped"}
        call.create(LISTENER, attributes=attributes, tags=read_tags(call))
        return {}

    return create


def _sets(protocol: str) -> Handler:
    def set_attribute(call: Call) -> dict[str, Any]:
        listener = _require(call, protocol=protocol)
        given = _given(call, protocol=protocol)
        call.end_dry_run()
        listener.set(**given)
        return {}

    return set_attribute


def _describes(protocol: str) -> Handler:
    def describe(call: Call) -> dict[str, Any]:
        listener = _require(call, protocol=protocol)
        return {**_fitting(listener.attributes, tree=call.action.response), "Tags": tag_key_value(listener)}

    return describe


@action("slb.DescribeLoadBalancerListeners")
def describe_load_balancer_listeners(call: Call) -> dict[str, Any]:
    """All on one page."""
    ids = [str(one) for one in call.items("LoadBalancerId")]
    rows = [
        one
        for one in call.listed(LISTENER)
        if (not ids or one["LoadBalancerId"] in ids)
        and call.text("ListenerProtocol").lower() in ("", one["ListenerProtocol"])
        and call.number("ListenerPort") in (0, one["ListenerPort"])
    ]
    tree = call.action.response["Listeners"][0]
    return {"Listeners": [_row(one, tree=tree) for one in rows], "TotalCount": len(rows), "NextToken": "", "MaxResults": 100}


@action("slb.StartLoadBalancerListener")
def start_load_balancer_listener(call: Call) -> dict[str, Any]:
    return _move(call, now="starting", then="running", seconds=STARTING)


@action("slb.StopLoadBalancerListener")
def stop_load_balancer_listener(call: Call) -> dict[str, Any]:
    return _move(call, now="stopping", then="stopped", seconds=STOPPING)


@action("slb.DeleteLoadBalancerListener")
def delete_load_balancer_listener(call: Call) -> dict[str, Any]:
    _require(call, protocol=call.text("ListenerProtocol").lower()).remove()
    return {}


def _move(call: Call, *, now: str, then: str, seconds: float) -> dict[str, Any]:
    listener = _require(call, protocol=call.text("ListenerProtocol").lower())
    if listener["Status"] not in (now, then):
        listener.set(Status=now)
        listener.later(seconds, Status=then)
    return {}


def _require(call: Call, *, protocol: str) -> Resource:
    """By port and, when given, protocol. Raises for a listener that is not there, or for a port that two share."""
    balancer = require_balancer(call)
    found = [
        one
        for one in listeners(call, balancer_id=balancer.id)
        if one["ListenerPort"] == call.number("ListenerPort") and protocol in ("", one["ListenerProtocol"])
    ]
    if len(found) > 1:
        raise ApiError("TooManyListeners", message="Two listeners have this port: name the protocol.", status=400)
    if not found:
        raise ApiError("ResourceNotFound.Listener", message="The specified resource does not exist.", status=404)
    return found[0]


def _given(call: Call, *, protocol: str) -> dict[str, Any]:
    """What a create or set call gives. Raises when the server group is not there."""
    kept = {name: value for name, value in call.parameters.items() if name not in _NOT_KEPT and name in call.action.parameters}
    given = {_RENAMED.get(name, name): value for name, value in kept.items()}
    group = call.find(VSERVER_GROUP, id=str(given["VServerGroupId"])) if given.get("VServerGroupId") else None
    if given.get("VServerGroupId") and (group is None or group["LoadBalancerId"] != call.text("LoadBalancerId")):
        code = call.published("ResourceNotFound.VServerGroup", "InvalidParam.VServerGroupId")
        raise ApiError(code, message="The specified VServerGroupId does not exist.", status=400)
    return given


def _row(listener: Resource, *, tree: Mapping[str, Any]) -> dict[str, Any]:
    protocol = f"{listener['ListenerProtocol'].upper()}ListenerConfig"
    tags = [{"TagKey": key, "TagValue": value} for key, value in listener.seen_tags.items()]
    own = {protocol: _fitting(listener.attributes, tree=tree[protocol])}
    return {**_fitting(listener.attributes, tree=tree), **own, "Tags": tags}


def _fitting(attributes: Mapping[str, Any], *, tree: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that an answer has, in its types."""
    return {name: _TO[tree[name]](value) for name, value in attributes.items() if tree.get(name) in _TO and value is not None}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_TO: Mapping[Any, Callable[[Any], Any]] = cast(
    "Mapping[Any, Callable[[Any], Any]]",
    {"string": _text, "int32": int, "int64": int, "boolean": lambda value: _text(value) == "true"},
)

for _protocol in PROTOCOLS:
    _bind(_protocol)
