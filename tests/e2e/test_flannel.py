"""The overlay of a cluster: seen, changed, node by node not ready, taken out of the file, gone with its cluster."""

from __future__ import annotations

from typing import Any

import pytest

from acsctl.kinds import registry
from tests.e2e.cluster_cases import NETWORK, SMALL
from tests.e2e.scene import leaves
from tests.support.lab import Block, Lab

POOL = {"kind": "node_pool", "cluster": "kube", "vswitches": ["a"], "instance_types": ["ecs.g7.xlarge"], "size": 2}
OVERLAY = {"kind": "flannel", "cluster": "kube", "needs": ["workers"]}
ADDRESS = "flannel.overlay"
TESTED = {"cluster", "version", "config", "ready"}


def write(lab: Lab, *, overlay: Block | None = OVERLAY, kube: Block = SMALL, **others: Block) -> None:
    block = {"overlay": overlay} if overlay else {}
    lab.stack({**NETWORK, "kube": kube, "workers": POOL, **block, **others})


def made(lab: Lab, **changes: Any) -> Any:
    write(lab, overlay={**OVERLAY, **changes})
    lab.apply()
    return lab.thing(ADDRESS)


def addon(lab: Lab) -> Any:
    return lab.client.roa("cs", "GET", f"/clusters/{lab.id('cluster.kube')}/addon_instances/flannel")


def nodes(lab: Lab) -> list[Any]:
    answer = lab.client.roa("cs", "GET", f"/clusters/{lab.id('cluster.kube')}/nodes")
    return list(answer["nodes"])


def test_every_field_is_here() -> None:
    assert set(dict(leaves(registry.schemas()["flannel"].fields))) == TESTED


def test_it_spans_every_node(lab: Lab) -> None:
    thing = made(lab)
    assert (thing["outputs"]["nodes"], thing["spec"]["ready"]) == (2, True)
    assert thing["spec"]["version"].startswith("v0.")
    routes = [row for row in lab.world("route_entry") if row["attributes"]["DestinationCidrBlock"].startswith("172.20.")]
    assert len(routes) == 2


def test_the_plan_shows_for_how_many_nodes_there_is_room(lab: Lab) -> None:
    write(lab)
    assert "a node" in lab.plan().change(ADDRESS)["note"]


def test_a_node_that_takes_no_part_is_named(lab: Lab) -> None:
    made(lab)
    node = nodes(lab)[0]
    lab.behind("ecs", "StopInstance", InstanceId=node["instance_id"], ForceStop="true")
    lab.expected |= {"IncorrectInstanceStatus"}
    change = lab.plan().change(ADDRESS)
    (field,) = change["fields"]
    assert (field["path"], field["reason"]) == ("ready", "drift")
    assert field["before"].startswith(f"1 of 2 nodes: {node['node_name']} is not ready")
    write(lab, overlay={**OVERLAY, "ready": False})
    lab.still()
    lab.behind("ecs", "StartInstance", InstanceId=node["instance_id"])
    write(lab)
    lab.apply()


def test_a_configuration_is_owned_key_by_key(lab: Lab) -> None:
    made(lab)
    made(lab, config={"a": "1"})
    assert '"a"' in addon(lab)["config"]
    body = {"config": '{"a": "2", "theirs": "stays"}'}
    lab.client.roa("cs", "POST", f"/clusters/{lab.id('cluster.kube')}/components/flannel/config", body)
    lab.settle()
    assert lab.plan().paths(ADDRESS) == {"config.a": "drift"}
    lab.apply()
    assert '"theirs"' in addon(lab)["config"]


def test_a_version_that_runs_already(lab: Lab) -> None:
    version = made(lab)["spec"]["version"]
    write(lab, overlay={**OVERLAY, "version": version})
    lab.still()


def test_out_of_the_file_it_stays_with_its_cluster(lab: Lab) -> None:
    made(lab)
    write(lab, overlay=None)
    lab.still()
    assert addon(lab)["state"] == "active"
    write(lab)
    lab.apply()
    lab.destroy()
    assert lab.world("cluster") == []


@pytest.mark.parametrize("record", [True, False], ids=["record", "no record"])
def test_it_goes_and_comes_with_its_cluster(lab: Lab, record: bool) -> None:
    before = made(lab)["id"]
    if not record:
        lab.forget()
    kube = {**SMALL, "network": {**SMALL["network"], "node_cidr_mask": 27}}
    write(lab, kube=kube)
    lab.apply("--allow", "cluster.kube")
    assert lab.id(ADDRESS) != before
