"""Killed while a cluster, a pool and its machines are made or taken away: creates that no token proves, found by their tags."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

import pytest
from _pytest.mark import ParameterSet

from tests.crash.conftest import Stage
from tests.crash.points import writes
from tests.crash.scene import Point, Scene
from tests.crash.test_faults import Fault
from tests.support.sample import sampled

STACK = """
stack: shop
region: cn-hangzhou
resources:
  net: {kind: vpc, cidr: 10.0.0.0/16}
  a: {kind: vswitch, vpc: net, zone: cn-hangzhou-h, cidr: 10.0.1.0/24}
  inside: {kind: security_group, vpc: net}
  node:
    kind: instance
    count: 2
    vswitch: a
    security_groups: [inside]
    instance_types: [ecs.g7.xlarge]
    image: aliyun_3_x64_20G_alibase
  kube: {kind: cluster, vswitches: [a], security_group: inside, network: {pod_cidr: 172.20.0.0/16}}
  workers: {kind: node_pool, cluster: kube, attach: node}
"""
WHOLE = {"vpc": 1, "vswitch": 1, "instance": 2, "cluster": 1, "node_pool": 1}
APPLY = ("CreateCluster", "CreateClusterNodePool", "AttachInstancesToNodePool")
DESTROY = ("RemoveNodePoolNodes", "DeleteClusterNodepool", "DeleteCluster", "DeleteInstances")
LEAVE = ("--allow", "node_pool.workers")
"""Without the record nothing tells that the machines are new: that they may be emptied has to be said."""


def counted(scene: Scene) -> dict[str, int]:
    """What there is, by type."""
    return dict(Counter(row["type"] for row in scene.rows() if row["type"] in WHOLE))


def written(stage: Stage) -> Scene:
    scene = stage(speed=50.0)
    (scene.folder / "stack.yaml").write_text(STACK, encoding="utf-8")
    return scene


@pytest.mark.parametrize("point", sampled(writes(APPLY), every=12))
def test_apply_goes_on(point: Point, stage: Stage) -> None:
    scene = written(stage)
    assert scene.killed("apply", point)
    if not point.record:
        scene.forget()
    scene.done("apply", *(() if point.record else LEAVE))
    assert counted(scene) == WHOLE
    scene.nothing_to_do()


@pytest.mark.parametrize("point", sampled(writes(DESTROY), every=16))
def test_destroy_goes_on(point: Point, stage: Stage) -> None:
    scene = written(stage)
    scene.done("apply")
    assert scene.killed("destroy", point)
    if not point.record:
        scene.forget()
    scene.done("destroy")
    assert scene.world() == []


def lost(*actions: str) -> list[ParameterSet]:
    """Each write once lost, before and after its effect; the first, after it, is in `make test`."""
    faults = [Fault(f"cs.{action}", "drop", when) for action in actions for when in ("after", "before")]
    return sampled(faults, every=len(faults))


@pytest.mark.parametrize("fault", lost(*APPLY))
def test_a_write_whose_answer_is_lost(fault: Fault, stage: Stage) -> None:
    scene = written(stage)
    scene.control("PUT", "faults", [asdict(fault)])
    scene.done("apply")
    assert scene.control("GET", "faults") == []
    assert counted(scene) == WHOLE
    scene.nothing_to_do()


LINKED = """
stack: shop
region: cn-hangzhou
resources:
  net: {kind: vpc, cidr: 10.0.0.0/16}
  a: {kind: vswitch, vpc: net, zone: cn-hangzhou-h, cidr: 10.0.1.0/24}
  images: {kind: registry, enterprise_instance: cri-local, namespace: shop, repositories: [web], vpc_links: [a]}
"""


def test_what_a_destroy_took_off_before_it_was_killed_is_put_back(stage: Stage) -> None:
    """A list that lags shows the link when the plan is made: all is as wanted, until the link is gone from it."""
    scene = stage(list_lag=50.0)
    scene.write(LINKED)
    scene.done("apply")
    scene.control("PUT", "settings", {"speed": 20.0})
    assert scene.killed("destroy", Point(1, "after", action="DeleteInstanceVpcEndpointLinkedVpc"))
    scene.done("apply")
    scene.nothing_to_do()
