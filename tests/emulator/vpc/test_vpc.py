"""VPCs through the real SDK."""

import pytest
from alibabacloud_vpc20160428 import models as m
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, LocalCloud, code_of


def create(cloud: LocalCloud, **parameters: object) -> str:
    request = m.CreateVpcRequest(region_id=REGION, **parameters)
    vpc_id = cloud.vpc.create_vpc(request).body.vpc_id
    cloud.pass_time(5)
    return vpc_id


def describe(cloud: LocalCloud, **parameters: object) -> list[m.DescribeVpcsResponseBodyVpcsVpc]:
    return cloud.vpc.describe_vpcs(m.DescribeVpcsRequest(region_id=REGION, **parameters)).body.vpcs.vpc


def test_a_vpc_is_pending_and_then_available(cloud: LocalCloud) -> None:
    made = cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION, vpc_name="a", cidr_block="10.0.0.0/8")).body
    (vpc,) = describe(cloud)
    assert (vpc.vpc_id, vpc.vpc_name, vpc.cidr_block, vpc.status) == (made.vpc_id, "a", "10.0.0.0/8", "Pending")
    cloud.pass_time(3)
    (vpc,) = describe(cloud)
    assert vpc.status == "Available"
    assert vpc.router_table_ids.router_table_ids == [made.route_table_id]


def test_attributes_change(cloud: LocalCloud) -> None:
    vpc_id = create(cloud)
    cloud.vpc.modify_vpc_attribute(m.ModifyVpcAttributeRequest(vpc_id=vpc_id, vpc_name="b", cidr_block="172.16.0.0/16"))
    read = cloud.vpc.describe_vpc_attribute(m.DescribeVpcAttributeRequest(region_id=REGION, vpc_id=vpc_id)).body
    assert (read.vpc_name, read.cidr_block, read.status) == ("b", "172.16.0.0/16", "Available")


def test_delete_takes_a_while(cloud: LocalCloud) -> None:
    vpc_id = create(cloud)
    cloud.vpc.delete_vpc(m.DeleteVpcRequest(vpc_id=vpc_id))
    assert describe(cloud)[0].status == "Pending"
    cloud.pass_time(2)
    assert describe(cloud) == []
    assert cloud.world() == []


def test_a_pending_vpc_cannot_be_deleted(cloud: LocalCloud) -> None:
    made = cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION)).body
    with pytest.raises(DaraException) as failure:
        cloud.vpc.delete_vpc(m.DeleteVpcRequest(vpc_id=made.vpc_id))
    assert code_of(failure) == "IncorrectVpcStatus"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"cidr_block": "10.0.0.0"}, "InvalidParameter"),
        ({"cidr_block": "100.64.0.0/16"}, "InvalidParameter"),
        ({"cidr_block": "10.0.0.0/29"}, "InvalidParameter"),
        ({"vpc_name": "http://x"}, "InvalidVpcName.Malformed"),
        ({"user_cidr": "1.0.0.0/8,2.0.0.0/8,3.0.0.0/8,4.0.0.0/8"}, "InvalidUserCidr.Quota"),
        ({"tag": [m.CreateVpcRequestTag(key="acs:x", value="y")]}, "InvalidTagKey"),
        ({"dry_run": True}, "DryRunOperation"),
    ],
)
def test_create_refuses(cloud: LocalCloud, parameters: dict[str, object], code: str) -> None:
    with pytest.raises(DaraException) as failure:
        create(cloud, **parameters)
    assert code_of(failure) == code
    assert cloud.world() == []


def test_the_quota_of_ten(cloud: LocalCloud) -> None:
    for _ in range(10):
        create(cloud)
    with pytest.raises(DaraException) as failure:
        create(cloud)
    assert (code_of(failure), failure.value.status_code) == ("QuotaExceeded.Vpc", 400)


def test_filters_and_pages(cloud: LocalCloud) -> None:
    ids = [create(cloud, vpc_name=name, tag=[m.CreateVpcRequestTag(key="n", value=name)]) for name in "abc"]
    assert [one.vpc_id for one in describe(cloud, vpc_name="b")] == [ids[1]]
    assert [one.vpc_id for one in describe(cloud, vpc_id=",".join(ids[:2]))] == ids[:2]
    assert [one.vpc_id for one in describe(cloud, tag=[m.DescribeVpcsRequestTag(key="n", value="c")])] == [ids[2]]
    body = cloud.vpc.describe_vpcs(m.DescribeVpcsRequest(region_id=REGION, page_size=2, page_number=2)).body
    assert ([one.vpc_id for one in body.vpcs.vpc], body.total_count, body.page_number) == ([ids[2]], 3, 2)


def test_regions_are_apart(cloud: LocalCloud) -> None:
    create(cloud)
    other = cloud.vpc.describe_vpcs(m.DescribeVpcsRequest(region_id="cn-beijing")).body
    assert other.total_count == 0


def test_a_missing_vpc_is_not_found(cloud: LocalCloud) -> None:
    with pytest.raises(DaraException) as failure:
        cloud.vpc.describe_vpc_attribute(m.DescribeVpcAttributeRequest(region_id=REGION, vpc_id="vpc-none"))
    assert (code_of(failure), failure.value.status_code) == ("InvalidVpcId.NotFound", 404)


def test_a_vpc_changes_only_when_nothing_in_it_does(cloud: LocalCloud) -> None:
    vpc_id = create(cloud, cidr_block="10.0.0.0/16")
    cloud.do("CreateVSwitch", VpcId=vpc_id, ZoneId="cn-hangzhou-h", CidrBlock="10.0.1.0/24")
    assert cloud.code("ModifyVpcAttribute", VpcId=vpc_id, VpcName="x") == "TaskConflict"
    added = cloud.code("AssociateVpcCidrBlock", VpcId=vpc_id, SecondaryCidrBlock="192.168.0.0/16")
    assert added == "IncorrectStatus.Vpc"
    cloud.pass_time(5)
    assert cloud.code("ModifyVpcAttribute", VpcId=vpc_id, VpcName="x") == ""
    assert cloud.code("ModifyVpcAttribute", VpcId=vpc_id, CidrBlock="10.0.0.0/24") == "IllegalCidrBlock"
