"""Small stacks that the scenarios begin with."""

from __future__ import annotations

from typing import Any

from tests.support.lab import Block, Lab

ZONES = ("cn-hangzhou-h", "cn-hangzhou-i", "cn-hangzhou-j")
IMAGE = "aliyun_3_x64_20G_alibase"


def network(cidr: str = "10.0.0.0/16", vswitch: str = "10.0.1.0/24", **more: Block) -> dict[str, Block]:
    """A VPC, two vSwitches in one zone, one in another, and a group."""
    return {
        "net": {"kind": "vpc", "cidr": cidr},
        "a": {"kind": "vswitch", "vpc": "net", "zone": ZONES[0], "cidr": vswitch},
        "b": {"kind": "vswitch", "vpc": "net", "zone": ZONES[0], "cidr": _beside(cidr, 2)},
        "c": {"kind": "vswitch", "vpc": "net", "zone": ZONES[1], "cidr": _beside(cidr, 3)},
        "web": {"kind": "security_group", "vpc": "net"},
        **more,
    }


def _beside(cidr: str, number: int) -> str:
    first, second, *_ = cidr.split(".")
    return f"{first}.{second}.{number}.0/24"


def fleet(count: int | None = None, **fields: Any) -> dict[str, Any]:
    """A fleet; without a count, one machine."""
    counted = {} if count is None else {"count": count}
    block = {"kind": "instance", "vswitch": "a", "security_groups": ["web"], "instance_types": ["ecs.g7.large"]}
    return {**block, "image": IMAGE, **counted, **fields}


def members(lab: Lab, address: str = "instance.node") -> dict[int | None, str]:
    """The ids of a fleet's members by number."""
    found: dict[int | None, str] = {}
    for name, things in lab.show().items():
        if name == address or name.startswith(f"{address}."):
            (thing,) = things
            found[None if name == address else int(name.rpartition(".")[2])] = thing["id"]
    return found


def name_of(lab: Lab, id: str) -> str:
    """What an instance is called in the cloud."""
    (row,) = lab.client.ecs("DescribeInstances", InstanceIds=f'["{id}"]')["Instances"]["Instance"]
    return str(row["InstanceName"])
