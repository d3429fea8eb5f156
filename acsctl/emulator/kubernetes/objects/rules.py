"""What the API server refuses of objects that are well formed."""

from collections.abc import Callable, Mapping
from typing import Any

from acsctl.emulator.kubernetes.objects import (
    access_rules,
    app_rules,
    autoscaler_rules,
    change_rules,
    core_rules,
    naming,
    network_rules,
    pod_rules,
    service_rules,
)
from acsctl.emulator.kubernetes.objects.refusals import Refusals
from acsctl.emulator.kubernetes.objects.validate import Problem

Kind = tuple[str, str]
Creation = Callable[..., None]

RBAC, NETWORKING, STORAGE = "rbac.authorization.k8s.io/v1", "networking.k8s.io/v1", "storage.k8s.io/v1"

NAMES: Mapping[Kind, Callable[[str], list[str]]] = {
    ("v1", "Namespace"): naming.namespace,
    ("v1", "Service"): naming.service,
    (RBAC, "ClusterRole"): naming.path_segment,
    (RBAC, "ClusterRoleBinding"): naming.path_segment,
    (RBAC, "Role"): naming.path_segment,
    (RBAC, "RoleBinding"): naming.path_segment,
}
"""What a name may be, where it is not a subdomain."""

CREATIONS: Mapping[Kind, Creation] = {
    ("apps/v1", "DaemonSet"): app_rules.daemon_set,
    ("apps/v1", "Deployment"): app_rules.deployment,
    ("apps/v1", "ReplicaSet"): app_rules.replica_set,
    ("apps/v1", "StatefulSet"): app_rules.stateful_set,
    ("autoscaling/v1", "HorizontalPodAutoscaler"): autoscaler_rules.autoscaler,
    ("autoscaling/v2", "HorizontalPodAutoscaler"): autoscaler_rules.autoscaler,
    ("batch/v1", "CronJob"): app_rules.cron_job,
    ("batch/v1", "Job"): app_rules.job,
    ("policy/v1", "PodDisruptionBudget"): access_rules.disruption_budget,
    ("scheduling.k8s.io/v1", "PriorityClass"): access_rules.priority_class,
    ("v1", "ConfigMap"): core_rules.config_map,
    ("v1", "Event"): core_rules.event,
    ("v1", "LimitRange"): core_rules.limit_range,
    ("v1", "Node"): core_rules.node,
    ("v1", "PersistentVolume"): core_rules.volume,
    ("v1", "PersistentVolumeClaim"): core_rules.claim,
    ("v1", "Pod"): pod_rules.pod,
    ("v1", "ReplicationController"): app_rules.replication_controller,
    ("v1", "ResourceQuota"): core_rules.quota,
    ("v1", "Secret"): core_rules.secret,
    ("v1", "Service"): service_rules.service,
    (NETWORKING, "Ingress"): network_rules.new_ingress,
    (NETWORKING, "NetworkPolicy"): network_rules.network_policy,
    (RBAC, "ClusterRole"): access_rules.cluster_role,
    (RBAC, "ClusterRoleBinding"): access_rules.cluster_role_binding,
    (RBAC, "Role"): access_rules.role,
    (RBAC, "RoleBinding"): access_rules.role_binding,
    (STORAGE, "StorageClass"): access_rules.storage_class,
}

AGAIN: Mapping[Kind, Creation] = {(NETWORKING, "Ingress"): network_rules.ingress}
"""What is looked at when an object changes, where that is less."""

CHANGES: Mapping[Kind, Creation] = {
    ("apps/v1", "DaemonSet"): change_rules.selector,
    ("apps/v1", "Deployment"): change_rules.deployment,
    ("apps/v1", "ReplicaSet"): change_rules.selector,
    ("apps/v1", "StatefulSet"): change_rules.stateful_set,
    ("batch/v1", "Job"): change_rules.job,
    ("scheduling.k8s.io/v1", "PriorityClass"): change_rules.priority_class,
    ("v1", "ConfigMap"): change_rules.config_map,
    ("v1", "PersistentVolume"): change_rules.volume,
    ("v1", "PersistentVolumeClaim"): change_rules.claim,
    ("v1", "Pod"): change_rules.pod,
    ("v1", "Secret"): change_rules.secret,
    ("v1", "Service"): change_rules.service,
    (NETWORKING, "IngressClass"): change_rules.ingress_class,
    (RBAC, "ClusterRoleBinding"): change_rules.role_reference,
    (RBAC, "RoleBinding"): change_rules.role_reference,
    (STORAGE, "StorageClass"): change_rules.storage_class,
}

LOOKED_AT_AGAIN = {("v1", kind) for kind in ("ConfigMap", "PersistentVolume", "PersistentVolumeClaim", "Secret")} | {
    (RBAC, kind) for kind in ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
}
"""Kinds of which a change is validated as a change and then as a new object is."""


def create_problems(obj: Mapping[str, Any]) -> list[Problem]:
    """Why a new object, with its defaults, is refused (422); empty when it is not. Kinds without rules of their own, custom
    resources among them, are looked at by the rules of metadata only."""
    into = Refusals()
    kind = _kind(obj)
    name = obj.get("metadata", {}).get("name", "")
    if name:
        into.texts("metadata.name", value=name, whys=NAMES.get(kind, naming.subdomain)(name))
    naming.metadata(obj, into=into)
    if kind in CREATIONS:
        CREATIONS[kind](obj, into=into)
    return list(into)


def update_problems(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Problem]:
    """Why a change of an object is refused (422): what makes a new one be refused, and immutable fields."""
    into = Refusals()
    kind = _kind(new)
    naming.changed_metadata(new, times=4 if kind in LOOKED_AT_AGAIN else 3, into=into)
    # A pod that is there was accepted once; only what is new about it is looked at.
    check = AGAIN.get(kind, CREATIONS.get(kind))
    if check is not None and kind != ("v1", "Pod"):
        check(new, into=into)
    if kind in CHANGES:
        CHANGES[kind](old, new, into=into)
    return list(into)


def _kind(obj: Mapping[str, Any]) -> Kind:
    return str(obj.get("apiVersion", "")), str(obj.get("kind", ""))
