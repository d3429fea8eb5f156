"""Changing instances through the real SDK."""

import base64
from typing import Any

import pytest
from alibabacloud_ecs20140526 import models as m
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, LocalCloud, code_of
from tests.emulator.ecs.conftest import (
    IMAGE,
    TYPE,
    ZONE,
    Net,
    disks,
    instance,
    interfaces,
    launch,
    make_group,
    make_vpc,
    make_vswitch,
    running,
    stopped,
)


def modify(cloud: LocalCloud, id_: str, **parameters: object) -> None:
    cloud.ecs.modify_instance_attribute(m.ModifyInstanceAttributeRequest(instance_id=id_, **parameters))


def resize(cloud: LocalCloud, id_: str, kind: str, **parameters: object) -> None:
    cloud.ecs.modify_instance_spec(m.ModifyInstanceSpecRequest(instance_id=id_, instance_type=kind, **parameters))


def move(cloud: LocalCloud, id_: str, vswitch_id: str, **parameters: object) -> None:
    request = m.ModifyInstanceVpcAttributeRequest(instance_id=id_, v_switch_id=vswitch_id, **parameters)
    cloud.ecs.modify_instance_vpc_attribute(request)


def test_names_and_protection(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    modify(cloud, id_, instance_name="new", description="what for", host_name="new-host", deletion_protection=True)
    found = instance(cloud, id_)
    assert (found.instance_name, found.description, found.host_name) == ("new", "what for", "new-host")
    assert found.deletion_protection is True


def test_nothing_changes_while_pending(cloud: LocalCloud, net: Net) -> None:
    (id_,) = launch(cloud, net)
    with pytest.raises(DaraException) as failure:
        modify(cloud, id_, instance_name="new")
    assert (code_of(failure), failure.value.status_code) == ("IncorrectInstanceStatus", 403)
    cloud.pass_time(3)
    modify(cloud, id_, instance_name="new")
    with pytest.raises(DaraException) as failure:
        modify(cloud, id_, host_name="new")
    assert code_of(failure) == "IncorrectInstanceStatus"


def test_user_data_of_a_stopped_instance(cloud: LocalCloud, net: Net) -> None:
    text = base64.b64encode(b"new").decode()
    id_ = running(cloud, net)
    with pytest.raises(DaraException) as failure:
        modify(cloud, id_, user_data=text)
    assert code_of(failure) == "IncorrectInstanceStatus"
    cloud.ecs.stop_instance(m.StopInstanceRequest(instance_id=id_))
    cloud.pass_time(8)
    modify(cloud, id_, user_data=text)
    request = m.DescribeUserDataRequest(region_id=REGION, instance_id=id_)
    assert cloud.ecs.describe_user_data(request).body.user_data == text


def test_the_set_of_groups_is_replaced(cloud: LocalCloud, net: Net) -> None:
    id_, other = running(cloud, net), make_group(cloud, net.vpc_id)
    modify(cloud, id_, security_group_ids=[other])
    assert instance(cloud, id_).security_group_ids.security_group_id == [other]
    assert interfaces(cloud)[0].security_group_ids.security_group_id == [other]
    cloud.ecs.delete_security_group(m.DeleteSecurityGroupRequest(region_id=REGION, security_group_id=net.group_id))
    stranger = make_group(cloud, make_vpc(cloud))
    with pytest.raises(DaraException) as failure:
        modify(cloud, id_, security_group_ids=[stranger])
    assert (code_of(failure), failure.value.status_code) == ("InvalidSecurityGroupVpc.NotBelongToOneVpc", 404)


def test_joining_and_leaving_groups(cloud: LocalCloud, net: Net) -> None:
    id_, other = running(cloud, net), make_group(cloud, net.vpc_id)
    cloud.ecs.join_security_group(m.JoinSecurityGroupRequest(instance_id=id_, security_group_id=other))
    assert instance(cloud, id_).security_group_ids.security_group_id == [net.group_id, other]
    leave = m.LeaveSecurityGroupRequest(instance_id=id_, security_group_id=net.group_id)
    cloud.ecs.leave_security_group(leave)
    assert interfaces(cloud)[0].security_group_ids.security_group_id == [other]
    with pytest.raises(DaraException) as failure:
        cloud.ecs.leave_security_group(leave)
    assert (code_of(failure), failure.value.status_code) == ("InvalidSecurityGroupAssociation.NotFound", 400)
    with pytest.raises(DaraException) as failure:
        cloud.ecs.leave_security_group(m.LeaveSecurityGroupRequest(instance_id=id_, security_group_id=other))
    assert (code_of(failure), failure.value.status_code) == ("InstanceLastSecurityGroup", 403)


def test_another_type(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    with pytest.raises(DaraException) as failure:
        resize(cloud, id_, "ecs.g7.xlarge")
    assert (code_of(failure), failure.value.status_code) == ("InvalidInstanceStatus.NotStopped", 400)
    cloud.ecs.stop_instance(m.StopInstanceRequest(instance_id=id_))
    cloud.pass_time(8)
    resize(cloud, id_, "ecs.g7.xlarge", client_token="t")
    assert instance(cloud, id_).instance_type == TYPE
    with pytest.raises(DaraException) as failure:
        resize(cloud, id_, "ecs.g7.2xlarge")
    assert (code_of(failure), failure.value.status_code) == ("LastTokenProcessing", 403)
    cloud.pass_time(2)
    assert (instance(cloud, id_).instance_type, instance(cloud, id_).cpu) == ("ecs.g7.xlarge", 4)


def test_the_type_of_a_subscription(cloud: LocalCloud, net: Net) -> None:
    id_ = stopped(cloud, net, instance_charge_type="PrePaid", period=1)
    with pytest.raises(DaraException) as failure:
        resize(cloud, id_, "ecs.g7.xlarge")
    assert (code_of(failure), failure.value.status_code) == ("ChargeTypeViolation", 403)
    request = m.ModifyPrepayInstanceSpecRequest(region_id=REGION, instance_id=id_, instance_type="ecs.g7.xlarge")
    cloud.ecs.modify_prepay_instance_spec(request)
    cloud.pass_time(2)
    assert instance(cloud, id_).instance_type == "ecs.g7.xlarge"
    renew = m.DescribeInstanceAutoRenewAttributeRequest(region_id=REGION, instance_id=id_)
    (row,) = cloud.ecs.describe_instance_auto_renew_attribute(renew).body.instance_renew_attributes.instance_renew_attribute
    assert (row.instance_id, row.auto_renew_enabled) == (id_, False)


def test_types_that_cannot_be_had(cloud: LocalCloud, net: Net) -> None:
    cloud.settings(stock={ZONE: {"ecs.g7.xlarge": 0}})
    id_ = stopped(cloud, net)
    cases = [
        ("ecs.g7.xlarge", "OperationDenied.NoStock"),
        ("ecs.g8y.large", "ImageNotSupportInstanceType"),
        ("ecs.none.large", "InvalidInstanceType.ValueNotSupported"),
    ]
    for kind, code in cases:
        with pytest.raises(DaraException) as failure:
            resize(cloud, id_, kind)
        assert code_of(failure) == code


def test_another_vswitch(cloud: LocalCloud, net: Net) -> None:
    other = make_vswitch(cloud, net.vpc_id, cidr="10.0.1.0/24")
    id_ = stopped(cloud, net)
    move(cloud, id_, other, private_ip_address="10.0.1.9")
    found = instance(cloud, id_)
    assert (found.vpc_attributes.v_switch_id, found.vpc_attributes.private_ip_address.ip_address) == (other, ["10.0.1.9"])
    assert found.security_group_ids.security_group_id == [net.group_id]
    assert [(one.v_switch_id, one.private_ip_address) for one in interfaces(cloud)] == [(other, "10.0.1.9")]
    with pytest.raises(DaraException) as failure:
        move(cloud, id_, net.vswitch_id)
    assert (code_of(failure), failure.value.status_code) == ("OperationConflict", 409)
    cloud.ecs.start_instance(m.StartInstanceRequest(instance_id=id_))
    cloud.pass_time(10)
    cloud.ecs.stop_instance(m.StopInstanceRequest(instance_id=id_))
    cloud.pass_time(8)
    move(cloud, id_, net.vswitch_id)
    assert instance(cloud, id_).vpc_attributes.private_ip_address.ip_address == ["10.0.0.1"]


def test_where_it_cannot_move(cloud: LocalCloud, net: Net) -> None:
    far = make_vswitch(cloud, net.vpc_id, cidr="10.0.1.0/24", zone="cn-hangzhou-i")
    abroad = make_vswitch(cloud, make_vpc(cloud))
    up, down = running(cloud, net), stopped(cloud, net)
    cases: list[tuple[str, str, str, int]] = [
        (up, net.vswitch_id, "IncorrectInstanceStatus", 400),
        (down, far, "InvalidOperation.VswAndEcsAvailabilityZoneMismatch", 403),
        (down, abroad, "InvalidVSwitchId.Mismatch", 400),
        (down, "vsw-none", "InvalidVSwitchId.NotFound", 404),
    ]
    for id_, vswitch_id, code, status in cases:
        with pytest.raises(DaraException) as failure:
            move(cloud, id_, vswitch_id)
        assert (code_of(failure), failure.value.status_code) == (code, status)


def test_another_vpc(cloud: LocalCloud, net: Net) -> None:
    vpc_id = make_vpc(cloud)
    vswitch_id, group_id = make_vswitch(cloud, vpc_id), make_group(cloud, vpc_id)
    id_ = stopped(cloud, net)
    move(cloud, id_, vswitch_id, vpc_id=vpc_id, security_group_id=[group_id])
    found = instance(cloud, id_)
    assert (found.vpc_attributes.vpc_id, found.security_group_ids.security_group_id) == (vpc_id, [group_id])


def test_public_bandwidth(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    request = m.ModifyInstanceNetworkSpecRequest(
        instance_id=id_, internet_max_bandwidth_out=10, allocate_public_ip=True, network_charge_type="PayByBandwidth"
    )
    cloud.ecs.modify_instance_network_spec(request)
    found = instance(cloud, id_)
    assert (found.internet_max_bandwidth_out, found.internet_charge_type) == (10, "PayByBandwidth")
    assert len(found.public_ip_address.ip_address) == 1
    with pytest.raises(DaraException) as failure:
        cloud.ecs.allocate_public_ip_address(m.AllocatePublicIpAddressRequest(instance_id=id_))
    assert code_of(failure) == "AllocatedAlready"


def replace(cloud: LocalCloud, id_: str, **parameters: Any) -> str:
    return cloud.ecs.replace_system_disk(m.ReplaceSystemDiskRequest(instance_id=id_, **parameters)).body.disk_id


def test_another_image(cloud: LocalCloud, net: Net) -> None:
    id_ = stopped(cloud, net)
    (old,) = disks(cloud)
    new = replace(cloud, id_, image_id="ubuntu_24_04_x64_20G_alibase_20260522.vhd", client_token="t")
    (disk,) = disks(cloud)
    assert (disk.disk_id, disk.size, disk.category, disk.device) == (new, 40, old.category, old.device)
    assert disk.disk_id != old.disk_id
    assert instance(cloud, id_).image_id == disk.image_id == "ubuntu_24_04_x64_20G_alibase_20260522.vhd"
    size = m.ReplaceSystemDiskRequestSystemDisk(size=60)
    replace(cloud, id_, image_id=IMAGE, system_disk=size)
    assert [one.size for one in disks(cloud)] == [60]
    with pytest.raises(DaraException) as failure:
        replace(cloud, id_, image_id=IMAGE, system_disk=m.ReplaceSystemDiskRequestSystemDisk(size=50))
    assert code_of(failure) == "InvalidSystemDiskSize.LessThanMinSize"


def test_the_image_of_a_running_instance_stays(cloud: LocalCloud, net: Net) -> None:
    with pytest.raises(DaraException) as failure:
        replace(cloud, running(cloud, net), image_id=IMAGE)
    assert (code_of(failure), failure.value.status_code) == ("IncorrectInstanceStatus", 403)


def test_metadata_options_and_release_time(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    options = m.ModifyInstanceMetadataOptionsRequest(
        region_id=REGION, instance_id=id_, http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=3
    )
    cloud.ecs.modify_instance_metadata_options(options)
    request = m.DescribeInstancesRequest(region_id=REGION, additional_attributes=["META_OPTIONS"])
    (found,) = cloud.ecs.describe_instances(request).body.instances.instance
    assert (found.metadata_options.http_tokens, found.metadata_options.http_put_response_hop_limit) == ("required", 3)
    cloud.ecs.modify_instance_auto_release_time(
        m.ModifyInstanceAutoReleaseTimeRequest(instance_id=id_, auto_release_time="2999-01-01T00:00:00Z")
    )
    assert instance(cloud, id_).auto_release_time == "2999-01-01T00:00:00Z"


def test_ram_roles(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    ids = f'["{id_}", "i-none"]'

    def attach(role: str) -> m.AttachInstanceRamRoleResponseBody:
        request = m.AttachInstanceRamRoleRequest(region_id=REGION, ram_role_name=role, instance_ids=ids)
        return cloud.ecs.attach_instance_ram_role(request).body

    def roles() -> list[str]:
        request = m.DescribeInstanceRamRoleRequest(region_id=REGION, instance_ids=f'["{id_}"]')
        sets = cloud.ecs.describe_instance_ram_role(request).body.instance_ram_role_sets.instance_ram_role_set
        return [one.ram_role_name for one in sets]

    body = attach("worker")
    assert (body.total_count, body.fail_count, roles()) == (2, 1, ["worker"])
    assert attach("other").fail_count == 2
    detach = m.DetachInstanceRamRoleRequest(region_id=REGION, ram_role_name="worker", instance_ids=f'["{id_}"]')
    assert cloud.ecs.detach_instance_ram_role(detach).body.fail_count == 0
    assert (roles(), attach("other").fail_count, roles()) == ([], 1, ["other"])
