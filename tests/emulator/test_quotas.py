"""The Quota Center tells what the local cloud enforces."""

import pytest

from tests.emulator.conftest import LocalCloud
from tests.support.client import Client

PRODUCT = {"ProductCode": "vpc", "QuotaActionCode": "vpc_quota_route_entrys_num"}


@pytest.fixture
def client(cloud: LocalCloud) -> Client:
    return Client(cloud.address, "cn-hangzhou")


def test_one_quota(cloud: LocalCloud, client: Client) -> None:
    quota = client.call("quotas", "GetProductQuota", **PRODUCT)["Quota"]
    assert (quota["TotalQuota"], quota["Adjustable"], quota["Dimensions"]) == (200, True, {"regionId": "cn-hangzhou"})
    cloud.control("PUT", "settings", {"quotas": {"vpc.entries-per-route-table": 7}})
    assert client.call("quotas", "GetProductQuota", **PRODUCT)["Quota"]["TotalQuota"] == 7


def test_all_of_a_product_in_pages(client: Client) -> None:
    first = client.call("quotas", "ListProductQuotas", ProductCode="vpc", MaxResults=3)
    rest = client.call("quotas", "ListProductQuotas", ProductCode="vpc", MaxResults=3, NextToken=first["NextToken"])
    codes = [row["QuotaActionCode"] for row in (*first["Quotas"], *rest["Quotas"])]
    assert (first["TotalCount"], len(set(codes)), rest["NextToken"]) == (5, 5, "")
    assert "vpc_quota_instances_num_cn-hangzhou" in codes


def test_what_there_is_not(client: Client) -> None:
    with pytest.raises(Exception, match=r"QUOTA\.NOT\.FOUND"):
        client.call("quotas", "GetProductQuota", ProductCode="vpc", QuotaActionCode="nothing")
