"""Node objects of a self-managed cluster: read, labelled, and taken away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from acsctl.kube.client import Kube
from acsctl.kube.manifest import label_of

Object = Mapping[str, Any]

POOL = "acsctl.dev/pool"
SYSTEM = ("kubernetes.io", "k8s.io", "node.cloudprovider.kubernetes.io")


def labels_of(pool: str, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels that a node registers with: the pool's, and which pool that is."""
    return {**labels, POOL: label_of(pool)}


def machine_of(node: Object) -> str:
    """The id of the machine that a node is."""
    return str(node["metadata"]["name"]).rpartition(".")[2]


def common_labels(nodes: Sequence[Object]) -> dict[str, str]:
    """The labels that all of these nodes have alike, without those of Kubernetes and ours."""
    every: list[Mapping[str, str]] = [node["metadata"].get("labels") or {} for node in nodes]
    first = every[0] if every else {}
    alike = {key: value for key, value in first.items() if all(labels.get(key) == value for labels in every)}
    return {key: value for key, value in alike.items() if key != POOL and not _is_system(key)}


def common_taints(nodes: Sequence[Object]) -> list[dict[str, str]]:
    """The taints that all of these nodes have, without those that controllers set."""
    every = [[_taint(row) for row in _taints(node) if not _is_system(str(row["key"]))] for node in nodes]
    return [taint for taint in (every[0] if every else []) if all(taint in taints for taints in every)]


def _taints(node: Object) -> list[dict[str, Any]]:
    return list((node.get("spec") or {}).get("taints") or ())


def _taint(row: Object) -> dict[str, str]:
    return {"key": str(row["key"]), "value": str(row.get("value") or ""), "effect": str(row["effect"])}


def _is_system(key: str) -> bool:
    domain = key.partition("/")[0] if "/" in key else ""
    return domain.endswith(SYSTEM)


def label(kube: Kube, name: str, *, want: Mapping[str, str], drop: Iterable[str]) -> None:
    """Set and take off labels of a node."""
    labels: dict[str, str | None] = {**dict.fromkeys(drop), **want}
    kube.patch("v1", "Node", name=name, fields={"metadata": {"labels": labels}})


def taint(kube: Kube, name: str, taints: Iterable[Mapping[str, str]]) -> None:
    """Give a node these taints, and leave it those that controllers set."""
    node = kube.get("v1", "Node", name=name)
    if node is None:
        return
    rest = [row for row in _taints(node) if _is_system(str(row["key"]))]
    wanted = [{word: value for word, value in row.items() if value} for row in taints]
    fields = {"metadata": {"resourceVersion": node["metadata"]["resourceVersion"]}, "spec": {"taints": [*rest, *wanted]}}
    kube.patch("v1", "Node", name=name, fields=fields)


def remove(kube: Kube, name: str) -> None:
    """Take a node out of the cluster; one that is gone is gone."""
    node = kube.get("v1", "Node", name=name)
    if node is not None:
        kube.delete({"apiVersion": "v1", "kind": "Node", **node})
