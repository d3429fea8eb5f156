"""What is refused of Ingresses and NetworkPolicies."""

import re
from ipaddress import ip_network
from typing import Any

from acsctl.emulator.kubernetes.objects import naming
from acsctl.emulator.kubernetes.objects.refusals import Object, Refusals

PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
PROTOCOLS = ("TCP", "UDP", "SCTP")
CLASS = "kubernetes.io/ingress.class"
WILDCARD = rf"\*\.{naming.SUBDOMAIN}"
WILDCARD_WORDS = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case "
    "alphanumeric characters, '-' or '.' and end with an alphanumeric character "
    f"(e.g. '*.example.com', regex used for validation is '{WILDCARD}')"
)


def ingress(obj: Object, *, into: Refusals) -> None:
    spec = obj["spec"]
    if not spec.get("rules") and "defaultBackend" not in spec:
        into.invalid("spec", value=None, why="either `defaultBackend` or `rules` must be specified")
    if "defaultBackend" in spec:
        _backend(spec["defaultBackend"], at="spec.defaultBackend", into=into)
    for index, rule in enumerate(spec.get("rules", [])):
        _rule(rule, at=f"spec.rules[{index}]", into=into)
    for index, one in enumerate(spec.get("tls", [])):
        for place, host in enumerate(one.get("hosts", [])):
            into.texts(f"spec.tls[{index}].hosts[{place}]", value=host, whys=_host(host))
        if one.get("secretName"):
            into.texts(f"spec.tls[{index}].secretName", value=one["secretName"], whys=naming.subdomain(one["secretName"]))
    if spec.get("ingressClassName") is not None:
        into.texts("spec.ingressClassName", value=spec["ingressClassName"], whys=naming.subdomain(spec["ingressClassName"]))


def new_ingress(obj: Object, *, into: Refusals) -> None:
    """Whether the two ways to name a class agree, which is asked once."""
    ingress(obj, into=into)
    old, name = (obj["metadata"].get("annotations") or {}).get(CLASS), obj["spec"].get("ingressClassName")
    if old is not None and name is not None and old != name:
        into.invalid(f"annotations.{CLASS}", value=old, why="must match `ingressClassName` when both are specified")


def _host(host: str) -> list[str]:
    if "*" in host:
        return [] if re.fullmatch(WILDCARD, host) else [WILDCARD_WORDS]
    return naming.subdomain(host)


def _rule(rule: Object, *, at: str, into: Refusals) -> None:
    host = rule.get("host", "")
    if host and not naming.ip(host):
        into.invalid(f"{at}.host", value=host, why="must be a DNS name, not an IP address")
    elif host:
        into.texts(f"{at}.host", value=host, whys=_host(host))
    if "http" not in rule:
        return
    for place, path in enumerate(rule["http"].get("paths") or []):
        _path(path, at=f"{at}.http.paths[{place}]", into=into)
    if not rule["http"].get("paths"):
        into.required(f"{at}.http.paths")


def _path(path: Object, *, at: str, into: Refusals) -> None:
    kind, text = path.get("pathType"), path.get("path", "")
    if kind is None:
        into.required(f"{at}.pathType", "pathType must be specified")
        return
    if kind in ("Exact", "Prefix"):
        _plain_path(text, at=f"{at}.path", into=into)
    elif kind == "ImplementationSpecific":
        if text and not text.startswith("/"):
            into.invalid(f"{at}.path", value=text, why="must be an absolute path")
    else:
        into.unsupported(f"{at}.pathType", value=kind, allowed=PATH_TYPES)
    _backend(path.get("backend", {}), at=f"{at}.backend", into=into)


def _plain_path(text: str, *, at: str, into: Refusals) -> None:
    if not text.startswith("/"):
        into.invalid(at, value=text, why="must be an absolute path")
    for one in ("//", "/./", "/../", "%2f", "%2F"):
        if one in text:
            into.invalid(at, value=text, why=f"must not contain '{one}'")
    for one in ("/..", "/."):
        if text.endswith(one):
            into.invalid(at, value=text, why=f"cannot end with '{one}'")


def _backend(backend: Object, *, at: str, into: Refusals) -> None:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        into.invalid(at, value="", why="cannot set both resource and service backends")
    elif resource is not None:
        _resource(resource, at=f"{at}.resource", into=into)
    elif service is not None:
        _service(service, at=at, into=into)
    else:
        into.invalid(at, value="", why="resource or service backend is required")


def _resource(resource: Object, *, at: str, into: Refusals) -> None:
    if resource.get("apiGroup"):
        into.texts(f"{at}.apiGroup", value=resource["apiGroup"], whys=naming.subdomain(resource["apiGroup"]))
    for name in ("kind", "name"):
        if not resource.get(name):
            into.required(f"{at}.{name}")
        else:
            into.texts(f"{at}.{name}", value=resource[name], whys=naming.path_segment(resource[name]))


def _service(service: Object, *, at: str, into: Refusals) -> None:
    name, port = service.get("name", ""), service.get("port", {})
    if not name:
        into.required(f"{at}.service.name")
    else:
        into.texts(f"{at}.service.name", value=name, whys=naming.service(name))
    if port.get("name") and port.get("number"):
        into.invalid(at, value="", why="cannot set both port name & port number")
    elif port.get("name"):
        into.texts(f"{at}.service.port.name", value=port["name"], whys=naming.port_name(port["name"]))
    elif port.get("number"):
        into.texts(f"{at}.service.port.number", value=port["number"], whys=naming.port(port["number"]))
    else:
        into.required(at, "port name or number is required")


def network_policy(obj: Object, *, into: Refusals) -> None:
    spec = obj["spec"]
    naming.selector(spec.get("podSelector", {}), at="spec.podSelector", into=into)
    for way, side in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(way, [])):
            _policy_rule(rule, at=f"spec.{way}[{index}]", side=side, into=into)
    kinds = spec.get("policyTypes", [])
    if len(kinds) > 2:
        into.invalid("spec.policyTypes", value=kinds, why="may not specify more than two policyTypes")
        return
    for index, one in enumerate(kinds):
        if one not in ("Ingress", "Egress"):
            into.unsupported(f"spec.policyTypes[{index}]", value=one, allowed=("Ingress", "Egress"))


def _policy_rule(rule: Object, *, at: str, side: str, into: Refusals) -> None:
    for index, one in enumerate(rule.get("ports", [])):
        _policy_port(one, at=f"{at}.ports[{index}]", into=into)
    for index, peer in enumerate(rule.get(side, [])):
        _peer(peer, at=f"{at}.{side}[{index}]", into=into)


def _policy_port(one: Object, *, at: str, into: Refusals) -> None:
    into.one_of(one, "protocol", at=at, allowed=PROTOCOLS)
    port, last = one.get("port"), one.get("endPort")
    if port is None:
        if last is not None:
            into.invalid(f"{at}.endPort", value=last, why="may not be specified when `port` is not specified")
        return
    if isinstance(port, int) and last is not None:
        if last < port:
            into.invalid(f"{at}.endPort", value=port, why="must be greater than or equal to `port`")
        into.texts(f"{at}.endPort", value=last, whys=naming.port(last))
    elif last is not None:
        into.invalid(f"{at}.endPort", value=last, why="may not be specified when `port` is non-numeric")
    into.texts(f"{at}.port", value=port, whys=naming.number_or_name(port))


def _peer(peer: Object, *, at: str, into: Refusals) -> None:
    selectors = [kind for kind in ("podSelector", "namespaceSelector") if kind in peer]
    for kind in selectors:
        naming.selector(peer[kind], at=f"{at}.{kind}", into=into)
    block: dict[str, Any] | None = peer.get("ipBlock")
    if block is not None:
        _block(block, at=f"{at}.ipBlock", into=into)
        if selectors:
            into.forbidden(at, why="may not specify both ipBlock and another peer")
    elif not selectors:
        into.required(at, "must specify a peer")


def _block(block: Object, *, at: str, into: Refusals) -> None:
    cidr = block.get("cidr", "")
    if not cidr:
        into.required(f"{at}.cidr")
        return
    problems = naming.cidr(cidr)
    into.texts(f"{at}.cidr", value=cidr, whys=problems)
    if problems:
        return
    for index, one in enumerate(block.get("except", [])):
        wrong = naming.cidr(one)
        into.texts(f"{at}.except[{index}]", value=one, whys=wrong)
        if not wrong and not _is_inside(one, cidr=cidr):
            into.invalid(f"{at}.except[{index}]", value=one, why="must be a strict subset of `cidr`")


def _is_inside(one: str, *, cidr: str) -> bool:
    small, large = ip_network(one, strict=False), ip_network(cidr, strict=False)
    return small.version == large.version and small.prefixlen > large.prefixlen and small.network_address in large
