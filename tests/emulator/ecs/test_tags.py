"""Tags of ECS through the real SDK."""

import pytest
from alibabacloud_ecs20140526 import models as m
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, LocalCloud, code_of
from tests.emulator.ecs.conftest import Net, disks, instances, running


def tag(cloud: LocalCloud, kind: str, ids: list[str], **tags: str) -> None:
    given = [m.TagResourcesRequestTag(key=key, value=value) for key, value in tags.items()]
    request = m.TagResourcesRequest(region_id=REGION, resource_type=kind, resource_id=ids, tag=given)
    cloud.ecs.tag_resources(request)


def listed(cloud: LocalCloud, kind: str, **parameters: object) -> list[tuple[str, str, str]]:
    request = m.ListTagResourcesRequest(region_id=REGION, resource_type=kind, **parameters)
    rows = cloud.ecs.list_tag_resources(request).body.tag_resources.tag_resource
    return [(one.resource_id, one.tag_key, one.tag_value) for one in rows]


def test_tag_list_and_untag(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    (disk,) = disks(cloud)
    tag(cloud, "instance", [id_], a="1", b="2")
    tag(cloud, "instance", [id_], a="3")
    tag(cloud, "disk", [disk.disk_id], a="4")
    tag(cloud, "securitygroup", [net.group_id], a="5")
    assert listed(cloud, "instance", resource_id=[id_]) == [(id_, "a", "3"), (id_, "b", "2")]
    assert listed(cloud, "disk", tag=[m.ListTagResourcesRequestTag(key="a")]) == [(disk.disk_id, "a", "4")]
    assert instances(cloud, tag=[m.DescribeInstancesRequestTag(key="a", value="3")])[0].instance_id == id_
    request = m.UntagResourcesRequest(region_id=REGION, resource_type="instance", resource_id=[id_], tag_key=["a"])
    cloud.ecs.untag_resources(request)
    assert listed(cloud, "instance", resource_id=[id_]) == [(id_, "b", "2")]


def test_all_or_nothing(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    with pytest.raises(DaraException) as failure:
        tag(cloud, "instance", [id_, "i-none"], a="1")
    assert (code_of(failure), failure.value.status_code) == ("InvalidResourceId.NotFound", 404)
    assert instances(cloud)[0].tags.tag == []


def test_a_key_pair_goes_by_name(cloud: LocalCloud) -> None:
    cloud.ecs.create_key_pair(m.CreateKeyPairRequest(region_id=REGION, key_pair_name="ops"))
    tag(cloud, "keypair", ["ops"], team="x")
    assert listed(cloud, "keypair", resource_id=["ops"]) == [("ops", "team", "x")]


def test_filters_see_a_change_late(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    cloud.settings(tag_lag=5.0)
    tag(cloud, "instance", [id_], a="1")
    wanted = [m.DescribeInstancesRequestTag(key="a", value="1")]
    assert instances(cloud, tag=wanted) == []
    cloud.pass_time(5)
    assert [one.instance_id for one in instances(cloud, tag=wanted)] == [id_]


def test_the_older_actions(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    add = m.AddTagsRequest(
        region_id=REGION, resource_type="instance", resource_id=id_, tag=[m.AddTagsRequestTag(key="a", value="1")]
    )
    cloud.ecs.add_tags(add)
    tag(cloud, "securitygroup", [net.group_id], a="1")
    (row,) = cloud.ecs.describe_tags(m.DescribeTagsRequest(region_id=REGION)).body.tags.tag
    assert (row.tag_key, row.tag_value, row.resource_type_count.instance, row.resource_type_count.disk) == ("a", "1", 1, 0)
    by_tag = m.DescribeResourceByTagsRequest(
        region_id=REGION, resource_type="instance", tag=[m.DescribeResourceByTagsRequestTag(key="a", value="1")]
    )
    assert [one.resource_id for one in cloud.ecs.describe_resource_by_tags(by_tag).body.resources.resource] == [id_]
    remove = m.RemoveTagsRequest(
        region_id=REGION, resource_type="instance", resource_id=id_, tag=[m.RemoveTagsRequestTag(key="a", value="1")]
    )
    cloud.ecs.remove_tags(remove)
    assert instances(cloud)[0].tags.tag == []


def test_an_unknown_type(cloud: LocalCloud) -> None:
    with pytest.raises(DaraException) as failure:
        tag(cloud, "moon", ["m-1"], a="1")
    assert (code_of(failure), failure.value.status_code) == ("InvalidResourceType.NotFound", 404)


def test_resource_groups(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    request = m.JoinResourceGroupRequest(region_id=REGION, resource_type="instance", resource_id=id_, resource_group_id="rg-1")
    cloud.ecs.join_resource_group(request)
    assert [one.instance_id for one in instances(cloud, resource_group_id="rg-1")] == [id_]
