"""ECS for clients of the older wire form: RPC V1 with JSON or XML."""

import json
from xml.etree import ElementTree

from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.ecs.conftest import IMAGE, TYPE, Net
from tests.emulator.raw import rpc

V = "2014-05-26"


def test_a_launch_in_xml(cloud: LocalCloud, net: Net) -> None:
    fields = {"RegionId": REGION, "InstanceType": TYPE, "ImageId": IMAGE, "VSwitchId": net.vswitch_id}
    tags = {"Tag.1.Key": "k", "Tag.1.Value": "v", "SecurityGroupId": net.group_id}
    answer = rpc(cloud.address, "RunInstances", Version=V, Format="XML", **fields, **tags)
    assert answer.status == 200
    (id_,) = [one.text for one in ElementTree.fromstring(answer.text).iter("InstanceIdSet")]
    listed = rpc(cloud.address, "DescribeInstances", Version=V, RegionId=REGION, InstanceIds=json.dumps([id_]), Format="XML")
    root = ElementTree.fromstring(listed.text)
    assert [one.text for one in root.iter("InstanceId")] == [id_]
    assert [one.text for one in root.iter("TagKey")] == ["k"]


def test_networks_under_the_version_of_ecs(cloud: LocalCloud) -> None:
    made = rpc(cloud.address, "CreateVpc", Version=V, RegionId=REGION, CidrBlock="10.0.0.0/8").json
    listed = rpc(cloud.address, "DescribeVpcs", Version=V, RegionId=REGION).json
    assert [one["VpcId"] for one in listed["Vpcs"]["Vpc"]] == [made["VpcId"]]
