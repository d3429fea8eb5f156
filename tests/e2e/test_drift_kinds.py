"""What `acsctl drift --accept` does for registries, clusters, pools, the overlay and workloads."""

from __future__ import annotations

import pytest

from tests.e2e import test_cluster, test_flannel, test_node_pool, test_registry, test_workload
from tests.e2e.cluster_cases import ATTACHED, CLUSTER_DRIFTS, NODE, POOL_DRIFTS
from tests.e2e.registry_cases import DRIFTS, bought
from tests.support.lab import Lab

PATIENT = {"timeout": test_workload.PATIENT}


def accepted(lab: Lab) -> str:
    """Accept everything; the file's text then, with which nothing is left to do."""
    done = lab.run("drift", "--accept", "--yes")
    assert done.code == 0 and done.of("resource_drift"), done.text
    lab.still()
    applied = lab.run("apply", "--yes")
    assert (applied.code, applied.actions) == (0, [])
    assert lab.run("drift", "--detailed-exitcode").code == 0
    return (lab.folder / "stack.yaml").read_text()


def named(lab: Lab, words: str) -> None:
    """Nothing is accepted, for a cause that is told."""
    before = (lab.folder / "stack.yaml").read_text()
    done = lab.run("drift", "--accept", "--yes")
    assert done.code == 5 and any(words in note for note in done.notes), done.text
    assert (lab.folder / "stack.yaml").read_text() == before


SOON = ("size", "labels.team")
"""Drifts of a node pool, one of each sort of value; the others are long."""


@pytest.mark.parametrize("path", CLUSTER_DRIFTS)
def test_a_cluster(lab: Lab, path: str) -> None:
    CLUSTER_DRIFTS[path](lab, id=test_cluster.made(lab))
    assert {"name": "name: theirs", "deletion_protection": "deletion_protection: true"}[path] in accepted(lab)


@pytest.mark.parametrize("path", [pytest.param(path, marks=() if path in SOON else pytest.mark.long) for path in POOL_DRIFTS])
def test_a_node_pool(lab: Lab, path: str) -> None:
    cluster, pool = test_node_pool.made(lab, PATIENT).split("/")
    POOL_DRIFTS[path](lab, cluster=cluster, pool=pool)
    text = accepted(lab)
    said = {"name": "name: theirs", "size": "size: 1", "labels.team": "team: grey", "taints": "taints: []"}
    assert said.get(path, "- ecs.c7.xlarge") in text


@pytest.mark.parametrize("what", DRIFTS)
def test_a_registry(lab: Lab, what: str) -> None:
    instance = bought(lab)
    test_registry.made(lab, instance)
    DRIFTS[what](lab, instance)
    if what == "the public door was shut":
        named(lab, "allow has 0 items: at least 1")
    else:
        accepted(lab)


def test_the_overlay(lab: Lab) -> None:
    test_flannel.made(lab, config={"a": "1"})
    cluster = lab.id("cluster.kube")
    lab.client.roa("cs", "POST", f"/clusters/{cluster}/components/flannel/config", {"config": '{"a": "2", "theirs": "stays"}'})
    lab.settle()
    assert "a: '2'" in accepted(lab)


def test_an_overlay_that_is_not_ready_is_not_said_to_be_so(lab: Lab) -> None:
    test_flannel.made(lab)
    node = test_flannel.nodes(lab)[0]
    lab.behind("ecs", "StopInstance", InstanceId=node["instance_id"], ForceStop="true")
    lab.expected |= {"IncorrectInstanceStatus"}
    before = (lab.folder / "stack.yaml").read_text()
    done = lab.run("drift", "--accept", "--yes", "flannel.overlay")
    assert done.code == 5 and (lab.folder / "stack.yaml").read_text() == before, done.text


def test_the_objects_of_a_workload_are_in_manifests(lab: Lab) -> None:
    test_workload.write(lab, test_workload.config("web", a="1"), pool=False)
    lab.apply()
    test_workload.edit(lab, "/api/v1/namespaces/default/configmaps/web", {"data": {"a": "2"}})
    (row,) = lab.run("drift").of("resource_drift")
    (field,) = row["fields"]
    assert (field["path"], field["before"], field["after"]) == ("ConfigMap default/web data.a", "1", "2")
    assert (field["holder"], field["note"]) == ("kubectl-edit", "changed by kubectl-edit")
    named(lab, "its objects are written in manifests")
    done = lab.run("drift", "--revert", "--yes")
    assert done.code == 0, done.text
    assert test_workload.there(lab, "ConfigMap")["data"] == {"a": "1"}


def test_what_is_left_of_a_fleet_in_a_pool_is_named_by_its_members(lab: Lab) -> None:
    test_node_pool.write(lab, {**ATTACHED, **PATIENT}, node=NODE)
    lab.apply()
    cluster, pool = lab.id("node_pool.workers").split("/")
    machine = test_node_pool.machines(lab)[0]
    path = f"/clusters/{cluster}/nodepools/{pool}/nodes"
    lab.client.roa("cs", "DELETE", path, instance_ids=f'["{machine}"]', release_node="false")
    lab.settle()
    assert "- node.2" in accepted(lab).replace("[node.2]", "- node.2")
