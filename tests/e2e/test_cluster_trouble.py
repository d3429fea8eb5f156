"""What goes wrong before there is a cluster, through the whole command line: what is said of it, with which exit code, and that
the same command goes on once the cause is gone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from acsctl.cloud.answer import Answer
from acsctl.cloud.products import Product
from acsctl.cloud.routes import Form
from acsctl.cloud.sdk import Sdk
from tests.e2e import trouble
from tests.e2e.cluster_cases import KUBE, NETWORK, SMALL
from tests.e2e.trouble import WRONG, config, ended, person, refused, write
from tests.support.lab import Block, Lab


@pytest.mark.parametrize("name", ["an unknown version", "an unknown field", "an unknown field deep inside"])
def test_what_no_cluster_takes_is_refused_before_there_is_one(lab: Lab, name: str) -> None:
    """By the schemas of its version, with the place in the file: nothing is made."""
    write(lab, WRONG[name][0], pool=False)
    for command in (("plan",), ("apply", "--yes")):
        done = person(lab, *command)
        assert done.code == 3 and "web.yaml:" in done.text and WRONG[name][1][-1].split()[-1] in done.text
    assert lab.world() == []


def test_what_only_the_cluster_can_tell_ends_part_way(lab: Lab) -> None:
    item, says = WRONG["a value that cannot be"]
    write(lab, item, pool=False)
    assert person(lab, "plan").code == 0
    ended(lab, 6, "✘ workload.web", says[0])
    write(lab, config(), pool=False)
    lab.apply()


# The cloud around the cluster


def kube_block(**changes: Any) -> dict[str, Block]:
    return {**NETWORK, "kube": {**SMALL, **changes}}


def test_a_cluster_that_fails_takes_nothing_with_it(lab: Lab) -> None:
    lab.settings(failing_tasks={"cluster_create": 1})
    write(lab, config(), pool=False)
    text = ended(lab, 6, "✘ cluster.kube", "failed: TaskFailed", "not started because of it: workload.web")
    assert "run the same command again" in text
    done = person(lab, "plan")
    assert done.code == 0 and "-/+ cluster.kube" in done.text and "TaskFailed" in done.text
    lab.apply()


def test_a_service_role_that_is_missing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "the role AliyunCSManagedKubernetesRole is not attached"
    body = json.dumps({"code": "ErrManagedKuberneteRoleNotAttach", "message": said, "requestId": "1-2-3"}).encode()
    exchange = Sdk.exchange

    def without_role(self: Sdk, product: Product, *, action: str, form: Form, **rest: Any) -> Answer:
        return Answer(400, {}, body) if action == "CreateCluster" else exchange(self, product, action=action, form=form, **rest)

    lab.stack(kube_block())
    with monkeypatch.context() as patch:
        patch.setattr(Sdk, "exchange", without_role)
        ended(lab, 6, "✘ cluster.kube", "ErrManagedKuberneteRoleNotAttach", said, "lacks a service role of Container Service")
    lab.apply()


def test_an_unknown_version(lab: Lab) -> None:
    lab.stack(kube_block(version="1.19"))
    refused(lab, "cluster.kube", "1.19", "1.35")
    lab.stack(kube_block(version="new"))
    assert person(lab, "plan").code == 3


def test_a_quota_of_clusters(lab: Lab) -> None:
    lab.settings(quotas={"cs.clusters": 0})
    lab.stack(kube_block())
    refused(lab, "cluster.kube", "quota")


def test_no_stock_for_a_pool(lab: Lab) -> None:
    lab.settings(stock={"cn-hangzhou-h": {"ecs.g7.xlarge": 0}})
    write(lab)
    refused(lab, "node_pool.workers", "ecs.g7.xlarge", "sold out")
    lab.settings(stock={})
    lab.apply()


def test_ranges_that_overlap(lab: Lab) -> None:
    network = {**KUBE["network"], "pod_cidr": "10.0.128.0/17"}
    lab.stack(kube_block(network=network))
    done = person(lab, "plan")
    assert done.code == 3 and "stack.yaml:" in done.text
    assert "pod_cidr 10.0.128.0/17 overlaps vpc.net's 10.0.0.0/16" in done.text
    assert lab.calls()["total"] == 0


def test_more_nodes_than_the_mask_allows(lab: Lab) -> None:
    network = {**KUBE["network"], "pod_cidr": "172.20.0.0/23", "node_cidr_mask": 24}
    lab.stack({**kube_block(network=network), "workers": {**trouble.POOL, "size": 3}})
    done = person(lab, "plan")
    assert done.code == 3 and "3 nodes are wanted, but 172.20.0.0/23 has a /24 for 2" in done.text


def test_a_registry_that_does_not_exist(lab: Lab) -> None:
    images = {"kind": "registry", "enterprise_instance": "cri-nowhere", "namespace": "shop", "repositories": ["web"]}
    lab.stack({"images": images})
    refused(lab, "registry.images", "cri-nowhere")


# Templates, values, secrets


def test_a_template_that_misses_a_value(lab: Lab) -> None:
    write(lab, pool=False, template="web-service", values={"replicas": 2})
    done = person(lab, "plan")
    assert done.code == 3 and "web-service.yaml.j2:" in done.text and "'image' is undefined" in done.text
    assert "write image into the `values` of workload.web" in done.text


def test_a_value_that_the_template_does_not_have(lab: Lab) -> None:
    write(lab, pool=False, template="web-service", values={"image": "web:1", "replcas": 2})
    done = person(lab, "plan")
    assert done.code == 3 and "replcas" in done.text and "did you mean 'replicas'" in done.text


def test_a_template_that_does_not_exist(lab: Lab) -> None:
    write(lab, pool=False, template="web-servce", values={"image": "web:1"})
    done = person(lab, "plan")
    assert done.code == 3 and "did you mean 'web-service'" in done.text
