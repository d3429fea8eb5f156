"""Who may do what: roles and bindings as they are stored (plugin/pkg/auth/authorizer/rbac)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.emulator.kubernetes.builtin.call import Control
from acsctl.emulator.kubernetes.builtin.request import MASTERS, User
from acsctl.emulator.kubernetes.builtin.storage import Key, Object

GROUP = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Attributes:
    """What is asked for. resource: with its subresource, `pods/log`. path: of a request for no resource; else empty."""

    verb: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


def allows(control: Control, *, user: User, wanted: Attributes) -> bool:
    if MASTERS in user.groups:
        return True
    return any(_covers(rule, wanted=wanted) for rule in rules_of(control, user=user, namespace=wanted.namespace))


def rules_of(control: Control, *, user: User, namespace: str) -> list[Mapping[str, Any]]:
    """All rules that bind a user in a namespace; without one only those that hold in the whole cluster."""
    if MASTERS in user.groups:
        return [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, {"verbs": ["*"], "nonResourceURLs": ["*"]}]
    bindings = control.storage.all((GROUP, "clusterrolebindings"))
    if namespace:
        bindings = bindings + control.storage.all((GROUP, "rolebindings"), namespace=namespace)
    return [rule for one in bindings if _binds(one, user=user) for rule in _rules(control, binding=one)]


def why_not(user: User, *, wanted: Attributes) -> str:
    """As the server words it."""
    if wanted.path:
        return f'User "{user.name}" cannot {wanted.verb} path "{wanted.path}"'
    place = f'in the namespace "{wanted.namespace}"' if wanted.namespace else "at the cluster scope"
    return f'User "{user.name}" cannot {wanted.verb} resource "{wanted.resource}" in API group "{wanted.group}" {place}'


def _binds(binding: Object, *, user: User) -> bool:
    for subject in binding.get("subjects") or []:
        if subject["kind"] == "User" and subject["name"] == user.name:
            return True
        if subject["kind"] == "Group" and subject["name"] in user.groups:
            return True
        account = f"system:serviceaccount:{subject.get('namespace', '')}:{subject['name']}"
        if subject["kind"] == "ServiceAccount" and account == user.name:
            return True
    return False


def _rules(control: Control, *, binding: Object) -> Iterator[Mapping[str, Any]]:
    reference = binding["roleRef"]
    cluster = reference["kind"] == "ClusterRole"
    kind = (GROUP, "clusterroles" if cluster else "roles")
    role = control.storage.get(Key(kind, "" if cluster else binding["metadata"]["namespace"], reference["name"]))
    yield from (role or {}).get("rules") or []


def _covers(rule: Mapping[str, Any], *, wanted: Attributes) -> bool:
    if not _has(rule, field="verbs", value=wanted.verb):
        return False
    if wanted.path:
        paths = rule.get("nonResourceURLs") or []
        return any(one in ("*", wanted.path) or (one.endswith("*") and wanted.path.startswith(one[:-1])) for one in paths)
    names = rule.get("resourceNames") or []
    subresource = f"*/{wanted.resource.partition('/')[2]}"
    resources = rule.get("resources") or []
    known = _has(rule, field="resources", value=wanted.resource) or ("/" in wanted.resource and subresource in resources)
    return known and _has(rule, field="apiGroups", value=wanted.group) and (not names or wanted.name in names)


def _has(rule: Mapping[str, Any], *, field: str, value: str) -> bool:
    values = rule.get(field) or []
    return "*" in values or value in values
