"""In which order objects are made and deleted (sheet containers.md 4.1): what others need comes first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from acsctl.kube.manifest import Key

FIRST = (
    "Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount", "ClusterRole",
    "Role", "ClusterRoleBinding", "RoleBinding", "ConfigMap", "Secret", "PersistentVolume", "PersistentVolumeClaim", "Service",
    "LimitRange", "PriorityClass", "RuntimeClass", "IngressClass", "NetworkPolicy", "Deployment", "StatefulSet", "DaemonSet",
    "CronJob", "Job", "PodDisruptionBudget",
)  # fmt: skip
LAST = (
    "APIService", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
)  # fmt: skip
"""A webhook or an aggregated API stands in the way of all others until what answers for it is ready; so would a policy."""

DEFINES = ("CustomResourceDefinition",)
BASE = ("Namespace", "CustomResourceDefinition")
OUTSIDE = ("Service", "Ingress", "Gateway")
"""Kinds that make things in the cloud from inside of the cluster: deleted first, and waited for."""


def rank(key: Key) -> int:
    """The place of a kind; all that are not named stand between the first and the last."""
    if key.kind in FIRST:
        return FIRST.index(key.kind)
    return len(FIRST) + 1 + LAST.index(key.kind) if key.kind in LAST else len(FIRST)


def sorted_keys(keys: Iterable[Key]) -> list[Key]:
    """In the order of creation."""
    return sorted(keys, key=lambda key: (rank(key), key))


def waves(keys: Iterable[Key]) -> list[list[Key]]:
    """Keys in groups of which each may be applied at once: those of one rank."""
    return [list(group) for _, group in groupby(sorted_keys(keys), key=rank)]


def stages(keys: Sequence[Key]) -> tuple[list[Key], list[Key], list[Key]]:
    """Base (namespaces and CRDs, which must be there first), the rest, and what waits until all of that is ready."""
    base = [key for key in keys if rank(key) <= FIRST.index("CustomResourceDefinition")]
    last = [key for key in keys if key.kind in LAST]
    return base, [key for key in keys if key not in base and key not in last], last
