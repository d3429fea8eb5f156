"""The VPC calls that ECS still publishes: Ray and fog make their networks with them (sheet wire.md 1.2)."""

from typing import Any

from tests.emulator.conftest import LocalCloud
from tests.emulator.vpc.network import ZONE, make_vpc, make_vswitch

VERSION = "2014-05-26"


def ecs(cloud: LocalCloud, action: str, **fields: Any) -> dict[str, Any]:
    answer = cloud.do(action, Version=VERSION, **fields)
    assert "Code" not in answer, answer
    cloud.pass_time(10)
    return answer


def test_a_network_from_first_to_last(cloud: LocalCloud) -> None:
    vpc_id = ecs(cloud, "CreateVpc", CidrBlock="10.0.0.0/16")["VpcId"]
    vswitch_id = ecs(cloud, "CreateVSwitch", VpcId=vpc_id, ZoneId=ZONE, CidrBlock="10.0.1.0/24")["VSwitchId"]
    ecs(cloud, "ModifyVSwitchAttribute", VSwitchId=vswitch_id, VSwitchName="n")
    (vswitch,) = ecs(cloud, "DescribeVSwitches", VpcId=vpc_id)["VSwitches"]["VSwitch"]
    assert (vswitch["VSwitchName"], vswitch["Status"]) == ("n", "Available")
    (router,) = ecs(cloud, "DescribeVRouters")["VRouters"]["VRouter"]
    (table,) = ecs(cloud, "DescribeRouteTables", VRouterId=router["VRouterId"])["RouteTables"]["RouteTable"]
    assert table["RouteTableType"] == "System"
    eip = ecs(cloud, "AllocateEipAddress")
    assert ecs(cloud, "DescribeEipAddresses")["EipAddresses"]["EipAddress"][0]["IpAddress"] == eip["EipAddress"]
    ecs(cloud, "ReleaseEipAddress", AllocationId=eip["AllocationId"])
    ecs(cloud, "DeleteVSwitch", VSwitchId=vswitch_id)
    ecs(cloud, "DeleteVpc", VpcId=vpc_id)
    assert cloud.world() == []


def test_a_token_is_the_same_under_both_versions(cloud: LocalCloud) -> None:
    first = cloud.do("CreateVpc", ClientToken="t")
    assert cloud.do("CreateVpc", ClientToken="t", Version=VERSION)["VpcId"] == first["VpcId"]


def test_the_region_follows_the_ids(cloud: LocalCloud) -> None:
    """Calls that name no region are served where their ids live, as at a regional endpoint."""
    vpc_id = cloud.do("CreateVpc", RegionId="cn-beijing", CidrBlock="10.0.0.0/16")["VpcId"]
    cloud.pass_time(5)
    fields = {"VpcId": vpc_id, "ZoneId": "cn-beijing-h", "CidrBlock": "10.0.1.0/24", "RegionId": ""}
    assert "VSwitchId" in cloud.do("CreateVSwitch", **fields)
    here = make_vpc(cloud)
    make_vswitch(cloud, here)
    assert cloud.code("DeleteVpc", VpcId=vpc_id) == "InvalidVpcId.NotFound"  # the named region is another
