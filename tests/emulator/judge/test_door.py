"""What stands at the door: the parts of a signature, settings that cannot be, empty texts as provider code sends them."""

import json
from typing import Any

import pytest

from acsctl.emulator import Options, run
from tests.emulator.judge.town import IMAGE, ZONE, Town
from tests.emulator.raw import acs3, send

BAD_SETTINGS: list[dict[str, Any]] = [
    {"speed": 0},
    {"speed": -1},
    {"list_lag": -1},
    {"list_lag": True},
    {"late_no_stock": -1},
    {"quotas": {"vpc.vpcs": "many"}},
    {"stock": {ZONE: 1}},
    {"throttle": {"vpc.DescribeVpcs": 2}},
    {"throttle": {"vpc.DescribeVpcs": {"calls": 2}}},
]


@pytest.mark.parametrize(
    ("part", "code"), [("x_acs_signature_nonce", "MissingSignatureNonce"), ("x_acs_date", "MissingTimestamp")]
)
def test_acs3_needs_every_part(town: Town, part: str, code: str) -> None:
    answer = acs3(town.cloud.address, "DescribeVpcs", RegionId="cn-hangzhou", **{part: ""})
    assert (answer.status, answer.json["Code"]) == (400, code)


@pytest.mark.parametrize("changes", BAD_SETTINGS, ids=json.dumps)
def test_settings_that_cannot_be_change_nothing(town: Town, changes: dict[str, Any]) -> None:
    before = town.cloud.control("GET", "settings")
    assert send(f"{town.cloud.address}/_emulator/settings", method="PUT", body=json.dumps(changes).encode()).status == 400
    assert town.cloud.control("GET", "settings") == before


def test_a_world_does_not_stand_still() -> None:
    with pytest.raises(ValueError, match="speed is a number above 0"), run(Options(speed=0.0)):
        pass


def test_empty_texts_count_as_not_given(town: Town) -> None:
    disk = {"Category": "cloud_efficiency", "Size": 40}
    empty = dict.fromkeys(("DiskName", "Description", "PerformanceLevel", "AutoSnapshotPolicyId"), "")
    names = ("HostName", "KeyPairName", "UserData", "Password", "RamRoleName", "DeploymentSetId", "HpcClusterId")
    made = town.made(
        "ecs.RunInstances",
        **dict.fromkeys(names, ""),
        VSwitchId="$vswitch",
        SecurityGroupIds=["$group"],
        ImageId=IMAGE,
        InstanceType="ecs.g6.large",
        SystemDisk={**disk, **empty},
        DataDisk=[{**disk, "Encrypted": "false", "KMSKeyId": "", "SnapshotId": "", "PerformanceLevel": ""}],
        DryRun="false",
    )
    found = town.made("ecs.DescribeDisks", InstanceId=made["InstanceIdSets"]["InstanceIdSet"][0])
    assert found["TotalCount"] == 2
