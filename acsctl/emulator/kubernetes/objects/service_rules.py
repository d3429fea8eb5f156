"""What is refused of Services."""

from ipaddress import ip_address
from typing import Any

from acsctl.emulator.kubernetes.objects import naming
from acsctl.emulator.kubernetes.objects.refusals import Object, Refusals

TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
PROTOCOLS = ("SCTP", "TCP", "UDP")
EXTERNAL = ("NodePort", "LoadBalancer")
FAMILIES = ("IPv4", "IPv6")
DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")
LONGEST_AFFINITY = 86400
BALANCED = "may only be used when `type` is 'LoadBalancer'"


def service(obj: Object, *, into: Refusals) -> None:
    spec, kind = obj["spec"], obj["spec"]["type"]
    if not spec.get("ports") and kind != "ExternalName" and spec.get("clusterIP") != "None":
        into.required("spec.ports")
    if kind in EXTERNAL and spec.get("clusterIP") == "None":
        into.invalid("spec.clusterIPs[0]", value="None", why=f"may not be set to 'None' for {kind} services")
    if kind == "ExternalName":
        _external_name(spec, into=into)
    _service_ports(spec, into=into)
    naming.labels(spec.get("selector", {}), at="spec.selector", into=into)
    _affinity(spec, into=into)
    if kind != "ExternalName":
        _addresses(spec, into=into)
    for index, one in enumerate(spec.get("externalIPs", [])):
        into.texts(f"spec.externalIPs[{index}]", value=one, whys=_external_address(one))
    into.one_of(spec, "type", at="spec", allowed=TYPES)
    _node_ports(spec, into=into)
    _balancing(spec, into=into)
    _traffic(spec, into=into)


def _external_address(text: str) -> list[str]:
    problems = naming.ip(text)
    if problems:
        return problems
    address = ip_address(text)
    if address.is_unspecified:
        return [f"may not be unspecified ({text})"]
    if address.is_loopback:
        return ["may not be in the loopback range (127.0.0.0/8, ::1/128)"]
    if address.is_link_local:
        return ["may not be in the link-local range (169.254.0.0/16, fe80::/10)"]
    return []


def _affinity(spec: Object, *, into: Refusals) -> None:
    into.one_of(spec, "sessionAffinity", at="spec", allowed=("ClientIP", "None"))
    config = spec.get("sessionAffinityConfig")
    if config is None:
        return
    if spec.get("sessionAffinity") == "None":
        into.forbidden("spec.sessionAffinityConfig", why="must not be set when session affinity is None")
        return
    seconds = config.get("clientIP", {}).get("timeoutSeconds", 1)
    if not 0 < seconds <= LONGEST_AFFINITY:
        why = f"must be greater than 0 and less than {LONGEST_AFFINITY}"
        into.invalid("spec.sessionAffinityConfig.clientIP.timeoutSeconds", value=seconds, why=why)


def _addresses(spec: Object, *, into: Refusals) -> None:
    for index, one in enumerate(spec.get("ipFamilies", [])):
        if one not in FAMILIES:
            into.unsupported(f"spec.ipFamilies[{index}]", value=one, allowed=FAMILIES)
    into.one_of(spec, "ipFamilyPolicy", at="spec", allowed=("PreferDualStack", "RequireDualStack", "SingleStack"))
    for index, one in enumerate(spec.get("clusterIPs", [])):
        if (index, one) != (0, "None"):
            into.texts(f"spec.clusterIPs[{index}]", value=one, whys=naming.ip(one))


def _external_name(spec: Object, *, into: Refusals) -> None:
    if spec.get("clusterIP"):
        into.forbidden("spec.clusterIPs", why="may not be set for ExternalName services")
    name = spec.get("externalName", "")
    if not name:
        into.required("spec.externalName")
    else:
        into.texts("spec.externalName", value=name, whys=naming.subdomain(name.rstrip(".")))


def _service_ports(spec: Object, *, into: Refusals) -> None:
    ports, names = spec.get("ports", []), set[str]()
    for index, one in enumerate(ports):
        here, name = f"spec.ports[{index}]", one.get("name", "")
        if not name and len(ports) > 1:
            into.required(f"{here}.name")
        elif name:
            into.texts(f"{here}.name", value=name, whys=naming.label(name))
            if name in names:
                into.duplicate(f"{here}.name", value=name)
            names.add(name)
        into.texts(f"{here}.port", value=one.get("port", 0), whys=naming.port(one.get("port", 0)))
        into.one_of(one, "protocol", at=here, allowed=PROTOCOLS)
        target = one.get("targetPort", 0)
        into.texts(f"{here}.targetPort", value=target, whys=naming.number_or_name(target))
        if one.get("appProtocol"):
            into.texts(f"{here}.appProtocol", value=one["appProtocol"], whys=naming.qualified(one["appProtocol"]))


def _node_ports(spec: Object, *, into: Refusals) -> None:
    """Ports of nodes only where there may be some, and every pair of port and protocol once."""
    taken, nodes = set[tuple[Any, ...]](), set[tuple[Any, ...]]()
    ports = list(enumerate(spec.get("ports", [])))
    for index, one in ports:
        if one.get("nodePort") and spec["type"] not in EXTERNAL:
            into.forbidden(f"spec.ports[{index}].nodePort", why=f"may not be used when `type` is '{spec['type']}'")
        key = (one.get("protocol"), one.get("nodePort"))
        if key[1] and key in nodes:
            into.duplicate(f"spec.ports[{index}].nodePort", value=key[1])
        nodes.add(key)
    for index, one in ports:
        key = (one.get("protocol"), one.get("port", 0))
        if key in taken:
            told = {"Name": "", "Protocol": key[0], "AppProtocol": None, "Port": key[1], "TargetPort": 0, "NodePort": 0}
            into.duplicate(f"spec.ports[{index}]", value=told)
        taken.add(key)


def _balancing(spec: Object, *, into: Refusals) -> None:
    """What only a load balancer has."""
    balanced = spec["type"] == "LoadBalancer"
    ranges = spec.get("loadBalancerSourceRanges", [])
    if ranges and not balanced:
        into.forbidden("spec.LoadBalancerSourceRanges", why=BALANCED)
    for index, one in enumerate(ranges if balanced else []):
        into.texts(f"spec.LoadBalancerSourceRanges[{index}]", value=one, whys=naming.cidr(one.strip()))
    if "allocateLoadBalancerNodePorts" in spec and not balanced:
        into.forbidden("spec.allocateLoadBalancerNodePorts", why=BALANCED)
    name = spec.get("loadBalancerClass")
    if name is not None and not balanced:
        into.forbidden("spec.loadBalancerClass", why=BALANCED)
    elif name is not None:
        into.texts("spec.loadBalancerClass", value=name, whys=naming.qualified(name))


def _traffic(spec: Object, *, into: Refusals) -> None:
    kind, policy, check = spec["type"], spec.get("externalTrafficPolicy"), spec.get("healthCheckNodePort", 0)
    if policy and kind not in EXTERNAL and not spec.get("externalIPs"):
        into.invalid("spec.externalTrafficPolicy", value=policy, why="may only be set for externally-accessible services")
    elif policy and policy not in ("Cluster", "Local"):
        into.unsupported("spec.externalTrafficPolicy", value=policy, allowed=("Cluster", "Local"))
    if check and (kind != "LoadBalancer" or policy != "Local"):
        why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        into.invalid("spec.healthCheckNodePort", value=check, why=why)
    into.one_of(spec, "internalTrafficPolicy", at="spec", allowed=("Cluster", "Local"))
    into.one_of(spec, "trafficDistribution", at="spec", allowed=DISTRIBUTIONS)
