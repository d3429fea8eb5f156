"""Deleting instances through the real SDK."""

import pytest
from alibabacloud_ecs20140526 import models as m
from alibabacloud_vpc20160428 import models as v
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, LocalCloud, code_of
from tests.emulator.ecs.conftest import BOOT, Net, disks, instances, interfaces, launch, running, stopped


def delete(cloud: LocalCloud, id_: str, **parameters: object) -> None:
    cloud.ecs.delete_instance(m.DeleteInstanceRequest(instance_id=id_, **parameters))


def test_what_goes_when(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    delete(cloud, id_, force=True)
    assert [one.instance_id for one in instances(cloud)] == [id_]
    cloud.pass_time(3)
    assert (instances(cloud), disks(cloud)) == ([], [])
    assert [one.status for one in interfaces(cloud)] == ["Detaching"]
    cloud.pass_time(7)
    assert interfaces(cloud) == []
    assert cloud.world("instance") == cloud.world("disk") == cloud.world("network_interface") == []


def test_a_running_instance_needs_force(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    with pytest.raises(DaraException) as failure:
        delete(cloud, id_)
    assert (code_of(failure), failure.value.status_code) == ("IncorrectInstanceStatus", 403)
    delete(cloud, stopped(cloud, net))


def test_neither_pending_nor_starting(cloud: LocalCloud, net: Net) -> None:
    (id_,) = launch(cloud, net)
    for seconds in (0, 3):
        cloud.pass_time(seconds)
        with pytest.raises(DaraException) as failure:
            delete(cloud, id_, force=True)
        assert code_of(failure) == "IncorrectInstanceStatus"


def test_a_protected_one_stays(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net, deletion_protection=True)
    with pytest.raises(DaraException) as failure:
        delete(cloud, id_, force=True)
    assert (code_of(failure), failure.value.status_code) == ("InvalidOperation.DeletionProtection", 403)
    cloud.ecs.modify_instance_attribute(m.ModifyInstanceAttributeRequest(instance_id=id_, deletion_protection=False))
    delete(cloud, id_, force=True)


def test_a_subscription_stays(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net, instance_charge_type="PrePaid", period=1)
    with pytest.raises(DaraException) as failure:
        delete(cloud, id_, force=True)
    assert (code_of(failure), failure.value.status_code) == ("ChargeTypeViolation", 403)


def test_it_is_gone_for_operations_at_once(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    delete(cloud, id_, force=True)
    with pytest.raises(DaraException) as failure:
        delete(cloud, id_, force=True)
    assert (code_of(failure), failure.value.status_code) == ("InvalidInstanceId.NotFound", 404)


def test_kept_disks_become_available(cloud: LocalCloud, net: Net) -> None:
    data = m.RunInstancesRequestDataDisk(category="cloud_essd", size=40, delete_with_instance=False)
    id_ = running(cloud, net, data_disk=[data])
    delete(cloud, id_, force=True)
    cloud.pass_time(3)
    (disk,) = disks(cloud)
    assert (disk.type, disk.status, disk.instance_id, disk.attachments.attachment) == ("data", "Available", "", [])


def test_many_at_once_or_none(cloud: LocalCloud, net: Net) -> None:
    ids = launch(cloud, net, amount=3)
    cloud.pass_time(BOOT)
    with pytest.raises(DaraException) as failure:
        cloud.ecs.delete_instances(m.DeleteInstancesRequest(region_id=REGION, instance_id=[*ids, "i-none"], force=True))
    assert (code_of(failure), failure.value.status_code) == ("InvalidInstanceIds.NotFound", 404)
    request = m.DeleteInstancesRequest(region_id=REGION, instance_id=ids, force=True, client_token="t")
    cloud.ecs.delete_instances(request)
    cloud.ecs.delete_instances(request)
    cloud.pass_time(3)
    assert instances(cloud) == []


def test_dry_run(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    with pytest.raises(DaraException) as failure:
        delete(cloud, id_, force=True, dry_run=True)
    assert code_of(failure) == "DryRunOperation"
    cloud.pass_time(5)
    assert len(instances(cloud)) == 1


def test_the_vswitch_is_free_after_the_interface(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    delete(cloud, id_, force=True)
    cloud.pass_time(3)
    with pytest.raises(DaraException) as failure:
        cloud.vpc.delete_vswitch(v.DeleteVSwitchRequest(v_switch_id=net.vswitch_id))
    assert code_of(failure).startswith("DependencyViolation")
    cloud.pass_time(7)
    cloud.vpc.delete_vswitch(v.DeleteVSwitchRequest(v_switch_id=net.vswitch_id))


def test_a_route_keeps_its_instance(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    table = (
        cloud.vpc.describe_vpcs(v.DescribeVpcsRequest(region_id=REGION)).body.vpcs.vpc[0].router_table_ids.router_table_ids[0]
    )
    request = v.CreateRouteEntryRequest(
        region_id=REGION,
        route_table_id=table,
        destination_cidr_block="192.168.0.0/24",
        next_hop_type="Instance",
        next_hop_id=id_,
    )
    cloud.vpc.create_route_entry(request)
    cloud.pass_time(20)
    with pytest.raises(DaraException) as failure:
        delete(cloud, id_, force=True)
    assert (code_of(failure), failure.value.status_code) == ("DependencyViolation.RouteEntry", 400)
