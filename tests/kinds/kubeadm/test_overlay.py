"""Flannel as objects: what is applied, what is read back, what is refused, and when a node has a network."""

from __future__ import annotations

import json

import pytest

from acsctl.kinds.flannel import Flannel, same_config
from acsctl.kinds.kubeadm import flannel_objects as flannel
from acsctl.kinds.kubeadm import nodes, overlay
from acsctl.kube.manifest import CLUSTER_WIDE, key_of
from tests.kinds.values import ref, stack

FLANNEL = Flannel()
POD_RANGE = "172.20.0.0/16"


def made(version=None, **config):
    return flannel.Overlay.of(POD_RANGE, version, config)


def by_kind(of):
    return {item["kind"]: item for item in flannel.objects(of)}


def test_the_net_conf_has_the_range_of_the_cluster_and_vxlan():
    data = by_kind(made())["ConfigMap"]["data"]
    expected = {"Network": POD_RANGE, "EnableNFTables": False, "Backend": {"Type": "vxlan"}}
    assert json.loads(data["net-conf.json"]) == expected
    assert json.loads(data["cni-conf.json"])["plugins"][0]["type"] == "flannel"


def test_every_object_is_in_its_namespace_or_has_none():
    for item in flannel.objects(made()):
        key = key_of(item)
        wide = (key.group, key.kind) in CLUSTER_WIDE
        assert key.namespace == ("" if wide else "kube-flannel")


def test_its_pods_run_on_every_node_before_there_is_a_network():
    pod = by_kind(made())["DaemonSet"]["spec"]["template"]["spec"]
    assert pod["hostNetwork"] and pod["tolerations"] == [{"operator": "Exists", "effect": "NoSchedule"}]
    volumes = {row["name"] for row in pod["volumes"]}
    mounted = {row["name"] for container in (*pod["initContainers"], *pod["containers"]) for row in container["volumeMounts"]}
    assert volumes == mounted


@pytest.mark.parametrize(
    "overlay_",
    [
        made(),
        made("v0.28.4", images="registry.example/flannel", plugin="v1.9.0-flannel1"),
        made(Backend={"Type": "vxlan", "Port": 4789, "DirectRouting": True}, EnableNFTables=True),
    ],
)
def test_what_is_applied_is_read_back(overlay_):
    there = by_kind(overlay_)
    assert flannel.read(there["ConfigMap"], there["DaemonSet"]) == overlay_
    assert same_config({}, overlay_.config) and same_config({"Backend": overlay_.backend}, overlay_.config)


@pytest.mark.parametrize("gone", ["net-conf.json", "containers"])
def test_what_cannot_be_read_is_not_there(gone):
    there = by_kind(made())
    there["ConfigMap"]["data"].pop(gone, None)
    there["DaemonSet"]["spec"]["template"]["spec"].pop(gone, None)
    assert flannel.read(there["ConfigMap"], there["DaemonSet"]) is None


@pytest.mark.parametrize(("version", "probes"), [(None, True), ("v0.28.9", True), ("v0.29.0", True), ("v0.28.4", False)])
def test_versions_that_cannot_tell_are_not_asked(version, probes):
    (container,) = by_kind(made(version))["DaemonSet"]["spec"]["template"]["spec"]["containers"]
    assert ("readinessProbe" in container) is probes


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({}, ""),
        ({"Backend": {"Type": "vxlan", "VNI": 7}, "EnableNFTables": True, "images": "r.example/f", "plugin": "v1"}, ""),
        ({"Backend": {"Type": "wireguard"}}, ""),
        ({"Backend": {"Type": "host-gw"}}, "host-gw does not work in a VPC"),
        ({"Backend": {"Type": "ali-vpc"}}, "has it no more since v0.20.0"),
        ({"Backend": {"Type": "udp"}}, "udp is no backend for a VPC"),
        ({"Backend": {"VNI": 7}}, "a backend has a Type"),
        ({"Network": POD_RANGE}, "there is no Network here"),
    ],
)
def test_configurations_are_checked_at_load(config, says):
    spec = {"cluster": ref("cluster.kube"), "config": config}
    others = stack(cluster_kube={"provider": "kubeadm"}, flannel_a=spec)
    found = [fault.message for fault in FLANNEL.schema.check(spec, others)]
    assert bool(found) is bool(says) and all(says in text for text in found)
    # That of an addon is the addon's own.
    managed = stack(cluster_kube={}, flannel_a=spec)
    assert [*FLANNEL.schema.check(spec, managed)] == []


def node(name, *, ready="True", block="172.20.0.0/25", labels=None, taints=()):
    condition = {"type": "Ready", "status": ready, "reason": "KubeletNotReady", "message": "cni plugin not initialized"}
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/os": "linux", nodes.POOL: "p", **(labels or {})}},
        "spec": {"podCIDR": block, "taints": list(taints)},
        "status": {"conditions": [condition]},
    }


class Inside:
    """A cluster with these nodes, and a DaemonSet that is ready on so many of them; None: without one."""

    def __init__(self, rows, ready):
        self.rows, self.ready = rows, ready

    def get(self, api_version, kind, *, name, namespace):
        if self.ready is None:
            return None
        status = {"desiredNumberScheduled": len(self.rows), "numberReady": self.ready, "observedGeneration": 1}
        return {"metadata": {"generation": 1}, "status": {**status, "updatedNumberScheduled": len(self.rows)}}

    def list(self, api_version, kind):
        return self.rows


def test_the_first_node_without_a_network_is_named():
    two = [node("a"), node("b", ready="False")]
    assert overlay.standing_of(Inside(two, 2), two) == (
        "1 of 2 nodes: b is not ready (KubeletNotReady: cni plugin not initialized)"
    )
    assert overlay.standing_of(Inside(two, None), two) == "the flannel DaemonSet is not there"
    assert overlay.trouble_of(node("a", block="")) == "has no pod range (spec.podCIDR)"
    fine = [node("a"), node("b")]
    assert overlay.standing_of(Inside(fine, 1), fine) == overlay.ROLLING
    assert overlay.standing_of(Inside(fine, 2), fine) == ""


def test_a_node_that_comes_first_is_not_waited_for():
    rows = [node("a", ready="False")]
    assert overlay.without_network(Inside(rows, None), "a") == ""
    assert overlay.without_network(Inside(rows, 0), "a").startswith("a is not ready")
    both = [node("a"), node("b", ready="False")]
    # One that is broken keeps no other one from being ready.
    assert overlay.without_network(Inside(both, 1), "a") == ""
    assert overlay.without_network(Inside([node("a")], 0), "a") == overlay.ROLLING


def test_labels_and_taints_are_those_that_all_nodes_of_a_pool_have():
    mine = {"key": "only", "value": "web", "effect": "NoSchedule"}
    theirs = {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"}
    one = node("r.i-1", labels={"tier": "web", "team": "a"}, taints=[mine, theirs])
    two = node("r.i-2", labels={"tier": "web", "team": "b"}, taints=[mine])
    assert nodes.common_labels([one, two]) == {"tier": "web"}
    assert nodes.common_taints([one, two]) == [mine]
    assert (nodes.common_labels([]), nodes.common_taints([])) == ({}, [])
    assert nodes.machine_of(one) == "i-1"
