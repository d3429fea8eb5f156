"""The kind `node_pool`: reading, sizes, machines attached and taken off, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acsctl.kinds.ack import nodes, pools
from acsctl.kinds.contract import Made, Scope, Update, Wait
from acsctl.kinds.node_pool import NodePool, NodePoolSpec
from acsctl.model.address import parse
from acsctl.model.change import FieldChange
from acsctl.model.resource import Desired, Lookup
from acsctl.model.unknown import Ref
from acsctl.plan.compare import same
from tests.kinds.door import Door, refusal, run, tags, token
from tests.kinds.values import SCOPE, items, live, ref, stack, want

POOL = NodePool()
CLUSTER, NP, TASK = "c" + "0a" * 16, "np" + "0c" * 16, "T-" + "0b" * 12
ID = f"{CLUSTER}/{NP}"
MARKS = [{"key": "acsctl:stack", "value": "shop"}, {"key": "acsctl:address", "value": "node_pool.workers"}]
ROW = {
    "nodepool_info": {"nodepool_id": NP, "name": "shop-workers", "created": "2026-11-20T10:00:00+08:00"},
    "scaling_group": {
        "vswitch_ids": ["vsw-1"],
        "instance_types": ["ecs.g7.xlarge"],
        "desired_size": 2,
        "system_disk_category": "cloud_essd",
        "system_disk_size": 60,
        "image_type": "AliyunLinux3",
        "key_pair": "admin",
        "tags": [*MARKS, {"key": "team", "value": "a"}, {"key": "ack.aliyun.com", "value": CLUSTER}],
        "scaling_group_id": "asg-1",
        "security_group_id": "sg-1",
    },
    "kubernetes_config": {
        "labels": [{"key": "team", "value": "red"}, {"key": "theirs", "value": "x"}],
        "taints": [{"key": "only", "effect": "NoSchedule"}],
    },
    "auto_scaling": {"enable": False},
    "status": {"state": "active", "total_nodes": 2},
}
SPEC = {
    "cluster": CLUSTER,
    "vswitches": ["vsw-1"],
    "instance_types": ["ecs.g7.xlarge"],
    "size": 2,
    "labels": {"team": "red"},
    "taints": [{"key": "only", "value": "", "effect": "NoSchedule"}],
    "system_disk": {"category": "cloud_essd", "size": 60},
}


def row(**parts):
    return {**ROW, **{name: {**ROW[name], **part} for name, part in parts.items()}}


def pool_list(*rows):
    return {"nodepools": list(rows)}


def node_list(*ids, **states):
    rows = [
        {"instance_id": id, "nodepool_id": NP, "node_status": states.get(id.replace("-", "_"), "Ready"), "state": "running"}
        for id in ids
    ]
    return {"nodes": rows, "page": {"total_count": len(rows)}}


def machine(id, address="instance.node", **more):
    found = {
        "InstanceId": id,
        "InstanceType": "ecs.g7.xlarge",
        "VpcAttributes": {"VSwitchId": "vsw-1"},
        "Tags": tags(address, prefix="Tag") if address else {"Tag": []},
    }
    return {**found, **more}


def machine_list(*rows):
    return {"Instances": {"Instance": list(rows)}, "NextToken": ""}


# Reading


def test_a_row_is_read_in_the_shape_of_the_schema():
    door = Door({"DescribeClusterNodes": node_list()})
    (item,) = pools.with_machines(door, CLUSTER, [ROW])
    assert set(item.spec) == set(POOL.schema.fields) and set(item.outputs) == set(POOL.schema.outputs)
    assert (item.id, item.spec["size"], item.spec["attach"]) == (ID, 2, [])
    assert item.spec["taints"] == [{"key": "only", "value": "", "effect": "NoSchedule"}]
    assert (item.tags, item.mark.address) == ({"team": "a"}, parse("node_pool.workers"))


@pytest.mark.parametrize(
    ("parts", "size"),
    [
        ({"scaling_group": {"desired_size": 3}}, 3),
        ({"scaling_group": {"desired_size": None}}, 0),
        ({"auto_scaling": {"enable": True, "min_instances": 1, "max_instances": 4}}, {"min": 1, "max": 4}),
    ],
)
def test_a_size_as_it_is_written(parts, size):
    assert pools.read(CLUSTER, row(**parts)).spec["size"] == size


@pytest.mark.parametrize(
    ("state", "found"),
    [("active", "ready"), ("scaling", "pending"), ("removing_nodes", "pending"), ("delete_failed", "failed")],
)
def test_states(state, found):
    assert pools.read(CLUSTER, row(status={"state": state})).state == found


def test_a_machine_that_the_pool_made_is_not_attached():
    door = Door({"DescribeInstances": machine_list(machine("i-1"), machine("i-2", "node_pool.workers"), machine("i-3", ""))})
    rows = node_list("i-1", "i-2", "i-3", "i-4")["nodes"]
    assert nodes.attached(door, rows) == ["i-1", "i-3"]
    assert nodes.attached(door, [{"instance_id": "i-1", "state": "removing"}]) == []


def test_list_looks_into_our_clusters_and_into_those_that_the_file_names():
    other = "c" + "1" * 32
    desired = {
        parse("node_pool.a"): Desired(parse("node_pool.a"), spec={"cluster": other}),
        parse("node_pool.b"): Desired(parse("node_pool.b"), spec={"cluster": ref("cluster.there")}),
        parse("cluster.there"): Desired(parse("cluster.there"), existing=Lookup({"id": "c" + "2" * 32})),
    }
    scope = Scope("shop", "cn-hangzhou", desired, live={"cluster": [live("cluster.kube", CLUSTER)]})
    detail = {"cluster_id": "c" + "2" * 32, "state": "running"}
    foreign = row(scaling_group={"tags": []})
    answers = {
        "DescribeClusterNodePools": [pool_list(ROW, foreign), pool_list(), refusal("ErrorClusterNotFound")],
        "DescribeClusterDetail": detail,
        "DescribeClusterNodes": node_list(),
    }
    door = Door(answers)
    assert [item.id for item in POOL.list(door, scope)] == [ID]
    asked = [sent["ClusterId"] for sent in door.sent("DescribeClusterNodePools")]
    assert asked == [CLUSTER, other, "c" + "2" * 32]


@pytest.mark.parametrize("query", [{"id": ID}, {"cluster": CLUSTER, "name": "shop-workers"}])
def test_find(query):
    door = Door({"DescribeClusterNodePools": pool_list(ROW), "DescribeClusterNodes": node_list()})
    assert [item.id for item in POOL.find(door, SCOPE, query)] == [ID]


# Readiness


def test_ready_of_pools_nodes_and_tasks():
    answers = {
        "DescribeClusterNodePools": pool_list(ROW),
        "DescribeClusterNodes": node_list("i-1", "i-2", i_2="NotReady"),
        "DescribeTaskInfo": {"state": "success"},
    }
    ids = [ID, f"{CLUSTER}/np9", f"{ID}/i-1", f"{ID}/i-2", f"{ID}/i-3", TASK]
    found = POOL.ready(Door(answers), ids)
    assert {id: at.state for id, at in found.items() if not at.absent} == {
        ID: "ready",
        f"{ID}/i-1": "ready",
        f"{ID}/i-2": "pending",
        f"{ID}/i-3": "pending",
        TASK: "ready",
    }
    assert found[f"{CLUSTER}/np9"].absent


def test_a_node_that_failed_says_why():
    bad = {"instance_id": "i-1", "nodepool_id": NP, "state": "failed", "error_message": "no route"}
    answers = {
        "DescribeClusterNodePools": pool_list(ROW),
        "DescribeClusterNodes": {"nodes": [bad], "page": {"total_count": 1}},
    }
    at = POOL.ready(Door(answers), [f"{ID}/i-1"])[f"{ID}/i-1"]
    assert (at.state, at.reason) == ("failed", "no route")


def test_pools_of_a_cluster_that_is_gone_are_gone():
    assert POOL.ready(Door({"DescribeClusterNodePools": refusal("ErrorClusterNotFound")}), [ID])[ID].absent


# Making


MAKING = {
    "DescribeClusterDetail": {"cluster_id": CLUSTER, "state": "running"},
    "CreateClusterNodePool": {"nodepool_id": NP, "task_id": TASK},
    "AttachInstancesToNodePool": {"task_id": TASK},
    "DescribeClusterNodes": node_list(),
    "DescribeInstances": machine_list(machine("i-1"), machine("i-2", InstanceType="ecs.c7.xlarge")),
}


def test_create_with_a_size():
    door = Door(dict(MAKING))
    assert run(POOL.create(door, want("node_pool.workers", SPEC), token)) == [
        Made((ID,)),
        Wait((TASK,)),
        Wait((ID,), soon=True),
    ]
    (sent,) = door.sent("CreateClusterNodePool")
    assert (sent["nodepool_info"]["name"], sent["scaling_group"]["desired_size"]) == ("shop-it", 2)
    assert sent["scaling_group"]["instance_types"] == ["ecs.g7.xlarge"]
    assert {"key": "acsctl:address", "value": "node_pool.workers"} in sent["scaling_group"]["tags"]
    assert sent["kubernetes_config"] == {"labels": [{"key": "team", "value": "red"}], "taints": SPEC["taints"]}
    assert "auto_scaling" not in sent and "AttachInstancesToNodePool" not in door.actions


def test_create_that_scales_by_itself():
    door = Door(dict(MAKING))
    run(POOL.create(door, want("node_pool.workers", {**SPEC, "size": {"min": 1, "max": 4}}), token))
    (sent,) = door.sent("CreateClusterNodePool")
    assert sent["auto_scaling"] == {"enable": True, "type": "cpu", "min_instances": 1, "max_instances": 4}
    assert "desired_size" not in sent["scaling_group"]


def test_create_with_machines():
    door = Door(dict(MAKING))
    seen = run(POOL.create(door, want("node_pool.workers", {"cluster": CLUSTER, "attach": ["i-1", "i-2"]}), token))
    assert seen == [
        Made((ID,)),
        Wait((TASK,)),
        Wait((ID,), soon=True),
        Wait((TASK,)),
        Wait((f"{ID}/i-1", f"{ID}/i-2"), soon=True),
    ]
    (sent,) = door.sent("CreateClusterNodePool")
    assert sent["scaling_group"]["desired_size"] == 0
    assert sent["scaling_group"]["instance_types"] == ["ecs.g7.xlarge", "ecs.c7.xlarge"]
    assert sent["scaling_group"]["vswitch_ids"] == ["vsw-1"]
    (attached,) = door.sent("AttachInstancesToNodePool")
    assert (attached["instances"], attached["keep_instance_name"], attached["format_disk"]) == (["i-1", "i-2"], True, False)


def test_a_cluster_on_its_way_is_waited_for_before_anything_is_made():
    door = Door({**MAKING, "DescribeClusterDetail": {"cluster_id": CLUSTER, "state": "initial"}})
    seen = run(POOL.create(door, want("node_pool.workers", SPEC), token))
    assert seen[:2] == [Wait((CLUSTER,), kind="cluster"), Made((ID,))]


def test_machines_are_attached_in_batches():
    door = Door({**MAKING, "DescribeClusterNodes": node_list("i-0")})
    ids = [f"i-{number}" for number in range(150)]
    run(POOL.update(door, (live("node_pool.workers", ID, **SPEC),), edited(attach=items("attach", added=tuple(ids))), token))
    sizes = [len(sent["instances"]) for sent in door.sent("AttachInstancesToNodePool")]
    assert sizes == [100, 49]


# Changing


def edited(spec=None, **fields):
    """An update; a value stands for what the field becomes."""
    changes = {
        name: value if isinstance(value, FieldChange) else FieldChange(name, after=value) for name, value in fields.items()
    }
    wanted = {name: change.after for name, change in changes.items() if change.after is not None}
    return Update({**SPEC, **wanted, **(spec or {})}, fields=changes)


def changed(update, *, have=None, answers=None):
    found = {"DescribeClusterNodePools": pool_list(ROW), "ModifyClusterNodePool": {"task_id": TASK}, **(answers or {})}
    door = Door(found)
    spec = {**pools.read(CLUSTER, ROW).spec, **(have or {})}
    return door, run(POOL.update(door, (live("node_pool.workers", ID, **spec),), update, token))


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"name": "new"}, {"nodepool_info": {"name": "new"}}),
        ({"size": 3}, {"scaling_group": {"desired_size": 3}}),
        ({"instance_types": ["ecs.c7.xlarge"]}, {"scaling_group": {"instance_types": ["ecs.c7.xlarge"]}}),
        ({"key_pair": "other"}, {"scaling_group": {"key_pair": "other"}}),
        (
            {"size": {"min": 1, "max": 3}},
            {"auto_scaling": {"enable": True, "min_instances": 1, "max_instances": 3}},
        ),
        (
            {"taints": []},
            {
                "kubernetes_config": {
                    "labels": [{"key": "team", "value": "red"}, {"key": "theirs", "value": "x"}],
                    "taints": [],
                },
                "update_nodes": True,
            },
        ),
    ],
)
def test_a_field_goes_into_its_part_of_the_body(fields, body):
    door, seen = changed(edited(**fields))
    assert door.sent("ModifyClusterNodePool") == [{"ClusterId": CLUSTER, "NodepoolId": NP, **body}]
    assert seen == [Wait((TASK,)), Wait((ID,), soon=True)]


def test_scaling_ends_before_a_size_is_said():
    door, _ = changed(edited(size=2), have={"size": {"min": 1, "max": 3}})
    names = {"ClusterId", "NodepoolId"}
    bodies = [{key: sent[key] for key in sent.keys() - names} for sent in door.sent("ModifyClusterNodePool")]
    assert bodies == [{"auto_scaling": {"enable": False}}, {"scaling_group": {"desired_size": 2}}]


def test_labels_that_left_the_file_go_and_others_stay():
    fields = {"labels": FieldChange("labels.team", "red", None), "labels.team": FieldChange("labels.team", "red", None)}
    door, _ = changed(Update({**SPEC, "labels": {"new": "1"}}, fields=fields))
    (sent,) = door.sent("ModifyClusterNodePool")
    assert sent["kubernetes_config"]["labels"] == [{"key": "new", "value": "1"}, {"key": "theirs", "value": "x"}]


def test_tags_are_given_whole():
    door, _ = changed(Update(SPEC, set_tags={"team": "b"}, unset_tags=("acsctl:address",)))
    (sent,) = door.sent("ModifyClusterNodePool")
    found = {tag["key"]: tag["value"] for tag in sent["scaling_group"]["tags"]}
    assert found == {"ack.aliyun.com": CLUSTER, "acsctl:stack": "shop", "team": "b"}


def test_machines_leave_before_the_size_changes_and_come_after():
    answers = {
        "DescribeClusterNodes": node_list("i-1", "i-2", "i-9"),
        "RemoveNodePoolNodes": {"task_id": TASK},
        "AttachInstancesToNodePool": {"task_id": TASK},
    }
    attach = items("attach", added=("i-3",), removed=("i-1", "i-7"))
    door, _ = changed(edited(attach=attach, size=0), answers=answers)
    writes = [action for action in door.actions if not action.startswith("Describe")]
    assert writes == ["RemoveNodePoolNodes", "ModifyClusterNodePool", "AttachInstancesToNodePool"]
    (gone,) = door.sent("RemoveNodePoolNodes")
    assert (gone["instance_ids"], gone["release_node"], gone["drain_node"]) == (["i-1"], False, True)


def test_the_last_node_is_not_drained():
    answers = {"DescribeClusterNodes": node_list("i-1"), "RemoveNodePoolNodes": {"task_id": TASK}}
    door, _ = changed(edited(attach=items("attach", removed=("i-1",))), answers=answers)
    assert door.sent("RemoveNodePoolNodes")[0]["drain_node"] is False


# Taking away


def test_attached_machines_leave_before_their_pool_goes():
    answers = {
        "DescribeClusterNodePools": pool_list(ROW),
        "DescribeClusterNodes": node_list("i-1", "i-2"),
        "DescribeInstances": machine_list(machine("i-1"), machine("i-2", "node_pool.workers")),
        "RemoveNodePoolNodes": {"task_id": TASK},
        "DeleteClusterNodepool": {"task_id": TASK},
    }
    door = Door(answers)
    run(POOL.delete(door, (live("node_pool.workers", ID),), token))
    assert door.sent("RemoveNodePoolNodes")[0]["instance_ids"] == ["i-1"]
    assert door.sent("DeleteClusterNodepool") == [{"ClusterId": CLUSTER, "NodepoolId": NP, "force": True}]


def test_what_is_gone_or_going_is_not_deleted_again():
    assert run(POOL.delete(Door({"DescribeClusterNodePools": pool_list()}), (live("node_pool.workers", ID),), token)) == []
    door = Door({"DescribeClusterNodePools": pool_list(row(status={"state": "deleting"}))})
    assert run(POOL.delete(door, (live("node_pool.workers", ID),), token)) == [Wait((ID,), until="gone", soon=True)]
    assert door.actions == ["DescribeClusterNodePools"]


def test_a_deletion_that_failed_is_done_again():
    answers = {
        "DescribeClusterNodePools": pool_list(row(status={"state": "delete_failed"})),
        "DescribeClusterNodes": node_list(),
        "DeleteClusterNodepool": {"task_id": TASK},
    }
    door = Door(answers)
    run(POOL.delete(door, (live("node_pool.workers", ID),), token))
    assert "DeleteClusterNodepool" in door.actions


# What may be written


@pytest.mark.parametrize("size", [0, 3, {"min": 0, "max": 5}])
def test_sizes(size):
    assert NodePoolSpec.model_validate({"cluster": "kube", "size": size}).size == size


ODD_BOUNDS = ({"min": 3}, {"min": 5, "max": 2}, {"min": 1, "max": 2, "by": 1}, {"min": "1", "max": 2})


@pytest.mark.parametrize("size", [-1, True, "3", *ODD_BOUNDS])
def test_sizes_that_are_none(size):
    with pytest.raises(ValueError, match=r"min: 1, max: 5"):
        NodePoolSpec.model_validate({"cluster": "kube", "size": size})


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"size": 1, "attach": ["i-1"], "vswitches": ["a"], "instance_types": ["t"]}, ["not both"]),
        ({}, ["needs a size, or machines"]),
        ({"size": 1}, ["needs vswitches", "needs instance_types"]),
        ({"attach": ["i-1"]}, []),
        ({"attach": ["i-1"], "taints": [{"key": "a", "effect": "NoSchedule"}] * 2}, ["a taint a with this effect"]),
    ],
)
def test_what_is_refused_at_load(spec, words):
    faults = list(POOL.schema.check(spec, stack()))
    assert len(faults) == len(words)
    assert all(word in fault.message for word, fault in zip(words, faults, strict=True))


def test_taints_are_compared_with_their_default():
    written = POOL.schema.normalise({"taints": [{"key": "only", "effect": "NoSchedule"}]})["taints"]
    assert same(POOL.schema.fields["taints"], written, pools.read(CLUSTER, ROW).spec["taints"])


# At plan


def findings(spec, *, specs=None, answers=None, quotas=None):
    found = {"DescribeUserQuota": {"node_quota": 100, "cluster_nodepool_quota": 20, **(quotas or {})}, **(answers or {})}
    return [finding.message for finding in POOL.prepare(Door(found), spec, (specs or {}).get).findings]


def test_the_quota_of_nodes_counts_all_pools():
    other = row(nodepool_info={"nodepool_id": "np9"}, status={"total_nodes": 60})
    answers = {"DescribeClusterNodePools": pool_list(ROW, other)}
    specs = {CLUSTER: {"id": CLUSTER}}
    assert findings({"cluster": CLUSTER, "size": 40, "id": ID}, specs=specs, answers=answers) == []
    assert findings({"cluster": CLUSTER, "size": 41, "id": ID}, specs=specs, answers=answers) == [
        "the cluster would have 101 nodes, 100 are allowed"
    ]
    assert findings({"cluster": CLUSTER, "size": 1}, specs=specs, answers=answers, quotas={"cluster_nodepool_quota": 2}) == [
        "the cluster has 2 of 2 node pools already"
    ]


def test_machines_count_as_many_as_the_fleet_has():
    node = ref("instance.node")
    assert findings({"attach": [node]}, specs={node: {"count": 101}}) == ["the cluster would have 101 nodes, 100 are allowed"]
    assert findings({"attach": [node]}, specs={node: {}}) == []


def test_each_node_needs_a_route():
    vpc_row = {
        "VpcId": "vpc-1",
        "CidrBlock": "10.0.0.0/16",
        "Status": "Available",
        "SecondaryCidrBlocks": {"SecondaryCidrBlock": []},
        "RouterTableIds": {"RouterTableIds": ["vtb-1"]},
    }
    cidrs = [f"192.168.{number}.0/24" for number in range(150)] + ["172.20.0.0/25"]
    routes = [{"RouteEntryId": cidr, "DestinationCidrBlock": cidr} for cidr in cidrs]
    answers = {
        "DescribeClusterNodePools": pool_list(),
        "DescribeVpcs": {"TotalCount": 1, "Vpcs": {"Vpc": [vpc_row]}},
        "DescribeRouteEntryList": {"RouteEntrys": {"RouteEntry": routes}},
    }
    owner = {"id": CLUSTER, "vswitches": ["vsw-1"], "network": {"pod_cidr": "172.20.0.0/16"}}
    specs = {CLUSTER: owner, "vsw-1": {"vpc": "vpc-1"}}
    assert findings({"cluster": CLUSTER, "size": 50}, specs=specs, answers=answers) == []
    (said,) = findings({"cluster": CLUSTER, "size": 51}, specs=specs, answers=answers)
    taken = "51 nodes need as many routes, but a table has 200 and 150 are taken: room for 50"
    assert said == f"{taken} (the default: the Quota Center did not answer)"
    told = {**answers, "GetProductQuota": {"Quota": {"TotalQuota": 200.0}}}
    assert findings({"cluster": CLUSTER, "size": 51}, specs=specs, answers=told) == [taken]
    more = {**answers, "GetProductQuota": {"Quota": {"TotalQuota": 400}}}
    assert findings({"cluster": CLUSTER, "size": 51}, specs=specs, answers=more) == []


def test_what_cannot_be_attached():
    def checked(**spec):
        others = stack(instance_off={"running": False}, instance_on={"running": True}, instance_none={"running": True})
        none = parse("instance.none")
        others[none] = replace(others[none], count=0)
        return [fault.path for fault in POOL.schema.check(spec, others)]

    assert checked(attach=[ref("instance.on"), ref("instance.off")]) == [("attach", 1)]
    assert checked(attach=[ref("instance.none")]) == [(), ()] == checked(attach=[])
    assert checked(attach=[ref("instance.none"), "i-1"]) == [] == checked(attach=[ref("instance.on")])
    fleet = [[ref("instance.web")], [Ref(parse("instance.web").member(1)), ref("instance.db")], [ref("instance.db")]]
    pools = stack(**{f"node_pool_{name}": {"attach": items} for name, items in zip("abc", fleet, strict=True)})
    found = [[fault.path for fault in POOL.schema.check(item.spec, pools)] for item in pools.values()]
    assert found == [[], [("attach", 0)], [("attach", 0)]]
    assert checked(attach=[], vswitches=["vsw-1"], instance_types=["ecs.g7.large"]) == []
