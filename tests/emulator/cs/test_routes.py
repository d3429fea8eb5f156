"""The routes of pods: one per node, kept as wanted, within the quota of the table."""

from collections.abc import Iterator

import pytest
from alibabacloud_ecs20140526 import models as m

from tests.emulator.conftest import LocalCloud
from tests.emulator.cs.tended import Tended, make
from tests.emulator.ecs.conftest import Net, net

__all__ = ["net"]


@pytest.fixture
def cluster(cloud: LocalCloud, net: Net) -> Iterator[Tended]:
    yield make(cloud, net)


def entries(cluster: Tended) -> list[dict[str, object]]:
    tables = cluster.cloud.do("DescribeRouteTableList", VpcId=cluster.net.vpc_id)["RouterTableList"]["RouterTableListType"]
    answer = cluster.cloud.do("DescribeRouteEntryList", RouteTableId=tables[0]["RouteTableId"], MaxResult=100)
    return [one for one in answer["RouteEntrys"]["RouteEntry"] if one["Type"] == "Custom"]


def table(cluster: Tended) -> str:
    return str(
        cluster.cloud.do("DescribeRouteTableList", VpcId=cluster.net.vpc_id)["RouterTableList"]["RouterTableListType"][0][
            "RouteTableId"
        ]
    )


def test_each_node_has_one_without_a_name(cluster: Tended) -> None:
    ids = [cluster.joined(), cluster.joined()]
    assert cluster.routes() == [("172.20.0.0/26", ids[0]), ("172.20.0.64/26", ids[1])]
    assert {(one["RouteEntryName"], one["Description"]) for one in entries(cluster)} == {("", "")}
    assert [cluster.condition(one, "NetworkUnavailable") for one in ids] == [("False", "RouteCreated")] * 2


def test_one_that_is_removed_comes_back(cluster: Tended) -> None:
    id_ = cluster.joined()
    assert cluster.cloud.code("DeleteRouteEntry", RouteEntryId=entries(cluster)[0]["RouteEntryId"]) == ""
    cluster.pass_time(20)
    assert cluster.routes() == [("172.20.0.0/26", id_)]


def test_a_route_of_somebody_else_inside_the_range_is_deleted(cluster: Tended) -> None:
    first, second = cluster.joined(), cluster.joined()
    wrong = {"RouteTableId": table(cluster), "DestinationCidrBlock": "172.20.0.0/27", "NextHopId": second}
    right = {"RouteTableId": table(cluster), "DestinationCidrBlock": "192.168.7.0/24", "NextHopId": second}
    for one in (right, wrong):  # the wrong one is on its way out soon, and holds up its table
        assert cluster.cloud.code("CreateRouteEntry", NextHopType="Instance", **one) == ""
        cluster.cloud.pass_time(5)
    cluster.pass_time(20)
    assert set(cluster.routes()) == {("172.20.0.0/26", first), ("172.20.0.64/26", second), ("192.168.7.0/24", second)}


def test_a_full_table_leaves_a_node_without_network(cluster: Tended) -> None:
    cluster.cloud.settings(quotas={"vpc.entries-per-route-table": 1})
    first, second = cluster.joined(), cluster.joined()
    assert cluster.routes() == [("172.20.0.0/26", first)]
    assert cluster.condition(second, "NetworkUnavailable") == ("True", "NoRouteCreated")
    assert "Forbidden.CheckEntryRuleQuota" in str(cluster.node(second)["status"]["conditions"])
    cluster.cloud.settings(quotas={})
    cluster.cloud.pass_time(300)
    cluster.settle()
    cluster.pass_time(20)
    assert cluster.condition(second, "NetworkUnavailable") == ("False", "RouteCreated")


def test_several_tables_stop_the_controller(cluster: Tended) -> None:
    assert cluster.cloud.code("CreateRouteTable", VpcId=cluster.net.vpc_id) == ""
    cluster.cloud.pass_time(10)
    id_ = cluster.joined()
    assert cluster.condition(id_, "NetworkUnavailable") == ("True", "NoRouteCreated")
    assert entries(cluster) == []


def test_a_silent_node_keeps_its_route(cluster: Tended) -> None:
    id_ = cluster.joined()
    cluster.cloud.ecs.stop_instance(m.StopInstanceRequest(instance_id=id_))
    cluster.pass_time(30)
    assert cluster.condition(id_, "Ready")[0] == "Unknown"
    assert cluster.routes() == [("172.20.0.0/26", id_)]
