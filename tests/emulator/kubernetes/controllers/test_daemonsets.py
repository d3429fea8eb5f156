"""DaemonSets: a pod on every node, rolling updates."""

import copy

import pytest

from acsctl.emulator.kubernetes.client import DAEMON_SETS, NODES
from tests.emulator.kubernetes.controllers.conftest import template


def daemon(cluster, *, image="agent:1", **spec):
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
    pod = template(image, labels={"app": "agent"}, **spec)
    fields = {"selector": {"matchLabels": {"app": "agent"}}, "updateStrategy": rolling}
    return cluster.api.make(DAEMON_SETS, "agent", spec={"template": pod, **fields})


def change(cluster, made, **spec):
    cluster.api.change(made, spec={**copy.deepcopy(made["spec"]), **spec})


def counts(made):
    names = ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled", "numberReady", "numberAvailable")
    return [made["status"].get(name, 0) for name in names]


def where(cluster):
    return sorted(pod["spec"]["nodeName"] for pod in cluster.pods(app="agent"))


def test_every_node_gets_one_also_a_later_one(cluster) -> None:
    made = daemon(cluster)
    cluster.run()
    assert counts(made) == [2] * 5 and where(cluster) == ["n1", "n2"]
    assert made["status"]["observedGeneration"] == 1 and "numberUnavailable" not in made["status"]
    cluster.node("n3")
    cluster.run()
    assert counts(made) == [3] * 5 and where(cluster) == ["n1", "n2", "n3"]
    cluster.api.remove(cluster.api.one(NODES, "n3"))
    cluster.run()
    assert counts(made) == [2] * 5 and where(cluster) == ["n1", "n2"]


def test_selectors_and_taints_choose_the_nodes(cluster) -> None:
    cluster.node("n3", spec={"taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]})
    made = daemon(cluster, nodeSelector={"kubernetes.io/hostname": "n1"})
    cluster.run()
    assert where(cluster) == ["n1"]
    change(cluster, made, template=template("agent:1", labels={"app": "agent"}))
    cluster.run(60)
    assert where(cluster) == ["n1", "n2"]
    everything = [{"operator": "Exists"}]
    change(cluster, made, template=template("agent:1", labels={"app": "agent"}, tolerations=everything))
    cluster.run(60)
    assert where(cluster) == ["n1", "n2", "n3"] and counts(made) == [3] * 5


@pytest.mark.parametrize(("surge", "unavailable"), [(0, 1), (1, 0)])
def test_an_update_rolls_from_node_to_node(cluster, surge, unavailable) -> None:
    made = daemon(cluster)
    cluster.run()
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": unavailable, "maxSurge": surge}}
    change(cluster, made, template=template("agent:2", labels={"app": "agent"}), updateStrategy=rolling)
    lowest = 2
    for _ in range(60):
        cluster.run(1)
        lowest = min(lowest, made["status"].get("numberAvailable", 0))
    assert counts(made) == [2] * 5
    assert {pod["spec"]["containers"][0]["image"] for pod in cluster.pods()} == {"agent:2"}
    assert lowest == 2 - unavailable


def test_an_image_that_is_missing_stops_the_rollout_at_its_bound(cluster) -> None:
    cluster.faults["agent:2"] = "missing"
    made = daemon(cluster)
    cluster.run()
    change(cluster, made, template=template("agent:2", labels={"app": "agent"}))
    cluster.run(60)
    assert made["status"]["numberAvailable"] == 1 and made["status"]["numberUnavailable"] == 1
    assert made["status"]["updatedNumberScheduled"] == 1
    change(cluster, made, template=template("agent:3", labels={"app": "agent"}))
    cluster.run(60)
    assert counts(made) == [2] * 5


def test_on_delete_waits_for_the_user(cluster) -> None:
    made = daemon(cluster)
    cluster.run()
    change(cluster, made, template=template("agent:2", labels={"app": "agent"}), updateStrategy={"type": "OnDelete"})
    cluster.run()
    assert made["status"].get("updatedNumberScheduled", 0) == 0
    cluster.api.remove(cluster.pods()[0])
    cluster.run()
    assert made["status"]["updatedNumberScheduled"] == 1
