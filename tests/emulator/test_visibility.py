"""Late lists and late tags (sheet behaviour.md 8)."""

from alibabacloud_vpc20160428 import models as m

from tests.emulator.conftest import REGION, LocalCloud


def listed(cloud: LocalCloud, **parameters: object) -> list[str]:
    body = cloud.vpc.describe_vpcs(m.DescribeVpcsRequest(region_id=REGION, **parameters)).body
    return [one.vpc_id for one in body.vpcs.vpc]


def test_a_create_is_seen_late_even_by_id(cloud: LocalCloud) -> None:
    cloud.settings(list_lag=10.0)
    vpc_id = cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION)).body.vpc_id
    cloud.pass_time(9)
    assert listed(cloud) == listed(cloud, vpc_id=vpc_id) == []
    cloud.pass_time(1)
    assert listed(cloud) == [vpc_id]


def test_operations_on_an_unseen_id_work(cloud: LocalCloud) -> None:
    cloud.settings(list_lag=100.0)
    vpc_id = cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION)).body.vpc_id
    cloud.pass_time(5)
    assert listed(cloud) == []
    cloud.vpc.modify_vpc_attribute(m.ModifyVpcAttributeRequest(vpc_id=vpc_id, vpc_name="x"))
    cloud.vpc.delete_vpc(m.DeleteVpcRequest(vpc_id=vpc_id))


def test_a_deleted_thing_is_listed_for_a_while(cloud: LocalCloud) -> None:
    vpc_id = cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION)).body.vpc_id
    cloud.pass_time(5)
    cloud.settings(list_lag=10.0)
    cloud.vpc.delete_vpc(m.DeleteVpcRequest(vpc_id=vpc_id))
    cloud.pass_time(2)
    assert cloud.world() == []
    assert listed(cloud) == [vpc_id]
    cloud.pass_time(9.5)
    assert listed(cloud) == [vpc_id]
    cloud.pass_time(0.5)
    assert listed(cloud) == []


def test_tags_are_seen_late(cloud: LocalCloud) -> None:
    cloud.settings(tag_lag=5.0)
    tag = m.CreateVpcRequestTag(key="a", value="b")
    vpc_id = cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION, tag=[tag])).body.vpc_id
    wanted = [m.DescribeVpcsRequestTag(key="a", value="b")]
    assert (listed(cloud), listed(cloud, tag=wanted)) == ([vpc_id], [])
    assert cloud.world("vpc")[0]["tags"] == {"a": "b"}
    cloud.pass_time(5)
    assert listed(cloud, tag=wanted) == [vpc_id]
