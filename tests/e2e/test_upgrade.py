"""A cluster and its nodes are upgraded, rolled and drained; and what it has made by itself goes before it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from acsctl.kube.client import Kube
from tests.e2e.cluster_cases import ATTACHED, KEYS, KUBE, NETWORK, NODE, POOL, SMALL
from tests.e2e.trouble import kube_of
from tests.support.lab import Block, Lab

WORKERS = "node_pool.workers"
PLAIN: Block = {name: value for name, value in POOL.items() if name not in ("taints", "labels")}
IMAGE = "registry.example/web:1"
NAMES = ("cs.RunClusterCheck", "cs.UpgradeCluster", "cs.UpgradeClusterNodepool")


def write(lab: Lab, version: str, pool: Block, **others: Block) -> None:
    lab.stack({**NETWORK, **KEYS, "kube": {**KUBE, "version": version}, **others, "workers": pool})


def kubelets(kube: Kube) -> set[str]:
    return {node["status"]["nodeInfo"]["kubeletVersion"] for node in kube.list("v1", "Node")}


def closed(kube: Kube) -> list[str]:
    return [node["metadata"]["name"] for node in kube.list("v1", "Node") if node["spec"].get("unschedulable")]


def until(seen: Callable[[], object]) -> None:
    """What the controllers of a cluster do in their own time."""
    assert any(seen() for _ in range(2000))


def deployment(name: str, replicas: int, **spec: Any) -> dict[str, Any]:
    labels = {"app": name}
    pod = {"containers": [{"name": "it", "image": IMAGE}], **spec}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def test_nodes_follow_their_control_plane_in_the_same_plan(lab: Lab) -> None:
    write(lab, "1.35", PLAIN)
    lab.apply()
    before = lab.calls()["actions"]
    write(lab, "1.36", PLAIN)
    plan = lab.plan()
    changes = {change["address"]: change for change in plan.changes}
    assert {address: (change["action"], change["impact"]) for address, change in changes.items()} == {
        "cluster.kube": ("update", "rolling"),
        WORKERS: ("update", "rolling"),
    }
    assert changes["cluster.kube"]["note"].startswith("a check, then control plane")
    (field,) = changes[WORKERS]["fields"]
    assert (field["path"], field["after"], field["note"]) == ("version", "1.36", "2 of 2 nodes, 1 at a time")
    lab.apply()
    after = lab.calls()["actions"]
    made = {name: after[name] - before.get(name, 0) for name in NAMES}
    assert made == dict(zip(NAMES, (1, 1, 2), strict=True))
    (kubelet,) = kubelets(kube_of(lab))
    assert kubelet.startswith("v1.36.") and closed(kube_of(lab)) == []


@pytest.mark.parametrize("task", [pytest.param("cluster_upgrade", marks=pytest.mark.long), "nodepool_upgrade"])
def test_an_upgrade_that_failed_says_why_and_goes_on(lab: Lab, task: str) -> None:
    write(lab, "1.35", {**PLAIN, "size": 1})
    lab.apply()
    write(lab, "1.36", {**PLAIN, "size": 1})
    lab.settings(failing_tasks={task: 1})
    done = lab.run("apply", "--yes")
    assert done.code == 6 and any("failed: TaskFailed" in text for text in done.errors), done.text
    left = {change["address"]: change["reason"] for change in lab.plan().changes}
    assert left[WORKERS] == "unfinished" if task == "nodepool_upgrade" else "cluster.kube" in left
    lab.apply()
    (kubelet,) = kubelets(kube_of(lab))
    assert kubelet.startswith("v1.36.") and closed(kube_of(lab)) == []


@pytest.mark.long
def test_nodes_that_are_held_stay_as_they_are(lab: Lab) -> None:
    write(lab, "1.35", {**PLAIN, "size": 1, "version": "hold"})
    lab.apply()
    write(lab, "1.36", {**PLAIN, "size": 1, "version": "hold"})
    assert lab.plan().actions == ["update cluster.kube"]
    lab.apply()
    assert all(kubelet.startswith("v1.35.") for kubelet in kubelets(kube_of(lab)))
    write(lab, "1.36", {**PLAIN, "size": 1})
    assert lab.plan().paths(WORKERS) == {"version": "edit"}
    lab.apply()


@pytest.mark.long
def test_a_surge_has_more_nodes_meanwhile_and_none_afterwards(lab: Lab) -> None:
    pool = {**PLAIN, "upgrade": {"max_unavailable": 2, "surge": 1}}
    write(lab, "1.35", pool)
    lab.apply()
    write(lab, "1.36", pool)
    lab.apply()
    assert len(kube_of(lab).list("v1", "Node")) == 2
    assert lab.calls()["actions"]["cs.UpgradeClusterNodepool"] == 1


def test_a_budget_that_holds_a_node_is_named_and_nothing_is_taken_off(lab: Lab) -> None:
    def fleet(count: int) -> None:
        pool = {**ATTACHED, "drain": {"timeout": "60s"}}
        lab.stack({**NETWORK, "kube": SMALL, "node": {**NODE, "count": count}, "workers": pool})

    fleet(2)
    lab.apply()
    kube = kube_of(lab)
    kube.apply(deployment("web", 2))
    until(lambda: len([pod for pod in kube.list("v1", "Pod", selector="app=web") if pod["spec"].get("nodeName")]) == 2)
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}},
    }
    made = kube.apply(budget).object
    fleet(1)
    done = lab.run("apply", "--yes")
    assert done.code == 9, done.text
    assert any("PodDisruptionBudget default/web allows 0 disruptions" in text and "holds web-" in text for text in done.errors)
    assert len(kube.list("v1", "Node")) == 2 and closed(kube) == []
    assert lab.calls()["actions"].get("cs.RemoveNodePoolNodes", 0) == 0
    kube.delete(made)
    lab.apply()
    assert len(kube.list("v1", "Node")) == 1


def test_what_a_cluster_has_made_by_itself_goes_before_it_does(lab: Lab) -> None:
    lab.stack({**NETWORK, **KEYS, "kube": SMALL, "workers": {**PLAIN, "size": 2}})
    lab.apply()
    kube = kube_of(lab)
    (storage, *_) = [item["metadata"]["name"] for item in kube.list("storage.k8s.io/v1", "StorageClass")]
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "default"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage,
            "resources": {"requests": {"storage": "20Gi"}},
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"type": "LoadBalancer", "selector": {"app": "db"}, "ports": [{"port": 80}]},
    }
    for item in (claim, deployment("db", 1, volumes=volumes), service):
        kube.apply(item)
    until(lambda: kube.list("v1", "PersistentVolume"))
    until(lambda: (kube.get("v1", "Service", name="web", namespace="default") or {})["status"]["loadBalancer"].get("ingress"))
    done = lab.destroy()
    assert lab.world() == []
    assert any("Service default/web" in text for text in done.text.splitlines())


def test_a_cluster_whose_api_is_out_of_reach_goes_all_the_same(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from acsctl.errors import UnreachableError
    from acsctl.kinds.objects import door

    def silent(cloud: Any, cluster: str) -> Kube:
        raise UnreachableError("acsctl.Unreachable", action="kubernetes.list", said="nothing answers")

    lab.stack({**NETWORK, "kube": SMALL})
    lab.apply()
    monkeypatch.setattr(door, "opened", silent)
    done = lab.destroy()
    assert lab.world() == []
    assert "its API cannot be reached" in done.text


def test_labels_and_taints_reach_the_nodes_inside(lab: Lab) -> None:
    pool = {**PLAIN, "size": 1, "labels": {"team": "red"}}
    write(lab, "1.35", pool)
    lab.apply()
    taint = {"key": "only", "value": "web", "effect": "PreferNoSchedule"}
    write(lab, "1.35", {**pool, "labels": {"team": "blue"}, "taints": [taint]})
    lab.apply()
    (node,) = kube_of(lab).list("v1", "Node")
    assert node["metadata"]["labels"]["team"] == "blue"
    assert taint in node["spec"]["taints"]
    write(lab, "1.35", {**PLAIN, "size": 1})
    assert lab.plan().paths(WORKERS) == {"labels.team": "edit", "taints": "edit"}
    lab.apply()
    (node,) = kube_of(lab).list("v1", "Node")
    assert "team" not in node["metadata"]["labels"] and not node["spec"].get("taints")


@pytest.mark.long
def test_another_image_rolls_the_nodes(lab: Lab) -> None:
    write(lab, "1.35", PLAIN)
    lab.apply()
    write(lab, "1.35", {**PLAIN, "image_type": "ContainerOS"})
    (change,) = lab.plan().changes
    assert (change["address"], change["impact"]) == (WORKERS, "rolling")
    lab.apply()
    cluster, _, pool = lab.id(WORKERS).partition("/")
    rows = lab.client.roa("cs", "GET", f"/clusters/{cluster}/nodes", pageSize="100")["nodes"]
    group = lab.client.roa("cs", "GET", f"/clusters/{cluster}/nodepools/{pool}")["scaling_group"]
    assert {row["image_id"] for row in rows} == {group["image_id"]}
    assert closed(kube_of(lab)) == []
