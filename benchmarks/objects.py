"""Two workloads of 250 Kubernetes objects each: what a plan and an apply of them ask of the API server of their cluster.

Counted twice: by acsctl, by what it asks for, and by the server. A plan tries each object once and lists each kind once.
"""

from __future__ import annotations

import json
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.measure import Cloud, cloud, cost

WORKLOADS = ("front", "back")
OBJECTS = 500
LOOKS = 12  # at each kind in an apply: before and after it, and while it waits for barriers and for what is made
ASIDE = 30  # what is neither a dry run nor an apply nor a list: discovery of groups, the cluster's identity, new inventories
WRITES = 2  # where one object differs: that, and the inventory of its workload
AT_ONCE = 8

Object = dict[str, Any]


def _object(kind: str, name: str, *, api: str = "v1", namespace: str = "", **more: Any) -> Object:
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api, "kind": kind, "metadata": meta, **more}


def _part(space: str) -> list[Object]:
    """Half of the objects, of nine kinds that are ready as soon as they are there: what is waited for is asked for again."""
    rbac = "rbac.authorization.k8s.io/v1"

    def inside(kind: str, count: int, *, api: str = "v1", **more: Any) -> list[Object]:
        return [_object(kind, f"{kind.lower()}-{number}", api=api, namespace=space, **more) for number in range(count)]

    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "role-0"}
    return [
        _object("Namespace", space),
        *inside("ConfigMap", 149, data={"a": "1"}),
        *inside("Secret", 20, stringData={"a": "1"}),
        *inside("ServiceAccount", 20),
        *inside("Role", 15, api=rbac, rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]),
        *inside("RoleBinding", 15, api=rbac, roleRef=role, subjects=[]),
        *inside("Service", 15, spec={"ports": [{"port": 80}]}),
        *inside("NetworkPolicy", 10, api="networking.k8s.io/v1", spec={"podSelector": {}}),
        *inside("PodDisruptionBudget", 5, api="policy/v1", spec={"minAvailable": 1}),
    ]


KINDS = len({row["kind"] for row in _part("front")})
GROUPS = len({row["apiVersion"] for row in _part("front")})
PLAN = OBJECTS + KINDS + 1 + GROUPS
"""Requests of a plan: a dry run of each object, a list of each kind and one of inventories, a discovery of each group."""

STACK = """\
stack: many
region: cn-hangzhou
resources:
  net: {kind: vpc, cidr: 10.0.0.0/16}
  a: {kind: vswitch, vpc: net, zone: cn-hangzhou-h, cidr: 10.0.1.0/24}
  kube: {kind: cluster, vswitches: [a], network: {pod_cidr: 172.20.0.0/16, service_cidr: 172.21.0.0/20}}
"""
WHOLE = STACK + "".join(
    f"  {name}: {{kind: workload, cluster: kube, manifests: [{name}.yaml], timeout: 8h}}\n" for name in WORKLOADS
)


@dataclass(frozen=True)
class Asked:
    """Requests to the API server of one command, by what they were for; what the server counted; most at one time."""

    by_purpose: Mapping[str, int]
    served: int
    at_once: int

    @property
    def total(self) -> int:
        """All requests."""
        return sum(self.by_purpose.values())

    @property
    def aside(self) -> int:
        """Requests that grow with nothing."""
        return self.total - sum(self.by_purpose.get(name, 0) for name in ("try", "apply", "list"))


@dataclass(frozen=True)
class Figures:
    """Of the first apply, of a plan that finds nothing to do, and of an apply that changes one object."""

    apply: Asked
    plan: Asked
    change: Asked


def measured() -> Figures:
    """Raises RuntimeError where a command fails, or a plan is not empty that should be."""
    with tempfile.TemporaryDirectory() as folder, cloud() as there:
        for name in WORKLOADS:
            Path(folder, f"{name}.yaml").write_text(yaml.safe_dump_all(_part(name)), encoding="utf-8")
        _run(there, folder, STACK, ("apply", "--yes"))
        apply = _run(there, folder, WHOLE, ("apply", "--yes"))
        plan = _run(there, folder, WHOLE, ("plan", "--detailed-exitcode"))
        edited = _part("front")
        edited[1]["data"] = {"a": "2"}
        Path(folder, "front.yaml").write_text(yaml.safe_dump_all(edited), encoding="utf-8")
        return Figures(apply, plan, _run(there, folder, WHOLE, ("apply", "--yes")))


def _run(there: Cloud, folder: str, stack: str, line: Sequence[str]) -> Asked:
    Path(folder, "stack.yaml").write_text(stack, encoding="utf-8")
    _watch(there)
    notes = Path(folder, "asked")
    arguments = [*line, "-f", folder, "--cloud", there.address]
    cost((sys.executable, "-c", _LAUNCH, str(notes), *arguments))
    found = json.loads(notes.read_text(encoding="utf-8"))
    purposes: Counter[str] = Counter()
    for action, count in found["actions"].items():
        product, _, name = action.partition(".")
        if product == "kubernetes":
            purposes[name] += count
    return Asked(purposes, there.control("GET", "faults?all=1")[0]["seen"], found["at_once"])


def _watch(there: Cloud) -> None:
    """A fault that never strikes: it counts what the servers of clusters are asked."""
    body = json.dumps([{"action": "kube.*", "kind": "error", "skip": 1_000_000}]).encode()
    request = urllib.request.Request(f"{there.address}/_emulator/faults", body, method="PUT")
    urllib.request.urlopen(request, timeout=30).read()


_LAUNCH = """
import json, sys, threading

import acsctl.cloud
from acsctl.cli.main import main
from acsctl.kube.client import Kube

clouds, now, most, lock = [], 0, 0, threading.Lock()
connect, once = acsctl.cloud.connect, Kube._once


def kept(*arguments, **options):
    clouds.append(connect(*arguments, **options))
    return clouds[-1]


def counted(self, request):
    global now, most
    with lock:
        now += 1
        most = max(most, now)
    try:
        return once(self, request)
    finally:
        with lock:
            now -= 1


acsctl.cloud.connect, Kube._once = kept, counted
try:
    main(sys.argv[2:])
finally:
    with open(sys.argv[1], "w") as file:
        json.dump({"actions": clouds[0].tally.by_action, "at_once": most}, file)
"""

if __name__ == "__main__":
    for name, asked in vars(measured()).items():
        print(name, asked.total, dict(asked.by_purpose), f"served {asked.served}, at once {asked.at_once}")
