"""Clusters that end failed, and the wire form of ROA, by faults."""

import pytest
from alibabacloud_cs20151215 import models as cs
from alibabacloud_tea_openapi.exceptions import ClientException
from darabonba.exceptions import UnretryableException

from tests.emulator.cs.ack import Ack


def test_a_cluster_whose_making_fails(ack: Ack) -> None:
    ack.cloud.control("PUT", "faults", [{"action": "cs.CreateCluster", "kind": "failed-task"}])
    made = ack.client.create_cluster(ack.request()).body
    ack.pass_time(10)
    assert ack.detail(made.cluster_id)["state"] == "failed"
    assert ack.task(made.task_id)["error"]["code"] == "TaskFailed"
    assert ack.cloud.control("GET", "faults") == []
    again = ack.client.create_cluster(ack.request(name="two", container_cidr="172.24.0.0/16", service_cidr="172.25.0.0/20"))
    ack.finish(again.body.task_id)
    assert ack.detail(again.body.cluster_id)["state"] == "running"


def test_a_fault_is_for_what_stands_in_the_body(ack: Ack) -> None:
    fault = {"action": "cs.*", "kind": "denied", "parameters": {"body.name": "tw*"}}
    ack.cloud.control("PUT", "faults", [fault])
    ack.cluster()
    with pytest.raises(ClientException) as failure:
        ack.client.create_cluster(ack.request(name="two"))
    assert (failure.value.status_code, failure.value.code) == (403, "Forbidden.RAM")


def test_a_lost_answer(ack: Ack) -> None:
    ack.cloud.control("PUT", "faults", [{"action": "cs.CreateCluster", "kind": "drop", "when": "after"}])
    with pytest.raises(UnretryableException):
        ack.client.create_cluster(ack.request())
    assert len(ack.cloud.world("cluster")) == 1


def test_an_empty_list_of_clusters(ack: Ack) -> None:
    ack.cluster()
    ack.cloud.control("PUT", "faults", [{"action": "cs.Describe*", "kind": "empty-list"}])
    body = ack.client.describe_clusters_for_region("cn-hangzhou", cs.DescribeClustersForRegionRequest()).body
    assert (body.clusters, body.page_info.total_count) == ([], 0)
