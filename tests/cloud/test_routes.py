"""ROA calls on the wire: what stands in the path, in the query and in the body, and answers that are no object."""

from __future__ import annotations

import hashlib
import json

import pytest

from acsctl.cloud.products import PRODUCTS
from acsctl.cloud.routes import form
from acsctl.errors import CloudError, UnknownOutcomeError
from tests.cloud.server import Reply
from tests.cloud.typed import lost

NODES = {"ClusterId": "c1", "NodepoolId": "np1", "instance_ids": ["i-1", "i-2"], "release_node": False}


def test_a_read_has_its_parameters_in_path_and_query(server, cloud):
    server.on("DescribeClusterUserKubeconfig", Reply({"config": "yaml"}))
    params = {"ClusterId": "c1/2", "TemporaryDurationMinutes": 60, "PrivateIpAddress": None}
    assert cloud.call("cs", "DescribeClusterUserKubeconfig", params) == {"config": "yaml"}
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("GET", "/k8s/c1%2F2/user_config")
    assert seen.params == {"TemporaryDurationMinutes": "60"}
    assert seen.headers["x-acs-version"] == "2015-12-15"


def test_a_write_has_its_parameters_in_the_body(server, cloud):
    server.on("CreateClusterNodePool", Reply({"nodepool_id": "np1"}))
    pool = {"nodepool_info": {"name": "a", "type": None}, "kubernetes_config": {"labels": [], "taints": None}}
    cloud.call("cs", "CreateClusterNodePool", {"ClusterId": "c1", **pool})
    (seen,) = server.seen
    assert (seen.method, seen.path, seen.params) == ("POST", "/clusters/c1/nodepools", {})
    # What is empty says something in a body; what is None is not there.
    assert json.loads(seen.body) == {"nodepool_info": {"name": "a"}, "kubernetes_config": {"labels": []}}
    assert seen.headers["content-type"].startswith("application/json")
    assert seen.headers["x-acs-content-sha256"] == hashlib.sha256(seen.body).hexdigest()


def test_a_delete_has_its_lists_as_json_in_the_query(server, cloud):
    cloud.call("cs", "RemoveNodePoolNodes", NODES)
    (seen,) = server.seen
    assert (seen.method, seen.path, seen.body) == ("DELETE", "/clusters/c1/nodepools/np1/nodes", b"")
    assert seen.params == {"instance_ids": '["i-1", "i-2"]', "release_node": "false"}


def test_every_form_is_signed(server, cloud):
    cloud.call("cs", "RemoveNodePoolNodes", NODES)
    cloud.call("cs", "ModifyCluster", {"ClusterId": "c1", "cluster_name": "new"})
    secret = cloud.credentials.keys().secret
    assert [seen.is_signed_with(secret) for seen in server.seen] == [True, True]


def test_a_bare_list_comes_as_body(server, cloud):
    server.on("DescribeKubernetesVersionMetadata", Reply([{"version": "1.36.2-aliyun.1"}]))
    answer = cloud.call(
        "cs", "DescribeKubernetesVersionMetadata", {"Region": "cn-hangzhou", "ClusterType": "ManagedKubernetes"}
    )
    assert answer == {"body": [{"version": "1.36.2-aliyun.1"}]}


def test_a_list_where_an_object_belongs_is_no_answer(server, cloud):
    server.on("DescribeUserQuota", Reply([]))
    with pytest.raises(UnknownOutcomeError):
        cloud.call("cs", "DescribeUserQuota", {})


def test_a_refusal_in_lower_case_is_a_refusal(server, cloud):
    server.on("DescribeClusterDetail", Reply({"code": "ErrorClusterNotFound", "message": "gone", "requestId": "R"}, 404))
    with pytest.raises(CloudError) as caught:
        cloud.call("cs", "DescribeClusterDetail", {"ClusterId": "c1"})
    assert (caught.value.code, caught.value.status, caught.value.request_id) == ("ErrorClusterNotFound", 404, "R")


def test_a_failure_within_a_success_is_a_refusal(server, cloud):
    server.on("GetNamespace", Reply({"Code": "NAMESPACE_NOT_EXIST", "IsSuccess": False, "RequestId": "R"}))
    with pytest.raises(CloudError) as caught:
        cloud.call("cr", "GetNamespace", {"InstanceId": "cri-1", "NamespaceName": "a"})
    assert (caught.value.code, caught.value.status) == ("NAMESPACE_NOT_EXIST", 200)


@pytest.mark.parametrize("action", sorted(PRODUCTS["cs"].routes))
def test_a_route_is_the_one_that_the_sdk_takes(action, monkeypatch):
    """The SDK's own client, asked with the ids of the path alone, goes to the same method and path."""
    from alibabacloud_cs20151215 import client, models

    made = client.Client.__new__(client.Client)
    went = []
    monkeypatch.setattr(client.Client, "call_api", lambda self, params, request, runtime: went.append(params) or {})
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in action).strip("_")
    method = getattr(made, f"{snake}_with_options")
    route = PRODUCTS["cs"].routes[action]
    request = [getattr(models, f"{action}Request")()] if hasattr(models, f"{action}Request") else []
    method(*route.names, *request, {}, None)
    (params,) = went
    assert (params.method, params.pathname, params.action) == (
        route.method,
        form(route, {n: n for n in route.names}).path,
        action,
    )
    assert params.body_type == {"object": "json", "array": "array", "none": "none"}[route.answer]


def test_the_typed_requests_know_bodies_too():
    assert lost("cs", "RemoveNodePoolNodes", NODES) == {}
    assert lost("cs", "CreateCluster", {"name": "a", "vpc_id": "vpc-1", "tags": [{"key": "a", "value": "b"}]}) == {
        "vpc_id": "vpc-1"
    }
    body = {"ClusterId": "c1", "NodepoolId": "np1", "scaling_group": {"desired": 1, "instance_types": ["t"]}}
    assert lost("cs", "ModifyClusterNodePool", body) == {"scaling_group.desired": "1"}
