"""Upgrading a cluster: what the plan says, the check before, the control plane, the addons in order; and where it broke off."""

from __future__ import annotations

import pytest

from acsctl.kinds.ack import addons, checks
from acsctl.kinds.cluster import Cluster
from acsctl.kinds.contract import Update, Wait
from acsctl.model.change import FieldChange, Impact
from tests.kinds.door import Door, run, token
from tests.kinds.test_cluster import DETAIL, ID, SPEC, TASK, metadata
from tests.kinds.values import live

CLUSTER = Cluster()
OLD, NEW = "1.35.7-aliyun.1", "1.36.2-aliyun.1"
CHECK = f"{ID}/check/17-{ID}-clustercheck-x"
OLDER = {**DETAIL, "current_version": OLD}


def installed(**versions):
    return {"addons": [{"name": name.replace("_", "-"), "version": version} for name, version in versions.items()]}


def offered(**rows):
    """`coredns=("core", "v1.13.2.3")`."""
    return {
        "addons": [
            {"name": name.replace("_", "-"), "category": category, "version": version, "supported_actions": list(actions)}
            for name, (category, version, *actions) in rows.items()
        ]
    }


HAVE = installed(coredns="v1.11.3.5", csi_plugin="v1.33.1", metrics_server="v0.3.9-1-aliyun", flannel="v0.15.1.23-a", own="1.0")
OFFERED = offered(
    csi_plugin=("storage", "v1.37.2"),
    coredns=("core", "v1.13.2.3"),
    metrics_server=("monitor", "v0.3.16-ab96b23-aliyun"),
    flannel=("network", "v0.28.0.6"),
)
ANSWERS = {
    "RunClusterCheck": {"check_id": CHECK.rpartition("/")[2]},
    "UpgradeCluster": {"task_id": TASK},
    "ListClusterAddonInstances": HAVE,
    "ListAddons": OFFERED,
    "UpgradeClusterAddons": {"task_id": TASK},
}


def upgraded(detail, **answers):
    door = Door({**ANSWERS, "DescribeClusterDetail": detail, **answers})
    change = Update({**SPEC, "version": NEW}, fields={"version": FieldChange("version", OLD, NEW)})
    return door, run(CLUSTER.update(door, (live("cluster.kube", ID, **SPEC),), change, token))


def test_the_check_then_the_control_plane_then_addons_one_after_the_other():
    door, seen = upgraded(OLDER)
    assert door.sent("RunClusterCheck") == [{"cluster_id": ID, "type": "ClusterUpgrade", "options": {"next_version": NEW}}]
    assert door.sent("UpgradeCluster") == [{"ClusterId": ID, "next_version": NEW, "master_only": True}]
    bodies = [sent["body"] for sent in door.sent("UpgradeClusterAddons")]
    assert bodies == [
        [{"component_name": "coredns", "next_version": "v1.13.2.3", "version": "v1.11.3.5"}],
        [{"component_name": "csi-plugin", "next_version": "v1.37.2", "version": "v1.33.1"}],
    ]
    assert [step.ids for step in seen if isinstance(step, Wait)] == [(CHECK,), (TASK,), (ID,), (TASK,), (TASK,)]
    writes = [action for action in door.actions if not action.startswith(("Describe", "List"))]
    assert writes == ["RunClusterCheck", "UpgradeCluster", "UpgradeClusterAddons", "UpgradeClusterAddons"]


def test_addons_are_those_of_the_new_version():
    door, _ = upgraded(OLDER)
    (sent,) = door.sent("ListAddons")
    assert (sent["cluster_version"], sent["cluster_spec"]) == (NEW, "ack.pro.small")


def test_what_was_done_before_a_run_broke_off_is_not_done_again():
    half = installed(coredns="v1.13.2.3", csi_plugin="v1.33.1")
    door, seen = upgraded({**DETAIL, "current_version": NEW}, ListClusterAddonInstances=half)
    assert [sent["body"][0]["component_name"] for sent in door.sent("UpgradeClusterAddons")] == ["csi-plugin"]
    assert "RunClusterCheck" not in door.actions and "UpgradeCluster" not in door.actions
    assert seen == [Wait((TASK,), said="addon csi-plugin v1.33.1 → v1.37.2")]


@pytest.mark.parametrize(
    ("offer", "found"),
    [
        (("core", "v1.13.2.3"), ["coredns v1.11.3.5 → v1.13.2.3"]),
        (("core", "v1.13.2.3", "Install", "Upgrade"), ["coredns v1.11.3.5 → v1.13.2.3"]),
        (("core", "v1.13.2.3", "Install"), []),  # it goes with the control plane
        (("core", "v1.11.3.5"), []),
        (("core", "v1.9.10"), []),  # never back
        (("application", "v2.0"), []),
        (("core", ""), []),
    ],
)
def test_which_addons_are_behind(offer, found):
    door = Door({"ListClusterAddonInstances": installed(coredns="v1.11.3.5"), "ListAddons": offered(coredns=offer)})
    assert [str(item) for item in addons.behind(door, DETAIL, version=NEW)] == found


@pytest.mark.parametrize(
    ("one", "other"), [("v0.3.9-ff", "v0.3.16-ab96b23-aliyun"), ("v1.9", "v1.10"), ("0.5.1", "v0.5.2"), ("nightly", "v1")]
)
def test_versions_of_addons_in_their_order(one, other):
    assert addons.key(one) < addons.key(other)


def checked(**row):
    answer = {"status": "Succeeded", "check_id": "17", "finished_at": "2026-11-20T10:00:00Z", "message": "task succeed", **row}
    return CLUSTER.ready(Door({"GetClusterCheck": answer}), [CHECK])[CHECK]


GOOD = {"name": "NodeStatus", "status": "Passed", "message": "all are ready"}


def test_a_check_that_has_passed_or_still_runs():
    assert checked().state == "ready"
    fine = {
        "Group": "ClusterConfig",
        "Level": {"normal": {"Message": "", "Targets": [{"Target": "n1"}]}, "error": {"Targets": []}},
    }
    assert checked(check_items={"Nodes": [fine]}).state == "ready"
    assert checked(check_items={"Nodes": [GOOD, {"name": "Disk", "level": "warning", "message": "81 % full"}]}).state == "ready"
    assert checked(status="Running", finished_at="").state == "pending"


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (
            {"name": "DeprecatedAPI", "status": "Failed", "message": "3 objects use batch/v1beta1", "fix": "use batch/v1"},
            "Components: DeprecatedAPI: 3 objects use batch/v1beta1 (use batch/v1)",
        ),
        ({"check_name": "Webhook", "is_passed": False, "reason": "no endpoints"}, "Components: Webhook: no endpoints"),
        ({"level": "error", "desc": "not healthy"}, "Components: not healthy"),
        (
            {"Group": "ClusterResource", "Level": {"error": {"Message": "is stopped", "Targets": [{"Target": "lb-1"}]}}},
            "Components: is stopped: lb-1",
        ),
    ],
)
def test_what_a_check_refuses_is_told_with_its_reason(item, told):
    at = checked(check_items={"Components": [GOOD, item]})
    assert (at.state, at.reason) == ("failed", told)
    assert at.message.startswith("the check before the upgrade says no: ")


def test_a_check_that_failed_by_itself():
    assert checked(status="Failed", message="timed out").reason == "timed out"
    assert list(checks.failures({"check_items": None})) == []


def test_what_the_plan_says():
    answers = {**ANSWERS, "DescribeClusterDetail": OLDER, **metadata(OLD, upgradable=[NEW])}
    found = CLUSTER.prepare(Door(answers), {"id": ID, "version": "1.36"}, {}.get)
    assert found.spec == {"version": NEW}
    assert found.note == (
        "a check, then control plane, coredns v1.11.3.5 → v1.13.2.3, csi-plugin v1.33.1 → v1.37.2, node pools"
    )
    found = CLUSTER.prepare(Door({**answers, "DescribeClusterDetail": DETAIL}), {"id": ID, "version": "1.36"}, {}.get)
    assert found.note.startswith("left: coredns")
    assert CLUSTER.schema.fields["version"].meta.impact is Impact.ROLLING
