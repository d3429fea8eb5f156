"""The kind `cluster`: reading, writing, arithmetic of addresses, versions and what live clusters refuse."""

from __future__ import annotations

import json
from ipaddress import IPv4Network

import pytest

from acsctl.errors import AcsctlError
from acsctl.kinds.ack import addressing, clusters, tasks, versions
from acsctl.kinds.cluster import Cluster, ClusterSpec
from acsctl.kinds.contract import Made, Update, Wait
from acsctl.kinds.kubeadm.clusters import OWN_ONLY
from acsctl.model.address import parse
from acsctl.model.change import FieldChange
from acsctl.model.resource import Desired
from tests.kinds.door import Door, page, refusal, run, tags, token
from tests.kinds.values import SCOPE, live, ref, stack, want

CLUSTER = Cluster()
ID = "c" + "0a" * 16
TASK = "T-" + "0b" * 12
MARKS = [
    {"key": "acsctl:stack", "value": "shop"},
    {"key": "acsctl:address", "value": "cluster.kube"},
    {"key": "team", "value": "a"},
    {"key": "ack.aliyun.com", "value": ID},
]
URLS = {"api_server_endpoint": "https://8.8.8.8:6443", "intranet_api_server_endpoint": "https://10.0.0.9:6443"}
ROW = {
    "cluster_id": ID,
    "name": "shop-kube",
    "state": "running",
    "tags": MARKS,
    "vpc_id": "vpc-1",
    "vswitch_ids": ["vsw-1"],
    "security_group_id": "sg-1",
    "cluster_spec": "ack.pro.small",
    "current_version": "1.36.2-aliyun.1",
    "container_cidr": "172.20.0.0/16",
    "service_cidr": "172.21.0.0/20",
    "deletion_protection": False,
    "created": "2026-11-20T10:00:00+08:00",
}
DETAIL = {**ROW, "node_cidr_mask": "25", "master_url": json.dumps(URLS)}
SPEC = {
    "vswitches": ["vsw-1"],
    "security_group": "sg-1",
    "spec": "ack.pro.small",
    "version": "1.36.2-aliyun.1",
    "network": {
        "plugin": "flannel",
        "pod_cidr": "172.20.0.0/16",
        "service_cidr": "172.21.0.0/20",
        "node_cidr_mask": 25,
    },
    "public_api": True,
}


def listed(*rows):
    return {"clusters": list(rows), "page_info": {"total_count": len(rows)}}


def tasked(state="success", **rest):
    return {"task_id": TASK, "state": state, **rest}


# Reading


def test_a_row_is_read_in_the_shape_of_the_schema():
    item = clusters.read(DETAIL)
    assert {*item.spec, *OWN_ONLY} == set(CLUSTER.schema.fields) and set(item.outputs) == set(CLUSTER.schema.outputs)
    assert item.spec["network"] == SPEC["network"]
    assert (item.spec["public_api"], item.outputs["endpoint"]) == (True, "https://8.8.8.8:6443")
    assert (item.tags, item.mark.stack) == ({"team": "a"}, "shop")


def test_list_asks_for_each_of_ours_alone():
    other = {**ROW, "cluster_id": "c" + "1" * 32, "tags": []}
    door = Door({"DescribeClustersForRegion": listed(ROW, other), "DescribeClusterDetail": DETAIL})
    assert [item.id for item in CLUSTER.list(door, SCOPE)] == [ID]
    assert door.sent("DescribeClusterDetail") == [{"ClusterId": ID}]
    assert door.sent("DescribeClustersForRegion") == [{"region_id": "cn-hangzhou", "page_number": 1, "page_size": 50}]


def test_a_failed_cluster_says_why():
    task = {"task_id": TASK, "state": "fail", "created": "2", "error": {"code": "NoVpc", "message": "the VPC is gone"}}
    door = Door(
        {
            "DescribeClustersForRegion": listed({**ROW, "state": "failed"}),
            "DescribeClusterDetail": {**DETAIL, "state": "failed"},
            "DescribeClusterTasks": {"tasks": [task], "page_info": {"total_count": 1}},
        }
    )
    (item,) = CLUSTER.list(door, SCOPE)
    assert (item.state, item.reason) == ("failed", "failed: NoVpc: the VPC is gone")


@pytest.mark.parametrize(("type", "state"), [("cluster_create", "failed"), ("cluster_upgrade", "ready"), (None, "failed")])
def test_a_cluster_in_which_a_change_failed_is_not_made_again(type, state):
    task = {"task_id": TASK, "state": "fail", "created": "2", "task_type": type, "error": {"code": "A", "message": "b"}}
    door = Door({"DescribeClusterTasks": {"tasks": [task], "page_info": {"total_count": 1}}})
    item = clusters.live(door, {**DETAIL, "state": "failed"})
    assert (item.state, item.reason) == (state, "failed: A: b")


def test_while_a_cluster_is_made_its_public_address_is_not_judged():
    being_made = {**DETAIL, "state": "initial", "master_url": ""}
    door = Door({"DescribeClustersForRegion": listed({**ROW, "state": "initial"}), "DescribeClusterDetail": being_made})
    wanted = {parse("cluster.kube"): Desired(parse("cluster.kube"), spec={"public_api": True})}
    (item,) = CLUSTER.list(door, type(SCOPE)("shop", "cn-hangzhou", desired=wanted))
    assert (item.state, item.spec["public_api"]) == ("pending", True)


@pytest.mark.parametrize("query", [{"id": ID}, {"name": "shop-kube"}, {"tags": {"team": "a"}}])
def test_find(query):
    door = Door({"DescribeClustersForRegion": listed(ROW), "DescribeClusterDetail": DETAIL})
    assert [item.id for item in CLUSTER.find(door, SCOPE, query)] == [ID]


def test_find_what_is_not_there():
    door = Door({"DescribeClusterDetail": refusal("ErrorClusterNotFound"), "DescribeClustersForRegion": listed()})
    assert list(CLUSTER.find(door, SCOPE, {"id": ID})) == []
    assert list(CLUSTER.find(door, SCOPE, {"name": "other"})) == []


# Readiness


@pytest.mark.parametrize(
    ("state", "found"), [("running", "ready"), ("initial", "pending"), ("upgrading", "pending"), ("failed", "failed")]
)
def test_ready_by_state(state, found):
    answers = {
        "DescribeClustersForRegion": listed({**ROW, "state": state}),
        "DescribeClusterDetail": {**DETAIL, "state": state},
        "DescribeClusterTasks": {"tasks": [], "page_info": {"total_count": 0}},
    }
    at = CLUSTER.ready(Door(answers), [ID, "c" + "1" * 32])
    assert (at[ID].state, at["c" + "1" * 32].absent) == (found, True)


@pytest.mark.parametrize(
    ("answer", "found", "reason"),
    [
        (tasked("running", current_stage="start"), "pending", "start"),
        (tasked("success"), "ready", "success"),
        (tasked("fail", error={"code": "A", "message": "b"}), "failed", "A: b"),
        (tasked("success", task_result=[{"data": "i-1", "status": "failed"}]), "failed", "i-1"),
        (tasked("success", task_result=[{"data": "i-1", "status": "success"}]), "ready", "success"),
        (refusal("ErrorTaskNotFound"), "failed", tasks.ABANDONED),
    ],
)
def test_a_task_tells_how_a_write_ended(answer, found, reason):
    at = CLUSTER.ready(Door({"DescribeTaskInfo": answer}), [TASK])[TASK]
    assert (at.state, at.reason) == (found, reason)


# Writing


def test_create():
    door = Door(
        {
            "DescribeVSwitches": page("VSwitches.VSwitch", [{"VSwitchId": "vsw-1", "VpcId": "vpc-1"}]),
            "CreateCluster": {"cluster_id": ID, "task_id": TASK},
        }
    )
    assert run(CLUSTER.create(door, want("cluster.kube", SPEC), token)) == [Made((ID,)), Wait((TASK,)), Wait((ID,), soon=True)]
    (sent,) = door.sent("CreateCluster")
    assert (sent["cluster_type"], sent["vpcid"], sent["vswitch_ids"]) == ("ManagedKubernetes", "vpc-1", ["vsw-1"])
    assert (sent["container_cidr"], sent["node_cidr_mask"], sent["endpoint_public_access"]) == ("172.20.0.0/16", "25", True)
    assert sent["snat_entry"] is False
    assert sent["addons"] == [{"name": "flannel"}, {"name": "nginx-ingress-controller", "disabled": True}]
    assert {"key": "acsctl:address", "value": "cluster.kube"} in sent["tags"]


def edited(**values):
    return Update(values, fields={name: FieldChange(name, after=value) for name, value in values.items()})


def updated(changed, *, have=None, answers=None):
    door = Door({"DescribeClusterDetail": DETAIL, "ModifyCluster": {"task_id": TASK}, **(answers or {})})
    seen = run(CLUSTER.update(door, (live("cluster.kube", ID, **{**SPEC, **(have or {})}),), changed, token))
    return door, seen


def test_size_and_protection_go_apart():
    door, seen = updated(edited(spec="ack.pro.xlarge", deletion_protection=True, name="new"))
    assert door.sent("ModifyCluster") == [
        {"ClusterId": ID, "cluster_name": "new"},
        {"ClusterId": ID, "cluster_spec": "ack.pro.xlarge"},
        {"ClusterId": ID, "deletion_protection": True},
    ]
    assert seen == [Wait((TASK,)), Wait((ID,), soon=True)] * 3


def test_standard_becomes_pro_by_migration():
    answers = {"MigrateCluster": {"task_id": TASK}}
    door, _ = updated(edited(spec="ack.pro.xlarge"), have={"spec": "ack.standard"}, answers=answers)
    assert door.sent("MigrateCluster") == [{"cluster_id": ID, "type": "ManagedKubernetes", "spec": "ack.pro.small"}]
    assert door.sent("ModifyCluster") == [{"ClusterId": ID, "cluster_spec": "ack.pro.xlarge"}]


def test_tags():
    door, seen = updated(Update({}, set_tags={"team": "b"}, unset_tags=("old",)))
    base = {"region_id": "cn-hangzhou", "resource_ids": [ID], "resource_type": "CLUSTER"}
    assert door.sent("UntagResources") == [{**base, "tag_keys": ["old"]}]
    assert door.sent("TagResources") == [{**base, "tags": [{"key": "team", "value": "b"}]}]
    assert seen == []


def test_what_an_earlier_run_left_on_its_way_is_waited_for():
    _, seen = updated(Update({}), answers={"DescribeClusterDetail": {**DETAIL, "state": "initial"}})
    assert seen == [Wait((ID,), kind="cluster")]


def test_delete_takes_along_what_services_made():
    door = Door({"DeleteCluster": {"task_id": TASK}, "DescribeClusterNodePools": {"nodepools": []}})
    assert run(CLUSTER.delete(door, (live("cluster.kube", ID),), token)) == [Wait((ID,), until="gone")]
    (sent,) = door.sent("DeleteCluster")
    assert sent["delete_options"] == [{"resource_type": name, "delete_mode": "delete"} for name in ("SLB", "ALB")]
    assert sent["retain_all_resources"] is False


def test_machines_leave_the_pools_of_others_before_the_cluster_goes():
    foreign = {"nodepool_info": {"nodepool_id": "np1"}, "scaling_group": {}, "status": {"state": "active", "total_nodes": 2}}
    rows = [{"instance_id": id, "nodepool_id": "np1", "state": "running"} for id in ("i-1", "i-2")]
    machines = [{"InstanceId": "i-1", "Tags": tags("instance.node", prefix="Tag")}, {"InstanceId": "i-2", "Tags": {"Tag": []}}]
    answers = {
        "DescribeClusterNodePools": {"nodepools": [foreign]},
        "DescribeClusterNodes": {"nodes": rows, "page": {"total_count": 2}},
        "DescribeInstances": {"Instances": {"Instance": machines}, "NextToken": ""},
        "RemoveNodePoolNodes": {"task_id": TASK},
        "DeleteCluster": {"task_id": TASK},
    }
    door = Door(answers)
    run(CLUSTER.delete(door, (live("cluster.kube", ID),), token))
    (sent,) = door.sent("RemoveNodePoolNodes")
    assert (sent["instance_ids"], sent["release_node"]) == (["i-1"], False)
    assert [action for action in door.actions if not action.startswith("Describe")] == ["RemoveNodePoolNodes", "DeleteCluster"]


def test_delete_of_what_is_gone_and_of_what_is_protected():
    gone = refusal("ErrorClusterNotFound")
    door = Door({"DeleteCluster": gone, "DescribeClusterNodePools": gone})
    run(CLUSTER.delete(door, (live("cluster.kube", ID),), token))
    with pytest.raises(AcsctlError, match="protected against deletion"):
        run(CLUSTER.delete(Door(), (live("cluster.kube", ID, deletion_protection=True),), token))


# What cannot change


def test_what_cannot_change_in_place():
    standing = live("cluster.kube", ID, **SPEC)
    specs = {"vsw-9": {"vpc": "vpc-9"}}
    assert list(CLUSTER.schema.forces(standing, {"spec": "ack.standard"}, specs.get)) == ["spec"]
    assert list(CLUSTER.schema.forces(standing, {"spec": "ack.pro.xlarge"}, specs.get)) == []
    there = clusters.read(DETAIL)
    assert list(CLUSTER.schema.forces(there, {"vswitches": ["vsw-9"]}, specs.get)) == ["vswitches"]
    assert list(CLUSTER.schema.forces(there, {"vswitches": ["vsw-1"]}, specs.get)) == []


@pytest.mark.parametrize("text", ["terway", "terway-eniip", "calico"])
def test_another_plugin_is_refused_with_a_word(text):
    with pytest.raises(ValueError, match="not supported yet" if text.startswith("terway") else "only flannel"):
        ClusterSpec.model_validate({"vswitches": ["a"], "network": {"plugin": text, "pod_cidr": "172.20.0.0/16"}})


# Addresses


def cluster(*vswitches, **network):
    plain = {"node_cidr_mask": 26, "service_cidr": "172.19.0.0/20"}
    return {"vswitches": list(vswitches) or [ref("vswitch.a")], "network": {**plain, **network}}


def around(**more):
    return stack(
        vpc_net={"cidr": "10.0.0.0/16", "secondary_cidrs": ["192.168.0.0/24"]},
        vswitch_a={"vpc": ref("vpc.net"), "cidr": "10.0.1.0/24"},
        **more,
    )


@pytest.mark.parametrize(
    ("network", "path", "words"),
    [
        ({"pod_cidr": "10.0.128.0/17"}, "pod_cidr", "pod_cidr 10.0.128.0/17 overlaps vpc.net's 10.0.0.0/16"),
        ({"pod_cidr": "192.168.0.0/20"}, "pod_cidr", "overlaps vpc.net's 192.168.0.0/24"),
        ({"pod_cidr": "172.19.0.0/16"}, "service_cidr", "service_cidr 172.19.0.0/20 overlaps pod_cidr's 172.19.0.0/16"),
        ({"pod_cidr": "8.0.0.0/16"}, "pod_cidr", "8.0.0.0/16 is not private"),
        ({"pod_cidr": "172.20.0.0/16", "service_cidr": "172.24.0.0/25"}, "service_cidr", "prefix length 25"),
        ({"pod_cidr": "172.20.0.0/27", "node_cidr_mask": 24}, "node_cidr_mask", "a /24 for each node does not fit"),
    ],
)
def test_ranges_that_cannot_be(network, path, words):
    spec = cluster(**network)
    faults = list(CLUSTER.schema.check(spec, around(cluster_kube=spec)))
    assert [fault.path for fault in faults] == [("network", path)]
    assert words in faults[0].message


def test_the_hint_is_a_range_that_is_free():
    spec = cluster(pod_cidr="10.0.0.0/16")
    (fault,) = CLUSTER.schema.check(spec, around(cluster_kube=spec))
    assert fault.hint == "vpc.net has 10.0.0.0/16; free and large enough: 172.16.0.0/16"


def test_ranges_of_another_cluster_in_the_vpc():
    first, second = cluster(pod_cidr="172.20.0.0/16"), cluster(pod_cidr="172.20.0.0/17", service_cidr="172.24.0.0/20")
    others = around(cluster_one=first, cluster_two=second)
    assert list(CLUSTER.schema.check(first, others)) == []
    (fault,) = CLUSTER.schema.check(second, others)
    assert "overlaps cluster.one's 172.20.0.0/16" in fault.message
    elsewhere = cluster("vsw-9", pod_cidr="172.20.0.0/17", service_cidr="172.24.0.0/20")
    assert list(CLUSTER.schema.check(elsewhere, around(cluster_one=first, cluster_two=elsewhere))) == []


@pytest.mark.parametrize(
    ("prefix", "used", "free"),
    [
        (16, [], "172.16.0.0/16"),
        (16, ["172.16.0.0/15"], "172.18.0.0/16"),
        (12, ["172.16.5.0/24"], "10.0.0.0/12"),
        (8, ["10.1.0.0/16"], None),
        (24, ["172.16.0.0/12", "10.0.0.0/8"], "192.168.0.0/24"),
    ],
)
def test_a_free_range(prefix, used, free):
    found = addressing.free_range(prefix, map(IPv4Network, used))
    assert (str(found) if found else None) == free


@pytest.mark.parametrize(
    ("pool", "fleet", "wanted"),
    [
        ({"size": 5}, None, 5),
        ({"size": {"min": 1, "max": 7}}, None, 7),
        ({"attach": [ref("instance.node")]}, 6, 6),
        ({"attach": [ref("instance.node")]}, None, 1),
        ({"attach": ["i-1", "i-2"]}, None, 0),
    ],
)
def test_more_nodes_than_there_are_blocks(pool, fleet, wanted):
    spec = cluster(pod_cidr="172.20.0.0/24", node_cidr_mask=26)
    others = around(cluster_kube=spec, instance_node={})
    node, workers = parse("instance.node"), parse("node_pool.workers")
    others[node] = Desired(node, count=fleet)
    others[workers] = Desired(workers, spec={"cluster": ref("cluster.kube"), **pool})
    assert addressing.nodes(others[workers].spec, others) == wanted
    faults = list(CLUSTER.schema.check(spec, others))
    assert [fault.message for fault in faults] == (
        [f"{wanted} nodes are wanted, but 172.20.0.0/24 has a /26 for 4"] if wanted > 4 else []
    )


# At plan


def prepared(spec, *, answers, specs=None):
    door = Door({"DescribeUserQuota": {"amk_cluster_quota": 20}, "DescribeClustersForRegion": listed(), **answers})
    return CLUSTER.prepare(door, spec, (specs or {}).get), door


def metadata(*found, upgradable=()):
    rows = [{"version": version, "creatable": True, "upgradable_versions": list(upgradable)} for version in found]
    return {"DescribeKubernetesVersionMetadata": {"body": rows}}


VERSIONS = ("1.34.9-aliyun.1", "1.35.7-aliyun.1", "1.36.2-aliyun.1", "1.36.10-aliyun.1")


def test_the_newest_version_that_begins_so():
    found, _ = prepared({"version": "1.36"}, answers=metadata(*VERSIONS))
    assert (found.spec, found.findings) == ({"version": "1.36.10-aliyun.1"}, ())
    found, _ = prepared({"version": "1.3"}, answers=metadata(*VERSIONS))
    assert "no cluster of version 1.3 can be made" in found.findings[0].message


@pytest.mark.parametrize(
    ("have", "wanted", "upgradable", "finds"),
    [
        ("1.35.7-aliyun.1", "1.36", ("1.36.2-aliyun.1",), {"version": "1.36.2-aliyun.1"}),
        ("1.35.7-aliyun.1", "1.35", (), {}),
        ("1.34.9-aliyun.1", "1.36", ("1.35.7-aliyun.1",), "one minor version at a time"),
        ("1.36.2-aliyun.1", "1.35", (), "cannot go back to 1.35"),
        ("1.35.7-aliyun.1", "1.36", (), "cannot be upgraded to 1.36"),
    ],
)
def test_what_a_cluster_can_be_upgraded_to(have, wanted, upgradable, finds):
    addons = {"ListClusterAddonInstances": {"addons": []}, "ListAddons": {"addons": []}}
    answers = {"DescribeClusterDetail": {**DETAIL, "current_version": have}, **metadata(have, upgradable=upgradable), **addons}
    found, _ = prepared({"id": ID, "version": wanted}, answers=answers)
    if isinstance(finds, dict):
        assert (found.spec, found.findings) == (finds, ())
    else:
        assert [finds in finding.message for finding in found.findings] == [True]


@pytest.mark.parametrize(
    ("want", "have", "equal"),
    [("1.36", "1.36.2-aliyun.1", True), ("1.3", "1.36.2-aliyun.1", False), ("1.36.2", "1.36.2-aliyun.1", True)],
)
def test_a_version_may_be_said_in_part(want, have, equal):
    assert versions.same(want, have) is equal


def test_the_quota_counts_clusters_but_not_the_one_that_goes():
    quota = {"DescribeUserQuota": {"amk_cluster_quota": 20, "quotas": {"amk_cluster_quota": {"quota": "1"}}}}
    answers = {**quota, "DescribeClustersForRegion": listed(ROW)}
    found, _ = prepared({"network": {}}, answers=answers)
    assert [finding.message for finding in found.findings] == ["1 of 1 clusters are there already"]
    found, _ = prepared({"network": {}, "replaces": ID}, answers=answers)
    assert found.findings == ()


def test_what_is_in_use_in_the_vpc():
    vpc_row = {
        "VpcId": "vpc-1",
        "CidrBlock": "10.0.0.0/16",
        "Status": "Available",
        "SecondaryCidrBlocks": {"SecondaryCidrBlock": []},
        "RouterTableIds": {"RouterTableIds": ["vtb-1"]},
    }
    route = {"RouteEntryId": "rte-1", "DestinationCidrBlock": "172.24.0.0/16"}
    answers = {
        "DescribeClustersForRegion": listed(ROW),
        "DescribeVpcs": page("Vpcs.Vpc", [vpc_row]),
        "DescribeRouteEntryList": {"RouteEntrys": {"RouteEntry": [route]}},
    }
    spec = {"vswitches": ["vsw-1"], "network": {"pod_cidr": "172.20.128.0/17", "service_cidr": "172.24.0.0/20"}}
    specs = {"vsw-1": {"vpc": "vpc-1"}, "vpc-1": {"cidr": "10.0.0.0/16"}}
    found, door = prepared(spec, answers=answers, specs=specs)
    assert [finding.message for finding in found.findings] == [
        "pod_cidr 172.20.128.0/17 overlaps 172.20.0.0/16 of cluster shop-kube",
        "service_cidr 172.24.0.0/20 overlaps 172.24.0.0/16 of a route of the VPC",
    ]
    assert found.findings[0].remedy == "free and large enough: 172.16.0.0/17"
    assert door.sent("DescribeRouteEntryList")[0]["RouteEntryType"] == "Custom"
