"""Faults on request, as the real SDK sees them: refusals, and answers that are harmed on their way."""

import http.client
import json
import time
import urllib.error
from typing import Any

import pytest
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_tea_openapi.exceptions import ClientException, ServerException, ThrottlingException
from alibabacloud_vpc20160428 import models as m
from darabonba.exceptions import UnretryableException
from darabonba.runtime import RuntimeOptions

from tests.emulator.conftest import REGION, LocalCloud, code_of
from tests.emulator.raw import rpc, send

IMPATIENT = RuntimeOptions(read_timeout=150)  # milliseconds


def create(cloud: LocalCloud, token: str = "t") -> str:
    return cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION, client_token=token)).body.vpc_id


def ask(cloud: LocalCloud, **fault: object) -> None:
    cloud.control("PUT", "faults", [{"action": "vpc.CreateVpc", **fault}])


def struck(cloud: LocalCloud) -> list[int]:
    return [one["struck"] for one in cloud.control("GET", "faults?all=1")]


def test_an_error_before_the_effect(cloud: LocalCloud) -> None:
    ask(cloud, code="Throttling.User", status=400, retry_after=1500)
    answer = rpc(cloud.address, "CreateVpc", RegionId=REGION)
    assert (answer.status, answer.json["Code"], answer.headers["x-acs-retry-after"]) == (400, "Throttling.User", "1500")
    assert cloud.world() == []
    assert create(cloud)


def test_an_answer_lost_after_the_effect(cloud: LocalCloud) -> None:
    ask(cloud, kind="drop", when="after")
    with pytest.raises(UnretryableException):
        create(cloud)
    (made,) = cloud.world("vpc")
    assert create(cloud) == made["id"]


def test_a_connection_dropped_before_the_effect(cloud: LocalCloud) -> None:
    ask(cloud, kind="drop")
    with pytest.raises((http.client.RemoteDisconnected, urllib.error.URLError)):
        rpc(cloud.address, "CreateVpc", RegionId=REGION)
    assert cloud.world() == []


def test_an_answer_that_is_lost_although_the_service_refused(cloud: LocalCloud) -> None:
    cloud.settings(quotas={"vpc.vpcs": 0})
    ask(cloud, kind="drop", when="after")
    with pytest.raises(UnretryableException):
        create(cloud)
    cloud.settings(quotas={})
    with pytest.raises(ClientException) as failure:
        create(cloud)
    assert code_of(failure) == "QuotaExceeded.Vpc"


def test_an_error_after_the_effect(cloud: LocalCloud) -> None:
    ask(cloud, when="after")
    assert rpc(cloud.address, "CreateVpc", RegionId=REGION).status == 503
    assert len(cloud.world("vpc")) == 1


def test_the_page_of_a_proxy(cloud: LocalCloud) -> None:
    ask(cloud, kind="page")
    answer = rpc(cloud.address, "CreateVpc", RegionId=REGION)
    assert (answer.status, answer.headers["content-type"]) == (502, "text/html")
    assert cloud.world() == []


def test_the_page_of_a_proxy_as_the_sdk_sees_it(cloud: LocalCloud) -> None:
    ask(cloud, kind="page", when="after")
    with pytest.raises(UnretryableException):
        create(cloud)
    assert len(cloud.world("vpc")) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_slow_answer(cloud: LocalCloud, when: str) -> None:
    ask(cloud, kind="slow", when=when, seconds=0.2)
    begin = time.monotonic()
    assert create(cloud)
    assert time.monotonic() - begin >= 0.2
    assert struck(cloud) == [1]


def test_an_effect_that_comes_when_the_client_has_gone(cloud: LocalCloud) -> None:
    ask(cloud, kind="slow", when="before", seconds=0.5)
    with pytest.raises(UnretryableException):
        cloud.vpc.create_vpc_with_options(m.CreateVpcRequest(region_id=REGION, client_token="t"), IMPATIENT)
    assert cloud.world("vpc") == []
    deadline = time.monotonic() + 10
    while not cloud.world("vpc"):
        assert time.monotonic() < deadline
    assert create(cloud) == cloud.world("vpc")[0]["id"]


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_timeout(cloud: LocalCloud, when: str, made: int) -> None:
    ask(cloud, kind="timeout", when=when, seconds=30)
    begin = time.monotonic()
    with pytest.raises(UnretryableException):
        cloud.vpc.create_vpc_with_options(m.CreateVpcRequest(region_id=REGION, client_token="t"), IMPATIENT)
    assert time.monotonic() - begin < 5
    assert len(cloud.world("vpc")) == made
    assert struck(cloud) == [1]
    create(cloud)
    assert len(cloud.world("vpc")) == 1


def test_a_timeout_ends_without_an_answer(cloud: LocalCloud) -> None:
    ask(cloud, kind="timeout", seconds=0.1)
    with pytest.raises((http.client.RemoteDisconnected, urllib.error.URLError)):
        rpc(cloud.address, "CreateVpc", RegionId=REGION)


def test_a_connection_dropped_in_the_middle_of_the_body(cloud: LocalCloud) -> None:
    ask(cloud, kind="cut", times=2)
    with pytest.raises(http.client.IncompleteRead) as broken:
        rpc(cloud.address, "CreateVpc", RegionId=REGION)
    assert broken.value.partial.startswith(b'{"RequestId"')
    with pytest.raises(UnretryableException):
        create(cloud)
    assert len(cloud.world("vpc")) == 2


@pytest.mark.parametrize("kind", ["garbled", "blank"])
def test_a_body_that_is_none(cloud: LocalCloud, kind: str) -> None:
    ask(cloud, kind=kind, times=2)
    answer = rpc(cloud.address, "CreateVpc", RegionId=REGION)
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.text)
    with pytest.raises(UnretryableException):
        create(cloud)
    assert len(cloud.world("vpc")) == 2


def test_throttling_without_a_hint(cloud: LocalCloud) -> None:
    ask(cloud, kind="throttle")
    with pytest.raises(ClientException) as failure:
        create(cloud)
    assert (failure.value.status_code, failure.value.code) == (400, "Throttling.User")


def test_throttling_with_a_hint(cloud: LocalCloud) -> None:
    ask(cloud, kind="throttle", status=429, retry_after=2500)
    with pytest.raises(ThrottlingException) as failure:
        create(cloud)
    assert failure.value.retry_after == 2500


def test_a_server_that_fails(cloud: LocalCloud) -> None:
    ask(cloud, code="InternalError", status=500)
    with pytest.raises(ServerException) as failure:
        create(cloud)
    assert (failure.value.status_code, failure.value.code) == (500, "InternalError")


def test_a_permission_that_is_missing(cloud: LocalCloud) -> None:
    ask(cloud, kind="denied")
    with pytest.raises(ClientException) as failure:
        create(cloud)
    assert (failure.value.status_code, failure.value.code) == (403, "Forbidden.RAM")


def test_credentials_that_expire_until_they_are_new(cloud: LocalCloud) -> None:
    cloud.control("PUT", "faults", [{"action": "*", "kind": "expired", "skip": 2}])
    lists = cloud.vpc, m.DescribeVpcsRequest(region_id=REGION)
    for _ in range(2):
        lists[0].describe_vpcs(lists[1])
    for _ in range(3):
        with pytest.raises(ClientException) as failure:
            cloud.ecs.describe_instances(ecs.DescribeInstancesRequest(region_id=REGION))
        assert (failure.value.status_code, failure.value.code) == (403, "InvalidSecurityToken.Expired")
    assert struck(cloud) == [3]
    assert cloud.control("DELETE", "faults") == []
    lists[0].describe_vpcs(lists[1])


def test_an_access_key_that_is_gone(cloud: LocalCloud) -> None:
    cloud.control("PUT", "faults", [{"action": "*", "kind": "expired", "code": "InvalidAccessKeyId.NotFound"}])
    answer = rpc(cloud.address, "DescribeVpcs", RegionId=REGION)
    assert (answer.status, answer.json["Code"]) == (404, "InvalidAccessKeyId.NotFound")


@pytest.mark.parametrize(
    ("action", "fields", "code"),
    [
        ("CreateVpc", {}, "QuotaExceeded.Vpc"),
        ("CreateVSwitch", {"CidrBlock": "10.0.0.0/24", "VpcId": "vpc-1", "ZoneId": "z"}, "QuotaExceeded.VSwitch"),
        ("AllocateEipAddress", {}, "QuotaExceeded.Eip"),
        ("CreateRouteTable", {"VpcId": "vpc-1"}, "QuotaExceeded.RouteTable"),
        ("CreateNatGateway", {"VpcId": "vpc-1"}, "OperationFailed.EnhancedQuotaExceed"),
        ("DescribeVpcs", {}, "QuotaExceeded"),
    ],
)
def test_a_quota_has_the_code_of_its_action(cloud: LocalCloud, action: str, fields: dict[str, Any], code: str) -> None:
    cloud.control("PUT", "faults", [{"action": "*", "kind": "quota"}])
    assert cloud.code(action, **fields) == code


def test_quotas_of_instances_and_groups(cloud: LocalCloud) -> None:
    cloud.control("PUT", "faults", [{"action": "ecs.*", "kind": "quota", "times": 2}])
    with pytest.raises(ClientException) as failure:
        cloud.ecs.create_security_group(ecs.CreateSecurityGroupRequest(region_id=REGION))
    assert code_of(failure) == "QuotaExceed.SecurityGroup"
    with pytest.raises(ClientException) as failure:
        cloud.ecs.run_instances(ecs.RunInstancesRequest(region_id=REGION))
    assert (code_of(failure), failure.value.status_code) == ("QuotaExceed.ElasticQuota", 403)


def test_no_stock(cloud: LocalCloud) -> None:
    cloud.control("PUT", "faults", [{"action": "ecs.RunInstances", "kind": "no-stock"}])
    with pytest.raises(ClientException) as failure:
        cloud.ecs.run_instances(ecs.RunInstancesRequest(region_id=REGION))
    assert (failure.value.status_code, failure.value.code) == (403, "OperationDenied.NoStock")


def test_what_is_logged_of_a_call_without_an_answer(cloud: LocalCloud) -> None:
    ask(cloud, kind="drop", when="after")
    with pytest.raises(UnretryableException):
        create(cloud)
    assert cloud.control("GET", "calls")["errors"] == {"Fault.drop": 1}


def test_malformed_json(cloud: LocalCloud) -> None:
    assert send(f"{cloud.address}/_emulator/faults", method="PUT", body=b"{").status == 400
