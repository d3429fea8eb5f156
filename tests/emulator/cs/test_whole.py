"""The whole of it, with nothing left out: a built-in control plane, nodes, routes, and a client with a kubeconfig."""

import base64
import json
import ssl
import urllib.request
from pathlib import Path
from typing import Any

import yaml
from alibabacloud_cs20151215 import models as cs

from tests.emulator.conftest import LocalCloud
from tests.emulator.cs.ack import Ack


def finished(ack: Ack, task_id: str) -> dict[str, Any]:
    """Nodes boot by themselves here."""
    for _ in range(60):
        ack.pass_time(10, boot=False)
        if ack.task(task_id)["state"] != "running":
            break
    return ack.task(task_id)


def get(config: dict[str, Any], path: str, *, folder: Path) -> Any:
    """A request as kubectl sends it."""
    (cluster,), (user,) = config["clusters"], config["users"]
    pem = folder / "client.pem"
    pem.write_bytes(b"".join(base64.b64decode(user["user"][name]) for name in ("client-certificate-data", "client-key-data")))
    authority = base64.b64decode(cluster["cluster"]["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    context.load_cert_chain(pem)
    with urllib.request.urlopen(cluster["cluster"]["server"] + path, context=context) as answer:
        return json.load(answer)


def test_from_an_empty_account_to_ready_nodes_and_back(cloud: LocalCloud, tmp_path: Path) -> None:
    ack = Ack(cloud)
    before = ack.cloud.world()
    made = ack.client.create_cluster(ack.request()).body
    assert finished(ack, made.task_id)["state"] == "success"
    pool = ack.client.create_cluster_node_pool(made.cluster_id, ack.pool_request(size=2)).body
    assert finished(ack, pool.task_id)["state"] == "success"
    request = cs.DescribeClusterUserKubeconfigRequest(temporary_duration_minutes=60)
    config = yaml.safe_load(ack.client.describe_cluster_user_kubeconfig(made.cluster_id, request).body.config)
    nodes = get(config, "/api/v1/nodes", folder=tmp_path)["items"]
    assert {one["metadata"]["name"] for one in nodes} == {one["node_name"] for one in ack.nodes(made.cluster_id)}
    ready = [one["status"] for node in nodes for one in node["status"]["conditions"] if one["type"] == "Ready"]
    assert ready == ["True", "True"]
    routes = [one["attributes"]["DestinationCidrBlock"] for one in ack.cloud.world("route_entry")]
    assert sorted(routes) == sorted(one["spec"]["podCIDR"] for one in nodes)
    smaller = cs.ModifyClusterNodePoolRequest(scaling_group=cs.ModifyClusterNodePoolRequestScalingGroup(desired_size=1))
    task_id = ack.client.modify_cluster_node_pool(made.cluster_id, pool.nodepool_id, smaller).body.task_id
    assert finished(ack, task_id)["state"] == "success"
    assert len(get(config, "/api/v1/nodes", folder=tmp_path)["items"]) == len(ack.instances()) == 1
    deleted = ack.client.delete_cluster(made.cluster_id, cs.DeleteClusterRequest()).body
    assert finished(ack, deleted.task_id)["state"] == "success"
    ack.pass_time(60, boot=False)
    assert ack.cloud.world() == before
