"""Which pods have to leave a node, and which PodDisruptionBudgets keep them there: pure (as kubectl drain has it)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Object = Mapping[str, Any]

MIRROR = "kubernetes.io/config.mirror"
OVER = ("Succeeded", "Failed")
SHOWN = 3


def leaving(pods: Iterable[Object], nodes: frozenset[str]) -> list[Object]:
    """The pods on these nodes that have to go elsewhere: not those of a DaemonSet, of the node itself, or that have ended."""
    return [pod for pod in pods if pod["spec"].get("nodeName") in nodes and not _stays(pod)]


def _stays(pod: Object) -> bool:
    meta = pod["metadata"]
    owners = [row.get("kind") for row in meta.get("ownerReferences") or () if row.get("controller")]
    over = (pod.get("status") or {}).get("phase") in OVER
    return over or "DaemonSet" in owners or MIRROR in (meta.get("annotations") or {})


def blockers(pods: Iterable[Object], budgets: Iterable[Object]) -> list[str]:
    """Each budget that allows no pod of these to go now, with the pods, in words."""
    there = [*pods]
    return [text for budget in budgets for text in _blocker(budget, there)]


def _blocker(budget: Object, pods: Iterable[Object]) -> Iterator[str]:
    meta, status = budget["metadata"], budget.get("status") or {}
    allowed = status.get("disruptionsAllowed", 0)
    held = [pod["metadata"]["name"] for pod in pods if covers(budget, pod)]
    if held and not allowed:
        healthy, desired = status.get("currentHealthy", 0), status.get("desiredHealthy", 0)
        more = f" and {len(held) - SHOWN} more" if len(held) > SHOWN else ""
        yield (
            f"PodDisruptionBudget {meta['namespace']}/{meta['name']} allows 0 disruptions ({healthy} healthy, {desired} "
            f"needed) and holds {', '.join(held[:SHOWN])}{more}"
        )


def covers(budget: Object, pod: Object) -> bool:
    """Whether a budget is about a pod. An empty selector is about all of its namespace, none about nothing (policy/v1)."""
    selector = (budget.get("spec") or {}).get("selector")
    if selector is None or budget["metadata"]["namespace"] != pod["metadata"]["namespace"]:
        return False
    labels: Mapping[str, str] = pod["metadata"].get("labels") or {}
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    rows: Iterable[Object] = selector.get("matchExpressions") or ()
    return wanted.items() <= labels.items() and all(_matches(row, labels) for row in rows)


def _matches(row: Object, labels: Mapping[str, str]) -> bool:
    key, values = row["key"], row.get("values") or ()
    match row["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels
