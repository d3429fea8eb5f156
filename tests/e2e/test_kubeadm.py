"""A cluster of the stack's own machines: made, grown, shrunk, broken, seen from another machine, and taken away."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acsctl.cloud import connect as connect_cloud
from acsctl.kinds.kubeadm.settings import machine_of
from acsctl.kinds.objects import door
from acsctl.kube import connect
from acsctl.kube.client import Kube
from tests.bad.command import run
from tests.e2e.network_cases import OTHER_ZONE, ZONE
from tests.support.lab import REGION, Block, Lab, laboratory
from tests.support.rungs import REAL_SPEED, RUNGS, on

MACHINE: Block = {
    "kind": "instance",
    "vswitch": ["a"],
    "security_groups": ["inside"],
    "instance_types": ["ecs.g7.xlarge"],
    "image": "aliyun_3_x64_20G_alibase",
}
BASE: dict[str, Block] = {
    "net": {"kind": "vpc", "cidr": "10.0.0.0/16"},
    "a": {"kind": "vswitch", "vpc": "net", "zone": ZONE, "cidr": "10.0.1.0/24"},
    "b": {"kind": "vswitch", "vpc": "net", "zone": OTHER_ZONE, "cidr": "10.0.2.0/24"},
    "inside": {"kind": "security_group", "vpc": "net", "inner_access": True},
    "master": MACHINE,
}
KUBE: Block = {
    "kind": "cluster",
    "provider": "kubeadm",
    "control_plane": "master",
    "version": "1.35.4",
    "network": {"pod_cidr": "172.20.0.0/16", "service_cidr": "172.21.0.0/20", "node_cidr_mask": 25},
    "mirror": "https://mirrors.example",
    "images": "registry.example/k8s",
}
POOL: Block = {"kind": "node_pool", "cluster": "kube", "attach": "node", "labels": {"tier": "web"}}
OVERLAY: Block = {"kind": "flannel", "cluster": "kube", "needs": ["workers"]}


def write(lab: Lab, *, count: int = 2, pool: Block = POOL, overlay: Block = OVERLAY, **others: Block | None) -> None:
    blocks: dict[str, Block | None] = {"kube": KUBE, "workers": pool, "overlay": overlay, **others}
    node = {**MACHINE, "count": count, "vswitch": ["a", "b"]}
    lab.stack({**BASE, "node": node, **{name: block for name, block in blocks.items() if block}})


@pytest.fixture(scope="module", params=RUNGS)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Such a cluster on each of the two control planes."""
    # Nodes and their pods come by the wall's time, which what is waited for in the cloud's has to leave a busy machine.
    options = {"speed": REAL_SPEED, **on(request.param)}
    with pytest.MonkeyPatch.context() as patch, laboratory(tmp_path_factory.mktemp("kubeadm"), patch, **options) as lab:
        write(lab)
        lab.apply()
        yield lab


@pytest.fixture
def own(shared: Lab) -> Iterator[Lab]:
    """The same as it was at first."""
    yield shared
    write(shared)
    shared.apply()


def inside(lab: Lab) -> Kube:
    """A door to its API, opened anew."""
    return door.opened(connect_cloud(REGION, endpoint=lab.address), lab.id("cluster.kube"))


def nodes(lab: Lab) -> dict[str, Any]:
    return {row["metadata"]["name"]: row for row in inside(lab).list("v1", "Node")}


def machines(lab: Lab) -> list[str]:
    every = lab.show()
    return [str(thing["id"]) for address in sorted(every) if address.startswith("instance.node") for thing in every[address]]


def ready(node: Any) -> bool:
    return any(row["type"] == "Ready" and row["status"] == "True" for row in node["status"]["conditions"])


def test_machines_are_nodes_and_ready(own: Lab) -> None:
    (master,) = (thing["id"] for thing in own.show()["instance.master"])
    assert own.id("cluster.kube").startswith(f"kubeadm-{master}-")
    found = nodes(own)
    assert set(found) == {f"{REGION}.{id}" for id in (master, *machines(own))}
    assert all(ready(node) and node["spec"]["podCIDR"].endswith("/25") for node in found.values())
    for id in machines(own):
        node = found[f"{REGION}.{id}"]
        assert node["spec"]["providerID"] == f"{REGION}.{id}"
        assert node["metadata"]["labels"]["tier"] == "web"
    assert own.thing("flannel.overlay")["outputs"]["nodes"] == 3


def test_nothing_secret_is_kept_or_lasts(own: Lab) -> None:
    stored = [path for path in own.folder.rglob("*") if path.is_file()]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in stored]
    rows = own.client.call("ecs", "DescribeInstances", RegionId=REGION)["Instances"]["Instance"]
    for row in rows:
        answer = own.client.call("ecs", "DescribeUserData", RegionId=REGION, InstanceId=row["InstanceId"])
        texts.append(base64.b64decode(answer["UserData"]).decode())
    texts += [str(own.control("GET", "log")), own.run("show").text]
    assert len(texts) > 4 and not [text for text in texts if "PRIVATE KEY" in text]
    # The token that let the workers in is gone with the apply.
    secrets = [row for row in inside(own).list("v1", "Secret") if row["type"] == "bootstrap.kubernetes.io/token"]
    token = next(line.split()[-1] for text in texts for line in text.splitlines() if line.strip().startswith("token: "))
    assert f"bootstrap-token-{token.split('.')[0]}" not in [row["metadata"]["name"] for row in secrets]
    assert not [text for text in texts[: len(stored)] if token in text]


def test_another_machine_without_a_record_sees_the_same(own: Lab) -> None:
    own.forget()
    own.still()


def test_it_grows_and_shrinks(own: Lab) -> None:
    write(own, count=3)
    own.apply()
    assert len(nodes(own)) == 4 and all(ready(node) for node in nodes(own).values())
    last = machines(own)[-1]
    write(own, count=2)
    own.apply()
    assert len(nodes(own)) == 3 and f"{REGION}.{last}" not in nodes(own)


@pytest.mark.long
def test_labels_and_taints_of_nodes_follow(own: Lab) -> None:
    taints = [{"key": "only", "value": "web", "effect": "NoSchedule"}]
    write(own, pool={**POOL, "labels": {"team": "red"}, "taints": taints})
    own.apply()
    for id in machines(own):
        node = nodes(own)[f"{REGION}.{id}"]
        assert node["metadata"]["labels"]["team"] == "red" and "tier" not in node["metadata"]["labels"]
        assert taints[0] in node["spec"]["taints"]
    inside(own).patch("v1", "Node", name=f"{REGION}.{id}", fields={"metadata": {"labels": {"team": "blue"}}})
    (field,) = own.plan().change("node_pool.workers")["fields"]
    assert field["path"].startswith("labels") and field["reason"] == "drift"
    own.apply()
    assert nodes(own)[f"{REGION}.{id}"]["metadata"]["labels"]["team"] == "red"


@pytest.mark.long
def test_a_machine_deleted_behind_our_back_comes_back_as_a_node(own: Lab) -> None:
    gone = machines(own)[0]
    own.behind("ecs", "DeleteInstance", InstanceId=gone, Force="true")
    assert {"instance.node", "node_pool.workers"} <= {change["address"] for change in own.plan().changes}
    own.apply()
    assert gone not in machines(own) and len(machines(own)) == 2
    assert all(f"{REGION}.{id}" in nodes(own) for id in machines(own))


@pytest.mark.long
def test_an_overlay_that_somebody_changed_is_mended(own: Lab) -> None:
    kube = inside(own)
    daemon_set = kube.get("apps/v1", "DaemonSet", name="kube-flannel-ds", namespace="kube-flannel")
    assert daemon_set is not None
    (config,) = (row for row in kube.list("v1", "ConfigMap") if row["metadata"]["name"] == "kube-flannel-cfg")
    kube.delete(config)
    assert own.plan().actions != []
    own.apply()
    role = next(row for row in kube.list("rbac.authorization.k8s.io/v1", "ClusterRole") if row["metadata"]["name"] == "flannel")
    kube.delete(role)
    (field,) = own.plan().change("flannel.overlay")["fields"]
    assert field["before"] == "ClusterRole flannel is not there"
    own.apply()
    # Real controllers roll a DaemonSet in the wall's time, one node after another.
    own.settings(speed=own.speed / 10)
    write(own, overlay={**OVERLAY, "version": "v0.28.4"})
    own.apply()
    own.settings(speed=own.speed)
    assert own.thing("flannel.overlay")["outputs"]["addon_version"] == "v0.28.4"


def test_the_backend_of_an_overlay_stays(own: Lab) -> None:
    write(own, overlay={**OVERLAY, "config": {"Backend": {"Type": "vxlan", "Port": 4789}}})
    assert "the backend of an overlay cannot change" in own.refused().text


def test_the_version_is_for_kubeadm_to_change(own: Lab) -> None:
    write(own, kube={**KUBE, "version": "1.36.1"})
    assert "is changed by `kubeadm upgrade`" in own.refused().text


def test_kubeconfig_gives_access_without_a_record_too(own: Lab, tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").write_text((own.folder / "stack.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    ran = run("kubeconfig", "-f", str(tmp_path), "--cloud", own.address)
    assert ran.code == 0, ran.err
    client = connect.client(connect.access(ran.out), user_agent="test")
    assert client.request("GET", "/api/v1/namespaces/kube-system", serialize=False).status == 200


@pytest.mark.long
def test_without_its_block_it_ends_and_its_machines_stay(own: Lab) -> None:
    before = {address: things for address, things in own.show().items() if address.startswith("instance.")}
    write(own, kube=None, workers=None, overlay=None)
    own.apply("--allow", "all", "--allow", "cluster.kube", "--allow", "node_pool.workers")
    assert {address: [thing["id"] for thing in things] for address, things in before.items()} == {
        address: [thing["id"] for thing in things] for address, things in own.show().items() if address in before
    }
    tags = [tag["TagKey"] for row in own.client.call("ecs", "DescribeInstances", RegionId=REGION)["Instances"]["Instance"]
            for tag in row["Tags"]["Tag"]]  # fmt: skip
    assert not [tag for tag in tags if tag.startswith(("acsctl:cluster", "acsctl:node", "acsctl:pool"))]
    # They held nodes: to make them nodes again empties them once more, which has to be allowed.
    write(own)
    own.apply("--allow", "all", "--allow", "cluster.kube", "--allow", "node_pool.workers")


@pytest.mark.long
def test_a_control_plane_that_is_gone_takes_the_cluster_along(own: Lab) -> None:
    old = own.id("cluster.kube")
    own.behind("ecs", "DeleteInstance", InstanceId=machine_of(old), Force="true")
    own.apply("--allow", "all", "--allow", "node_pool.workers")
    assert own.id("cluster.kube") != old
    assert len(nodes(own)) == 3 and all(ready(node) for node in nodes(own).values())


def test_all_of_it_goes(shared: Lab) -> None:
    # The network interfaces of machines go a while after them (compute.md 1.5), a longer one where a real control plane ends.
    shared.expected |= {"DependencyViolation"}
    write(shared)
    shared.destroy()
    assert shared.world("instance") == []
