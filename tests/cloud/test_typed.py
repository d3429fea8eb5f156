"""The SDK's typed requests know what we send; the check itself notices when they do not."""

from __future__ import annotations

import pytest

from acsctl.cloud import connect
from acsctl.cloud.products import PRODUCTS
from tests.cloud.typed import Recorder, lost

TAG = [{"Key": "acsctl:stack", "Value": "shop"}]


def test_calls_are_collected_through_the_observer(server, clock):
    recorder = Recorder()
    cloud = connect("cn-hangzhou", endpoint=server.url, clock=clock, observer=recorder)
    cloud.call("vpc", "CreateVpc", {"RegionId": "cn-hangzhou", "CidrBlock": "10.0.0.0/16", "Tag": TAG, "ClientToken": "t"})
    cloud.call("ecs", "DescribeInstances", {"RegionId": "cn-hangzhou", "InstanceIds": '["i-1"]', "Tag": TAG, "MaxResults": 100})
    cloud.call("sts", "GetCallerIdentity", {})
    assert [(product, action) for product, action, _ in recorder.calls] == [
        ("vpc", "CreateVpc"),
        ("ecs", "DescribeInstances"),
        ("sts", "GetCallerIdentity"),
    ]
    assert [lost(*call) for call in recorder.calls] == [{}, {}, {}]


def test_nested_parameters_come_through():
    params = {
        "RegionId": "cn-hangzhou",
        "SystemDisk": {"Category": "cloud_essd", "Size": "40"},
        "DataDisk": [{"Size": 20, "Encrypted": "true"}],
        "NetworkInterface": [{"SecurityGroupIds": ["sg-1"]}],
        "SecurityGroupIds": ["sg-1", "sg-2"],
        "DryRun": True,
    }
    assert lost("ecs", "RunInstances", params) == {}


@pytest.mark.parametrize(
    ("params", "gone"),
    [
        ({"Cidr": "10.0.0.0/8"}, {"Cidr": "10.0.0.0/8"}),
        ({"Tag": [{"TagKey": "a"}]}, {"Tag.1.TagKey": "a"}),
        ({"Tags": TAG}, {"Tags.1.Key": "acsctl:stack", "Tags.1.Value": "shop"}),
    ],
)
def test_a_name_that_the_sdk_does_not_know_is_noticed(params, gone):
    assert lost("vpc", "CreateVpc", params) == gone


def test_an_action_that_the_sdk_does_not_know_is_noticed():
    with pytest.raises(AttributeError):
        lost("vpc", "MakeVpc", {})


@pytest.mark.parametrize(
    ("product", "action"),
    [(product.code, action) for product in PRODUCTS.values() if product.package for action in sorted(product.repeatable)],
)
def test_what_may_be_repeated_exists(product, action):
    lost(product, action, {})
