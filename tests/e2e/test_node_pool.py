"""Node pools: made, sized, changed in each field, with machines attached and taken off, destroyed."""

from __future__ import annotations

from typing import Any

import pytest

from acsctl.kinds import registry
from tests.e2e.cluster_cases import ATTACHED, KEYS, NETWORK, NODE, POOL, POOL_DRIFTS, POOL_EDITS, POOL_SETTINGS, SMALL
from tests.e2e.network_cases import REGION
from tests.e2e.scene import leaves
from tests.support.lab import Block, Lab
from tests.support.sample import sampled

ADDRESS = "node_pool.workers"
OTHER_KUBE = {**SMALL, "network": {"pod_cidr": "172.24.0.0/16", "service_cidr": "172.25.0.0/20"}}


def write(lab: Lab, pool: Block | None, **others: Block) -> None:
    kept = {} if pool is None else {"workers": {name: value for name, value in pool.items() if value is not None}}
    lab.stack({**NETWORK, **KEYS, "kube": SMALL, **others, **kept})


def made(lab: Lab, *changes: Block, base: Block = POOL, **others: Block) -> str:
    block = dict(base)
    for change in changes:
        block |= change
    write(lab, block, **others)
    lab.apply()
    return lab.id(ADDRESS)


def detail(lab: Lab) -> Any:
    cluster, pool = lab.id(ADDRESS).split("/")
    return lab.client.roa("cs", "GET", f"/clusters/{cluster}/nodepools/{pool}")


def nodes(lab: Lab) -> dict[str, str]:
    """The state of each node of the cluster, by its machine."""
    rows = lab.client.roa("cs", "GET", f"/clusters/{lab.id('cluster.kube')}/nodes", pageSize="100")["nodes"]
    return {row["instance_id"]: row["node_status"] for row in rows}


def machines(lab: Lab) -> list[str]:
    """The ids of the fleet, in the order of its numbers."""
    things = lab.show()
    found = {address: rows[0]["id"] for address, rows in things.items() if address.startswith("instance.node")}
    return [found[address] for address in sorted(found)]


def test_every_field_is_here() -> None:
    every = dict(leaves(registry.schemas()["node_pool"].fields))
    edits = {path.split(".")[0] if path.startswith("labels") else path for path in POOL_EDITS}
    assert edits | {"cluster", "attach", *POOL_SETTINGS} == set(every)


# Pools that make their nodes


def test_made_with_all_that_the_file_says(lab: Lab) -> None:
    made(lab)
    row = detail(lab)
    assert (row["nodepool_info"]["name"], row["status"]["state"], row["status"]["total_nodes"]) == ("first", "active", 2)
    assert set(nodes(lab).values()) == {"Ready"} and len(nodes(lab)) == 2
    assert {"key": "only", "value": "web", "effect": "NoSchedule"} in row["kubernetes_config"]["taints"]


@pytest.mark.parametrize("path", sampled(POOL_EDITS, every=3))
def test_a_field_that_can_change(lab: Lab, path: str) -> None:
    before = made(lab, {"size": 1} if path != "size" else {})
    block = {**POOL, **({"size": 1} if path != "size" else {}), **POOL_EDITS[path]}
    write(lab, block)
    change = lab.plan().only
    assert (change["address"], change["action"], change["reason"]) == (ADDRESS, "update", "edit")
    touched = {field["path"] for field in change["fields"]}
    assert path in touched and {entry.split(".")[0] for entry in touched} == {path.split(".")[0]}
    lab.apply()
    assert lab.id(ADDRESS) == before


@pytest.mark.parametrize("path", sampled(POOL_DRIFTS, every=2))
def test_what_somebody_else_changed_is_repaired(lab: Lab, path: str) -> None:
    cluster, pool = made(lab).split("/")
    POOL_DRIFTS[path](lab, cluster=cluster, pool=pool)
    assert lab.plan().paths(ADDRESS)[path] == "drift"
    lab.apply()


def test_a_pool_grows_shrinks_and_scales_by_itself(lab: Lab) -> None:
    made(lab, {"size": 1})
    for size, count in ((3, 3), (1, 1)):
        made(lab, {"size": size})
        assert len(nodes(lab)) == count
    made(lab, {"size": {"min": 1, "max": 4}})
    scaling = detail(lab)["auto_scaling"]
    assert (scaling["enable"], scaling["min_instances"], scaling["max_instances"]) == (True, 1, 4)
    made(lab, {"size": {"min": 0, "max": 4}})
    made(lab, {"size": 2})
    assert (detail(lab)["auto_scaling"]["enable"], len(nodes(lab))) == (False, 2)


def test_labels_and_taints_reach_the_nodes_that_are_there(lab: Lab) -> None:
    made(lab, {"size": 1})
    made(lab, {"size": 1, "labels": {"team": "blue"}, "taints": []})
    config = detail(lab)["kubernetes_config"]
    assert ({row["key"]: row["value"] for row in config["labels"]}, config["taints"]) == ({"team": "blue"}, [])


def test_what_others_label_stays(lab: Lab) -> None:
    cluster, pool = made(lab, {"size": 1}).split("/")
    every = [{"key": key, "value": value} for key, value in {"team": "red", "cost": "1", "theirs": "x"}.items()]
    lab.client.roa("cs", "PUT", f"/clusters/{cluster}/nodepools/{pool}", {"kubernetes_config": {"labels": every}})
    lab.settle()
    lab.still()
    made(lab, {"size": 1, "labels": {"team": "blue"}})
    labels = {row["key"]: row["value"] for row in detail(lab)["kubernetes_config"]["labels"]}
    assert labels == {"team": "blue", "theirs": "x"}


def test_tags_are_given_as_a_whole_and_others_stay(lab: Lab) -> None:
    cluster, pool = made(lab, {"size": 1, "tags": {"team": "red"}}).split("/")
    tags = [*detail(lab)["scaling_group"]["tags"], {"key": "theirs", "value": "stays"}]
    lab.client.roa("cs", "PUT", f"/clusters/{cluster}/nodepools/{pool}", {"scaling_group": {"tags": tags}})
    lab.settle()
    lab.still()
    made(lab, {"size": 1, "tags": {"team": "blue"}})
    assert lab.thing(ADDRESS)["tags"] == {"team": "blue", "theirs": "stays"}


def test_another_cluster_is_another_pool(lab: Lab) -> None:
    before = made(lab, {"size": 1}, spare=OTHER_KUBE)
    write(lab, {**POOL, "size": 1, "cluster": "spare"}, spare=OTHER_KUBE)
    assert lab.plan().only["action"] == "replace"
    lab.apply()
    assert lab.id(ADDRESS).split("/")[0] == lab.id("cluster.spare") != before.split("/")[0]


def test_a_block_that_leaves_the_file(lab: Lab) -> None:
    made(lab, {"size": 1})
    write(lab, None)
    assert lab.plan().actions == [f"delete {ADDRESS}"]
    lab.apply()
    assert nodes(lab) == {}
    lab.destroy()
    assert lab.world() == []


def test_without_a_record_nothing_changes(lab: Lab) -> None:
    made(lab)
    lab.forget()
    lab.still()


# Attached machines


def test_a_fleet_is_attached_and_what_the_pool_replaces_is_not_compared(lab: Lab) -> None:
    write(lab, ATTACHED, node=NODE)
    plan = lab.plan()
    assert plan.code == 2 and not plan.errors
    lab.apply()
    assert nodes(lab) == dict.fromkeys(machines(lab), "Ready")
    # The machines have the pool's image now, and the file still says the fleet's.
    rows = lab.client.ecs("DescribeInstances")["Instances"]["Instance"]
    assert not {row["ImageId"] for row in rows} & {"aliyun_3_x64_20G_alibase"}
    lab.still("--deep")
    write(lab, ATTACHED, node={**NODE, "image": "ubuntu_24_04_x64_20G_alibase", "user_data": "#!/bin/sh\necho other\n"})
    lab.still("--deep")


def test_machines_that_were_there_are_not_emptied_unasked(lab: Lab) -> None:
    write(lab, None, node=NODE)
    lab.apply()
    ids = machines(lab)
    write(lab, ATTACHED, node=NODE)
    assert any(f"--allow {ADDRESS}" in text for text in lab.refused().errors)
    change = lab.plan("--allow", ADDRESS).only
    assert change["impact"] == "data loss" and all(id in change["note"] for id in ids)
    lab.apply("--allow", ADDRESS)
    assert set(nodes(lab)) == set(ids)


def test_the_fleet_grows_and_shrinks(lab: Lab) -> None:
    write(lab, ATTACHED, node=NODE)
    lab.apply()
    two = machines(lab)
    write(lab, ATTACHED, node={**NODE, "count": 3})
    assert set(lab.plan().actions) == {"create instance.node", f"update {ADDRESS}"}
    lab.apply()
    assert machines(lab)[:2] == two and set(nodes(lab)) == set(machines(lab))
    write(lab, ATTACHED, node={**NODE, "count": 1})
    lab.apply()
    assert set(nodes(lab)) == {two[0]}
    assert machines(lab) == two[:1]


def test_a_member_that_is_replaced_leaves_first(lab: Lab) -> None:
    write(lab, ATTACHED, node=NODE)
    lab.apply()
    first, second = machines(lab)
    done = lab.run("apply", "--yes", "--replace", "instance.node.1")
    assert done.code == 0, done.text
    lab.still()
    assert first not in nodes(lab) and second in nodes(lab) and len(nodes(lab)) == 2


def test_what_somebody_else_took_off_is_attached_again(lab: Lab) -> None:
    write(lab, ATTACHED, node=NODE)
    lab.apply()
    cluster, pool = lab.id(ADDRESS).split("/")
    gone = machines(lab)[0]
    lab.client.roa(
        "cs", "DELETE", f"/clusters/{cluster}/nodepools/{pool}/nodes", instance_ids=f'["{gone}"]', release_node="false"
    )
    lab.settle()
    assert lab.plan("--allow", ADDRESS).paths(ADDRESS) == {"attach": "drift"}
    lab.apply("--allow", ADDRESS)
    assert set(nodes(lab)) == set(machines(lab))


def test_machines_stay_when_their_pool_goes(lab: Lab) -> None:
    write(lab, ATTACHED, node=NODE)
    lab.apply()
    ids = machines(lab)
    write(lab, None, node=NODE)
    assert f"delete {ADDRESS}" in lab.plan().actions
    done = lab.run("apply", "--yes")
    assert done.code == 0, done.text
    assert machines(lab) == ids and nodes(lab) == {}
    rows = lab.client.ecs("DescribeInstances", RegionId=REGION)["Instances"]["Instance"]
    assert {row["Status"] for row in rows} == {"Running"}


def test_a_pool_goes_over_from_making_nodes_to_attached_ones(lab: Lab) -> None:
    made(lab, {"size": 1, "labels": None, "taints": None}, node=NODE)
    ids = machines(lab)
    write(lab, {**POOL, "labels": None, "taints": None, "size": None, "attach": "node"}, node=NODE)
    lab.apply("--allow", ADDRESS)
    assert set(nodes(lab)) == set(ids)


def test_destroy_leaves_nothing(lab: Lab) -> None:
    write(lab, ATTACHED, node=NODE)
    lab.apply()
    lab.destroy()
    assert lab.world() == []


# What is refused


def test_more_nodes_than_the_range_has_room_for(lab: Lab) -> None:
    network = {"pod_cidr": "172.20.0.0/23", "service_cidr": "172.21.0.0/20", "node_cidr_mask": 24}
    lab.stack({**NETWORK, **KEYS, "kube": {**SMALL, "network": network}, "workers": {**POOL, "size": 3}})
    done = lab.plan()
    assert done.code == 3 and any("3 nodes are wanted, but 172.20.0.0/23 has a /24 for 2" in text for text in done.errors)
    assert lab.calls()["total"] == 0


def test_more_nodes_than_the_quota_allows(lab: Lab) -> None:
    write(lab, {**POOL, "size": 101})
    assert any("the cluster would have 101 nodes, 100 are allowed" in text for text in lab.refused().errors)


def test_an_attachment_that_failed_says_so_and_is_tried_again(lab: Lab) -> None:
    lab.settings(failing_tasks={"nodepool_node_attach": 1})
    write(lab, ATTACHED, node=NODE)
    done = lab.run("apply", "--yes")
    assert done.code == 6 and any("failed: TaskFailed" in text for text in done.errors)
    lab.apply()
    assert set(nodes(lab)) == set(machines(lab))


def test_a_deletion_that_failed_is_done_again(lab: Lab) -> None:
    made(lab, {"size": 1})
    lab.settings(failing_tasks={"nodepool_delete": 1})
    write(lab, None)
    done = lab.run("apply", "--yes")
    assert done.code == 6 and any("failed: TaskFailed" in text for text in done.errors)
    lab.apply()
    assert not [row for row in lab.world() if row["type"] == "node_pool"]
