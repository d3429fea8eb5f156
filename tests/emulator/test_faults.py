"""Faults on request."""

import http.client
import urllib.error

import pytest
from alibabacloud_vpc20160428 import models as m
from darabonba.exceptions import UnretryableException

from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.raw import rpc, send


def create(cloud: LocalCloud, token: str = "t") -> str:
    return cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION, client_token=token)).body.vpc_id


def ask(cloud: LocalCloud, **fault: object) -> None:
    cloud.control("PUT", "faults", [{"action": "vpc.CreateVpc", **fault}])


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


def test_an_error_after_the_effect(cloud: LocalCloud) -> None:
    ask(cloud, when="after")
    assert rpc(cloud.address, "CreateVpc", RegionId=REGION).status == 503
    assert len(cloud.world("vpc")) == 1


def test_the_page_of_a_proxy(cloud: LocalCloud) -> None:
    ask(cloud, kind="page")
    answer = rpc(cloud.address, "CreateVpc", RegionId=REGION)
    assert (answer.status, answer.headers["content-type"]) == (502, "text/html")


def test_a_slow_answer(cloud: LocalCloud) -> None:
    ask(cloud, kind="slow", seconds=0.01)
    assert rpc(cloud.address, "CreateVpc", RegionId=REGION).status == 200


def test_some_pass_and_some_are_hit(cloud: LocalCloud) -> None:
    ask(cloud, action="*", skip=1, times=2)
    statuses = [rpc(cloud.address, "DescribeVpcs", RegionId=REGION).status for _ in range(4)]
    assert statuses == [200, 503, 503, 200]
    assert cloud.control("GET", "faults") == []


@pytest.mark.parametrize("body", [b'[{"action": "*", "kind": "flood"}]', b'[{"colour": "red"}]', b"{"])
def test_malformed_faults(cloud: LocalCloud, body: bytes) -> None:
    assert send(f"{cloud.address}/_emulator/faults", method="PUT", body=body).status == 400
