"""Addresses and node ports of Services (pkg/registry/core/service): what is taken is read from the Services themselves."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from acsctl.emulator.kubernetes.builtin.call import Control
from acsctl.emulator.kubernetes.builtin.storage import Object
from acsctl.emulator.kubernetes.objects.validate import Problem, shown

SERVICES = ("", "services")
FIRST_PORT, LAST_PORT = 30000, 32767
_DYNAMIC_PORT = FIRST_PORT + 86  # below it is the band for ports that are asked for, 16 + (size / 32) wide, at most 128
_WITH_NODE_PORTS = ("NodePort", "LoadBalancer")


def allocate(control: Control, *, obj: Object, live: Object | None) -> list[Problem]:
    """Completes a Service, which is the caller's to change. Gives back what cannot be had."""
    spec = obj["spec"]
    if live is not None:
        _carry_over(spec, old=live["spec"])
    _drop_unneeded(spec, old=None if live is None else live["spec"])
    refused = [] if live is not None else _wish_problems(spec)
    if refused:
        return refused
    others = [one for one in control.storage.all(SERVICES) if one["metadata"]["uid"] != obj["metadata"]["uid"]]
    problems = [] if spec.get("type") == "ExternalName" else _address(control, spec=spec, others=others)
    if spec.get("type") in _WITH_NODE_PORTS and spec.get("allocateLoadBalancerNodePorts", True):
        problems += _node_ports(spec, others=others)
    return problems


def _wish_problems(spec: dict[str, Any]) -> list[Problem]:
    """What a new Service cannot be given by a cluster with one family of addresses."""
    if spec.get("type") == "ExternalName":
        return []
    first, several = spec.get("clusterIP"), spec.get("clusterIPs") or []
    if several and not first:
        return [_refused("spec.clusterIPs", value=several, why="must be empty when `clusterIP` is not specified")]
    if several and several[0] != first:
        return [_refused("spec.clusterIPs", value=several, why="first value must match `clusterIP`")]
    if "IPv6" in spec.get("ipFamilies", []):
        return [_refused("spec.ipFamilies[0]", value="IPv6", why="not configured on this cluster")]
    if spec.get("ipFamilyPolicy") == "RequireDualStack":
        why = "this cluster is not configured for dual-stack services"
        return [_refused("spec.ipFamilyPolicy", value="RequireDualStack", why=why)]
    return []


def _carry_over(spec: dict[str, Any], *, old: dict[str, Any]) -> None:
    """A change that leaves allocated values out keeps them (patchAllocatedValues)."""
    if spec.get("type") != "ExternalName" and old.get("type") != "ExternalName":
        for name in ("clusterIP", "clusterIPs"):
            if not spec.get(name) and old.get(name):
                spec[name] = old[name]
    if spec.get("type") in _WITH_NODE_PORTS and old.get("type") in _WITH_NODE_PORTS:
        had = {(one["port"], one.get("protocol")): one["nodePort"] for one in old.get("ports", []) if one.get("nodePort")}
        for port in spec.get("ports", []):
            if not port.get("nodePort") and (port["port"], port.get("protocol")) in had:
                port["nodePort"] = had[port["port"], port.get("protocol")]
        if spec.get("externalTrafficPolicy") == "Local" and old.get("healthCheckNodePort"):
            spec.setdefault("healthCheckNodePort", old["healthCheckNodePort"])


def _drop_unneeded(spec: dict[str, Any], *, old: dict[str, Any] | None) -> None:
    """A Service that changed its type loses what only the old type has (dropTypeDependentFields)."""
    if old is None:
        return
    if _is_checked(old) and not _is_checked(spec) and spec.get("healthCheckNodePort") == old.get("healthCheckNodePort"):
        spec.pop("healthCheckNodePort", None)
    if old.get("type") == spec.get("type"):
        return
    if spec.get("type") == "ExternalName":
        for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"):
            spec.pop(name, None)
    if spec.get("type") not in _WITH_NODE_PORTS and old.get("type") in _WITH_NODE_PORTS:
        had = {one.get("nodePort") for one in old.get("ports", [])}
        for port in spec.get("ports", []):
            if port.get("nodePort") in had:
                port.pop("nodePort", None)
        spec.pop("externalTrafficPolicy", None)
    if spec.get("type") != "LoadBalancer":
        spec.pop("allocateLoadBalancerNodePorts", None)
        spec.pop("loadBalancerClass", None)


def _is_checked(spec: dict[str, Any]) -> bool:
    """Whether the nodes tell a load balancer if they have endpoints."""
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def _address(control: Control, *, spec: dict[str, Any], others: list[Object]) -> list[Problem]:
    network = IPv4Network(control.face.service_cidr)
    taken = {one["spec"].get("clusterIP") for one in others}
    wish = spec.get("clusterIP") or next(iter(spec.get("clusterIPs") or []), "")
    if not wish:
        free = next((one for one in _dynamic(network) if str(one) not in taken), None)
        if free is None:
            return [_refused("spec.clusterIPs", value=[], why="failed to allocate a serviceIP: range is full")]
        wish = str(free)
    elif wish != "None":
        why = _why_not(wish, network=network, taken=taken)
        if why:
            return [_refused("spec.clusterIPs", value=[wish], why=f"failed to allocate IP {wish}: {why}")]
    spec["clusterIP"], spec["clusterIPs"] = wish, [wish]
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    return []


def _why_not(wish: str, *, network: IPv4Network, taken: set[Any]) -> str:
    try:
        inside = IPv4Address(wish) in network
    except ValueError:
        return ""  # what is no address is refused by the rules of Services
    if not inside:
        return "the provided network does not match the current range"
    return "provided IP is already allocated" if wish in taken else ""


def _dynamic(network: IPv4Network) -> Iterator[IPv4Address]:
    """The upper band first, so that the lower stays free for addresses that are asked for, as DNS has."""
    band = min(max(16, network.num_addresses // 16), 256)
    first, last = int(network.network_address) + 1, int(network.broadcast_address) - 1
    for number in (*range(first + band, last + 1), *range(first + 1, first + band)):
        yield IPv4Address(number)


def _node_ports(spec: dict[str, Any], *, others: list[Object]) -> list[Problem]:
    taken = {(port.get("nodePort"), port.get("protocol", "TCP")) for one in others for port in one["spec"].get("ports", [])}
    checks = {one["spec"].get("healthCheckNodePort") for one in others}
    problems: list[Problem] = []
    for index, port in enumerate(spec.get("ports", [])):
        protocol, field = port.get("protocol", "TCP"), f"spec.ports[{index}].nodePort"
        wish = port.get("nodePort")
        if not wish:
            port["nodePort"] = wish = _free_port({number for number, _ in taken} | checks)
        elif not FIRST_PORT <= wish <= LAST_PORT:
            why = f"provided port is not in the valid range. The range of valid ports is {FIRST_PORT}-{LAST_PORT}"
            problems.append(_refused(field, value=wish, why=why))
        elif (wish, protocol) in taken:
            problems.append(_refused(field, value=wish, why="provided port is already allocated"))
        taken.add((wish, protocol))
    if spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local":
        spec["healthCheckNodePort"] = spec.get("healthCheckNodePort") or _free_port({number for number, _ in taken} | checks)
    return problems


def _free_port(taken: set[int | None]) -> int:
    """The upper band first, so that the lower stays free for ports that are asked for."""
    ports: list[int] = [*range(_DYNAMIC_PORT, LAST_PORT + 1), *range(FIRST_PORT, _DYNAMIC_PORT)]
    return next(one for one in ports if one not in taken)


def _refused(field: str, *, value: Any, why: str) -> Problem:
    return Problem(field, "FieldValueInvalid", f"Invalid value: {shown(value)}: {why}", value)
