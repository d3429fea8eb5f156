"""What an object counts for in a ResourceQuota (pkg/quota/v1/evaluator/core)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from acsctl.emulator.kubernetes.objects.quantity import amount, canonical

COMPUTE = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
"""What every container has to name when a quota bounds it."""
FINAL = ("Succeeded", "Failed")

Amounts = dict[str, Decimal]


def usage(obj: Mapping[str, Any], *, plural: str, group: str) -> Amounts:
    """By the name that a quota gives it, `requests.cpu`, `count/deployments.apps`: how much of it the object takes."""
    found: Amounts = {f"count/{plural}.{group}" if group else f"count/{plural}": Decimal(1)}
    if group:
        return found
    if plural == "pods":
        return found | _pod(obj)
    if plural == "services":
        return found | _service(obj["spec"])
    if plural == "persistentvolumeclaims":
        return found | _claim(obj)
    return found | {plural: Decimal(1)}


def written(number: Decimal, *, name: str) -> str:
    """A sum as the server writes it: bytes in the units of 1024 when they are whole."""
    is_bytes = name.endswith(("memory", "storage"))
    return canonical(f"{number / 1024:f}Ki" if is_bytes and number % 1024 == 0 else f"{number:f}")


def unnamed(spec: Mapping[str, Any], *, bounded: Iterable[str]) -> dict[str, list[str]]:
    """By resource that a quota bounds: the containers that say nothing of it."""
    missing: dict[str, list[str]] = {}
    for name in sorted(set(bounded) & set(COMPUTE)):
        for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
            if name not in _compute(container.get("resources") or {}):
                missing.setdefault(name, []).append(container["name"])
    return missing


def _compute(resources: Mapping[str, Any]) -> Amounts:
    found: Amounts = {}
    for name, quantity in (resources.get("requests") or {}).items():
        found[f"requests.{name}"] = amount(quantity)
        if "/" not in name and not name.startswith("hugepages-"):
            found[name] = amount(quantity)
    for name, quantity in (resources.get("limits") or {}).items():
        found[f"limits.{name}"] = amount(quantity)
    return found


def totals(spec: Mapping[str, Any]) -> Amounts:
    """Of a pod: its containers together, or its largest init container; sidecars on top."""
    sides: Amounts = {}
    peak: Amounts = {}
    for one in spec.get("initContainers") or ():
        own = _sum(sides, _compute(one.get("resources") or {}))
        if one.get("restartPolicy") == "Always":
            sides = own
        peak = {name: max(own.get(name, Decimal(0)), peak.get(name, Decimal(0))) for name in own | peak}
    total = _sum(sides, *(_compute(one.get("resources") or {}) for one in spec.get("containers") or ()))
    return {name: max(total.get(name, Decimal(0)), peak.get(name, Decimal(0))) for name in total | peak}


def _sum(*parts: Amounts) -> Amounts:
    names = dict.fromkeys(name for one in parts for name in one)
    return {name: sum((one.get(name, Decimal(0)) for one in parts), start=Decimal(0)) for name in names}


def _pod(obj: Mapping[str, Any]) -> Amounts:
    if obj.get("status", {}).get("phase") in FINAL:
        return {}
    return {"pods": Decimal(1), **totals(obj["spec"])}


def _service(spec: Mapping[str, Any]) -> Amounts:
    found, kind = {"services": Decimal(1)}, spec.get("type")
    ports = Decimal(len(spec.get("ports") or ()))
    if kind == "LoadBalancer":
        found["services.loadbalancers"] = Decimal(1)
    if kind == "NodePort" or (kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts", True)):
        found["services.nodeports"] = ports
    return found


def _claim(obj: Mapping[str, Any]) -> Amounts:
    spec = obj["spec"]
    storage = amount(str(spec.get("resources", {}).get("requests", {}).get("storage", "0")))
    found = {"persistentvolumeclaims": Decimal(1), "requests.storage": storage}
    kind = spec.get("storageClassName")
    own = {f"{kind}.storageclass.storage.k8s.io/{name}": value for name, value in found.items()} if kind else {}
    return found | own
