"""Which calls a fault hits, and what is told of it."""

from itertools import pairwise
from typing import Any

import pytest

from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.raw import rpc


def put(cloud: LocalCloud, *faults: dict[str, Any]) -> list[dict[str, Any]]:
    return cloud.control("PUT", "faults", list(faults))


def statuses(cloud: LocalCloud, times: int, action: str = "DescribeVpcs", **fields: str) -> list[int]:
    return [rpc(cloud.address, action, RegionId=REGION, **fields).status for _ in range(times)]


def test_some_pass_and_some_are_hit(cloud: LocalCloud) -> None:
    put(cloud, {"action": "*", "skip": 1, "times": 2})
    assert statuses(cloud, 4) == [200, 503, 503, 200]
    assert cloud.control("GET", "faults") == []
    (used,) = cloud.control("GET", "faults?all=1")
    assert (used["seen"], used["struck"], used["left"]) == (3, 2, 0)


def test_every_third(cloud: LocalCloud) -> None:
    put(cloud, {"action": "vpc.*", "every": 3, "skip": 1})
    assert statuses(cloud, 8) == [200, 200, 200, 503, 200, 200, 503, 200]
    (left,) = cloud.control("GET", "faults")
    assert (left["struck"], left["left"]) == (2, None)


def test_a_share_is_drawn_with_a_seed(cloud: LocalCloud) -> None:
    storm = {"action": "*", "kind": "throttle", "share": 0.3, "seed": 7}
    put(cloud, storm)
    first = statuses(cloud, 60)
    put(cloud, storm)
    assert statuses(cloud, 60) == first
    assert 8 <= first.count(400) <= 28
    assert any(one == other == 400 for one, other in pairwise(first))
    put(cloud, {**storm, "seed": 8})
    assert statuses(cloud, 60) != first


def test_a_share_of_none_and_of_all(cloud: LocalCloud) -> None:
    put(cloud, {"action": "*", "share": 0})
    assert statuses(cloud, 5) == [200] * 5
    put(cloud, {"action": "*", "share": 1, "times": 2})
    assert statuses(cloud, 3) == [503, 503, 200]


def test_a_time_between(cloud: LocalCloud) -> None:
    put(cloud, {"action": "*", "after": 10, "until": 20})
    seen = []
    for _ in range(5):
        seen += statuses(cloud, 1)
        cloud.pass_time(5)
    assert seen == [200, 200, 503, 503, 200]
    assert cloud.control("GET", "faults") == []


@pytest.mark.parametrize(
    ("action", "hit"),
    [
        ("vpc.DescribeVpcs", True),
        ("vpc.Describe*", True),
        ("*", True),
        (["vpc.CreateVpc", "vpc.DescribeV*"], True),
        ("vpc.Create*", False),
        ("ecs.*", False),
        ("kube.*", False),
    ],
)
def test_actions(cloud: LocalCloud, action: Any, hit: bool) -> None:
    put(cloud, {"action": action})
    assert statuses(cloud, 1) == [503 if hit else 200]


@pytest.mark.parametrize(
    ("parameters", "hit"),
    [
        ({"VpcName": "shop"}, True),
        ({"VpcName": "sh*"}, True),
        ({"VpcName": "*op", "RegionId": REGION}, True),
        ({"VpcName": "other"}, False),
        ({"VpcName": "shop", "VpcId": "*"}, False),
        ({"Tag.Value": "blue"}, True),
        ({"Tag": "blue"}, True),
        ({"Tag.Key": "blue"}, False),
        ({"DryRun": "false"}, True),
        ({"DryRun": True}, False),
        ({"PageSize": 5}, True),
    ],
)
def test_parameters(cloud: LocalCloud, parameters: dict[str, Any], hit: bool) -> None:
    put(cloud, {"action": "*", "parameters": parameters})
    tags = {"Tag.1.Key": "a", "Tag.1.Value": "red", "Tag.2.Key": "b", "Tag.2.Value": "blue"}
    fields = {"VpcName": "shop", "DryRun": "False", "PageSize": "5", **tags}
    assert statuses(cloud, 1, **fields) == [503 if hit else 200]


def test_an_access_key(cloud: LocalCloud) -> None:
    cloud.settings(keys=[{"id": "weak", "secret": "s"}])
    put(cloud, {"action": "*", "kind": "denied", "key": "we*", "times": "always"})
    assert statuses(cloud, 2) == [200, 200]
    weak = [rpc(cloud.address, "DescribeVpcs", secret="s", AccessKeyId="weak", RegionId=REGION).status for _ in range(2)]
    assert weak == [403, 403]


def test_one_moment_meets_the_first_and_each_moment_its_own(cloud: LocalCloud) -> None:
    first = {"action": "*", "code": "First", "status": 500}
    put(cloud, first, {"action": "*", "code": "Second", "status": 500})
    codes = [rpc(cloud.address, "DescribeVpcs", RegionId=REGION).json.get("Code") for _ in range(3)]
    assert codes == ["First", "Second", None]
    put(cloud, {"action": "*", "kind": "slow", "seconds": 0}, {**first, "when": "after"})
    assert rpc(cloud.address, "CreateVpc", RegionId=REGION).json["Code"] == "First"
    assert [one["struck"] for one in cloud.control("GET", "faults?all=1")] == [1, 1]


def test_adding_replacing_clearing(cloud: LocalCloud) -> None:
    assert put(cloud, {"action": "vpc.CreateVpc"}) == [
        {"action": "vpc.CreateVpc", "kind": "error", "when": "before", "seen": 0, "struck": 0, "left": 1}
    ]
    added = cloud.control("POST", "faults", {"action": "*", "kind": "expired"})
    assert [(one["kind"], one["left"]) for one in added] == [("error", 1), ("expired", None)]
    assert [one["kind"] for one in put(cloud, {"action": "*", "kind": "drop"})] == ["drop"]
    assert cloud.control("DELETE", "faults") == []
    assert statuses(cloud, 1) == [200]


def test_an_emptied_world_has_no_faults(cloud: LocalCloud) -> None:
    put(cloud, {"action": "*", "times": "always"})
    cloud.control("POST", "reset")
    assert cloud.control("GET", "faults?all=1") == []


def test_a_fault_that_never_strikes_is_told(cloud: LocalCloud) -> None:
    put(cloud, {"action": "vpc.CreateVpc"})
    statuses(cloud, 2)
    (left,) = cloud.control("GET", "faults")
    assert (left["seen"], left["struck"], left["left"]) == (0, 0, 1)
