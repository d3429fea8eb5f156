"""Security groups through the real SDK."""

import pytest
from alibabacloud_ecs20140526 import models as m
from alibabacloud_vpc20160428 import models as v
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, LocalCloud, code_of
from tests.emulator.ecs.conftest import Net, make_group, make_vpc, running

Groups = list[m.DescribeSecurityGroupsResponseBodySecurityGroupsSecurityGroup]


def describe(cloud: LocalCloud, **parameters: object) -> Groups:
    request = m.DescribeSecurityGroupsRequest(region_id=REGION, **parameters)
    return cloud.ecs.describe_security_groups(request).body.security_groups.security_group


def attribute(cloud: LocalCloud, group_id: str) -> m.DescribeSecurityGroupAttributeResponseBody:
    request = m.DescribeSecurityGroupAttributeRequest(region_id=REGION, security_group_id=group_id)
    return cloud.ecs.describe_security_group_attribute(request).body


def delete(cloud: LocalCloud, group_id: str) -> None:
    cloud.ecs.delete_security_group(m.DeleteSecurityGroupRequest(region_id=REGION, security_group_id=group_id))


def test_a_new_group(cloud: LocalCloud) -> None:
    vpc_id = make_vpc(cloud)
    tag = m.CreateSecurityGroupRequestTag(key="k", value="v")
    group_id = make_group(cloud, vpc_id, security_group_name="web", description="the web", tag=[tag])
    (group,) = describe(cloud)
    assert (group.security_group_id, group.vpc_id, group.security_group_type) == (group_id, vpc_id, "normal")
    assert [(one.tag_key, one.tag_value) for one in group.tags.tag] == [("k", "v")]
    read = attribute(cloud, group_id)
    assert (read.security_group_name, read.description, read.inner_access_policy) == ("web", "the web", "Accept")
    assert read.permissions.permission == []


def test_the_vpc_has_to_be_available(cloud: LocalCloud) -> None:
    vpc_id = cloud.vpc.create_vpc(v.CreateVpcRequest(region_id=REGION)).body.vpc_id
    with pytest.raises(DaraException) as failure:
        make_group(cloud, vpc_id)
    assert (code_of(failure), failure.value.status_code) == ("IncorrectVpcStatus", 400)
    with pytest.raises(DaraException) as failure:
        make_group(cloud, "vpc-none")
    assert (code_of(failure), failure.value.status_code) == ("InvalidVpcId.NotFound", 404)


def test_filters_and_pages(cloud: LocalCloud) -> None:
    vpc_id = make_vpc(cloud)
    made = {make_group(cloud, vpc_id, security_group_name=name): name for name in ("one", "two", "three")}
    newest_id_first = sorted(made, reverse=True)
    assert [one.security_group_id for one in describe(cloud)] == newest_id_first
    assert describe(cloud, security_group_ids="[]") == []
    assert [one.security_group_name for one in describe(cloud, security_group_name="two")] == ["two"]
    body = cloud.ecs.describe_security_groups(m.DescribeSecurityGroupsRequest(region_id=REGION, max_results=2)).body
    assert [one.security_group_id for one in body.security_groups.security_group] == newest_id_first[:2]
    request = m.DescribeSecurityGroupsRequest(region_id=REGION, max_results=2, next_token=body.next_token)
    rest = cloud.ecs.describe_security_groups(request).body
    assert ([one.security_group_id for one in rest.security_groups.security_group], rest.next_token) == (
        newest_id_first[2:],
        "",
    )


def test_the_policy_reads_back_late(cloud: LocalCloud, net: Net) -> None:
    request = m.ModifySecurityGroupPolicyRequest(region_id=REGION, security_group_id=net.group_id, inner_access_policy="drop")
    cloud.ecs.modify_security_group_policy(request)
    assert attribute(cloud, net.group_id).inner_access_policy == "Accept"
    cloud.pass_time(1)
    assert attribute(cloud, net.group_id).inner_access_policy == "Drop"


def test_an_enterprise_group_keeps_its_policy(cloud: LocalCloud) -> None:
    group_id = make_group(cloud, make_vpc(cloud), security_group_type="enterprise")
    assert attribute(cloud, group_id).inner_access_policy == "Drop"
    with pytest.raises(DaraException) as failure:
        cloud.ecs.modify_security_group_policy(
            m.ModifySecurityGroupPolicyRequest(region_id=REGION, security_group_id=group_id, inner_access_policy="Accept")
        )
    assert code_of(failure) == "InvalidParameter.InnerAccessPolicy"


def test_name_and_description_change(cloud: LocalCloud, net: Net) -> None:
    request = m.ModifySecurityGroupAttributeRequest(
        region_id=REGION, security_group_id=net.group_id, security_group_name="other", description="what for"
    )
    cloud.ecs.modify_security_group_attribute(request)
    read = attribute(cloud, net.group_id)
    assert (read.security_group_name, read.description) == ("other", "what for")


def test_a_group_in_use_stays_until_the_interface_is_gone(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    cloud.ecs.delete_instance(m.DeleteInstanceRequest(instance_id=id_, force=True))
    cloud.pass_time(9)
    with pytest.raises(DaraException) as failure:
        delete(cloud, net.group_id)
    assert (code_of(failure), failure.value.status_code) == ("DependencyViolation", 403)
    cloud.pass_time(1)
    delete(cloud, net.group_id)
    assert describe(cloud) == []


def test_a_missing_group_cannot_be_deleted(cloud: LocalCloud) -> None:
    with pytest.raises(DaraException) as failure:
        delete(cloud, "sg-none")
    assert (code_of(failure), failure.value.status_code) == ("InvalidSecurityGroup.NotFound", 404)


def test_a_group_keeps_its_vpc(cloud: LocalCloud) -> None:
    vpc_id = make_vpc(cloud)
    group_id = make_group(cloud, vpc_id)
    with pytest.raises(DaraException) as failure:
        cloud.vpc.delete_vpc(v.DeleteVpcRequest(region_id=REGION, vpc_id=vpc_id))
    assert (code_of(failure), failure.value.status_code) == ("DependencyViolation.SecurityGroup", 400)
    delete(cloud, group_id)
    cloud.vpc.delete_vpc(v.DeleteVpcRequest(region_id=REGION, vpc_id=vpc_id))


def test_the_quota(cloud: LocalCloud) -> None:
    cloud.settings(quotas={"ecs.security-groups": 1})
    vpc_id = make_vpc(cloud)
    make_group(cloud, vpc_id)
    with pytest.raises(DaraException) as failure:
        make_group(cloud, vpc_id)
    assert (code_of(failure), failure.value.status_code) == ("QuotaExceed.SecurityGroup", 403)
