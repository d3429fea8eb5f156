"""What is refused of the kinds around workloads: RBAC, policy, storage, scheduling."""

from acsctl.emulator.kubernetes.objects import naming
from acsctl.emulator.kubernetes.objects.app_rules import at_most_all, number_or_percent
from acsctl.emulator.kubernetes.objects.refusals import Object, Refusals

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
            continue
        allowed, found = "" if one["kind"] == "ServiceAccount" else group, one.get("apiGroup", "")
        if not allowed and one.get("name"):
            into.texts(f"subjects[{index}].name", value=one["name"], whys=naming.subdomain(one["name"]))
        if found != allowed:
            into.unsupported(f"subjects[{index}].apiGroup", value=found, allowed=(allowed,))


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
            at_most_all(value, at=f"spec.{name}", into=into)
    into.one_of(spec, "unhealthyPodEvictionPolicy", at="spec", allowed=("AlwaysAllow", "IfHealthyBudget"))
    naming.selector(spec.get("selector", {}), at="spec.selector", into=into)


def storage_class(obj: Object, *, into: Refusals) -> None:
    name = obj.get("provisioner", "").lower()
    if not name:
        into.required("provisioner")
    else:
        into.texts("provisioner", value=name, whys=naming.qualified(name))
    if "" in obj.get("parameters", {}):
        into.invalid("parameters", value="", why="field can not be empty.")
    allowed_of = {"reclaimPolicy": ("Delete", "Retain"), "volumeBindingMode": ("Immediate", "WaitForFirstConsumer")}
    for name, allowed in allowed_of.items():
        if obj.get(name) not in allowed:
            into.unsupported(name, value=obj.get(name), allowed=allowed)
    for index, term in enumerate(obj.get("allowedTopologies", [])):
        for place, one in enumerate(term.get("matchLabelExpressions", [])):
            if not one.get("values"):
                into.required(f"allowedTopologies[{index}].matchLabelExpressions[{place}].values")


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
