"""Addons: the catalogue and their life in a cluster."""

import json

import pytest
from alibabacloud_cs20151215 import models as cs
from darabonba.exceptions import DaraException

from tests.emulator.conftest import code_of
from tests.emulator.cs.ack import Ack

PROBLEMS = "ack-node-problem-detector"


@pytest.fixture
def cluster_id(ack: Ack) -> str:
    return ack.cluster()


def installed(ack: Ack, cluster_id: str) -> dict[str, tuple[str, str]]:
    found = ack.client.list_cluster_addon_instances(cluster_id).body.addons
    return {one.name: (one.version, one.state) for one in found}


def install(ack: Ack, cluster_id: str, name: str, version: str) -> str:
    body = [cs.InstallClusterAddonsRequestBody(name=name, version=version)]
    return str(ack.client.install_cluster_addons(cluster_id, cs.InstallClusterAddonsRequest(body=body)).body.task_id)


def test_a_cluster_has_its_default_addons(ack: Ack) -> None:
    made = ack.client.create_cluster(
        ack.request(addons=[cs.Addon(name="flannel"), cs.Addon(name="gateway-api", disabled=True)])
    )
    found = installed(ack, made.body.cluster_id)
    assert found["kube-flannel-ds"] == ("v0.28.0.6", "initial")
    assert found["kube-apiserver"][0] == "v1.35.7-aliyun.1"
    assert {"coredns", "metrics-server", "csi-plugin", "cloud-controller-manager"} <= set(found)
    assert "gateway-api" not in found
    ack.finish(made.body.task_id)
    assert {state for _, state in installed(ack, made.body.cluster_id).values()} == {"active"}


def test_flannel_answers_to_both_names(ack: Ack, cluster_id: str) -> None:
    for name in ("flannel", "kube-flannel-ds"):
        found = ack.client.get_cluster_addon_instance(cluster_id, name).body
        assert (found.name, found.config) == ("kube-flannel-ds", "")


def test_installing(ack: Ack, cluster_id: str) -> None:
    task_id = install(ack, cluster_id, PROBLEMS, "1.2.20")
    assert installed(ack, cluster_id)[PROBLEMS] == ("1.2.20", "initial")
    assert ack.finish(task_id)["task_type"] == "cluster_addon_install"
    assert installed(ack, cluster_id)[PROBLEMS] == ("1.2.20", "active")
    with pytest.raises(DaraException) as failure:
        install(ack, cluster_id, PROBLEMS, "1.2.20")
    assert code_of(failure) == "AddonAlreadyInstalled"
    management = cs.CreateClusterNodePoolRequestManagement(enable=True)
    assert ack.pool(cluster_id, management=management)


def test_what_cannot_be_installed(ack: Ack, cluster_id: str) -> None:
    for name, version, code in (("none", "1", "AddonNotFound"), (PROBLEMS, "9", "InvalidParameter.Addons")):
        with pytest.raises(DaraException) as failure:
            install(ack, cluster_id, name, version)
        assert code_of(failure) == code


def test_an_install_that_fails_leaves_nothing(ack: Ack, cluster_id: str) -> None:
    ack.cloud.settings(failing_tasks={"cluster_addon_install": 1})
    ack.finish(install(ack, cluster_id, PROBLEMS, "1.2.20"), state="fail")
    assert PROBLEMS not in installed(ack, cluster_id)


def test_upgrading(ack: Ack, cluster_id: str) -> None:
    ack.finish(install(ack, cluster_id, PROBLEMS, "1.2.20"))
    newer = ack.client.describe_addon(PROBLEMS, cs.DescribeAddonRequest(cluster_id=cluster_id, version="1.2.20")).body
    assert [one.version for one in newer.newer_versions] == ["1.2.26"]
    body = [cs.UpgradeClusterAddonsRequestBody(component_name=PROBLEMS, next_version="1.2.26")]
    made = ack.client.upgrade_cluster_addons(cluster_id, cs.UpgradeClusterAddonsRequest(body=body)).body
    assert installed(ack, cluster_id)[PROBLEMS] == ("1.2.20", "upgrading")
    with pytest.raises(DaraException) as failure:
        ack.client.upgrade_cluster_addons(cluster_id, cs.UpgradeClusterAddonsRequest(body=body))
    assert code_of(failure) == "AddonOperationConflict"
    ack.finish(made.task_id)
    assert installed(ack, cluster_id)[PROBLEMS] == ("1.2.26", "active")


def test_a_new_config_has_a_task_that_must_be_found(ack: Ack, cluster_id: str) -> None:
    config = json.dumps({"CreateDefaultCNFS": "true"})
    ack.client.modify_cluster_addon(cluster_id, "cnfs-controller", cs.ModifyClusterAddonRequest(config=config))
    (task,) = [
        one
        for one in ack.client.describe_cluster_tasks(cluster_id, cs.DescribeClusterTasksRequest()).body.tasks
        if one.task_type == "cluster_addon_modify"
    ]
    ack.finish(task.task_id)
    assert ack.client.get_cluster_addon_instance(cluster_id, "cnfs-controller").body.config == config
    status = ack.client.describe_cluster_addon_upgrade_status(cluster_id, "cnfs-controller").body
    assert status["cnfs-controller"]["tasks"]["status"] == "Success"
    with pytest.raises(DaraException) as failure:
        ack.client.modify_cluster_addon(cluster_id, "cnfs-controller", cs.ModifyClusterAddonRequest(config="{"))
    assert code_of(failure) == "InvalidParameter.Addons"


def test_uninstalling(ack: Ack, cluster_id: str) -> None:
    request = cs.UnInstallClusterAddonsRequest(addons=[cs.UnInstallClusterAddonsRequestAddons(name="gateway-api")])
    made = ack.client.un_install_cluster_addons(cluster_id, request).body
    assert installed(ack, cluster_id)["gateway-api"][1] == "deleting"
    ack.finish(made.task_id)
    assert "gateway-api" not in installed(ack, cluster_id)
    for name, code in (("coredns", "AddonOperationNotSupported"), ("none", "AddonNotFound")):
        request = cs.UnInstallClusterAddonsRequest(addons=[cs.UnInstallClusterAddonsRequestAddons(name=name)])
        with pytest.raises(DaraException) as failure:
            ack.client.un_install_cluster_addons(cluster_id, request)
        assert code_of(failure) == code


def test_the_catalogue(ack: Ack, cluster_id: str) -> None:
    found = ack.client.list_addons(cs.ListAddonsRequest(cluster_id=cluster_id)).body.addons
    by_name = {one.name: one for one in found}
    assert by_name["coredns"].install_by_default
    assert "Uninstall" not in by_name["coredns"].supported_actions
    assert "Uninstall" in by_name["nginx-ingress-controller"].supported_actions
    assert json.loads(ack.client.describe_addon("coredns", cs.DescribeAddonRequest()).body.config_schema)["type"] == "object"
