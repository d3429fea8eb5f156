"""Kinds that are served at more than one version: one is stored, the others are made from it.

Events are stored as core has them, HorizontalPodAutoscalers as autoscaling/v2; custom resources (strategy None) differ by
their apiVersion only.
"""

from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]

_EVENT_NAMES = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
"""Fields of an Event: in core, and in events.k8s.io/v1."""

STORED_AS: Mapping[tuple[str, str], tuple[tuple[str, str], str]] = {
    ("events.k8s.io", "events"): (("", "events"), "v1"),
    ("autoscaling", "horizontalpodautoscalers"): (("autoscaling", "horizontalpodautoscalers"), "autoscaling/v2"),
}
"""By group and plural: under which group and plural a kind is stored, at which apiVersion."""


def convert(obj: Mapping[str, Any], *, to: str) -> Object:
    """An object at another apiVersion of its kind."""
    if obj["apiVersion"] == to:
        return dict(obj)
    conversion = (obj["kind"], obj["apiVersion"], to)
    if conversion == ("Event", "v1", "events.k8s.io/v1"):
        return _renamed(obj, names=_EVENT_NAMES, to=to)
    if conversion == ("Event", "events.k8s.io/v1", "v1"):
        return _renamed(obj, names={new: old for old, new in _EVENT_NAMES.items()}, to=to)
    if conversion == ("HorizontalPodAutoscaler", "autoscaling/v2", "autoscaling/v1"):
        return _scaler_to_v1(obj)
    if conversion == ("HorizontalPodAutoscaler", "autoscaling/v1", "autoscaling/v2"):
        return _scaler_to_v2(obj)
    return {**obj, "apiVersion": to}


def _renamed(obj: Mapping[str, Any], *, names: Mapping[str, str], to: str) -> Object:
    return {**{names.get(name, name): value for name, value in obj.items()}, "apiVersion": to}


def _is_cpu(metric: Mapping[str, Any]) -> bool:
    resource = metric.get("resource", {})
    return bool(resource.get("name") == "cpu" and resource.get("target", {}).get("type") == "Utilization")


def _scaler_to_v1(obj: Mapping[str, Any]) -> Object:
    """The first CPU utilization is a field of v1; all else it has no place for is left out."""
    spec = {name: value for name, value in obj.get("spec", {}).items() if name not in ("metrics", "behavior")}
    cpu = next((one for one in obj.get("spec", {}).get("metrics") or [] if _is_cpu(one)), None)
    if cpu is not None:
        spec["targetCPUUtilizationPercentage"] = cpu["resource"]["target"]["averageUtilization"]
    status = {name: value for name, value in obj.get("status", {}).items() if name not in ("currentMetrics", "conditions")}
    return {
        **obj,
        "apiVersion": "autoscaling/v1",
        "spec": spec,
        "status": {"currentReplicas": 0, "desiredReplicas": 0, **status},
    }


def _scaler_to_v2(obj: Mapping[str, Any]) -> Object:
    spec = dict(obj.get("spec", {}))
    percentage = spec.pop("targetCPUUtilizationPercentage", None)
    if percentage is not None:
        target = {"type": "Utilization", "averageUtilization": percentage}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    return {**obj, "apiVersion": "autoscaling/v2", "spec": spec}
