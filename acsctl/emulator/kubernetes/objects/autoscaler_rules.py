"""What is refused of HorizontalPodAutoscalers."""

from collections.abc import Callable, Mapping
from typing import Any

from acsctl.emulator.kubernetes.objects import naming
from acsctl.emulator.kubernetes.objects.quantity import amount
from acsctl.emulator.kubernetes.objects.refusals import Object, Refusals

TYPES = ("ContainerResource", "External", "Object", "Pods", "Resource")
LONGEST_WINDOW, LONGEST_PERIOD = 3600, 1800
EITHER = "must set either a target raw value or a target utilization"
PER_POD = "must set either a target value for metric or a per-pod target"


def autoscaler(obj: Object, *, into: Refusals) -> None:
    spec = obj["spec"]
    least, most, target = spec.get("minReplicas"), spec.get("maxReplicas", 0), spec.get("scaleTargetRef", {})
    if least is not None and least < 1:
        into.invalid("spec.minReplicas", value=least, why="must be greater than or equal to 1")
    if most < 1:
        into.invalid("spec.maxReplicas", value=most, why="must be greater than 0")
    if least is not None and most < least:
        into.invalid("spec.maxReplicas", value=most, why="must be greater than or equal to `minReplicas`")
    _reference(target, at="spec.scaleTargetRef", into=into)
    if not target.get("apiVersion"):
        into.invalid("spec.scaleTargetRef.apiVersion", value="", why="apiVersion must specify API group")
    metrics = spec.get("metrics", [])
    for index, one in enumerate(metrics):
        _metric(one, at=f"spec.metrics[{index}]", into=into)
    if least == 0 and not {one.get("type") for one in metrics} & {"Object", "External"}:
        why = "must specify at least one Object or External metric to support scaling to zero replicas"
        into.forbidden("spec.metrics", why=why)
    for name in ("scaleUp", "scaleDown"):
        if name in spec.get("behavior", {}):
            _behavior(spec["behavior"][name], at=f"spec.behavior.{name}", into=into)


def _reference(target: Object, *, at: str, into: Refusals) -> None:
    for name in ("kind", "name"):
        if not target.get(name):
            into.required(f"{at}.{name}")
        else:
            into.texts(f"{at}.{name}", value=target[name], whys=naming.path_segment(target[name]))


def _metric(one: Object, *, at: str, into: Refusals) -> None:
    kind = one.get("type", "")
    if not kind:
        into.required(f"{at}.type", "must specify a metric source type")
    if kind not in TYPES:
        into.unsupported(f"{at}.type", value=kind, allowed=TYPES)
    given = [name for name in _SOURCES if name in one]
    for name in given[:1]:
        _SOURCES[name](one[name], at=f"{at}.{name}", into=into)
    wanted = kind[:1].lower() + kind[1:]
    if kind in TYPES and wanted not in one:
        into.required(f"{at}.{wanted}", "must populate information for the given metric source")
    if len(given) != 1:
        for name in (other for other in given if other != wanted):
            into.forbidden(f"{at}.{name}", why="must populate the given metric source only")


def _target(target: Object, *, at: str, into: Refusals) -> None:
    kind = target.get("type", "")
    if not kind:
        into.required(f"{at}.type", "must specify a metric target type")
    if kind not in ("Utilization", "Value", "AverageValue"):
        into.invalid(f"{at}.type", value=kind, why="must be either Utilization, Value, or AverageValue")
    for name in ("value", "averageValue"):
        if name in target and amount(target[name]) <= 0:
            into.invalid(f"{at}.{name}", value=target[name], why="must be positive")
    if target.get("averageUtilization", 1) < 1:
        into.invalid(f"{at}.averageUtilization", value=target["averageUtilization"], why="must be greater than 0")


def _identifier(metric: Object, *, at: str, into: Refusals) -> None:
    name = metric.get("name", "")
    if not name:
        into.required(f"{at}.name", "must specify a metric name")
    into.texts(f"{at}.name", value=name, whys=naming.path_segment(name))


def _resource(source: Object, *, at: str, into: Refusals) -> None:
    target = source.get("target", {})
    if not source.get("name"):
        into.required(f"{at}.name", "must specify a resource name")
    _target(target, at=f"{at}.target", into=into)
    if "averageUtilization" not in target and "averageValue" not in target:
        into.required(f"{at}.target.averageUtilization", EITHER)
    if "averageUtilization" in target and "averageValue" in target:
        why = "may not set both a target raw value and a target utilization"
        into.forbidden(f"{at}.target.averageValue", why=why)


def _container_resource(source: Object, *, at: str, into: Refusals) -> None:
    if not source.get("container"):
        into.required(f"{at}.container", "must specify a container")
    _resource(source, at=at, into=into)


def _pods(source: Object, *, at: str, into: Refusals) -> None:
    target = source.get("target", {})
    _identifier(source.get("metric", {}), at=f"{at}.metric", into=into)
    _target(target, at=f"{at}.target", into=into)
    if amount(target.get("averageValue", "0")) <= 0:
        into.required(f"{at}.target.averageValue", "must specify a positive target averageValue")


def _external(source: Object, *, at: str, into: Refusals) -> None:
    target = source.get("target", {})
    _identifier(source.get("metric", {}), at=f"{at}.metric", into=into)
    _target(target, at=f"{at}.target", into=into)
    if "value" not in target and "averageValue" not in target:
        into.required(f"{at}.target.averageValue", PER_POD)
    if "value" in target and "averageValue" in target:
        into.forbidden(f"{at}.target.value", why="may not set both a target value for metric and a per-pod target")


def _object(source: Object, *, at: str, into: Refusals) -> None:
    target = source.get("target", {})
    _reference(source.get("describedObject", {}), at=f"{at}.describedObject", into=into)
    _identifier(source.get("metric", {}), at=f"{at}.metric", into=into)
    _target(target, at=f"{at}.target", into=into)
    if "value" not in target and "averageValue" not in target:
        into.required(f"{at}.target.averageValue", PER_POD)


_SOURCES: Mapping[str, Callable[..., None]] = {
    "object": _object,
    "external": _external,
    "pods": _pods,
    "resource": _resource,
    "containerResource": _container_resource,
}
"""In the order in which the server looks at them."""


def _behavior(rules: Mapping[str, Any], *, at: str, into: Refusals) -> None:
    window = rules.get("stabilizationWindowSeconds", 0)
    if window < 0:
        into.invalid(f"{at}.stabilizationWindowSeconds", value=window, why="must be greater than or equal to zero")
    if window > LONGEST_WINDOW:
        why = f"must be less than or equal to {LONGEST_WINDOW}"
        into.invalid(f"{at}.stabilizationWindowSeconds", value=window, why=why)
    into.one_of(rules, "selectPolicy", at=at, allowed=("Disabled", "Max", "Min"))
    if not rules.get("policies"):
        into.required(f"{at}.policies", "must specify at least one Policy")
    for index, one in enumerate(rules.get("policies") or []):
        _policy(one, at=f"{at}.policies[{index}]", into=into)


def _policy(one: Object, *, at: str, into: Refusals) -> None:
    if one.get("type", "") not in ("Percent", "Pods"):
        into.unsupported(f"{at}.type", value=one.get("type", ""), allowed=("Percent", "Pods"))
    for name in ("value", "periodSeconds"):
        if one.get(name, 0) <= 0:
            into.invalid(f"{at}.{name}", value=one.get(name, 0), why="must be greater than zero")
    if one.get("periodSeconds", 0) > LONGEST_PERIOD:
        why = f"must be less than or equal to {LONGEST_PERIOD}"
        into.invalid(f"{at}.periodSeconds", value=one["periodSeconds"], why=why)
