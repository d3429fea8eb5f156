"""Faults of the service itself: late lists, forgotten tokens, shifting pages, empty lists, and what fails later."""

from typing import Any

import pytest
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_vpc20160428 import models as m

from tests.emulator.conftest import REGION, LocalCloud, code_of
from tests.emulator.raw import rpc


def put(cloud: LocalCloud, *faults: dict[str, Any]) -> None:
    cloud.control("PUT", "faults", list(faults))


def counts(cloud: LocalCloud) -> list[tuple[int, int]]:
    return [(one["seen"], one["struck"]) for one in cloud.control("GET", "faults?all=1")]


def create(cloud: LocalCloud, token: str | None = None, **parameters: object) -> str:
    return cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION, client_token=token, **parameters)).body.vpc_id


def listed(cloud: LocalCloud, **parameters: object) -> list[str]:
    body = cloud.vpc.describe_vpcs(m.DescribeVpcsRequest(region_id=REGION, **parameters)).body
    return [one.vpc_id for one in body.vpcs.vpc]


# Delayed visibility


def test_creates_that_show_late(cloud: LocalCloud) -> None:
    cloud.settings(list_lag=1.0)
    put(cloud, {"action": "vpc.CreateVpc", "kind": "lag", "creates": 20})
    late = create(cloud)
    cloud.pass_time(19)
    assert listed(cloud) == listed(cloud, vpc_id=late) == []
    cloud.pass_time(1)
    assert listed(cloud) == [late]
    assert counts(cloud) == [(1, 1)]
    cloud.control("DELETE", "faults")
    soon = create(cloud)
    cloud.pass_time(1)
    assert listed(cloud) == [late, soon]


def test_deletes_that_show_late_although_they_happen_later(cloud: LocalCloud) -> None:
    vpc_id = create(cloud)
    cloud.pass_time(10)
    put(cloud, {"action": "vpc.DeleteVpc", "kind": "lag", "deletes": 30})
    cloud.vpc.delete_vpc(m.DeleteVpcRequest(vpc_id=vpc_id))
    put(cloud)
    cloud.pass_time(5)
    assert cloud.world("vpc") == []
    cloud.pass_time(20)
    assert listed(cloud) == [vpc_id]
    cloud.pass_time(10)
    assert listed(cloud) == []


def test_tags_that_show_late(cloud: LocalCloud) -> None:
    put(cloud, {"action": "*", "kind": "lag", "tags": 5})
    tag = m.CreateVpcRequestTag(key="a", value="b")
    vpc_id = create(cloud, tag=[tag])
    wanted = [m.DescribeVpcsRequestTag(key="a", value="b")]
    assert (listed(cloud), listed(cloud, tag=wanted)) == ([vpc_id], [])
    cloud.pass_time(5)
    assert listed(cloud, tag=wanted) == [vpc_id]


def test_a_lag_of_some_types(cloud: LocalCloud) -> None:
    put(
        cloud, {"action": "*", "kind": "lag", "types": ["vswitch"], "creates": 20}, {"action": "*", "kind": "lag", "creates": 5}
    )
    vpc_id = create(cloud)
    cloud.pass_time(5)
    assert listed(cloud) == [vpc_id]
    cloud.do("CreateVSwitch", VpcId=vpc_id, CidrBlock="172.16.0.0/24", ZoneId=f"{REGION}-h")
    cloud.pass_time(15)
    assert cloud.do("DescribeVSwitches")["TotalCount"] == 0
    cloud.pass_time(5)
    assert cloud.do("DescribeVSwitches")["TotalCount"] == 1


# ClientTokens


def test_tokens_that_are_forgotten_after_a_time(cloud: LocalCloud) -> None:
    put(cloud, {"action": "vpc.CreateVpc", "kind": "tokens", "memory": 60})
    first = create(cloud, "t")
    cloud.pass_time(59)
    assert create(cloud, "t") == first
    cloud.pass_time(1)
    assert create(cloud, "t") != first
    assert counts(cloud) == [(3, 3)]


@pytest.mark.parametrize(("kind", "code"), [("quota", "QuotaExceeded.Vpc"), ("no-stock", "OperationDenied.NoStock")])
@pytest.mark.parametrize("kept", [True, False])
def test_failed_tokens(cloud: LocalCloud, kind: str, code: str, kept: bool) -> None:
    cloud.settings(keep_failed_tokens=not kept)
    put(cloud, {"action": "*", "kind": "tokens", "keep_failed": kept}, {"action": "vpc.CreateVpc", "kind": kind})
    with pytest.raises(ClientException) as failure:
        create(cloud, "t")
    assert code_of(failure) == code
    if kept:
        with pytest.raises(ClientException) as failure:
            create(cloud, "t")
        assert code_of(failure) == code
        assert create(cloud, "u")
    else:
        assert create(cloud, "t")


def test_a_token_survives_what_never_reached_the_service(cloud: LocalCloud) -> None:
    put(cloud, {"action": "*", "kind": "throttle"})
    with pytest.raises(ClientException):
        create(cloud, "t")
    assert create(cloud, "t")


# Lists


@pytest.fixture
def many(cloud: LocalCloud) -> list[str]:
    """Seven VPCs, in the order of a list."""
    for _ in range(7):
        create(cloud)
        cloud.pass_time(10)
    return listed(cloud)


def turned(cloud: LocalCloud, size: int) -> tuple[list[str], set[int]]:
    """All pages of three, as a client turns them, and the totals that they tell."""
    seen, totals, number = [], set(), 1
    while len(seen) < 7:
        request = m.DescribeVpcsRequest(region_id=REGION, page_number=number, page_size=size)
        body = cloud.vpc.describe_vpcs(request).body
        seen += [one.vpc_id for one in body.vpcs.vpc]
        totals.add(body.total_count)
        number += 1
    return seen, totals


@pytest.mark.parametrize("size", [1, 3, 6])
def test_rows_that_move_between_pages(cloud: LocalCloud, many: list[str], size: int) -> None:
    put(cloud, {"action": "vpc.Describe*", "kind": "shifting-pages"})
    seen, totals = turned(cloud, size)
    assert totals == {7}
    assert sorted(seen) == sorted([*many[:-1], many[0]])
    cloud.control("DELETE", "faults")
    assert turned(cloud, size) == (many, {7})


def test_rows_that_move_while_tokens_lead_on(cloud: LocalCloud) -> None:
    vpc_id = create(cloud)
    cloud.pass_time(10)
    for number in range(12):
        request = ecs.CreateSecurityGroupRequest(region_id=REGION, vpc_id=vpc_id, security_group_name=f"g{number}")
        cloud.ecs.create_security_group(request)

    def turn() -> list[str]:
        seen, token = [], ""
        while True:
            request = ecs.DescribeSecurityGroupsRequest(region_id=REGION, max_results=5, next_token=token or None)
            body = cloud.ecs.describe_security_groups(request).body
            seen += [one.security_group_name for one in body.security_groups.security_group]
            token = body.next_token
            if not token:
                return seen

    right = turn()
    put(cloud, {"action": "ecs.Describe*", "kind": "shifting-pages"})
    assert len(turn()) == len(right) == 12
    assert len({*turn()}) == 11


def test_an_empty_list_for_a_key_without_the_permission(cloud: LocalCloud, many: list[str]) -> None:
    cloud.settings(keys=[{"id": "weak", "secret": "s"}])
    put(cloud, {"action": "*", "kind": "empty-list", "key": "weak", "times": "always"})
    answer = rpc(cloud.address, "DescribeVpcs", secret="s", AccessKeyId="weak", RegionId=REGION)
    assert answer.status == 200
    assert (answer.json["Vpcs"], answer.json["TotalCount"]) == ({"Vpc": []}, 0)
    assert len(listed(cloud)) == 7
    probe = rpc(cloud.address, "DescribeVpcs", secret="s", AccessKeyId="weak", RegionId=REGION, DryRun="true")
    assert (probe.status, probe.json["Code"]) == (403, "Forbidden.RAM")


def test_an_empty_list_of_instances(cloud: LocalCloud) -> None:
    put(cloud, {"action": "ecs.DescribeInstances", "kind": "empty-list"})
    body = cloud.ecs.describe_instances(ecs.DescribeInstancesRequest(region_id=REGION, max_results=100)).body
    assert (body.instances.instance, body.total_count, body.next_token) == ([], 0, "")
