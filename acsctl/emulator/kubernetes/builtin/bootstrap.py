"""What a new control plane holds before anybody comes: namespaces, the kubernetes Service, roles, priority classes."""

from ipaddress import IPv4Network
from typing import Any

from acsctl.emulator.kubernetes.builtin import custom, router
from acsctl.emulator.kubernetes.builtin.call import Control
from acsctl.emulator.kubernetes.builtin.request import LOCAL, Request
from acsctl.emulator.kubernetes.builtin.storage import Key

_ADVERTISED = "192.0.2.1"  # RFC 5737: loopback is refused there, and nobody in a pod calls
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_BOOT = {"kubernetes.io/bootstrapping": "rbac-defaults"}
_READ = ["get", "list", "watch"]
_WRITE = ["create", "delete", "deletecollection", "patch", "update"]
_PUBLIC = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
_DISCOVERY = ["/api", "/api/*", "/apis", "/apis/*", *_PUBLIC, "/openapi", "/openapi/*"]


def populate(control: Control) -> None:
    """Fills an empty storage; leaves another as it is."""
    if control.storage.get(Key(("", "namespaces"), "", "kube-system")) is not None:
        return
    for name in ("kube-system", "kube-public", "kube-node-lease", "default"):
        _make(control, path="/api/v1/namespaces", obj={"metadata": {"name": name}})
    _make(control, path="/api/v1/namespaces/default/services", obj=_service(control))
    _make(control, path="/api/v1/namespaces/default/endpoints", obj=_endpoints(control))
    _make(control, path="/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", obj=_slice(control))
    _make(control, path="/apis/networking.k8s.io/v1/servicecidrs", obj=_service_range(control))
    for name, value in (("system-node-critical", 2000001000), ("system-cluster-critical", 2000000000)):
        _make(control, path="/apis/scheduling.k8s.io/v1/priorityclasses", obj={"metadata": {"name": name}, "value": value})
    for name, rules in _roles().items():
        _make(control, path=f"{_RBAC}/clusterroles", obj={"metadata": _metadata(name), "rules": rules})
    for name, groups in _bindings().items():
        _make(control, path=f"{_RBAC}/clusterrolebindings", obj=_binding(name, groups=groups))
    _list_services(control)


def _make(control: Control, *, path: str, obj: dict[str, Any]) -> None:
    headers = {"user-agent": "kube-apiserver/v1"}
    answer = router.respond(control, Request("POST", path, {}, headers, LOCAL, document=obj))
    if answer.status != 201:
        raise RuntimeError(f"the control plane does not take {path}: {answer.document}")


def _service(control: Control) -> dict[str, Any]:
    address = str(IPv4Network(control.face.service_cidr).network_address + 1)
    labels = {"component": "apiserver", "provider": "kubernetes"}
    ports = [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}]
    return {"metadata": {"name": "kubernetes", "labels": labels}, "spec": {"clusterIP": address, "ports": ports}}


def _endpoints(control: Control) -> dict[str, Any]:
    ports = [{"name": "https", "port": control.face.port, "protocol": "TCP"}]
    labels = {"endpointslice.kubernetes.io/skip-mirror": "true"}
    return {
        "metadata": {"name": "kubernetes", "labels": labels},
        "subsets": [{"addresses": [{"ip": _ADVERTISED}], "ports": ports}],
    }


def _slice(control: Control) -> dict[str, Any]:
    return {
        "metadata": {"name": "kubernetes", "labels": {"kubernetes.io/service-name": "kubernetes"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [_ADVERTISED], "conditions": {"ready": True}}],
        "ports": [{"name": "https", "port": control.face.port, "protocol": "TCP"}],
    }


def _service_range(control: Control) -> dict[str, Any]:
    return {"metadata": {"name": "kubernetes"}, "spec": {"cidrs": [control.face.service_cidr]}}


def _metadata(name: str) -> dict[str, Any]:
    return {"name": name, "labels": _BOOT, "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"}}


def _rule(resources: str, *, verbs: list[str]) -> dict[str, Any]:
    """resources: `GROUP: PLURAL PLURAL`, core without a group."""
    group, _, plurals = resources.rpartition(":")
    return {"apiGroups": [group], "resources": plurals.split(), "verbs": verbs}


def _roles() -> dict[str, list[dict[str, Any]]]:
    namespaced = [
        "configmaps endpoints persistentvolumeclaims pods pods/log replicationcontrollers serviceaccounts services events",
        "apps:daemonsets deployments deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale",
        "batch:cronjobs jobs",
        "autoscaling:horizontalpodautoscalers",
        "networking.k8s.io:ingresses networkpolicies",
        "policy:poddisruptionbudgets",
    ]
    view = [_rule(one, verbs=_READ) for one in [*namespaced, "namespaces"]]
    secrets = [*namespaced, "secrets pods/exec pods/attach pods/portforward pods/eviction"]
    edit = [*view, *(_rule(one, verbs=_READ + _WRITE) for one in secrets)]
    roles = _rule("rbac.authorization.k8s.io:roles rolebindings", verbs=_READ + _WRITE)
    reviews = "authorization.k8s.io:selfsubjectaccessreviews selfsubjectrulesreviews"
    everything = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    return {
        "cluster-admin": [everything, {"nonResourceURLs": ["*"], "verbs": ["*"]}],
        "admin": [*edit, roles],
        "edit": edit,
        "view": view,
        "system:discovery": [{"nonResourceURLs": _DISCOVERY, "verbs": ["get"]}],
        "system:public-info-viewer": [{"nonResourceURLs": _PUBLIC, "verbs": ["get"]}],
        "system:basic-user": [
            _rule(reviews, verbs=["create"]),
            _rule("authentication.k8s.io:selfsubjectreviews", verbs=["create"]),
        ],
    }


def _bindings() -> dict[str, list[str]]:
    """By the role that is bound, which gives the binding its name: the groups."""
    return {
        "cluster-admin": ["system:masters"],
        "system:discovery": ["system:authenticated"],
        "system:basic-user": ["system:authenticated"],
        "system:public-info-viewer": ["system:authenticated", "system:unauthenticated"],
    }


def _binding(name: str, *, groups: list[str]) -> dict[str, Any]:
    group = "rbac.authorization.k8s.io"
    subjects = [{"kind": "Group", "name": one, "apiGroup": group} for one in groups]
    role = {"apiGroup": group, "kind": "ClusterRole", "name": name}
    return {"metadata": _metadata(name), "subjects": subjects, "roleRef": role}


def _list_services(control: Control) -> None:
    """An APIService per group and version, all served by this server itself."""
    status = custom.local_service_status(control.now())
    known = {(one.resource.group, one.resource.version) for one in control.registry.entries()}
    known.discard(("apiregistration.k8s.io", "v1"))  # the group that lists them is not listed
    for group, version in sorted(known):
        spec = {"group": group, "version": version, "groupPriorityMinimum": 17800, "versionPriority": 15}
        name = f"{version}.{group}"
        labels = {"kube-aggregator.kubernetes.io/automanaged": "onstart"}
        made = {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": status}
        _make(control, path="/apis/apiregistration.k8s.io/v1/apiservices", obj=made)
