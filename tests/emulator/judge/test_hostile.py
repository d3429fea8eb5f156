"""Every action that is played, with values that no honest client sends: an answer of the cloud, never a crash of ours."""

from collections.abc import Iterator
from typing import Any

import pytest

from acsctl.emulator import api
from acsctl.emulator.services import HANDLERS
from tests.emulator.judge.town import Town
from tests.support.sample import sampled

DEEP = "[" * 1500  # deeper than Python recurses
VALUES = [
    "",
    "0",
    "-1",
    "9" * 5000,
    "1e400",
    "nan",
    "²",
    "\x00",
    "[]",
    "{}",
    '{"a":1}',
    "null",
    DEEP,
    "['x']",
    "é" * 300,
    "::/0",
    "9/9/9",
]
KNOWN = {
    "VpcId": "$vpc",
    "VSwitchId": "$vswitch",
    "SecurityGroupId": "$group",
    "InstanceId": "$instance",
    "DiskId": "$disk",
    "NetworkInterfaceId": "$interface",
    "NatGatewayId": "$gateway",
    "AllocationId": "$eip",
    "RouteTableId": "$table",
    "SnatTableId": "$snats",
    "ForwardTableId": "$forwards",
    "KeyPairName": "key",
    "ResourceType": "instance",
}


def played() -> Iterator[api.Action]:
    """Those of the RPC style; the ROA style has bodies, and its own test in tests/emulator/cs."""
    every = (one for product in api.products() for one in product.actions.values() if one.key in HANDLERS)
    return (one for one in every if not one.has_path)


def requests(action: api.Action) -> Iterator[dict[str, Any]]:
    """Each value in every parameter at once, then in those that are neither mandatory nor ids of the town."""
    for value in VALUES:
        yield {name: value for name in action.parameters if name not in ("RegionId", "DryRun")}
        needed = {name for name, one in action.parameters.items() if one.required or name in KNOWN}
        yield {name: KNOWN.get(name, value) if name in needed else value for name in action.parameters if name != "RegionId"}


@pytest.mark.parametrize("action", sampled(played(), every=3, name=lambda one: one.key))
def test_hostile_values_are_answered(town: Town, action: api.Action) -> None:
    statuses = {town.call(action.key, fields).status for fields in requests(action)}
    assert statuses <= {200, 400, 401, 403, 404, 409, 414}
    assert [one["text"] for one in town.cloud.findings("crash")] == []
