"""Rows of the ECS list calls as tests of `instance` need them, in the shape of the published response trees."""

from __future__ import annotations

from typing import Any

from acsctl.kinds.ecs import rows
from acsctl.model.resource import Live
from tests.kinds.door import tags

SPEC = {
    "vswitch": "vsw-1",
    "security_groups": ["sg-1"],
    "instance_types": ["ecs.g7.xlarge", "ecs.g6.xlarge"],
    "image": "aliyun_3_x64_20G_alibase_20240528.vhd",
    "running": True,
}


def instance(id: str = "i-1", *, name: str = "shop-node-001", address: str = "instance.node", **rest: Any) -> dict[str, Any]:
    return {
        "InstanceId": id,
        "InstanceName": name,
        "Description": "",
        "Status": "Running",
        "InstanceType": "ecs.g7.xlarge",
        "ImageId": "aliyun_3_x64_20G_alibase_20240528.vhd",
        "ZoneId": "cn-hangzhou-h",
        "HostName": "host",
        "KeyPairName": "",
        "InstanceChargeType": "PostPaid",
        "SpotStrategy": "NoSpot",
        "SpotPriceLimit": 0.0,
        "CreationTime": "2026-11-20T10:00Z",
        "SecurityGroupIds": {"SecurityGroupId": ["sg-1"]},
        "VpcAttributes": {"VpcId": "vpc-1", "VSwitchId": "vsw-1", "PrivateIpAddress": {"IpAddress": ["10.0.1.7"]}},
        "PublicIpAddress": {"IpAddress": []},
        "EipAddress": {"AllocationId": "", "IpAddress": ""},
        "Tags": tags(address, prefix="Tag", team="a"),
        **rest,
    }


def disk(id: str, *, of: str = "system", instance: str = "i-1", ours: bool = True, **rest: Any) -> dict[str, Any]:
    return {
        "DiskId": id,
        "Type": of,
        "InstanceId": instance,
        "Category": "cloud_essd",
        "Size": 40,
        "PerformanceLevel": "PL1",
        "DeleteWithInstance": True,
        "Tags": tags("instance.node", prefix="Tag") if ours else {"Tag": []},
        **rest,
    }


def member(number: int = 1, **rest: Any) -> Live:
    """A live member of the fleet `instance.node`."""
    return rows.read(instance(f"i-{number}", name=f"shop-node-{number:03}", **rest))
