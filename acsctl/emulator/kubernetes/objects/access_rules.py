"""What is refused of the kinds around workloads: RBAC, autoscaling, policy, networking, storage, scheduling."""

import re
from typing import Any

from acsctl.emulator.kubernetes.objects import naming
from acsctl.emulator.kubernetes.objects.app_rules import number_or_percent
from acsctl.emulator.kubernetes.objects.refusals import Object, Refusals

PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
HIGHEST_PRIORITY = 10**9
SYSTEM_PRIORITIES = {"system-node-critical": 2 * HIGHEST_PRIORITY + 1000, "system-cluster-critical": 2 * HIGHEST_PRIORITY}


def role(obj: Object, *, into: Refusals) -> None:
    _rules(obj, into=into, namespaced=True)


def cluster_role(obj: Object, *, into: Refusals) -> None:
    _rules(obj, into=into, namespaced=False)
    for index, one in enumerate(obj.get("aggregationRule", {}).get("clusterRoleSelectors", [])):
        naming.selector(one, at=f"aggregationRule.clusterRoleSelectors[{index}]", into=into)


def _rules(obj: Object, *, into: Refusals, namespaced: bool) -> None:
    for index, one in enumerate(obj.get("rules") or []):
        here, urls = f"rules[{index}]", one.get("nonResourceURLs", [])
        if not one.get("verbs"):
            into.required(f"{here}.verbs", "verbs must contain at least one value")
        if urls:
            if namespaced:
                into.invalid(f"{here}.nonResourceURLs", value=urls, why="namespaced rules cannot apply to non-resource URLs")
            if one.get("apiGroups") or one.get("resources") or one.get("resourceNames"):
                why = "rules cannot apply to both regular resources and non-resource URLs"
                into.invalid(f"{here}.nonResourceURLs", value=urls, why=why)
            continue
        if not one.get("apiGroups"):
            into.required(f"{here}.apiGroups", "resource rules must supply at least one api group")
        if not one.get("resources"):
            into.required(f"{here}.resources", "resource rules must supply at least one resource")


def role_binding(obj: Object, *, into: Refusals) -> None:
    _binding(obj, into=into, kinds=("Role", "ClusterRole"))


def cluster_role_binding(obj: Object, *, into: Refusals) -> None:
    _binding(obj, into=into, kinds=("ClusterRole",))
    for index, one in enumerate(obj.get("subjects", [])):
        if one.get("kind") == "ServiceAccount" and not one.get("namespace"):
            into.required(f"subjects[{index}].namespace")


def _binding(obj: Object, *, into: Refusals, kinds: tuple[str, ...]) -> None:
    reference, group = obj["roleRef"], "rbac.authorization.k8s.io"
    if reference.get("apiGroup") != group:
        into.unsupported("roleRef.apiGroup", value=reference.get("apiGroup", ""), allowed=(group,))
    if reference.get("kind") not in kinds:
        into.unsupported("roleRef.kind", value=reference.get("kind", ""), allowed=kinds)
    if not reference.get("name"):
        into.required("roleRef.name")
    else:
        into.texts("roleRef.name", value=reference["name"], whys=naming.path_segment(reference["name"]))
    for index, one in enumerate(obj.get("subjects", [])):
        if not one.get("name"):
            into.required(f"subjects[{index}].name")
        if one.get("kind") not in ("ServiceAccount", "User", "Group"):
            into.unsupported(f"subjects[{index}].kind", value=one.get("kind", ""), allowed=("ServiceAccount", "User", "Group"))


def autoscaler(obj: Object, *, into: Refusals) -> None:
    spec = obj["spec"]
    least, most, target = spec.get("minReplicas"), spec.get("maxReplicas", 0), spec.get("scaleTargetRef", {})
    if least is not None and least < 1:
        into.invalid("spec.minReplicas", value=least, why="must be greater than or equal to 1")
    if most < 1:
        into.invalid("spec.maxReplicas", value=most, why="must be greater than 0")
    if least is not None and most < least:
        into.invalid("spec.maxReplicas", value=most, why="must be greater than or equal to `minReplicas`")
    for name in ("kind", "name"):
        if not target.get(name):
            into.required(f"spec.scaleTargetRef.{name}")
        else:
            into.texts(f"spec.scaleTargetRef.{name}", value=target[name], whys=naming.path_segment(target[name]))
    if not target.get("apiVersion"):
        into.invalid("spec.scaleTargetRef.apiVersion", value="", why="apiVersion must specify API group")
    kinds = {one.get("type") for one in spec.get("metrics", [])}
    if least == 0 and not kinds & {"Object", "External"}:
        why = "must specify at least one Object or External metric to support scaling to zero replicas"
        into.forbidden("spec.metrics", why=why)


def disruption_budget(obj: Object, *, into: Refusals) -> None:
    spec = obj["spec"]
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    if least is not None and most is not None:
        told = {
            "MinAvailable": least,
            "Selector": spec.get("selector"),
            "MaxUnavailable": most,
            "UnhealthyPodEvictionPolicy": spec.get("unhealthyPodEvictionPolicy"),
        }
        into.invalid("spec", value=told, why="minAvailable and maxUnavailable cannot be both set")
    for name, value in (("minAvailable", least), ("maxUnavailable", most)):
        if value is not None:
            number_or_percent(value, at=f"spec.{name}", into=into)
    naming.selector(spec.get("selector", {}), at="spec.selector", into=into)


def ingress(obj: Object, *, into: Refusals) -> None:
    spec = obj["spec"]
    if not spec.get("rules") and "defaultBackend" not in spec:
        into.invalid("spec", value=None, why="either `defaultBackend` or `rules` must be specified")
    if "defaultBackend" in spec:
        _backend(spec["defaultBackend"], at="spec.defaultBackend", into=into)
    for index, rule in enumerate(spec.get("rules", [])):
        host = rule.get("host", "")
        if host:
            into.texts(f"spec.rules[{index}].host", value=host, whys=naming.subdomain(re.sub(r"^\*\.", "", host)))
        for place, path in enumerate(rule.get("http", {}).get("paths") or []):
            _path(path, at=f"spec.rules[{index}].http.paths[{place}]", into=into)
        if "http" in rule and not rule["http"].get("paths"):
            into.required(f"spec.rules[{index}].http.paths")


def _path(path: Object, *, at: str, into: Refusals) -> None:
    kind, text = path.get("pathType"), path.get("path", "")
    if kind is None:
        into.required(f"{at}.pathType", "pathType must be specified")
        return
    if kind in ("Exact", "Prefix"):
        if not text.startswith("/"):
            into.invalid(f"{at}.path", value=text, why="must be an absolute path")
        for one in ("//", "/./", "/../", "%2f", "%2F"):
            if one in text:
                into.invalid(f"{at}.path", value=text, why=f"must not contain '{one}'")
    elif kind == "ImplementationSpecific":
        if text and not text.startswith("/"):
            into.invalid(f"{at}.path", value=text, why="must be an absolute path")
    else:
        into.unsupported(f"{at}.pathType", value=kind, allowed=PATH_TYPES)
    _backend(path.get("backend", {}), at=f"{at}.backend", into=into)


def _backend(backend: Object, *, at: str, into: Refusals) -> None:
    service = backend.get("service")
    if service is None:
        if "resource" not in backend:
            into.invalid(at, value="", why="resource or service backend is required")
        return
    if "resource" in backend:
        into.invalid(at, value="", why="cannot set both resource and service backends")
        return
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
    for index, one in enumerate(spec.get("policyTypes", [])):
        if one not in ("Ingress", "Egress"):
            into.unsupported(f"spec.policyTypes[{index}]", value=one, allowed=("Ingress", "Egress"))


def _policy_rule(rule: Object, *, at: str, side: str, into: Refusals) -> None:
    for index, one in enumerate(rule.get("ports", [])):
        if "port" in one:
            into.texts(f"{at}.ports[{index}].port", value=one["port"], whys=naming.number_or_name(one["port"]))
        into.one_of(one, "protocol", at=f"{at}.ports[{index}]", allowed=("SCTP", "TCP", "UDP"))
    for index, peer in enumerate(rule.get(side, [])):
        here = f"{at}.{side}[{index}]"
        if not peer:
            into.required(here, "must specify a peer")
        for kind in ("podSelector", "namespaceSelector"):
            naming.selector(peer.get(kind, {}), at=f"{here}.{kind}", into=into)
        block: dict[str, Any] | None = peer.get("ipBlock")
        if block is not None and not block.get("cidr"):
            into.required(f"{here}.ipBlock.cidr")
        elif block is not None:
            into.texts(f"{here}.ipBlock.cidr", value=block["cidr"], whys=naming.cidr(block["cidr"]))


def storage_class(obj: Object, *, into: Refusals) -> None:
    if not obj.get("provisioner"):
        into.required("provisioner")
    allowed_of = {"reclaimPolicy": ("Delete", "Retain"), "volumeBindingMode": ("Immediate", "WaitForFirstConsumer")}
    for name, allowed in allowed_of.items():
        if obj.get(name) not in allowed:
            into.unsupported(name, value=obj.get(name), allowed=allowed)


def priority_class(obj: Object, *, into: Refusals) -> None:
    name, value = obj["metadata"].get("name", ""), obj.get("value", 0)
    if name.startswith("system-"):
        _system_class(name, value=value, into=into)
    elif value > HIGHEST_PRIORITY:
        into.forbidden("value", why=f"maximum allowed value of a user defined priority is {HIGHEST_PRIORITY}")


def _system_class(name: str, *, value: int, into: Refusals) -> None:
    known = SYSTEM_PRIORITIES.get(name)
    if known == value:
        return
    why = f"{name} is not a known system priority class" if known is None else f"value of {name} PriorityClass must be {known}"
    reserved = "priority class names with 'system-' prefix are reserved for system use only"
    into.forbidden("metadata.name", why=f"{reserved}. error: {why}")
