"""StatefulSets: order, names, storage, revisions."""

import copy

from acsctl.emulator.kubernetes.client import CLAIMS, REVISIONS, STATEFUL_SETS, STORAGE_CLASSES
from acsctl.emulator.kubernetes.conditions import is_true
from tests.emulator.kubernetes.controllers.conftest import template

CLAIM = {
    "accessModes": ["ReadWriteOnce"],
    "storageClassName": "slow",
    "resources": {"requests": {"storage": "20Gi"}},
}


def stateful(cluster, *, image="db:1", replicas=3, **spec):
    fields = {"serviceName": "db", "selector": {"matchLabels": {"app": "db"}}, "revisionHistoryLimit": 2, **spec}
    pod = template(image, labels={"app": "db"})
    fields.setdefault("updateStrategy", {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}})
    return cluster.api.make(STATEFUL_SETS, "db", spec={"replicas": replicas, "template": pod, **fields})


def change(cluster, made, **spec):
    cluster.api.change(made, spec={**copy.deepcopy(made["spec"]), **spec})


def names(cluster):
    return sorted(pod["metadata"]["name"] for pod in cluster.pods())


def images(cluster):
    return {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for pod in cluster.pods()}


def is_current(made):
    status, wanted = made["status"], made["spec"]["replicas"]
    counts = [status.get(name, 0) for name in ("replicas", "readyReplicas", "currentReplicas", "updatedReplicas")]
    return (
        status["observedGeneration"] == made["metadata"]["generation"]
        and counts == [wanted] * 4
        and status["currentRevision"] == status["updateRevision"]
    )


def test_replicas_come_one_after_the_other(cluster) -> None:
    made = stateful(cluster)
    seen = []
    for _ in range(30):
        cluster.run(1)
        ready = [is_true(pod.get("status", {}), "Ready") for pod in cluster.pods()]
        assert sum(not one for one in ready) <= 1
        seen.append(len(ready))
    assert seen == sorted(seen) and is_current(made)
    assert names(cluster) == ["db-0", "db-1", "db-2"]
    pod = cluster.pods()[1]
    assert (pod["spec"]["hostname"], pod["spec"]["subdomain"]) == ("db-1", "db")
    assert pod["metadata"]["labels"]["apps.kubernetes.io/pod-index"] == "1"
    assert pod["metadata"]["labels"]["controller-revision-hash"] == made["status"]["updateRevision"]


def test_parallel_ones_come_at_once(cluster) -> None:
    made = stateful(cluster, podManagementPolicy="Parallel")
    cluster.run(2)
    assert len(cluster.pods()) == 3
    cluster.run()
    assert is_current(made)


def test_an_update_goes_backwards(cluster) -> None:
    made = stateful(cluster)
    cluster.run(30)
    change(cluster, made, template=template("db:2", labels={"app": "db"}))
    order = []
    for _ in range(60):
        cluster.run(1)
        order += [name for name, image in images(cluster).items() if image == "db:2" and name not in order]
    assert order == ["db-2", "db-1", "db-0"]
    assert is_current(made) and len(cluster.api.all(REVISIONS)) == 2


def test_a_partition_keeps_the_first_ones(cluster) -> None:
    made = stateful(cluster)
    cluster.run(30)
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    change(cluster, made, template=template("db:2", labels={"app": "db"}), updateStrategy=strategy)
    cluster.run(40)
    assert images(cluster) == {"db-0": "db:1", "db-1": "db:1", "db-2": "db:2"}
    assert (made["status"]["updatedReplicas"], made["status"]["currentReplicas"]) == (1, 2)
    cluster.api.remove(next(pod for pod in cluster.pods() if pod["metadata"]["name"] == "db-0"))
    cluster.run()
    assert images(cluster)["db-0"] == "db:1", "made again as it was"


def test_on_delete_waits_for_the_user(cluster) -> None:
    made = stateful(cluster, updateStrategy={"type": "OnDelete"})
    cluster.run(30)
    change(cluster, made, template=template("db:2", labels={"app": "db"}))
    cluster.run(30)
    assert set(images(cluster).values()) == {"db:1"}


def test_scaling_down_takes_the_last_one_and_keeps_its_claim(cluster) -> None:
    claim = {"metadata": {"name": "data"}, "spec": CLAIM}
    cluster.api.make(STORAGE_CLASSES, "slow", provisioner="example.com/disk", volumeBindingMode="WaitForFirstConsumer")
    made = stateful(cluster, volumeClaimTemplates=[claim])
    cluster.run(40)
    assert is_current(made)
    assert cluster.pods()[0]["spec"]["volumes"][0]["persistentVolumeClaim"] == {"claimName": "data-db-0"}
    change(cluster, made, replicas=1)
    cluster.run()
    assert names(cluster) == ["db-0"] and is_current(made)
    assert sorted(one["metadata"]["name"] for one in cluster.api.all(CLAIMS)) == ["data-db-0", "data-db-1", "data-db-2"]


def test_a_killed_process_goes_on(cluster) -> None:
    made = stateful(cluster)
    for _ in range(40):
        cluster.run(1)
        cluster.restart()
    assert is_current(made)
