"""What leaves a node, what holds it, and how long that is waited for."""

from __future__ import annotations

import pytest

from acsctl.errors import WaitedError
from acsctl.kinds.ack import drain, tasks
from acsctl.kinds.contract import Wait
from acsctl.kube import drain as pure
from tests.kinds.door import Door, run
from tests.kinds.inside import Hand, Inside, node, pod, thing

CLUSTER = "c" + "0a" * 16


def budget(name="web", *, allowed=0, **selector):
    found = thing("PodDisruptionBudget", name, spec={"selector": selector or {"matchLabels": {"app": "web"}}})
    return {**found, "status": {"disruptionsAllowed": allowed, "currentHealthy": 2, "desiredHealthy": 2}}


def cluster(*pods, held=(), budgets=(), nodes=("n1", "n2"), **rest):
    objects = {"Node": [node(name) for name in nodes], "Pod": [*pods], "PodDisruptionBudget": [*budgets]}
    return Inside(objects, set(held), **rest)


def drained(inside, *names, timeout=60.0, step=1.0):
    door = Door(inside=inside, clock=Hand(step=step))
    return run(drain.drained(door, CLUSTER, names, timeout=timeout))


# Which pods, which budgets


def test_what_stays_on_a_node():
    own = thing("Pod", "etcd", spec={"nodeName": "n1"}, annotations={pure.MIRROR: "x"})
    ended = pod("job", "n1", owner="Job", status={"phase": "Succeeded"})
    pods = [pod("a", "n1"), pod("b", "n2"), pod("proxy", "n1", owner="DaemonSet"), own, ended, pod("alone", "n1", owner="")]
    assert [item["metadata"]["name"] for item in pure.leaving(pods, frozenset({"n1"}))] == ["a", "alone"]


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "db"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "db"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
    ],
)
def test_what_a_budget_is_about(selector, found):
    assert pure.covers(budget(**selector), pod("a", "n1")) is found


def test_an_empty_selector_is_about_all_and_none_about_nothing():
    whole, nothing = budget(), budget()
    whole["spec"]["selector"] = {}
    del nothing["spec"]["selector"]
    assert (pure.covers(whole, pod("a", "n1")), pure.covers(nothing, pod("a", "n1"))) == (True, False)
    elsewhere = pod("a", "n1")
    elsewhere["metadata"]["namespace"] = "other"
    assert not pure.covers(whole, elsewhere)


def test_a_budget_that_holds_is_named_with_its_pods():
    pods = [pod(name, "n1") for name in ("a", "b", "c", "d")]
    (said,) = pure.blockers(pods, [budget(), budget("free", allowed=1), budget("other", matchLabels={"app": "db"})])
    assert said == "PodDisruptionBudget shop/web allows 0 disruptions (2 healthy, 2 needed) and holds a, b, c and 1 more"


# Emptying nodes


def test_a_node_is_closed_and_emptied():
    inside = cluster(pod("a", "n1"), pod("b", "n2"))
    seen = drained(inside, "n1")
    assert inside.written == ["close n1", "evict a"]
    assert [step.ids for step in seen] == [(f"{CLUSTER}/drain/n1",)]
    assert inside.objects["Node"][0]["metadata"]["annotations"] == {drain.CORDONED: "true"}


def test_what_is_held_is_asked_again_until_the_time_is_over():
    inside = cluster(pod("a", "n1"), held={"a"}, budgets=[budget()])
    with pytest.raises(WaitedError, match="PodDisruptionBudget shop/web allows 0 disruptions") as raised:
        drained(inside, "n1", timeout=3.0)
    assert "waited 3 s for n1 to be empty" in raised.value.message and "holds a" in raised.value.message
    assert inside.written.count("evict a") == 3
    # Nothing was taken off: the node is as it was.
    assert inside.written[-1] == "open n1"


def test_one_that_somebody_else_has_closed_is_not_opened():
    inside = cluster(pod("a", "n1"), held={"a"})
    inside.objects["Node"][0]["spec"]["unschedulable"] = True
    with pytest.raises(WaitedError, match="shop/a is still there"):
        drained(inside, "n1", timeout=1.0)
    assert not [entry for entry in inside.written if not entry.startswith("evict")]


def test_what_goes_already_is_only_waited_for():
    going = pod("a", "n1")
    going["metadata"]["deletionTimestamp"] = "2026-11-20T10:00:00Z"
    with pytest.raises(WaitedError):
        drained(inside := cluster(going), "n1", timeout=1.0)
    assert "evict a" not in inside.written


@pytest.mark.parametrize("nodes", [("n1",), ("n1", "closed"), ("n1", "ill")])
def test_where_there_is_no_elsewhere_nothing_is_moved(nodes):
    inside = cluster(pod("a", "n1"), nodes=nodes)
    for item in inside.objects["Node"]:
        item["spec"] |= {"unschedulable": True} if item["metadata"]["name"] == "closed" else {}
        item["status"]["conditions"] = [] if item["metadata"]["name"] == "ill" else item["status"]["conditions"]
    assert drained(inside, "n1") == [] == inside.written


def test_a_cluster_out_of_reach_is_left_to_the_cloud():
    assert run(drain.drained(Door(), CLUSTER, ["n1"], timeout=1.0)) == []


def test_a_wait_says_what_it_waits_for():
    inside = cluster(pod("a", "n1"), pod("b", "n1"), held={"b"}, budgets=[budget()])
    generator = drain.drained(Door(inside=inside, clock=Hand()), CLUSTER, ["n1"], timeout=60.0)
    step = next(generator)
    assert isinstance(step, Wait) and step.said.startswith("moves 2 pods off n1: PodDisruptionBudget shop/web")
    assert drain.standing(step.ids)[step.ids[0]].at == step.until


def test_what_the_cloud_drains_by_itself_is_explained():
    inside = cluster(pod("a", "n1"), budgets=[budget()])
    inside.objects["Node"][0]["spec"]["unschedulable"] = True
    task = {"task_id": "T-1", "cluster_id": CLUSTER, "state": "running", "current_stage": "DrainNodes"}
    at = tasks.standing(Door({"DescribeTaskInfo": task}, inside=inside), ["T-1"])["T-1"]
    assert at.message.startswith("DrainNodes: PodDisruptionBudget shop/web allows 0 disruptions")
    assert tasks.standing(Door({"DescribeTaskInfo": task}), ["T-1"])["T-1"].message == ""
