"""Nodes that are behind: how the plan sees them, and how they are rolled."""

from __future__ import annotations

import pytest

from acsctl.errors import AcsctlError
from acsctl.kinds.ack import drain, rolls
from acsctl.kinds.contract import Scope, Update, Wait
from acsctl.kinds.node_pool import NodePool, NodePoolSpec
from acsctl.model.address import parse
from acsctl.model.change import FieldChange, Impact, Reason
from acsctl.model.foresight import Compared
from acsctl.model.resource import Desired, Live
from tests.kinds.door import Door, run, token
from tests.kinds.inside import Hand, Inside, node, pod
from tests.kinds.test_node_pool import CLUSTER, ID, NP, ROW, SPEC, TASK, pool_list, row
from tests.kinds.values import live

POOL = NodePool()
WORKERS, KUBE = parse("node_pool.workers"), parse("cluster.kube")
OLD, NEW = "1.35.7-aliyun.1", "1.36.2-aliyun.1"
WANTED = {**SPEC, "version": "cluster"}


def nodes_inside(*kubelets, **meta):
    return Inside(
        {"Node": [node(f"n{at}", pool=NP, kubelet=f"v{have}", **meta) for at, have in enumerate(kubelets, 1)], "Pod": []}
    )


def scope(*, have=OLD, want="1.35", state="ready", spec=WANTED):
    specs = {WORKERS: spec, KUBE: {"version": want}}
    owner = Live(KUBE, CLUSTER, outputs={"current_version": have}, state=state)
    return Scope(
        "shop",
        "cn-hangzhou",
        {address: Desired(address, spec=found) for address, found in specs.items()},
        live={"cluster": [owner], "node_pool": [live("node_pool.workers", ID, **SPEC)]},
        wanted=specs.get,
    )


def outlook(inside, **rest):
    found = POOL.foresee(Door(inside=inside), scope(**rest))
    return found[WORKERS].details if found else None


def compared(details, *, want="cluster", last="cluster", recorded=True, unfinished=False):
    item = live("node_pool.workers", ID, **SPEC)
    return [*rolls.compare(Compared(want, item, foreseen=details, last=last, recorded=recorded, unfinished=unfinished))]


# In the plan


def test_nodes_follow_the_control_plane_that_is_to_be():
    (change,) = compared(outlook(nodes_inside(OLD, OLD), want="1.36"))
    assert (change.before, change.after, change.reason, change.impact) == (OLD, "1.36", Reason.EDIT, Impact.ROLLING)
    assert change.note == "2 of 2 nodes, 1 at a time"


def test_nodes_that_are_behind_their_control_plane():
    (change,) = compared(outlook(nodes_inside(OLD, NEW), have=NEW, want="1.36"))
    assert (change.before, change.after, change.reason) == (OLD, NEW, Reason.DRIFT)
    assert change.note == "1 of 2 nodes, 1 at a time"


@pytest.mark.parametrize(
    ("rest", "reason"),
    [({"unfinished": True}, Reason.UNFINISHED), ({"recorded": False}, Reason.UNKNOWN), ({"last": "hold"}, Reason.EDIT)],
)
def test_why_they_are_behind(rest, reason):
    (change,) = compared(outlook(nodes_inside(OLD), have=NEW, want="1.36"), **rest)
    assert change.reason is reason


@pytest.mark.parametrize("kubelet", [OLD, "1.35.7", "1.35.8-aliyun.1", NEW, ""])
def test_nodes_that_are_not_behind(kubelet):
    assert compared(outlook(nodes_inside(kubelet))) == []


def test_what_is_held_or_cannot_be_seen_does_not_differ():
    assert compared(outlook(nodes_inside(OLD), want="1.36"), want="hold") == []
    assert outlook(nodes_inside(OLD), want="1.36", spec={**WANTED, "version": "hold"}) is None
    assert outlook(None, want="1.36") is None
    assert outlook(nodes_inside(OLD), want="1.36", state="pending") is None
    assert compared(None) == [] == [*rolls.settings(Compared({}, live("node_pool.workers", ID)))]


def test_nodes_that_an_earlier_run_has_left_closed():
    details = outlook(nodes_inside(OLD, annotations={drain.CORDONED: "true"}))
    (change,) = compared(details)
    assert (change.before, change.after, change.reason) == ("n1 closed for pods", "open", Reason.UNFINISHED)


@pytest.mark.parametrize(
    ("spec", "how", "words"),
    [
        ({}, (1, 0), "1 at a time"),
        ({"size": 5, "upgrade": {"max_unavailable": 2, "surge": 1}}, (2, 1), "2 at a time, 1 more meanwhile"),
        ({"size": 5, "upgrade": {"surge": "25%"}}, (1, 2), "1 at a time, 2 more meanwhile"),
        ({"size": 2, "upgrade": {"surge": 9}}, (1, 2), "1 at a time, 2 more meanwhile"),  # not more than there are
        ({"attach": ["i-1"], "upgrade": {"surge": 1}}, (1, 0), "1 at a time"),  # it makes none
    ],
)
def test_the_pace(spec, how, words):
    found = rolls.How.of(spec)
    assert ((found.at_once, found.surge), rolls.pace(spec)) == (how, words)


# Rolling


def listed(count, **more):
    rows = [
        {"instance_id": f"i-{at}", "node_name": f"n{at}", "nodepool_id": NP, "node_status": "Ready", "image_id": "old", **more}
        for at in range(1, count + 1)
    ]
    return {"nodes": rows, "page": {"total_count": count}}


class Cloud(Door):
    """An upgrade of nodes makes them tell the new version."""

    tells = NEW

    def call(self, product, action, params):
        answer = super().call(product, action, params)
        if action == "UpgradeClusterNodepool" and self.inside:
            for item in self.inside.objects["Node"]:
                if item["metadata"]["name"] in params["node_names"]:
                    item["status"]["nodeInfo"]["kubeletVersion"] = f"v{self.tells}"
        return answer


def rolled(inside, *, fields=("version",), spec=None, rows=None, image="new", cls=Cloud):
    answers = {
        "DescribeClusterDetail": {"cluster_id": CLUSTER, "current_version": NEW},
        "DescribeClusterNodes": rows or listed(len(inside.objects["Node"]) if inside else 2),
        "DescribeClusterNodePools": pool_list(row(scaling_group={"image_id": image})),
        "ModifyClusterNodePool": {"task_id": TASK},
        "UpgradeClusterNodepool": {"task_id": TASK},
    }
    door = cls(answers, inside=inside, clock=Hand())
    change = Update({**WANTED, **(spec or {})}, fields={name: FieldChange(name, after="x") for name in fields})
    return door, run(rolls.rolled(door, live("node_pool.workers", ID, **SPEC), change))


def test_one_after_the_other_each_drained_and_opened_again():
    inside = nodes_inside(OLD, OLD)
    inside.objects["Pod"] = [pod("a", "n1")]
    door, seen = rolled(inside)
    sent = door.sent("UpgradeClusterNodepool")
    assert [(call["node_names"], call["rolling_policy"], call["kubernetes_version"]) for call in sent] == [
        (["n1"], {"max_parallelism": 1}, NEW),
        (["n2"], {"max_parallelism": 1}, NEW),
    ]
    assert "use_replace" not in sent[0] and "image_id" not in sent[0]
    assert inside.written == ["close n1", "evict a", "open n1", "close n2", "open n2"]
    assert [step.said for step in seen if step.ids == (TASK,)] == ["rolls n1 (1 of 2)", "rolls n2 (2 of 2)"]
    assert Wait((f"{ID}/i-1",), soon=True) in seen


def test_so_many_at_a_time():
    door, _ = rolled(nodes_inside(OLD, OLD, OLD), spec={"upgrade": {"max_unavailable": 2}})
    assert [call["node_names"] for call in door.sent("UpgradeClusterNodepool")] == [["n1", "n2"], ["n3"]]


def test_more_nodes_meanwhile():
    door, _ = rolled(nodes_inside(OLD, OLD), spec={"size": 2, "upgrade": {"surge": 1}})
    writes = [action for action in door.actions if not action.startswith("Describe")]
    assert writes == ["ModifyClusterNodePool", *["UpgradeClusterNodepool"] * 2, "ModifyClusterNodePool"]
    sizes = [call["scaling_group"]["desired_size"] for call in door.sent("ModifyClusterNodePool")]
    assert sizes == [3, 2]


def test_what_was_rolled_before_a_run_broke_off_is_not_rolled_again():
    inside = nodes_inside(NEW, OLD, annotations={drain.CORDONED: "true"})
    door, _ = rolled(inside, spec={"upgrade": {"surge": 1}})
    assert [call["node_names"] for call in door.sent("UpgradeClusterNodepool")] == [["n2"]]
    assert inside.written[-2:] == ["open n1", "open n2"]
    door, _ = rolled(nodes_inside(NEW), spec={"upgrade": {"surge": 1}})
    assert not {"UpgradeClusterNodepool", "ModifyClusterNodePool"} & set(door.actions)


def test_a_new_image_replaces_the_disk():
    rows = listed(2)
    rows["nodes"][0]["image_id"] = "new"
    door, _ = rolled(nodes_inside(NEW, NEW), fields=("image_type",), rows=rows)
    (sent,) = door.sent("UpgradeClusterNodepool")
    assert (sent["node_names"], sent["use_replace"], sent["image_id"]) == (["n2"], True, "new")
    assert "kubernetes_version" not in sent
    door, _ = rolled(nodes_inside(NEW, NEW), fields=("image",), image="")
    assert len(door.sent("UpgradeClusterNodepool")) == 2  # what they have cannot be told


def test_a_new_runtime():
    inside = nodes_inside(NEW, NEW)
    inside.objects["Node"][0]["status"]["nodeInfo"]["containerRuntimeVersion"] = "containerd://2.3.5"
    door, _ = rolled(inside, fields=("runtime_version",), spec={"runtime_version": "2.3.5"})
    (sent,) = door.sent("UpgradeClusterNodepool")
    assert (sent["node_names"], sent["runtime_type"], sent["runtime_version"]) == (["n2"], "containerd", "2.3.5")


def test_a_cluster_out_of_reach_is_rolled_all_the_same():
    door, _ = rolled(None)
    assert [call["node_names"] for call in door.sent("UpgradeClusterNodepool")] == [["n1"], ["n2"]]


def test_nodes_that_go_on_telling_another_version_end_it():
    class Stubborn(Cloud):
        tells = "1.35.4"

    with pytest.raises(AcsctlError, match=r"they tell another version: n1 1\.35\.4") as raised:
        rolled(nodes_inside(OLD, OLD), cls=Stubborn)
    assert "version: hold" in raised.value.remedy


def test_it_comes_after_the_pool_says_so():
    answers = {
        "DescribeClusterNodePools": pool_list(ROW),
        "DescribeClusterNodes": listed(1),
        "DescribeClusterDetail": {"cluster_id": CLUSTER, "current_version": NEW},
        "ModifyClusterNodePool": {"task_id": TASK},
        "UpgradeClusterNodepool": {"task_id": TASK},
    }
    door = Cloud(answers, clock=Hand())
    change = Update({**WANTED, "image": "m-2"}, fields={"image": FieldChange("image", "m-1", "m-2")})
    run(POOL.update(door, (live("node_pool.workers", ID, **SPEC),), change, token))
    writes = [action for action in door.actions if not action.startswith("Describe")]
    assert writes == ["ModifyClusterNodePool", "UpgradeClusterNodepool"]
    assert door.sent("ModifyClusterNodePool")[0]["scaling_group"] == {"image_id": "m-2"}


# What may be written


@pytest.mark.parametrize(("size", "faults"), [(3, 0), ({"min": 1, "max": 3}, 1)])
def test_only_a_fixed_size_can_surge(size, faults):
    spec = {"size": size, "vswitches": ["a"], "instance_types": ["t"], "upgrade": {"surge": 1}}
    found = list(POOL.schema.check(spec, {}))
    assert [fault.path for fault in found] == [("upgrade", "surge")] * faults


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("15m", 900.0), ("1h30m", 5400.0), ("90s", 90.0), (60, 60.0), ("0s", None), ("soon", None), ("25h", None)],
)
def test_how_long_draining_may_take(written, seconds):
    spec = {"cluster": "kube", "size": 1, "drain": {"timeout": written}}
    if seconds is None:
        with pytest.raises(ValueError, match="a duration is"):
            NodePoolSpec.model_validate(spec)
    else:
        assert NodePoolSpec.model_validate(spec).drain.timeout == seconds == rolls.drain_time({"drain": {"timeout": seconds}})


@pytest.mark.parametrize(
    ("surge", "good"), [(0, True), (3, True), ("25%", True), ("100%", True), ("101%", False), (-1, False), ("2", False)]
)
def test_a_surge(surge, good):
    spec = {"cluster": "kube", "size": 1, "upgrade": {"surge": surge}}
    if good:
        NodePoolSpec.model_validate(spec)
    else:
        with pytest.raises(ValueError, match="a number of nodes"):
            NodePoolSpec.model_validate(spec)
