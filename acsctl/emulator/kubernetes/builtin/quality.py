"""The quality of service class of a pod (pkg/apis/core/v1/helper/qos)."""

from collections.abc import Mapping
from typing import Any

_COUNTED = ("cpu", "memory")


def qos_class(spec: Mapping[str, Any]) -> str:
    """Guaranteed: limits of both for every container, equal to its requests. BestEffort: neither anywhere. Else Burstable."""
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    resources = [one.get("resources") or {} for one in containers]
    if spec.get("resources"):
        resources = [spec["resources"]]
    named = [name for one in resources for part in ("requests", "limits") for name in one.get(part) or {}]
    if not any(name in _COUNTED for name in named):
        return "BestEffort"
    if all(_is_guaranteed(one) for one in resources):
        return "Guaranteed"
    return "Burstable"


def _is_guaranteed(resources: Mapping[str, Any]) -> bool:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    return all(name in limits and requests.get(name, limits[name]) == limits[name] for name in _COUNTED)
