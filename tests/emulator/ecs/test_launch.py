"""RunInstances and CreateInstance through the real SDK."""

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
    instances,
    interfaces,
    launch,
    make_group,
    make_vpc,
    make_vswitch,
    running,
)


def test_pending_starting_running(cloud: LocalCloud, net: Net) -> None:
    (id_,) = launch(cloud, net)
    seen = []
    for seconds in (0, 3, 9, 1):
        cloud.pass_time(seconds)
        seen.append(instance(cloud, id_).status)
    assert seen == ["Pending", "Starting", "Starting", "Running"]


def test_what_an_instance_is_told_to_be(cloud: LocalCloud, net: Net) -> None:
    id_ = running(
        cloud,
        net,
        instance_name="web",
        description="serves",
        host_name="web.local",
        private_ip_address="10.0.0.77",
        deletion_protection=True,
        http_tokens="required",
        spot_strategy="SpotAsPriceGo",
    )
    found = instance(cloud, id_)
    assert (found.instance_name, found.description, found.host_name) == ("web", "serves", "web.local")
    assert (found.instance_type, found.cpu, found.memory, found.image_id) == (TYPE, 2, 8192, IMAGE)
    assert (found.zone_id, found.vpc_attributes.vpc_id, found.vpc_attributes.v_switch_id) == (ZONE, net.vpc_id, net.vswitch_id)
    assert found.vpc_attributes.private_ip_address.ip_address == ["10.0.0.77"]
    assert found.security_group_ids.security_group_id == [net.group_id]
    assert (found.deletion_protection, found.spot_strategy, found.spot_duration) == (True, "SpotAsPriceGo", 1)
    assert (found.instance_charge_type, found.internet_charge_type) == ("PostPaid", "PayByTraffic")
    (detailed,) = instances(cloud, additional_attributes=["META_OPTIONS"])
    assert (found.metadata_options, detailed.metadata_options.http_tokens) == (None, "required")


def test_what_an_instance_is_when_nothing_is_told(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    found = instance(cloud, id_)
    assert (found.instance_name, found.host_name) == (id_, f"iZ{id_.removeprefix('i-')}Z")
    assert (found.spot_strategy, found.internet_max_bandwidth_out, found.public_ip_address.ip_address) == ("NoSpot", 0, [])


def test_names_by_pattern_and_by_suffix(cloud: LocalCloud, net: Net) -> None:
    def names(**parameters: Any) -> list[str]:
        ids = launch(cloud, net, **parameters)
        return [instance(cloud, id_).instance_name for id_ in ids]

    assert names(amount=2, instance_name="web-[9,3]-x") == ["web-009-x", "web-010-x"]
    assert names(amount=2, instance_name="web-[]") == ["web-000000", "web-000001"]
    assert names(amount=2, instance_name="db", unique_suffix=True) == ["db001", "db002"]
    assert names(amount=2, instance_name="db") == ["db", "db"]
    assert names(amount=2, instance_name="a-[5,2]", unique_suffix=True) == ["a-05", "a-06"]


def test_host_names(cloud: LocalCloud, net: Net) -> None:
    ids = launch(cloud, net, amount=2, host_names=["alpha", "beta"])
    assert [instance(cloud, id_).host_name for id_ in ids] == ["alpha", "beta"]
    ids = launch(cloud, net, amount=2, host_name="node-[1,2]")
    assert [instance(cloud, id_).host_name for id_ in ids] == ["node-01", "node-02"]
    (id_,) = launch(cloud, net, host_name="ecs-${instance_id}")
    assert instance(cloud, id_).host_name == f"ecs-{id_}"


def test_tags_are_copied_to_disks_and_primary_interface(cloud: LocalCloud, net: Net) -> None:
    tag = m.RunInstancesRequestTag(key="k", value="v")
    data = m.RunInstancesRequestDataDisk(category="cloud_essd", size=100, disk_name="data")
    id_ = running(cloud, net, tag=[tag], data_disk=[data])
    for tags in (instance(cloud, id_).tags, *(one.tags for one in disks(cloud)), *(one.tags for one in interfaces(cloud))):
        assert [(one.tag_key, one.tag_value) for one in tags.tag] == [("k", "v")]
    change = m.TagResourcesRequestTag(key="k", value="other")
    request = m.TagResourcesRequest(region_id=REGION, resource_type="instance", resource_id=[id_], tag=[change])
    cloud.ecs.tag_resources(request)
    assert {one.tags.tag[0].tag_value for one in disks(cloud)} == {"v"}


def test_disks(cloud: LocalCloud, net: Net) -> None:
    system = m.RunInstancesRequestSystemDisk(category="cloud_essd", size="80", performance_level="PL1", disk_name="boot")
    data = [
        m.RunInstancesRequestDataDisk(category="cloud_essd", size=500, performance_level="PL2", delete_with_instance=False),
        m.RunInstancesRequestDataDisk(size=20, encrypted="true"),
    ]
    id_ = running(cloud, net, system_disk=system, data_disk=data)
    boot, fast, plain = sorted(disks(cloud, instance_id=id_), key=lambda one: one.device)
    assert (boot.type, boot.size, boot.performance_level, boot.disk_name, boot.image_id) == ("system", 80, "PL1", "boot", IMAGE)
    assert (fast.type, fast.performance_level, fast.delete_with_instance, fast.iops) == ("data", "PL2", False, 26800)
    assert (plain.category, plain.encrypted, plain.delete_with_instance) == ("cloud_efficiency", True, True)
    assert [one.device for one in (boot, fast, plain)] == ["/dev/xvda", "/dev/xvdb", "/dev/xvdc"]
    assert {one.status for one in (boot, fast, plain)} == {"In_use"}


def test_the_default_system_disk(cloud: LocalCloud, net: Net) -> None:
    new, old = running(cloud, net), running(cloud, net, instance_type="ecs.g5.large")
    (essd,), (efficiency,) = disks(cloud, instance_id=new), disks(cloud, instance_id=old)
    assert (essd.category, essd.performance_level, essd.size) == ("cloud_essd", "PL0", 40)
    assert (efficiency.category, efficiency.size) == ("cloud_efficiency", 40)


def test_user_data_key_pair_and_role(cloud: LocalCloud, net: Net) -> None:
    text = base64.b64encode(b"#!/bin/sh\n").decode()
    id_ = running(cloud, net, user_data=text, ram_role_name="worker")
    body = cloud.ecs.describe_user_data(m.DescribeUserDataRequest(region_id=REGION, instance_id=id_)).body
    assert (body.instance_id, body.user_data) == (id_, text)


def test_a_public_address_comes_with_bandwidth(cloud: LocalCloud, net: Net) -> None:
    found = instance(cloud, running(cloud, net, internet_max_bandwidth_out=5, internet_charge_type="PayByBandwidth"))
    assert len(found.public_ip_address.ip_address) == 1
    assert (found.internet_max_bandwidth_out, found.internet_max_bandwidth_in) == (5, 10)
    assert (
        instances(cloud, public_ip_addresses=f'["{found.public_ip_address.ip_address[0]}"]')[0].instance_id == found.instance_id
    )


def test_an_image_family_is_its_newest_image(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net, image_id=None, image_family="acs:alibaba_cloud_linux_3_2104_lts_x64")
    assert instance(cloud, id_).image_id == IMAGE


def test_interfaces_of_a_launch(cloud: LocalCloud, net: Net) -> None:
    other = make_vswitch(cloud, net.vpc_id, cidr="10.0.1.0/24")
    listed = [
        m.RunInstancesRequestNetworkInterface(
            instance_type="Primary",
            v_switch_id=net.vswitch_id,
            security_group_ids=[net.group_id],
            primary_ip_address="10.0.0.9",
        ),
        m.RunInstancesRequestNetworkInterface(v_switch_id=other, security_group_id=net.group_id),
    ]
    id_ = running(cloud, net, v_switch_id=None, security_group_id=None, network_interface=listed)
    found = instance(cloud, id_)
    assert found.vpc_attributes.private_ip_address.ip_address == ["10.0.0.9"]
    assert [one.type for one in found.network_interfaces.network_interface] == ["Primary", "Secondary"]


def test_a_token_makes_them_once(cloud: LocalCloud, net: Net) -> None:
    first = launch(cloud, net, amount=3, client_token="t-1")
    assert launch(cloud, net, amount=3, client_token="t-1") == first
    assert len(instances(cloud)) == 3
    with pytest.raises(DaraException) as failure:
        launch(cloud, net, amount=2, client_token="t-1")
    assert code_of(failure) == "IdempotentParameterMismatch"


def test_stock(cloud: LocalCloud, net: Net) -> None:
    cloud.settings(stock={ZONE: {TYPE: 3}})
    with pytest.raises(DaraException) as failure:
        launch(cloud, net, amount=4, client_token="t-1")
    assert (code_of(failure), failure.value.status_code) == ("OperationDenied.NoStock", 403)
    with pytest.raises(DaraException) as failure:
        launch(cloud, net, amount=4, client_token="t-1")
    assert code_of(failure) == "IdempotentFailed"
    assert len(launch(cloud, net, amount=4, min_amount=2, client_token="t-2")) == 3
    with pytest.raises(DaraException) as failure:
        launch(cloud, net)
    assert code_of(failure) == "OperationDenied.NoStock"
    assert launch(cloud, net, instance_type="ecs.g7.xlarge")


def test_stock_that_was_sold_in_the_meantime(cloud: LocalCloud, net: Net) -> None:
    cloud.settings(late_no_stock=1)
    doomed, fine = launch(cloud, net, amount=2)
    cloud.pass_time(13)
    assert [one.status for one in (instance(cloud, doomed), instance(cloud, fine))] == ["Stopped", "Running"]
    request = m.DescribeInstanceHistoryEventsRequest(region_id=REGION, instance_id=doomed)
    (event,) = cloud.ecs.describe_instance_history_events(request).body.instance_system_event_set.instance_system_event_type
    assert (event.instance_id, event.event_type.name) == (doomed, "SystemFailure.Delete")
    cloud.pass_time(290)
    assert [one.instance_id for one in instances(cloud)] == [fine]
    assert {one.instance_id for one in disks(cloud)} == {fine}
    cloud.pass_time(10)
    assert {one.instance_id for one in interfaces(cloud)} == {fine}
    (later,) = launch(cloud, net)
    cloud.pass_time(13)
    assert instance(cloud, later).status == "Running"


def test_addresses_run_out(cloud: LocalCloud, net: Net) -> None:
    small = Net(net.vpc_id, make_vswitch(cloud, net.vpc_id, cidr="10.0.2.0/29"), net.group_id)
    with pytest.raises(DaraException) as failure:
        launch(cloud, small, amount=5)
    assert (code_of(failure), failure.value.status_code) == ("QuotaExceeded.PrivateIpAddress", 400)
    assert cloud.world("instance") == []
    launch(cloud, small, amount=4)
    found = {one.vpc_attributes.private_ip_address.ip_address[0] for one in instances(cloud)}
    assert found == {"10.0.2.1", "10.0.2.2", "10.0.2.3", "10.0.2.4"}


def test_nothing_is_made_by_a_dry_run(cloud: LocalCloud, net: Net) -> None:
    with pytest.raises(DaraException) as failure:
        launch(cloud, net, dry_run=True)
    assert (code_of(failure), failure.value.status_code) == ("DryRunOperation", 400)
    assert cloud.world("instance") == []


@pytest.mark.parametrize(
    ("parameters", "code", "status"),
    [
        ({"amount": 101}, "InvalidParam.Amount", 403),
        ({"amount": 2, "min_amount": 3}, "InvalidMinAmount.Malformed", 400),
        ({"image_id": "none"}, "InvalidImageId.NotFound", 404),
        ({"image_id": None}, "MissingParameter", 400),
        ({"image_family": "acs:x"}, "UnexpectedImageFamily.ImageIdSupplied", 400),
        ({"instance_type": "ecs.none.large"}, "InvalidInstanceType.ValueNotSupported", 400),
        ({"instance_type": "ecs.g8y.large"}, "ImageNotSupportInstanceType", 403),
        ({"v_switch_id": "vsw-none"}, "InvalidVSwitchId.NotFound", 404),
        ({"v_switch_id": None}, "MissingParameter", 400),
        ({"security_group_id": "sg-none"}, "InvalidSecurityGroupId.NotFound", 400),
        ({"security_group_id": None}, "MissingParameter", 400),
        ({"security_group_ids": ["sg-1"]}, "InvalidSecurityGroupId.SingleIdAndMultiIdConflict", 400),
        ({"zone_id": "cn-hangzhou-x"}, "InvalidZoneId.NotFound", 404),
        ({"zone_id": "cn-hangzhou-i"}, "InvalidParameter.Mismatch", 400),
        ({"private_ip_address": "10.0.1.1"}, "InvalidPrivateIpAddress", 400),
        ({"private_ip_address": "10.0.0.255"}, "InvalidPrivateIpAddress", 400),
        ({"private_ip_address": "ten"}, "InvalidPrivateIpAddress.Malformed", 400),
        ({"key_pair_name": "none"}, "InvalidKeyPairName.NotFound", 404),
        ({"user_data": "not base64!"}, "InvalidUserData.Base64FormatInvalid", 400),
        ({"user_data": base64.b64encode(b"x" * 32769).decode()}, "InvalidUserData.SizeExceeded", 400),
        ({"password": "simple"}, "InvalidPassword.Malformed", 400),
        ({"internet_max_bandwidth_out": 101}, "InvalidInternetMaxBandwidthOut.Malformed", 400),
        ({"instance_charge_type": "Gift"}, "InvalidInstanceChargeType.NotFound", 404),
        ({"instance_charge_type": "PrePaid"}, "InvalidPeriod", 400),
        ({"spot_strategy": "Cheap"}, "InvalidSpotStrategy", 400),
        ({"auto_release_time": "2020-01-01T00:00:00Z"}, "InvalidAutoReleaseTime.Malformed", 400),
        ({"deployment_set_id": "ds-none"}, "DeploymentSet.NotFound", 404),
        ({"launch_template_id": "lt-none"}, "InvalidLaunchTemplate.NotFound", 404),
        ({"instance_name": "w"}, "InvalidInstanceName.Malformed", 400),
        ({"instance_name": "w-[x,3]"}, "InvalidInstanceName.CustomMalformed", 400),
        ({"instance_name": "w" * 126, "unique_suffix": True}, "InvalidParams.InstanceNameExceed", 403),
        ({"host_name": "-web"}, "InvalidHostName.Malformed", 400),
        ({"host_names": ["a", "b"]}, "InvalidHostname.SizeInvalid", 403),
        ({"system_disk": m.RunInstancesRequestSystemDisk(size="10")}, "InvalidSystemDiskSize.LessThanImageSize", 404),
        ({"system_disk": m.RunInstancesRequestSystemDisk(category="tape")}, "InvalidSystemDiskCategory.ValueNotSupported", 400),
        ({"data_disk": [m.RunInstancesRequestDataDisk(size=1)]}, "InvalidDataDiskSize.ValueNotSupported", 400),
        ({"data_disk": [m.RunInstancesRequestDataDisk(snapshot_id="s-1")]}, "InvalidSnapshotId.NotFound", 400),
        ({"tag": [m.RunInstancesRequestTag(key="acs:k", value="v")]}, "InvalidTagKey.Malformed", 400),
    ],
)
def test_what_cannot_be_launched(cloud: LocalCloud, net: Net, parameters: dict[str, Any], code: str, status: int) -> None:
    with pytest.raises(DaraException) as failure:
        launch(cloud, net, **parameters)
    assert (code_of(failure), failure.value.status_code) == (code, status)
    with pytest.raises(DaraException) as failure:
        launch(cloud, net, **parameters, dry_run=True)
    assert (code_of(failure), failure.value.status_code) == (code, status)
    assert cloud.world("instance") == []


def test_groups_that_do_not_fit(cloud: LocalCloud, net: Net) -> None:
    stranger = make_group(cloud, make_vpc(cloud))
    enterprise = make_group(cloud, net.vpc_id, security_group_type="enterprise")
    many = [net.group_id, *(make_group(cloud, net.vpc_id) for _ in range(5))]
    cases = [
        ([stranger], "InvalidParameter.Mismatch"),
        ([net.group_id, enterprise], "EnterpriseGroupLimited.MutliGroupType"),
        (many, "JoinedGroupLimitExceed"),
        ([net.group_id, net.group_id], "InvalidParameter.SecurityGroupIdRepeated"),
    ]
    for ids, code in cases:
        with pytest.raises(DaraException) as failure:
            launch(cloud, net, security_group_id=None, security_group_ids=ids)
        assert code_of(failure) == code
    cloud.settings(quotas={"ecs.addresses-per-security-group": 2})
    with pytest.raises(DaraException) as failure:
        launch(cloud, net, amount=3)
    assert (code_of(failure), failure.value.status_code) == ("SecurityGroupInstanceLimitExceed", 403)
    launch(cloud, net, amount=2)


def test_an_address_is_taken_once(cloud: LocalCloud, net: Net) -> None:
    launch(cloud, net, private_ip_address="10.0.0.5")
    with pytest.raises(DaraException) as failure:
        launch(cloud, net, private_ip_address="10.0.0.5", dry_run=True)
    assert code_of(failure) == "InvalidPrivateIpAddress.Duplicated"
    with pytest.raises(DaraException) as failure:
        launch(cloud, net, private_ip_address="10.0.0.5")
    assert code_of(failure) == "InvalidPrivateIpAddress.Duplicated"


def test_the_vcpu_quota(cloud: LocalCloud, net: Net) -> None:
    cloud.settings(quotas={"ecs.vcpus": 4})
    launch(cloud, net, amount=2)
    with pytest.raises(DaraException) as failure:
        launch(cloud, net)
    assert (code_of(failure), failure.value.status_code) == ("QuotaExceed.ElasticQuota", 403)


def test_create_instance_ends_stopped(cloud: LocalCloud, net: Net) -> None:
    request = m.CreateInstanceRequest(
        region_id=REGION,
        instance_type=TYPE,
        image_id=IMAGE,
        v_switch_id=net.vswitch_id,
        security_group_id=net.group_id,
        internet_max_bandwidth_out=1,
    )
    id_ = cloud.ecs.create_instance(request).body.instance_id
    assert instance(cloud, id_).status == "Pending"
    cloud.pass_time(3)
    found = instance(cloud, id_)
    assert (found.status, found.public_ip_address.ip_address) == ("Stopped", [])
    address = cloud.ecs.allocate_public_ip_address(m.AllocatePublicIpAddressRequest(instance_id=id_)).body.ip_address
    cloud.ecs.start_instance(m.StartInstanceRequest(instance_id=id_))
    cloud.pass_time(10)
    found = instance(cloud, id_)
    assert (found.status, found.public_ip_address.ip_address) == ("Running", [address])


def test_an_instance_that_is_being_created_may_be_started(cloud: LocalCloud, net: Net) -> None:
    request = m.CreateInstanceRequest(
        region_id=REGION, instance_type=TYPE, image_id=IMAGE, v_switch_id=net.vswitch_id, security_group_id=net.group_id
    )
    id_ = cloud.ecs.create_instance(request).body.instance_id
    cloud.ecs.start_instance(m.StartInstanceRequest(instance_id=id_))
    seen: list[str] = []
    for seconds in (0, 3, 1, 10):
        cloud.pass_time(seconds)
        seen.append(instance(cloud, id_).status)
    assert seen == ["Pending", "Stopped", "Starting", "Running"]


def test_an_instance_that_runs_by_itself_cannot_be_started_early(cloud: LocalCloud, net: Net) -> None:
    (id_,) = launch(cloud, net)
    with pytest.raises(DaraException) as failure:
        cloud.ecs.start_instance(m.StartInstanceRequest(instance_id=id_))
    assert (code_of(failure), failure.value.status_code) == ("IncorrectInstanceStatus", 403)
