"""Lists and tags show everything 20 cloud seconds late, and the second plan is empty all the same."""

from __future__ import annotations

import pytest

from tests.e2e.cluster_cases import NETWORK as CLUSTER_NETWORK
from tests.e2e.cluster_cases import SMALL
from tests.e2e.network_cases import KEY
from tests.e2e.scene import Case, Scene
from tests.e2e.stacks import fleet, members, network
from tests.e2e.test_kinds import CASES
from tests.support.lab import Lab

each_case = pytest.mark.parametrize("case", CASES, ids=str)


@each_case
def test_created(lagging: Lab, case: Case) -> None:
    scene = Scene(lagging, case)
    scene.write()
    lagging.apply()
    lagging.still("--deep")
    assert len(scene.ids) == case.things


@each_case
def test_tagged_and_changed(lagging: Lab, case: Case) -> None:
    scene = Scene(lagging, case)
    scene.write({"tags": {"team": "red", "cost": "1"}})
    lagging.apply()
    before = scene.ids
    edits = [case.edits[path].block for path in ("name", "description") if path in case.edits]
    scene.write({"tags": {"team": "blue", "new": "yes"}}, *edits)
    lagging.apply()
    assert scene.ids == before
    assert [thing["tags"] for thing in scene.things] == [{"team": "blue", "new": "yes"}] * case.things


@each_case
def test_replaced(lagging: Lab, case: Case) -> None:
    scene = Scene(lagging, case)
    scene.write()
    lagging.apply()
    before = scene.ids
    path = next(path for path in case.replacements if not case.replacements[path].base)
    scene.write(case.replacements[path].block)
    lagging.apply("--allow", case.address)
    assert not set(scene.ids) & set(before)


@each_case
def test_taken_out_and_made_again(lagging: Lab, case: Case) -> None:
    scene = Scene(lagging, case)
    scene.write()
    lagging.apply()
    gone = scene.ids
    scene.leave()
    lagging.apply()
    assert not [row for row in lagging.world() if row["id"] in gone]
    scene.write()
    lagging.apply()
    assert len(scene.ids) == case.things


@each_case
def test_retained(lagging: Lab, case: Case) -> None:
    scene = Scene(lagging, case)
    scene.write({"retain": True})
    lagging.apply()
    before = scene.ids
    scene.leave()
    lagging.apply()
    assert len([row for row in lagging.world() if row["id"] in before]) == case.things


@each_case
def test_destroyed(lagging: Lab, case: Case) -> None:
    scene = Scene(lagging, case)
    scene.write()
    lagging.apply()
    lagging.destroy()
    assert lagging.world() == []


@each_case
def test_without_a_record(lagging: Lab, case: Case) -> None:
    scene = Scene(lagging, case)
    scene.write()
    lagging.apply()
    lagging.forget()
    lagging.still("--deep")
    lagging.apply()


def test_a_fleet_grows_shrinks_and_moves(lagging: Lab) -> None:
    lagging.stack(network(node=fleet(2)))
    lagging.apply()
    first = members(lagging)
    lagging.stack(network(node=fleet(5, vswitch=["a", "c"])))
    lagging.apply()
    assert len(members(lagging)) == 5
    lagging.stack(network(node=fleet(2, vswitch=["a", "c"])))
    lagging.apply()
    lagging.stack(network(node=fleet(2, vswitch="b")))
    lagging.apply()
    assert members(lagging) == first


def test_renamed_and_taken_over(lagging: Lab) -> None:
    id = lagging.behind("vpc", "CreateVpc", CidrBlock="10.0.0.0/16")["VpcId"]
    net = {"kind": "vpc", "cidr": "10.0.0.0/16"}
    lagging.stack({"net": {**net, "adopt": id}})
    lagging.apply()
    lagging.stack({"other": net}, moved=[{"from": "vpc.net", "to": "vpc.other"}])
    lagging.apply()
    assert lagging.id("vpc.other") == id


def test_a_vpc_with_everything_in_it_is_replaced(lagging: Lab) -> None:
    more = {
        "node": fleet(2, key_pair="key"),
        "key": {"kind": "key_pair", "public_key": KEY},
        "way": {"kind": "eip"},
        "out": {"kind": "nat_gateway", "vpc": "net", "vswitch": "c", "eips": ["way"], "snat": [{"vswitch": "a"}]},
        "db": {"kind": "security_group", "vpc": "net", "ingress": [{"protocol": "tcp", "port": 1, "from": "web"}]},
    }
    lagging.stack(network(**more))
    lagging.apply()
    lagging.stack(network("10.7.0.0/16", "10.7.1.0/24", **more))
    lagging.apply("--allow", "instance.node")
    lagging.destroy()
    assert lagging.world() == []


WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
"""
STAYS = {"log_project"}
"""What the cloud itself keeps when a cluster goes."""


def practice(lab: Lab, *, count: int = 2, repositories: list[str], labels: dict[str, str], web: str = WEB) -> None:
    """Machines, a registry, a cluster of those machines, its overlay, and objects in it."""
    lab.write(web, "k8s/web.yaml")
    images = {"kind": "registry", "enterprise_instance": "cri-local", "namespace": "shop", "vpc_links": ["a"]}
    node = {"kind": "instance", "count": count, "vswitch": "a", "security_groups": ["inside"]}
    lab.stack(
        {
            **CLUSTER_NETWORK,
            "node": {**node, "instance_types": ["ecs.g7.xlarge"], "image": "aliyun_3_x64_20G_alibase"},
            "images": {**images, "repositories": repositories},
            "kube": SMALL,
            "workers": {"kind": "node_pool", "cluster": "kube", "attach": "node", "labels": labels},
            "overlay": {"kind": "flannel", "cluster": "kube", "needs": ["workers"]},
            "web": {
                "kind": "workload",
                "cluster": "kube",
                "needs": ["overlay"],
                "manifests": ["k8s/*.yaml"],
                # Controllers take their time in the wall's seconds, of which a thousandth passes here.
                "timeout": "8h",
            },
        }
    )


def test_the_practice(lagging: Lab) -> None:
    before = {row["id"] for row in lagging.world()}
    practice(lagging, repositories=["web"], labels={"tier": "a"})
    lagging.apply()
    once = {kind: len(lagging.world(kind)) for kind in ("cluster", "node_pool", "load_balancer", "registry_namespace")}
    # The API server has a load balancer of its own.
    assert once == {"cluster": 1, "node_pool": 1, "load_balancer": 2, "registry_namespace": 1}
    practice(lagging, count=3, repositories=["web", "jobs"], labels={"tier": "b"}, web=WEB.replace("web:1", "web:2"))
    lagging.apply()
    fewer = WEB.replace("replicas: 2", "replicas: 1")
    practice(lagging, count=1, repositories=["web", "jobs"], labels={"tier": "b"}, web=fewer)
    lagging.apply()
    assert {kind: len(lagging.world(kind)) for kind in once} == once
    lagging.destroy()
    left = {row["type"] for row in lagging.world() if row["id"] not in before}
    assert left <= STAYS | {"registry_instance"}
