"""What stands in for the API of a cluster: objects by kind, and a record of what was written."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Inside:
    """`held` are names of pods that a budget does not let go."""

    objects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    written: list[str] = field(default_factory=list)

    def list(self, api_version: str, kind: str, **rest: Any) -> list[dict[str, Any]]:
        return deepcopy(self.objects.get(kind, []))

    def get(self, api_version: str, kind: str, *, name: str, namespace: str = "") -> dict[str, Any] | None:
        return next((item for item in self.objects.get(kind, []) if item["metadata"]["name"] == name), None)

    def evict(self, pod: Mapping[str, Any]) -> str:
        name = pod["metadata"]["name"]
        self.written.append(f"evict {name}")
        if name in self.held:
            return "Cannot evict pod as it would violate the pod's disruption budget."
        self.objects["Pod"].remove(dict(pod))
        return ""

    def delete(self, item: Mapping[str, Any], **rest: Any) -> bool:
        self.written.append(f"delete {item['kind']} {item['metadata']['name']}")
        return True

    def patch(self, api_version: str, kind: str, *, name: str, fields: Mapping[str, Any]) -> None:
        self.written.append(f"{'close' if fields['spec']['unschedulable'] else 'open'} {name}")
        node = self.get(api_version, kind, name=name)
        assert node is not None
        node["spec"] |= fields["spec"]
        node["metadata"]["annotations"] = fields["metadata"]["annotations"]


@dataclass
class Hand:
    """A clock that is set by hand: each look moves it on."""

    at: float = 0.0
    step: float = 0.0

    def now(self) -> float:
        self.at += self.step
        return self.at


def thing(kind: str, name: str, *, spec: Mapping[str, Any] | None = None, **meta: Any) -> dict[str, Any]:
    """An object; in the namespace `shop` unless it has none."""
    home = {} if kind in ("Node", "PersistentVolume") else {"namespace": "shop"}
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "uid": f"u-{name}", **home, **meta},
        "spec": dict(spec or {}),
    }


def node(name: str, *, pool: str = "", kubelet: str = "", runtime: str = "", ready: bool = True, **meta: Any) -> dict[str, Any]:
    """A node, in a pool."""
    found = thing("Node", name, labels={"alibabacloud.com/nodepool-id": pool}, **meta)
    info = {"kubeletVersion": kubelet, "containerRuntimeVersion": runtime}
    return {**found, "status": {"nodeInfo": info, "conditions": [{"type": "Ready", "status": "True" if ready else "False"}]}}


def pod(name: str, on: str, *, owner: str = "ReplicaSet", app: str = "web", **rest: Any) -> dict[str, Any]:
    """A pod on a node, made by something."""
    owners = [{"apiVersion": "apps/v1", "kind": owner, "name": app, "uid": f"u-{app}", "controller": True}] if owner else []
    spec = {"nodeName": on, **rest.pop("spec", {})}
    return {**thing("Pod", name, spec=spec, labels={"app": app}, ownerReferences=owners), **rest}
