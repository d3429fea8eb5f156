"""Grants, logs, checks, the old forms of calls."""

from typing import Any

import pytest
from alibabacloud_cs20151215 import models as cs
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, code_of
from tests.emulator.cs.ack import Ack
from tests.emulator.cs.wire import roa

UID = "2000000000000001"


@pytest.fixture
def cluster_id(ack: Ack) -> str:
    return ack.cluster()


def grant(cluster_id: str, role: str, **more: Any) -> dict[str, Any]:
    return {"cluster": cluster_id, "role_name": role, "role_type": "cluster", **more}


def granted(ack: Ack, uid: str = UID) -> list[tuple[str, str]]:
    return [(one.resource_id, one.role_name) for one in ack.client.describe_user_permission(uid).body]


def test_grants_replace_add_and_go(ack: Ack, cluster_id: str) -> None:
    def post(path: str, *rows: dict[str, Any], **query: str) -> int:
        return roa(ack.cloud, "POST", f"/permissions/users/{UID}{path}", query=query, body=list(rows)).status

    assert post("", grant(cluster_id, "ops")) == 200
    assert granted(ack) == [(cluster_id, "ops")]
    assert post("", grant(cluster_id, "dev", role_type="namespace", namespace="web")) == 200
    assert granted(ack) == [(f"{cluster_id}/web", "dev")]
    assert post("/update", grant(cluster_id, "ops"), mode="patch") == 200
    assert granted(ack) == [(cluster_id, "ops")]
    assert post("/update", grant(cluster_id, "ops"), mode="delete") == 200
    assert granted(ack) == []
    assert post("", grant(cluster_id, "ops", role_type="planet")) == 400
    assert post("", grant("c0", "ops")) == 404
    assert post("", grant(cluster_id, "ops")) == 200
    ack.client.clean_cluster_user_permissions(cluster_id, UID, cs.CleanClusterUserPermissionsRequest())
    assert granted(ack) == []


def test_logs_of_the_control_plane(ack: Ack, cluster_id: str) -> None:
    request = cs.UpdateControlPlaneLogRequest(components=["apiserver"], log_ttl="7")
    task = ack.finish(ack.client.update_control_plane_log(cluster_id, request).body.task_id)
    assert task["task_type"] == "cluster_configuration_modify"
    found = ack.client.check_control_plane_log_enable(cluster_id).body
    assert (found.components, found.log_ttl, found.log_project) == (["apiserver"], "7", f"k8s-log-{cluster_id}")
    request = cs.UpdateClusterAuditLogConfigRequest(sls_project_name="mine")
    ack.finish(ack.client.update_cluster_audit_log_config(cluster_id, request).body.task_id)
    assert ack.client.get_cluster_audit_project(cluster_id).body.sls_project_name == "mine"


def test_a_cluster_is_checked_before_an_upgrade(ack: Ack, cluster_id: str) -> None:
    made = ack.client.run_cluster_check(cluster_id, cs.RunClusterCheckRequest(type="ClusterUpgrade")).body
    assert ack.client.get_cluster_check(cluster_id, made.check_id).body.status == "Running"
    ack.pass_time(11)
    (found,) = ack.client.list_cluster_checks(cluster_id, cs.ListClusterChecksRequest(type="ClusterUpgrade")).body.checks
    assert (found.check_id, found.status) == (made.check_id, "Succeeded")


@pytest.mark.parametrize("path", ["upgrade/status", "upgrade/pause", "upgrade/cancel", "upgrade/resume"])
def test_the_old_upgrade_calls_are_switched_off(ack: Ack, cluster_id: str, path: str) -> None:
    method = "GET" if path.endswith("status") else "POST"
    answer = roa(ack.cloud, method, f"/api/v2/clusters/{cluster_id}/{path}")
    assert (answer.status, answer.json["code"]) == (410, "InvalidApi.Offline")


def test_other_forms_of_the_kubeconfig(ack: Ack, cluster_id: str) -> None:
    second = ack.client.describe_cluster_v2user_kubeconfig(cluster_id, cs.DescribeClusterV2UserKubeconfigRequest()).body
    assert f"1000200030004000-{cluster_id}" in second.config
    request = cs.DescribeSubaccountK8sClusterUserConfigRequest()
    other = ack.client.describe_subaccount_k8s_cluster_user_config(cluster_id, UID, request).body
    assert f"{UID}-{cluster_id}" in other.config


def test_other_forms_of_the_catalogue(ack: Ack, cluster_id: str) -> None:
    found = ack.client.describe_addons(cs.DescribeAddonsRequest(region=REGION)).body
    assert found.standard_components["coredns"].required == "true"
    request = cs.DescribeClusterAddonMetadataRequest()
    assert ack.client.describe_cluster_addon_metadata(cluster_id, "coredns", request).body.version == "v1.13.2.3"
    rows = ack.client.describe_cluster_addons_version(cluster_id).body
    assert rows["coredns"]["can_upgrade"] is False


def test_service_roles_can_be_missing(ack: Ack) -> None:
    """As any error, on request."""
    code = "ErrManagedKuberneteRoleNotAttach"
    ack.cloud.control("PUT", "faults", [{"action": "cs.CreateCluster", "code": code, "status": 400}])
    with pytest.raises(DaraException) as failure:
        ack.client.create_cluster(ack.request())
    assert code_of(failure) == code
