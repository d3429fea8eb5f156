"""Lists: whole, without doubles, or an error."""

from __future__ import annotations

import pytest

from acsctl.cloud import Listing, Style, list_all
from acsctl.errors import CloudError
from tests.cloud.server import Reply

VPCS = Listing("vpc", "DescribeVpcs", items="Vpcs.Vpc", key=("VpcId",), size=2)
INSTANCES = Listing("ecs", "DescribeInstances", items="Instances.Instance", key=("InstanceId",), style=Style.TOKEN, size=100)


def vpcs(total, *ids):
    return Reply({"RequestId": "R", "TotalCount": total, "Vpcs": {"Vpc": [{"VpcId": vpc} for vpc in ids]}})


def instances(token, *ids):
    return Reply({"RequestId": "R", "NextToken": token, "Instances": {"Instance": [{"InstanceId": one} for one in ids]}})


def ids(items, key):
    return [item[key] for item in items]


def test_pages_by_number_are_read_to_the_last(server, cloud):
    server.on("DescribeVpcs", vpcs(5, "a", "b"), vpcs(5, "c", "d"), vpcs(5, "e"))
    assert ids(list_all(cloud, VPCS, {"RegionId": "cn-hangzhou"}), "VpcId") == ["a", "b", "c", "d", "e"]
    assert [seen.params["PageNumber"] for seen in server.seen] == ["1", "2", "3"]
    assert {(seen.params["PageSize"], seen.params["RegionId"]) for seen in server.seen} == {("2", "cn-hangzhou")}


def test_a_full_last_page_asks_for_no_further_one(server, cloud):
    server.on("DescribeVpcs", vpcs(2, "a", "b"))
    list_all(cloud, VPCS, {})
    assert len(server.seen) == 1


def test_an_empty_list_is_one_call(server, cloud):
    server.on("DescribeVpcs", vpcs(0))
    assert list_all(cloud, VPCS, {}) == []
    assert len(server.seen) == 1


def test_items_that_moved_between_pages_make_the_list_be_read_again(server, cloud, clock):
    server.on("DescribeVpcs", vpcs(3, "a", "b"), vpcs(3, "b"), vpcs(3, "a", "b"), vpcs(3, "c"))
    assert ids(list_all(cloud, VPCS, {}), "VpcId") == ["a", "b", "c"]
    assert len(clock.sleeps) == 1


def test_a_list_that_never_adds_up_is_an_error(server, cloud):
    server.on("DescribeVpcs", vpcs(3, "a"))
    with pytest.raises(CloudError, match="1 different items were listed, but 3") as caught:
        list_all(cloud, VPCS, {})
    assert caught.value.code == "acsctl.IncompleteList"


def test_items_beyond_the_total_are_an_error(server, cloud):
    server.on("DescribeVpcs", vpcs(0, "a"))
    with pytest.raises(CloudError, match=r"acsctl\.IncompleteList"):
        list_all(cloud, VPCS, {})


def test_pages_by_token_are_read_to_the_empty_token(server, cloud):
    server.on("DescribeInstances", instances("t1", "a", "b"), instances("t2", "b", "c"), instances("", "d"))
    assert ids(list_all(cloud, INSTANCES, {}), "InstanceId") == ["a", "b", "c", "d"]
    assert [seen.params.get("NextToken") for seen in server.seen] == [None, "t1", "t2"]
    assert {seen.params["MaxResults"] for seen in server.seen} == {"100"}


def test_a_token_that_comes_back_does_not_run_in_circles(server, cloud):
    server.on("DescribeInstances", instances("t", "a"))
    with pytest.raises(CloudError, match="NextToken came twice"):
        list_all(cloud, INSTANCES, {})


def test_odd_names_of_sizes_and_totals_are_data(server, cloud):
    routes = Listing(
        "vpc",
        "DescribeRouteEntryList",
        items="L.L",
        key=("Id", "Hop"),
        style=Style.TOKEN,
        size=7,
        size_name="MaxResult",
        total="N",
    )
    body = {"N": 2, "L": {"L": [{"Id": "a", "Hop": 1}, {"Id": "a", "Hop": 2}]}}
    server.on("DescribeRouteEntryList", Reply(body))
    assert len(list_all(cloud, routes, {})) == 2
    assert server.seen[0].params == {"MaxResult": "7"}


def test_numbers_under_other_names_and_in_digits_are_data(server, cloud):
    spaces = Listing("cr", "ListNamespace", items="N", key=("Id",), size=1, page_name="PageNo", digits=True)
    server.on("ListNamespace", Reply({"TotalCount": "2", "N": [{"Id": "a"}]}), Reply({"TotalCount": "2", "N": [{"Id": "b"}]}))
    assert ids(list_all(cloud, spaces, {}), "Id") == ["a", "b"]
    assert [seen.params["PageNo"] for seen in server.seen] == ["1", "2"]
    server.on("ListNamespace", Reply({"TotalCount": "many", "N": [{"Id": "a"}]}))
    with pytest.raises(CloudError, match="not a number"):
        list_all(cloud, spaces, {})


def test_a_size_of_zero_is_not_sent(server, cloud):
    tags = Listing("ecs", "ListTagResources", items="T.R", key=("ResourceId", "TagKey"), style=Style.TOKEN, size=0)
    server.on("ListTagResources", Reply({"T": {"R": []}}))
    list_all(cloud, tags, {"ResourceType": "instance"})
    assert server.seen[0].params == {"ResourceType": "instance"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"TotalCount": 1}, "Vpcs.Vpc is missing"),
        ({"TotalCount": 1, "Vpcs": [{"VpcId": "a"}]}, "Vpcs.Vpc is missing"),
        ({"TotalCount": 1, "Vpcs": {"Vpc": ["a"]}}, "something else than objects"),
        ({"TotalCount": 1, "Vpcs": {"Vpc": [{"Id": "a"}]}}, "without VpcId"),
        ({"TotalCount": "1", "Vpcs": {"Vpc": [{"VpcId": "a"}]}}, "TotalCount is str, not int"),
    ],
)
def test_a_list_of_another_shape_is_an_error(server, cloud, body, said):
    server.on("DescribeVpcs", Reply(body))
    with pytest.raises(CloudError, match=said) as caught:
        list_all(cloud, VPCS, {})
    assert (caught.value.code, caught.value.action) == ("acsctl.UnexpectedAnswer", "vpc.DescribeVpcs")
