"""A network to test in."""

from typing import Any

from tests.emulator.conftest import LocalCloud

ZONE = "cn-hangzhou-h"


def make_vpc(cloud: LocalCloud, cidr: str = "10.0.0.0/16") -> str:
    """An Available VPC."""
    vpc_id = cloud.do("CreateVpc", CidrBlock=cidr)["VpcId"]
    cloud.pass_time(5)
    return vpc_id


def make_vswitch(cloud: LocalCloud, vpc_id: str, cidr: str = "10.0.1.0/24", zone: str = ZONE) -> str:
    """An Available vSwitch."""
    vswitch_id = cloud.do("CreateVSwitch", VpcId=vpc_id, ZoneId=zone, CidrBlock=cidr)["VSwitchId"]
    cloud.pass_time(5)
    return vswitch_id


def make_nat(cloud: LocalCloud, vpc_id: str, vswitch_id: str) -> dict[str, Any]:
    """An Available NAT gateway, as its list shows it."""
    cloud.do("CreateNatGateway", VpcId=vpc_id, VSwitchId=vswitch_id, NatType="Enhanced")
    cloud.pass_time(60)
    return nats(cloud)[-1]


def make_eip(cloud: LocalCloud, nat_id: str = "") -> tuple[str, str]:
    """Id and address of an EIP, bound to the gateway when one is named."""
    made = cloud.do("AllocateEipAddress")
    if nat_id:
        cloud.do("AssociateEipAddress", AllocationId=made["AllocationId"], InstanceId=nat_id, InstanceType="Nat")
        cloud.pass_time(5)
    return made["AllocationId"], made["EipAddress"]


def vpc(cloud: LocalCloud, vpc_id: str) -> dict[str, Any]:
    return cloud.do("DescribeVpcs", VpcId=vpc_id)["Vpcs"]["Vpc"][0]


def vswitches(cloud: LocalCloud, **filters: Any) -> list[dict[str, Any]]:
    return cloud.do("DescribeVSwitches", **filters)["VSwitches"]["VSwitch"]


def nats(cloud: LocalCloud, **filters: Any) -> list[dict[str, Any]]:
    return cloud.do("DescribeNatGateways", **filters)["NatGateways"]["NatGateway"]


def eips(cloud: LocalCloud, **filters: Any) -> list[dict[str, Any]]:
    return cloud.do("DescribeEipAddresses", **filters)["EipAddresses"]["EipAddress"]


def tables(cloud: LocalCloud, **filters: Any) -> list[dict[str, Any]]:
    return cloud.do("DescribeRouteTableList", **filters)["RouterTableList"]["RouterTableListType"]


def entries(cloud: LocalCloud, table_id: str, **filters: Any) -> list[dict[str, Any]]:
    answer = cloud.do("DescribeRouteEntryList", RouteTableId=table_id, **{"MaxResult": 100, **filters})
    return answer["RouteEntrys"]["RouteEntry"]
