"""VSwitches."""

import pytest
from alibabacloud_vpc20160428 import models as m

from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.vpc.network import ZONE, make_vpc, make_vswitch, vpc, vswitches


def test_a_vswitch_through_the_sdk(cloud: LocalCloud) -> None:
    vpc_id = make_vpc(cloud)
    tag = m.CreateVSwitchRequestTag(key="a", value="b")
    request = m.CreateVSwitchRequest(
        region_id=REGION, vpc_id=vpc_id, zone_id=ZONE, cidr_block="10.0.1.0/24", v_switch_name="s", tag=[tag]
    )
    vswitch_id = cloud.vpc.create_vswitch(request).body.v_switch_id
    (found,) = cloud.vpc.describe_vswitches(m.DescribeVSwitchesRequest(vpc_id=vpc_id)).body.v_switches.v_switch
    assert (found.v_switch_id, found.status, found.available_ip_address_count) == (vswitch_id, "Pending", 252)
    assert [(one.key, one.value) for one in found.tags.tag] == [("a", "b")]
    assert found.route_table.route_table_type == "System"
    cloud.pass_time(5)
    read = cloud.vpc.describe_vswitch_attributes(m.DescribeVSwitchAttributesRequest(v_switch_id=vswitch_id)).body
    assert (read.status, read.v_switch_name) == ("Available", "s")
    assert vpc(cloud, vpc_id)["VSwitchIds"]["VSwitchId"] == [vswitch_id]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"VpcId": "vpc-none"}, "InvalidVpcId.NotFound"),
        ({"ZoneId": "cn-hangzhou-z"}, "InvalidZoneId.NotFound"),
        ({"CidrBlock": "10.0.1.0/30"}, "InvalidCirdrBlock.MaskLength"),
        ({"CidrBlock": "10.0.0.0/15"}, "InvalidCirdrBlock.MaskLength"),
        ({"CidrBlock": "10.1.0.0/24"}, "InvalidParameter"),
        ({"CidrBlock": "10.0.0.0/23"}, "InvalidCidrBlock.Overlapped"),
        ({"CidrBlock": "many"}, "InvalidCidrBlock.Malformed"),
        ({"VSwitchName": "https://x"}, "InvalidVSwitchName.Malformed"),
        ({"Ipv6CidrBlock": 1}, "OperationFailed.VpcIpv6Disabled"),
    ],
)
def test_create_refuses(cloud: LocalCloud, changes: dict[str, str], code: str) -> None:
    vpc_id = make_vpc(cloud)
    make_vswitch(cloud, vpc_id)
    right = {"VpcId": vpc_id, "ZoneId": ZONE, "CidrBlock": "10.0.2.0/24"}
    assert cloud.code("CreateVSwitch", **{**right, **changes}) == code
    assert len(vswitches(cloud)) == 1


def test_one_at_a_time_in_a_vpc(cloud: LocalCloud) -> None:
    vpc_id = cloud.do("CreateVpc", CidrBlock="10.0.0.0/16")["VpcId"]
    first = {"VpcId": vpc_id, "ZoneId": ZONE, "CidrBlock": "10.0.1.0/24"}
    second = {**first, "CidrBlock": "10.0.2.0/24"}
    assert cloud.code("CreateVSwitch", **first) == "IncorrectVpcStatus"
    cloud.pass_time(5)
    vswitch_id = cloud.do("CreateVSwitch", **first)["VSwitchId"]
    assert cloud.code("CreateVSwitch", **second) == "TaskConflict"
    assert cloud.code("DeleteVSwitch", VSwitchId=vswitch_id) == "IncorrectVSwitchStatus"
    assert cloud.code("CreateVSwitch", **{**first, "VpcId": make_vpc(cloud)}) == ""  # another VPC does not mind
    cloud.pass_time(5)
    assert cloud.code("CreateVSwitch", **second) == ""


def test_a_modified_vswitch_is_pending_for_a_while(cloud: LocalCloud) -> None:
    vswitch_id = make_vswitch(cloud, make_vpc(cloud))
    cloud.do("ModifyVSwitchAttribute", VSwitchId=vswitch_id, VSwitchName="new")
    (found,) = vswitches(cloud)
    assert (found["VSwitchName"], found["Status"]) == ("new", "Pending")
    assert cloud.code("ModifyVSwitchAttribute", VSwitchId=vswitch_id, VSwitchName="x") == "IncorrectStatus.VSwitch"
    cloud.pass_time(2)
    assert vswitches(cloud)[0]["Status"] == "Available"


def test_deleting_takes_a_while_and_blocks_the_vpc(cloud: LocalCloud) -> None:
    vpc_id = make_vpc(cloud)
    vswitch_id = make_vswitch(cloud, vpc_id)
    assert cloud.code("DeleteVpc", VpcId=vpc_id) == "DependencyViolation.VSwitch"
    cloud.do("DeleteVSwitch", VSwitchId=vswitch_id)
    assert vswitches(cloud)[0]["Status"] == "Pending"
    assert cloud.code("DeleteVpc", VpcId=vpc_id) == "DependencyViolation.VSwitch"
    cloud.pass_time(3)
    assert vswitches(cloud) == []
    assert cloud.code("DescribeVSwitchAttributes", VSwitchId=vswitch_id) == "InvalidVSwitchId.NotFound"
    assert cloud.code("DeleteVSwitch", VSwitchId=vswitch_id) == "InvalidVSwitchId.NotFound"
    assert cloud.code("DeleteVpc", VpcId=vpc_id) == ""


def test_filters(cloud: LocalCloud) -> None:
    vpc_id = make_vpc(cloud)
    one, two = make_vswitch(cloud, vpc_id), make_vswitch(cloud, vpc_id, "10.0.2.0/24", "cn-hangzhou-i")
    assert [row["VSwitchId"] for row in vswitches(cloud, ZoneId="cn-hangzhou-i")] == [two]
    assert [row["VSwitchId"] for row in vswitches(cloud, VSwitchId=one)] == [one]
    assert vswitches(cloud, VpcId="vpc-none") == []


def test_a_secondary_range(cloud: LocalCloud) -> None:
    vpc_id = make_vpc(cloud)
    outside = {"VpcId": vpc_id, "ZoneId": ZONE, "CidrBlock": "192.168.1.0/24"}
    assert cloud.code("CreateVSwitch", **outside) == "InvalidParameter"
    cloud.do("AssociateVpcCidrBlock", VpcId=vpc_id, SecondaryCidrBlock="192.168.0.0/16")
    assert cloud.code("AssociateVpcCidrBlock", VpcId=vpc_id, SecondaryCidrBlock="10.1.0.0/16") == "IncorrectStatus.Vpc"
    cloud.pass_time(2)
    assert vpc(cloud, vpc_id)["SecondaryCidrBlocks"]["SecondaryCidrBlock"] == ["192.168.0.0/16"]
    overlapping = cloud.code("AssociateVpcCidrBlock", VpcId=vpc_id, SecondaryCidrBlock="10.0.0.0/20")
    assert overlapping == "Duplicated.SecondaryCidrBlock"
    vswitch_id = cloud.do("CreateVSwitch", **outside)["VSwitchId"]
    cloud.pass_time(5)
    remove = {"VpcId": vpc_id, "SecondaryCidrBlock": "192.168.0.0/16"}
    assert cloud.code("UnassociateVpcCidrBlock", **remove) == "OperationFailed.CidrInUse"
    cloud.do("DeleteVSwitch", VSwitchId=vswitch_id)
    cloud.pass_time(3)
    assert cloud.code("UnassociateVpcCidrBlock", **remove) == ""
    cloud.pass_time(2)
    assert cloud.code("UnassociateVpcCidrBlock", **remove) == "InvalidSecondaryCidrBlock.NotFound"


def test_ipv6(cloud: LocalCloud) -> None:
    vpc_id = cloud.do("CreateVpc", CidrBlock="10.0.0.0/16", EnableIpv6="true")["VpcId"]
    cloud.pass_time(5)
    block = vpc(cloud, vpc_id)["Ipv6CidrBlock"]
    assert block.endswith("::/56")
    first = {"VpcId": vpc_id, "ZoneId": ZONE, "CidrBlock": "10.0.1.0/24", "Ipv6CidrBlock": 255}
    cloud.do("CreateVSwitch", **first)
    cloud.pass_time(5)
    assert vswitches(cloud)[0]["Ipv6CidrBlock"] == block.replace("0::/56", "ff::/64")
    second = {**first, "CidrBlock": "10.0.2.0/24"}
    assert cloud.code("CreateVSwitch", **second) == "OperationFailed.Ipv6CidrBlockExisted"
