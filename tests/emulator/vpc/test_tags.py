"""Tag actions of the VPC product, resource groups, regions."""

from alibabacloud_vpc20160428 import models as m

from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.vpc.network import make_vpc, make_vswitch, vpc


def test_tagging_through_the_sdk(cloud: LocalCloud) -> None:
    ids = [make_vpc(cloud), make_vpc(cloud)]
    tags = [m.TagResourcesRequestTag(key=key, value="1") for key in ("a", "b")]
    cloud.vpc.tag_resources(m.TagResourcesRequest(region_id=REGION, resource_type="VPC", resource_id=ids, tag=tags))
    request = m.ListTagResourcesRequest(region_id=REGION, resource_type="VPC", resource_id=ids)
    rows = cloud.vpc.list_tag_resources(request).body.tag_resources.tag_resource
    assert [(one.resource_id, one.tag_key) for one in rows] == [(id_, key) for id_ in ids for key in ("a", "b")]
    untag = m.UnTagResourcesRequest(region_id=REGION, resource_type="VPC", resource_id=ids[:1], tag_key=["a"])
    cloud.vpc.un_tag_resources(untag)
    assert [one["tags"] for one in cloud.world("vpc") if one["id"] == ids[0]] == [{"b": "1"}]
    untag = m.UnTagResourcesRequest(region_id=REGION, resource_type="VPC", resource_id=ids[1:], all=True)
    cloud.vpc.un_tag_resources(untag)
    assert [one["tags"] for one in cloud.world("vpc") if one["id"] == ids[1]] == [{}]


def test_lists_by_tag_and_in_pages(cloud: LocalCloud) -> None:
    ids = [make_vpc(cloud) for _ in range(3)]
    fields = {f"ResourceId.{number}": id_ for number, id_ in enumerate(ids, start=1)}
    cloud.do("TagResources", ResourceType="vpc", **fields, **{"Tag.1.Key": "a", "Tag.1.Value": "x"})
    by_tag = {"ResourceType": "VPC", "Tag.1.Key": "a", "MaxResults": 2}
    first = cloud.do("ListTagResources", **by_tag)
    second = cloud.do("ListTagResources", **by_tag, NextToken=first["NextToken"])
    rows = [*first["TagResources"]["TagResource"], *second["TagResources"]["TagResource"]]
    assert ([one["ResourceId"] for one in rows], second["NextToken"]) == (ids, "")


def test_an_existing_key_gets_the_new_value(cloud: LocalCloud) -> None:
    fields = {"ResourceType": "VPC", "ResourceId.1": make_vpc(cloud), "Tag.1.Key": "a"}
    for value in ("1", "2"):
        cloud.do("TagResources", **fields, **{"Tag.1.Value": value})
    assert cloud.world("vpc")[0]["tags"] == {"a": "2"}


def test_tags_that_are_refused(cloud: LocalCloud) -> None:
    good = {"ResourceType": "VPC", "ResourceId.1": make_vpc(cloud), "Tag.1.Key": "a", "Tag.1.Value": "b"}
    many = {f"Tag.{number}.Key": f"k{number}" for number in range(1, 22)}
    wrong = {
        "InvalidTagKey": {"Tag.1.Key": "aliyun-x"},
        "InvalidTagValue": {"Tag.1.Value": "see http://x"},
        "Duplicate.TagKey": {"Tag.2.Key": "a"},
        "NumberExceed.Tags": many,
        "InvalidResourceId.NotFound": {"ResourceId.2": "vpc-none"},
        "NumberExceed.ResourceIds": {f"ResourceId.{number}": "vpc-x" for number in range(1, 52)},
        "InvalidInstanceType.NotFound": {"ResourceType": "TEAPOT"},
    }
    assert {code: cloud.code("TagResources", **{**good, **change}) for code, change in wrong.items()} == {
        code: code for code in wrong
    }
    assert cloud.world("vpc")[0]["tags"] == {}
    assert cloud.code("ListTagResources", ResourceType="VPC") == "BothEmpty.TagsAndResources"


def test_twenty_tags_are_enough(cloud: LocalCloud) -> None:
    id_ = make_vpc(cloud)
    many = {f"Tag.{number}.Key": f"k{number}" for number in range(1, 21)}
    fields = {"ResourceType": "VPC", "ResourceId.1": id_}
    assert cloud.code("TagResources", **fields, **many) == ""
    assert cloud.code("TagResources", **fields, **{"Tag.1.Key": "one-more"}) == "QuotaExceeded.TagNum"


def test_our_own_prefix_is_legal(cloud: LocalCloud) -> None:
    """`acsctl:stack` begins with acsctl, not with acs: (sheet behaviour.md 5)."""
    vpc_id = cloud.do("CreateVpc", **{"Tag.1.Key": "acsctl:stack", "Tag.1.Value": "shop"})["VpcId"]
    assert vpc(cloud, vpc_id)["Tags"]["Tag"] == [{"Key": "acsctl:stack", "Value": "shop"}]


def test_resource_groups(cloud: LocalCloud) -> None:
    vpc_id = make_vpc(cloud)
    make_vswitch(cloud, vpc_id)
    cloud.do("MoveResourceGroup", ResourceType="vpc", ResourceId=vpc_id, NewResourceGroupId="rg-1")
    assert vpc(cloud, vpc_id)["ResourceGroupId"] == "rg-1"
    assert (
        cloud.code("MoveResourceGroup", ResourceType="x", ResourceId="y", NewResourceGroupId="z") == "IllegalParam.ResourceType"
    )


def test_regions_and_zones(cloud: LocalCloud) -> None:
    regions = {one["RegionId"] for one in cloud.do("DescribeRegions")["Regions"]["Region"]}
    assert {"cn-hangzhou", "ap-southeast-1"} <= regions
    zones = [one["ZoneId"] for one in cloud.do("DescribeZones")["Zones"]["Zone"]]
    assert "cn-hangzhou-h" in zones
    assert [one["ZoneId"] for one in cloud.do("ListEnhanhcedNatGatewayAvailableZones")["Zones"]] == zones
