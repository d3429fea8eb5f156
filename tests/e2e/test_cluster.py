"""A cluster: made, changed in each field, drifted, upgraded, replaced, refused, destroyed."""

from __future__ import annotations

from typing import Any

import pytest

from acsctl.kinds import registry
from acsctl.kinds.kubeadm.clusters import OWN_ONLY
from tests.e2e.cluster_cases import CLUSTER_DRIFTS, CLUSTER_EDITS, CLUSTER_FIXED, CLUSTER_REPLACEMENTS, KUBE, NETWORK, SMALL
from tests.e2e.scene import leaves
from tests.support.lab import Block, Lab
from tests.support.sample import sampled

ADDRESS = "cluster.kube"


def write(lab: Lab, *changes: Block, base: Block = KUBE, **others: Block) -> None:
    block = dict(base)
    for change in changes:
        block |= change
    lab.stack({**NETWORK, "kube": {name: value for name, value in block.items() if value is not None}, **others})


def made(lab: Lab, *changes: Block, base: Block = KUBE) -> str:
    write(lab, *changes, base=base)
    lab.apply()
    return lab.id(ADDRESS)


def detail(lab: Lab) -> Any:
    return lab.client.roa("cs", "GET", f"/clusters/{lab.id(ADDRESS)}")


def test_every_field_is_here() -> None:
    every = dict(leaves(registry.schemas()["cluster"].fields))
    tested = {*CLUSTER_EDITS, *CLUSTER_REPLACEMENTS, *CLUSTER_FIXED}
    assert tested | {"provider", *OWN_ONLY} == set(every)  # those are tried in test_kubeadm.py


def test_made_with_all_that_the_file_says(lab: Lab) -> None:
    made(lab)
    row = detail(lab)
    assert (row["name"], row["state"], row["cluster_spec"]) == ("first", "running", "ack.pro.small")
    assert row["current_version"].startswith("1.35.")
    assert (row["container_cidr"], row["service_cidr"], row["node_cidr_mask"]) == ("172.20.0.0/16", "172.21.0.0/20", "25")
    thing = lab.thing(ADDRESS)
    assert thing["outputs"]["endpoint"].startswith("https://")
    assert thing["outputs"]["vpc"] == lab.id("vpc.net")
    # Nothing beside it that costs: no way out of its own, no log project.
    types = {row["type"] for row in lab.world()}
    assert not types & {"nat_gateway", "log_project"}


def test_the_least_that_can_be_written(lab: Lab) -> None:
    made(lab, base={"kind": "cluster", "vswitches": ["a"], "network": {"pod_cidr": "172.20.0.0/16"}})
    assert lab.thing(ADDRESS)["spec"]["network"]["service_cidr"] == "172.19.0.0/20"


@pytest.mark.parametrize("path", sampled(CLUSTER_EDITS, every=2))
def test_a_field_that_can_change(lab: Lab, path: str) -> None:
    before = made(lab)
    write(lab, CLUSTER_EDITS[path])
    change = lab.plan().only
    assert (change["address"], change["action"], change["reason"]) == (ADDRESS, "update", "edit")
    assert {field["path"] for field in change["fields"]} == {path}
    lab.apply()
    assert lab.id(ADDRESS) == before
    made(lab, CLUSTER_EDITS[path], {"deletion_protection": False})


@pytest.mark.parametrize("path", sampled(CLUSTER_REPLACEMENTS, every=2))
def test_a_field_that_cannot_change(lab: Lab, path: str) -> None:
    before = made(lab, base={**SMALL, "public_api": True})
    write(lab, CLUSTER_REPLACEMENTS[path], base={**SMALL, "public_api": True})
    assert any(f"--allow {ADDRESS}" in text for text in lab.refused().errors)
    change = lab.plan("--allow", ADDRESS).only
    assert (change["action"], change["impact"]) == ("replace", "data loss")
    lab.apply("--allow", ADDRESS)
    assert lab.id(ADDRESS) != before


@pytest.mark.parametrize("path", CLUSTER_DRIFTS)
def test_what_somebody_else_changed_is_repaired(lab: Lab, path: str) -> None:
    id = made(lab)
    CLUSTER_DRIFTS[path](lab, id=id)
    assert lab.plan().paths(ADDRESS) == {path: "drift"}
    lab.apply()


def test_size_and_protection_are_sent_apart(lab: Lab) -> None:
    made(lab)
    made(lab, {"spec": "ack.pro.xlarge", "deletion_protection": True})
    assert (detail(lab)["cluster_spec"], detail(lab)["deletion_protection"]) == ("ack.pro.xlarge", True)
    made(lab, {"spec": "ack.pro.xlarge", "deletion_protection": False})


def test_what_is_protected_against_deletion_is_not_deleted(lab: Lab) -> None:
    id = made(lab, {"deletion_protection": True}, base=SMALL)
    done = lab.run("destroy", "--yes")
    assert done.code == 6 and any("protected against deletion" in text for text in done.errors)
    assert detail(lab)["cluster_id"] == id
    made(lab, {"deletion_protection": False}, base=SMALL)
    lab.destroy()


def test_there_is_no_way_back_from_an_upgrade(lab: Lab) -> None:
    made(lab, {"version": "1.36"})
    write(lab, {"version": "1.35"})
    assert any("cannot go back to 1.35" in text for text in lab.refused().errors)


def test_a_version_that_there_is_not(lab: Lab) -> None:
    write(lab, {"version": "1.20"})
    assert any("no cluster of version 1.20 can be made" in text for text in lab.refused().errors)


def test_tags_are_ours_key_by_key(lab: Lab) -> None:
    id = made(lab, {"tags": {"team": "red", "cost": "1"}}, base=SMALL)
    tags = [{"key": "theirs", "value": "stays"}]
    body = {"region_id": "cn-hangzhou", "resource_type": "CLUSTER", "resource_ids": [id], "tags": tags}
    lab.client.roa("cs", "PUT", "/tags", body)
    lab.settle()
    lab.still()
    write(lab, {"tags": {"team": "blue"}}, base=SMALL)
    assert lab.plan().paths(ADDRESS) == {"tags.team": "edit", "tags.cost": "edit"}
    lab.apply()
    assert lab.thing(ADDRESS)["tags"] == {"team": "blue", "theirs": "stays"}


def test_ranges_that_a_live_neighbour_has(lab: Lab) -> None:
    made(lab, base=SMALL)
    lab.write(
        f"""
stack: other
region: cn-hangzhou
resources:
  there: {{kind: vswitch, existing: {lab.id("vswitch.a")}}}
  kube:
    kind: cluster
    vswitches: [there]
    network: {{pod_cidr: 172.20.128.0/17, service_cidr: 172.28.0.0/20}}
"""
    )
    done = lab.refused()
    assert any("pod_cidr 172.20.128.0/17 overlaps 172.20.0.0/16 of cluster shop-kube" in text for text in done.errors)


def test_without_a_record_nothing_changes(lab: Lab) -> None:
    made(lab)
    lab.forget()
    lab.still()


def test_a_block_that_leaves_the_file(lab: Lab) -> None:
    id = made(lab, base=SMALL)
    lab.stack(NETWORK)
    assert lab.plan().actions == [f"delete {ADDRESS}"]
    lab.apply()
    assert not [row for row in lab.world() if row["id"] == id]
    lab.destroy()
    assert lab.world() == []


def is_there(lab: Lab, id: str) -> bool:
    rows = lab.client.roa("cs", "GET", "/regions/cn-hangzhou/clusters", page_size="50", page_number="1")["clusters"]
    return id in [row["cluster_id"] for row in rows]


def test_what_somebody_else_deleted_is_made_again(lab: Lab) -> None:
    before = made(lab, base=SMALL)
    lab.client.roa("cs", "DELETE", f"/clusters/{before}")
    lab.settle()
    # What serves the cluster ends in its own time.
    assert any(not is_there(lab, before) for _ in range(1000))
    change = lab.plan().only
    assert (change["action"], change["reason"]) == ("create", "drift")
    lab.apply()
    assert lab.id(ADDRESS) != before


def test_what_somebody_else_is_deleting_is_made_again(lab: Lab) -> None:
    before = made(lab, base=SMALL)
    lab.client.roa("cs", "DELETE", f"/clusters/{before}")
    lab.expected |= {"ErrorClusterNotFound"}  # it may be gone between the list and the look at it
    change = lab.plan().only
    assert (change["action"], change["impact"]) in (("replace", "replace"), ("create", "none"))
    lab.apply()
    assert lab.id(ADDRESS) != before


def test_a_cluster_that_failed_says_why_and_is_made_again(lab: Lab) -> None:
    lab.settings(failing_tasks={"cluster_create": 1})
    write(lab, base=SMALL)
    done = lab.run("apply", "--yes")
    assert done.code == 6 and any("failed: TaskFailed" in text for text in done.errors)
    before = lab.id(ADDRESS)
    change = lab.plan().only
    # There is nothing in it that could be lost: no leave is needed.
    assert (change["action"], change["impact"]) == ("replace", "replace")
    assert [(field["path"], field["before"].split(":")[0]) for field in change["fields"]] == [("state", "failed")]
    lab.apply()
    assert lab.id(ADDRESS) != before
