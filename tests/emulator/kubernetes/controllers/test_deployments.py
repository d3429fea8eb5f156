"""Deployments and ReplicaSets: rollouts as kubectl, kstatus and users see them."""

import copy
from typing import Any

import pytest

from acsctl.emulator.kubernetes.builtin.controllers.rollouts import bounds, scaled_sizes
from acsctl.emulator.kubernetes.client import DEPLOYMENTS, EVENTS, REPLICA_SETS
from acsctl.emulator.kubernetes.conditions import find, is_true
from tests.emulator.kubernetes.controllers.conftest import Cluster, template

REVISION = "deployment.kubernetes.io/revision"


def deployment(cluster: Cluster, *, replicas: int = 3, image: str = "nginx:1", **spec: Any) -> dict[str, Any]:
    fields = {"progressDeadlineSeconds": 600, "revisionHistoryLimit": 10, "selector": {"matchLabels": {"app": "web"}}}
    return cluster.api.make(DEPLOYMENTS, "web", spec={"replicas": replicas, "template": template(image), **fields, **spec})


def change(cluster: Cluster, made: dict[str, Any], **spec: Any) -> None:
    cluster.api.change(made, spec={**copy.deepcopy(made["spec"]), **spec})


def is_current(made: dict[str, Any]) -> bool:
    """As kstatus and `kubectl rollout status` decide."""
    status, wanted = made.get("status", {}), made["spec"]["replicas"]
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas", "readyReplicas")]
    progressing = find(status, "Progressing")
    return (
        status.get("observedGeneration") == made["metadata"]["generation"]
        and counts == [wanted] * 4
        and is_true(status, "Available")
        and progressing is not None
        and progressing["reason"] == "NewReplicaSetAvailable"
    )


def test_a_deployment_becomes_current(cluster) -> None:
    made = deployment(cluster)
    cluster.controllers.tick()
    assert find(made["status"], "Progressing")["reason"] in ("NewReplicaSetCreated", "ReplicaSetUpdated")
    assert find(made["status"], "Available")["reason"] == "MinimumReplicasUnavailable"
    assert not is_current(made)
    cluster.run()
    assert is_current(made)
    replica_set = cluster.api.all(REPLICA_SETS)[0]
    name = replica_set["metadata"]["name"]
    assert find(made["status"], "Progressing")["message"] == f'ReplicaSet "{name}" has successfully progressed.'
    assert made["metadata"]["annotations"][REVISION] == replica_set["metadata"]["annotations"][REVISION] == "1"
    assert replica_set["status"]["readyReplicas"] == 3 and replica_set["status"]["terminatingReplicas"] == 0
    assert {pod["spec"]["nodeName"] for pod in cluster.pods()} == {"n1", "n2"}
    notes = [one["message"] for one in cluster.api.all(EVENTS) if one["involvedObject"]["kind"] == "Deployment"]
    assert notes == [f"Scaled up replica set {name} from 0 to 3"]


def test_a_new_image_rolls_without_falling_below_its_bounds(cluster) -> None:
    made = deployment(cluster, replicas=4)
    cluster.run()
    change(cluster, made, template=template("nginx:2"))
    for _ in range(60):
        cluster.run(1)
        ready = sum(is_true(pod.get("status", {}), "Ready") for pod in cluster.pods())
        live = [pod for pod in cluster.pods() if not pod["metadata"].get("deletionTimestamp")]
        assert ready >= 3 and len(live) <= 5
    assert is_current(made)
    assert {pod["spec"]["containers"][0]["image"] for pod in cluster.pods()} == {"nginx:2"}
    old, new = sorted(cluster.api.all(REPLICA_SETS), key=lambda one: one["spec"]["replicas"])
    assert (old["spec"]["replicas"], new["spec"]["replicas"]) == (0, 4)
    assert made["metadata"]["annotations"][REVISION] == "2"


def test_an_old_template_is_an_old_replica_set_with_a_new_revision(cluster) -> None:
    made = deployment(cluster)
    cluster.run()
    change(cluster, made, template=template("nginx:2"))
    cluster.run(60)
    change(cluster, made, template=template("nginx:1"))
    cluster.run(60)
    assert is_current(made) and len(cluster.api.all(REPLICA_SETS)) == 2
    notes = next(one["metadata"]["annotations"] for one in cluster.api.all(REPLICA_SETS) if one["spec"]["replicas"])
    assert (notes[REVISION], notes["deployment.kubernetes.io/revision-history"]) == ("3", "1")


@pytest.mark.parametrize("replicas", [0, 1, 6])
def test_scaling_both_ways(cluster, replicas) -> None:
    made = deployment(cluster)
    cluster.run()
    change(cluster, made, replicas=replicas)
    cluster.run()
    assert is_current(made) and len(cluster.pods()) == replicas and len(cluster.api.all(REPLICA_SETS)) == 1


def test_recreate_ends_the_old_pods_first(cluster) -> None:
    made = deployment(cluster, strategy={"type": "Recreate"})
    cluster.run()
    change(cluster, made, template=template("nginx:2"))
    for _ in range(30):
        cluster.run(1)
        images = {pod["spec"]["containers"][0]["image"] for pod in cluster.pods()}
        assert len(images) <= 1
    assert is_current(made) and images == {"nginx:2"}


def test_what_makes_no_progress_misses_its_deadline_and_recovers(cluster) -> None:
    cluster.faults["nginx:bad"] = "missing"
    made = deployment(cluster, progressDeadlineSeconds=60)
    cluster.run()
    change(cluster, made, template=template("nginx:bad"))
    cluster.run(100)
    progressing = find(made["status"], "Progressing")
    assert (progressing["status"], progressing["reason"]) == ("False", "ProgressDeadlineExceeded")
    assert "has timed out progressing." in progressing["message"]
    assert is_true(made["status"], "Available")
    change(cluster, made, template=template("nginx:3"))
    cluster.run(60)
    assert is_current(made)


def test_a_paused_deployment_does_not_roll(cluster) -> None:
    made = deployment(cluster)
    cluster.run()
    change(cluster, made, paused=True, template=template("nginx:2"))
    cluster.run()
    assert {pod["spec"]["containers"][0]["image"] for pod in cluster.pods()} == {"nginx:1"}
    assert find(made["status"], "Progressing")["reason"] == "DeploymentPaused"
    change(cluster, made, paused=False)
    cluster.run(60)
    assert is_current(made) and {pod["spec"]["containers"][0]["image"] for pod in cluster.pods()} == {"nginx:2"}


def test_old_replica_sets_are_kept_up_to_the_limit(cluster) -> None:
    made = deployment(cluster, replicas=1, revisionHistoryLimit=1)
    for number in range(4):
        change(cluster, made, template=template(f"nginx:{number}"))
        cluster.run(40)
    assert len(cluster.api.all(REPLICA_SETS)) == 2


def test_a_lost_pod_is_made_again_and_a_waif_adopted(cluster) -> None:
    made = deployment(cluster)
    cluster.run()
    cluster.api.remove(cluster.pods()[0])
    cluster.run()
    assert is_current(made) and len(cluster.pods()) == 3
    replica_set = cluster.api.all(REPLICA_SETS)[0]
    cluster.api.change(replica_set, metadata={**replica_set["metadata"], "ownerReferences": []})
    cluster.run(5)
    assert replica_set["metadata"]["ownerReferences"][0]["uid"] == made["metadata"]["uid"]
    assert len(cluster.api.all(REPLICA_SETS)) == 1


def test_deleting_takes_replica_sets_and_pods_along(cluster) -> None:
    made = deployment(cluster)
    cluster.run()
    cluster.api.remove(made, policy="Foreground")
    cluster.controllers.tick()
    assert cluster.api.all(DEPLOYMENTS) == [made], "foreground: the owner goes last"
    cluster.run()
    assert [*cluster.api.all(DEPLOYMENTS), *cluster.api.all(REPLICA_SETS), *cluster.pods()] == []


def test_orphaning_leaves_what_was_owned(cluster) -> None:
    made = deployment(cluster)
    cluster.run()
    cluster.api.remove(made, policy="Orphan")
    cluster.run()
    assert cluster.api.all(DEPLOYMENTS) == [] and len(cluster.pods()) == 3
    assert cluster.api.all(REPLICA_SETS)[0]["metadata"]["ownerReferences"] == []


def test_a_killed_process_goes_on_amid_a_rollout(cluster) -> None:
    made = deployment(cluster, replicas=4)
    cluster.run()
    change(cluster, made, template=template("nginx:2"))
    for _ in range(60):
        cluster.run(1)
        cluster.restart()
    assert is_current(made) and len(cluster.pods()) == 4


def test_a_settled_cluster_costs_nothing(cluster) -> None:
    deployment(cluster)
    cluster.run()
    cluster.api.requests.clear()
    cluster.run(100)
    assert cluster.api.requests == []


@pytest.mark.parametrize(
    ("surge", "unavailable", "replicas", "expected"),
    [("25%", "25%", 10, (3, 2)), (0, 0, 5, (0, 1)), ("0%", "10%", 3, (0, 1)), (1, 5, 3, (1, 3))],
)
def test_bounds_round_as_the_real_ones(surge, unavailable, replicas, expected) -> None:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    assert bounds({"spec": {"replicas": replicas, "strategy": {"rollingUpdate": rolling}}}) == expected


def test_scaling_amid_a_rollout_is_in_proportion() -> None:
    def one(name: str, replicas: int) -> dict[str, Any]:
        notes = {"deployment.kubernetes.io/max-replicas": "13"}
        meta = {"name": name, "creationTimestamp": "2026-01-01T00:00:00Z", "annotations": notes}
        return {"metadata": meta, "spec": {"replicas": replicas}, "status": {}}

    rolling = {"maxSurge": 3, "maxUnavailable": 2}
    wanted = {"spec": {"replicas": 15, "strategy": {"rollingUpdate": rolling}}}
    assert scaled_sizes(wanted, new=one("new", 5), olds=[one("old", 8)]) == {"old": 11, "new": 7}
