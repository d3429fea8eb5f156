"""Machines that join a cluster, are refused, stop and go."""

from typing import Any

import pytest
from alibabacloud_ecs20140526 import models as m

from tests.emulator.conftest import REGION
from tests.emulator.ecs.conftest import make_group
from tests.emulator.kubeadm.conftest import TOKEN, Machines, User, condition, flannel

SECRETS = "/api/v1/namespaces/kube-system/secrets"


def joined(machines: Machines, **parameters: Any) -> tuple[str, User]:
    """A worker w-1 of a cluster, and its administrator."""
    control = machines.control_plane()
    user = machines.user(machines.clusters()[0]["server"])
    id_ = machines.launch(machines.join_data(f"{machines.address(control)}:6443", **parameters))
    machines.until(lambda: machines.node(user, "w-1"))
    return id_, user


def test_a_worker_becomes_a_node_with_what_its_kubelet_was_told(machines: Machines) -> None:
    arguments = (
        "  kubeletExtraArgs:\n"
        "  - {name: provider-id, value: cn-hangzhou.i-1}\n"
        '  - {name: node-labels, value: "team=a,node.kubernetes.io/pool=b"}\n'
        "  taints: [{key: gpu, effect: NoSchedule}]\n"
    )
    id_, user = joined(machines, more=arguments)
    machines.settle()
    node = machines.node(user, "w-1")
    assert node is not None
    assert node["spec"]["providerID"] == "cn-hangzhou.i-1"
    assert node["spec"]["podCIDR"] == "172.20.0.128/25"
    assert {"key": "gpu", "effect": "NoSchedule"} in node["spec"]["taints"]
    assert {"team": "a", "node.kubernetes.io/pool": "b", "kubernetes.io/hostname": "w-1"}.items() <= node["metadata"][
        "labels"
    ].items()
    assert {"type": "InternalIP", "address": machines.address(id_)} in node["status"]["addresses"]
    assert condition(node, "Ready").get("status") == "False"


def test_flannel_comes_to_every_node(machines: Machines) -> None:
    _, user = joined(machines)
    for path, body in flannel(backend="host-gw"):
        assert user.ask("POST", path, body)[0] == 201
    daemons = "/apis/apps/v1/namespaces/kube-flannel/daemonsets/kube-flannel-ds"
    machines.until(lambda: user.get(daemons)[1].get("status", {}).get("numberReady") == 2)
    for name in ("cp-1", "w-1"):
        machines.until(lambda name=name: condition(machines.node(user, name), "Ready").get("status") == "True")
    node = machines.node(user, "w-1")
    assert node is not None
    assert node["metadata"]["annotations"]["flannel.alpha.coreos.com/backend-type"] == "host-gw"
    assert node["metadata"]["annotations"]["flannel.alpha.coreos.com/backend-data"] == "null"


REFUSED: dict[str, dict[str, str]] = {
    'could not find a JWS signature in the cluster-info ConfigMap for token ID "zzzzzz"': {"token": "zzzzzz.0123456789abcdef"},
    'could not find a JWS signature in the cluster-info ConfigMap for token ID "oldold"': {"token": "oldold.0123456789abcdef"},
    "failed to verify JWS signature": {"token": "abcdef.ffffffffffffffff"},
    "was not of the form": {"token": "nonsense"},
    "are pinned": {"pin": f"sha256:{'0' * 64}"},
    "connection refused": {"endpoint": "10.0.0.99:6443"},
    "unknown 'kubernetes.io' or 'k8s.io' labels": {
        "more": '  kubeletExtraArgs: [{name: node-labels, value: "node-role.kubernetes.io/worker=a"}]\n'
    },
    "cannot unmarshal object": {"more": "  kubeletExtraArgs: {node-labels: a=b}\n"},
    'a Node with name "cp-1" and status "Ready" already exists': {"name": "cp-1"},
}


def test_who_may_not_join_is_told_why(machines: Machines) -> None:
    tokens = f"bootstrapTokens: [{{token: {TOKEN}}}, {{token: oldold.0123456789abcdef, expires: '2020-01-01T00:00:00Z'}}]\n"
    control = machines.control_plane(tokens=tokens)
    user = machines.user(machines.clusters()[0]["server"])
    for path, body in flannel():
        assert user.ask("POST", path, body)[0] == 201
    machines.until(lambda: condition(machines.node(user, "cp-1"), "Ready").get("status") == "True")
    assert user.get(f"{SECRETS}/bootstrap-token-oldold")[0] == 404
    endpoint = f"{machines.address(control)}:6443"
    ids = {text: machines.launch(machines.join_data(**{"endpoint": endpoint, **given})) for text, given in REFUSED.items()}
    machines.settle(150)
    consoles = machines.consoles()
    assert [text for text, id_ in ids.items() if text not in consoles[id_] or "finished" not in consoles[id_]] == []
    assert [one["metadata"]["name"] for one in user.get("/api/v1/nodes")[1]["items"]] == ["cp-1"]


@pytest.mark.long
def test_a_token_that_is_made_later_lets_in(machines: Machines) -> None:
    control = machines.control_plane()
    user = machines.user(machines.clusters()[0]["server"])
    texts = {
        "token-id": "later1",
        "token-secret": "0123456789abcdef",
        "usage-bootstrap-signing": "true",
        "usage-bootstrap-authentication": "true",
        "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
        "expiration": "2099-01-01T00:00:00Z",
    }
    meta = {"name": "bootstrap-token-later1", "namespace": "kube-system"}
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": meta,
        "type": "bootstrap.kubernetes.io/token",
        "stringData": texts,
    }
    assert user.ask("POST", SECRETS, body)[0] == 201
    machines.launch(machines.join_data(f"{machines.address(control)}:6443", token="later1.0123456789abcdef"))
    machines.until(lambda: machines.node(user, "w-1"))


@pytest.mark.long
def test_a_worker_waits_in_a_loop_for_a_control_plane_that_comes_later(machines: Machines) -> None:
    data = machines.join_data("10.0.0.2:6443").replace("- kubeadm join", "- until kubeadm join")
    worker = machines.launch(
        data.replace("/etc/kubernetes/join.yaml\nwrite", "/etc/kubernetes/join.yaml; do sleep 5; done\nwrite")
    )
    machines.until(lambda: "connection refused" in machines.console(worker))
    control = machines.control_plane()
    assert machines.address(control) == "10.0.0.2"
    user = machines.user(machines.clusters()[0]["server"])
    machines.until(lambda: machines.node(user, "w-1"))


def test_a_node_is_silent_while_its_machine_is_off_and_when_it_is_gone(machines: Machines) -> None:
    id_, user = joined(machines)
    machines.until(lambda: condition(machines.node(user, "w-1"), "Ready"))
    machines.cloud.ecs.stop_instance(m.StopInstanceRequest(instance_id=id_))
    machines.until(lambda: condition(machines.node(user, "w-1"), "Ready").get("status") == "Unknown")
    machines.settle(20)
    machines.cloud.ecs.start_instance(m.StartInstanceRequest(instance_id=id_))
    machines.until(lambda: condition(machines.node(user, "w-1"), "Ready").get("status") == "False")
    machines.cloud.ecs.delete_instance(m.DeleteInstanceRequest(instance_id=id_, force=True))
    machines.until(lambda: condition(machines.node(user, "w-1"), "Ready").get("status") == "Unknown")
    assert user.ask("DELETE", "/api/v1/nodes/w-1")[0] == 200
    machines.settle()
    assert machines.node(user, "w-1") is None


@pytest.mark.long
def test_another_machine_may_take_the_name_of_one_that_is_gone(machines: Machines) -> None:
    id_, user = joined(machines)
    machines.cloud.ecs.delete_instance(m.DeleteInstanceRequest(instance_id=id_, force=True))
    machines.until(lambda: condition(machines.node(user, "w-1"), "Ready").get("status") == "Unknown")
    endpoint = machines.clusters()[0]["addresses"][0]
    machines.launch(machines.join_data(endpoint))
    machines.until(lambda: condition(machines.node(user, "w-1"), "Ready").get("status") == "False")


@pytest.mark.long
def test_flags_instead_of_a_file(machines: Machines) -> None:
    control = machines.control_plane()
    user = machines.user(machines.clusters()[0]["server"])
    flags = f"--token {TOKEN} --discovery-token-unsafe-skip-ca-verification --node-name w-1"
    machines.launch(f"#!/bin/sh\nsudo kubeadm join {machines.address(control)}:6443 {flags}\n")
    machines.until(lambda: machines.node(user, "w-1"))


def test_a_security_group_keeps_machines_from_the_api_server(machines: Machines) -> None:
    groups = [make_group(machines.cloud, machines.net.vpc_id, security_group_type="enterprise") for _ in range(2)]
    control = machines.launch(machines.init_data(), security_group_id=groups[0])
    machines.until(lambda: "initialized successfully" in machines.console(control))
    endpoint = f"{machines.address(control)}:6443"
    first = machines.launch(machines.join_data(endpoint), security_group_id=groups[1])
    machines.until(lambda: "finished" in machines.console(first))
    assert f"dial tcp {endpoint}: i/o timeout" in machines.console(first)
    rule = m.AuthorizeSecurityGroupRequestPermissions(ip_protocol="TCP", port_range="6443/6443", source_cidr_ip="10.0.0.0/24")
    request = m.AuthorizeSecurityGroupRequest(region_id=REGION, security_group_id=groups[0], permissions=[rule])
    machines.cloud.ecs.authorize_security_group(request)
    user = machines.user(machines.clusters()[0]["server"])
    machines.launch(machines.join_data(endpoint), security_group_id=groups[1])
    machines.until(lambda: machines.node(user, "w-1"))
