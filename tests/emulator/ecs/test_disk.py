"""Disks through the real SDK."""

from typing import Any

import pytest
from alibabacloud_ecs20140526 import models as m
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, LocalCloud, code_of
from tests.emulator.ecs.conftest import ZONE, Net, disks, running


def create(cloud: LocalCloud, **parameters: object) -> str:
    defaults: dict[str, object] = {"region_id": REGION, "zone_id": ZONE, "disk_category": "cloud_essd", "size": 40}
    return cloud.ecs.create_disk(m.CreateDiskRequest(**{**defaults, **parameters})).body.disk_id


def available(cloud: LocalCloud, **parameters: object) -> str:
    disk_id = create(cloud, **parameters)
    cloud.pass_time(2)
    return disk_id


def disk(cloud: LocalCloud, disk_id: str) -> m.DescribeDisksResponseBodyDisksDisk:
    (found,) = disks(cloud, disk_ids=f'["{disk_id}"]')
    return found


def attach(cloud: LocalCloud, disk_id: str, instance_id: str, **parameters: object) -> None:
    cloud.ecs.attach_disk(m.AttachDiskRequest(disk_id=disk_id, instance_id=instance_id, **parameters))


def detach(cloud: LocalCloud, disk_id: str, instance_id: str) -> None:
    cloud.ecs.detach_disk(m.DetachDiskRequest(disk_id=disk_id, instance_id=instance_id))


def resize(cloud: LocalCloud, disk_id: str, size: int, **parameters: object) -> None:
    cloud.ecs.resize_disk(m.ResizeDiskRequest(disk_id=disk_id, new_size=size, **parameters))


def test_a_disk_is_creating_and_then_available(cloud: LocalCloud) -> None:
    disk_id = create(cloud, disk_name="data", tag=[m.CreateDiskRequestTag(key="k", value="v")], performance_level="PL0")
    assert disk(cloud, disk_id).status == "Creating"
    cloud.pass_time(2)
    found = disk(cloud, disk_id)
    assert (found.status, found.type, found.size, found.performance_level) == ("Available", "data", 40, "PL0")
    assert (found.portable, found.delete_with_instance, found.delete_auto_snapshot) == (True, False, True)
    assert [(one.tag_key, one.tag_value) for one in found.tags.tag] == [("k", "v")]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"zone_id": "cn-hangzhou-x"}, "InvalidZoneId.NotFound"),
        ({"zone_id": None}, "MissingParameter"),
        ({"disk_category": None}, "InvalidDataDiskCategory.NotSupported"),
        ({"disk_category": "cloud_ssd", "size": 10}, "InvalidDiskSize.TooSmall"),
        ({"performance_level": "PL3"}, "InvalidDiskSize.TooSmall"),
        ({"size": None}, "MissingParameter"),
        ({"snapshot_id": "s-none"}, "InvalidSnapshotId.NotFound"),
        ({"performance_level": "PL9"}, "InvalidPerformanceLevel.Malformed"),
    ],
)
def test_what_cannot_be_created(cloud: LocalCloud, parameters: dict[str, Any], code: str) -> None:
    with pytest.raises(DaraException) as failure:
        create(cloud, **parameters)
    assert code_of(failure) == code


def test_attach_and_detach(cloud: LocalCloud, net: Net) -> None:
    instance_id, disk_id = running(cloud, net), available(cloud)
    attach(cloud, disk_id, instance_id, delete_with_instance=True)
    found = disk(cloud, disk_id)
    assert (found.status, found.instance_id, found.device) == ("Attaching", instance_id, "/dev/xvdb")
    cloud.pass_time(4)
    found = disk(cloud, disk_id)
    assert (found.status, found.delete_with_instance) == ("In_use", True)
    assert [one.instance_id for one in found.attachments.attachment] == [instance_id]
    with pytest.raises(DaraException) as failure:
        attach(cloud, disk_id, instance_id)
    assert (code_of(failure), failure.value.status_code) == ("InvalidDisk.InUse", 404)
    with pytest.raises(DaraException) as failure:
        cloud.ecs.delete_disk(m.DeleteDiskRequest(disk_id=disk_id))
    assert (code_of(failure), failure.value.status_code) == ("DiskStillAttached", 403)
    detach(cloud, disk_id, instance_id)
    assert (disk(cloud, disk_id).status, disk(cloud, disk_id).instance_id) == ("Detaching", instance_id)
    cloud.pass_time(5)
    found = disk(cloud, disk_id)
    assert (found.status, found.instance_id, found.attachments.attachment) == ("Available", "", [])
    with pytest.raises(DaraException) as failure:
        detach(cloud, disk_id, instance_id)
    assert code_of(failure) == "InvalidDisk.AlreadyDetached"


def test_what_cannot_be_attached(cloud: LocalCloud, net: Net) -> None:
    instance_id = running(cloud, net)
    far, here = available(cloud, zone_id="cn-hangzhou-i"), available(cloud)
    cases = [
        (create(cloud), instance_id, "IncorrectDiskStatus", 403),
        (far, instance_id, "ResourcesNotInSameZone", 403),
        ("d-none", instance_id, "InvalidDiskId.NotFound", 404),
        (here, "i-none", "InvalidInstanceId.NotFound", 404),
    ]
    for disk_id, target, code, status in cases:
        with pytest.raises(DaraException) as failure:
            attach(cloud, disk_id, target)
        assert (code_of(failure), failure.value.status_code) == (code, status)


def test_the_seventeenth_data_disk(cloud: LocalCloud, net: Net) -> None:
    data = [m.RunInstancesRequestDataDisk(category="cloud_essd", size=20) for _ in range(16)]
    instance_id = running(cloud, net, data_disk=data)
    with pytest.raises(DaraException) as failure:
        attach(cloud, available(cloud), instance_id)
    assert (code_of(failure), failure.value.status_code) == ("InstanceDiskLimitExceeded", 403)


def test_a_system_disk_stays(cloud: LocalCloud, net: Net) -> None:
    instance_id = running(cloud, net)
    (system,) = disks(cloud)
    with pytest.raises(DaraException) as failure:
        detach(cloud, system.disk_id, instance_id)
    assert code_of(failure) == "DiskTypeViolation"


def test_delete(cloud: LocalCloud) -> None:
    disk_id = available(cloud)
    cloud.ecs.delete_disk(m.DeleteDiskRequest(disk_id=disk_id))
    cloud.ecs.delete_disk(m.DeleteDiskRequest(disk_id=disk_id))
    assert disks(cloud) == []


def test_a_disk_only_grows(cloud: LocalCloud, net: Net) -> None:
    running(cloud, net)
    (system,) = disks(cloud)
    resize(cloud, system.disk_id, 60, type="online", client_token="t")
    assert disk(cloud, system.disk_id).size == 60
    for size, code in ((40, "InvalidDiskSize"), (60, "InvalidDiskSize.TooSmall"), (4096, "InvalidDiskSize.TooLarge")):
        with pytest.raises(DaraException) as failure:
            resize(cloud, system.disk_id, size)
        assert (code_of(failure), failure.value.status_code) == (code, 403)


def test_attributes(cloud: LocalCloud) -> None:
    ids = [available(cloud), available(cloud)]
    request = m.ModifyDiskAttributeRequest(
        region_id=REGION, disk_ids=ids, disk_name="new", description="what for", delete_auto_snapshot=False
    )
    cloud.ecs.modify_disk_attribute(request)
    assert {(one.disk_name, one.description, one.delete_auto_snapshot) for one in disks(cloud)} == {("new", "what for", False)}
    for parameters, code in (
        ({"disk_id": ids[0]}, "NoAttributeToModify"),
        ({"disk_name": "xy"}, "MissingParameter.DiskIdOrDiskIds"),
    ):
        with pytest.raises(DaraException) as failure:
            cloud.ecs.modify_disk_attribute(m.ModifyDiskAttributeRequest(region_id=REGION, **parameters))
        assert code_of(failure) == code


def test_another_level_takes_a_while(cloud: LocalCloud) -> None:
    disk_id = available(cloud, size=500)

    def modify(**parameters: object) -> str:
        return cloud.ecs.modify_disk_spec(m.ModifyDiskSpecRequest(disk_id=disk_id, **parameters)).body.task_id

    assert modify(performance_level="PL2").startswith("t-")
    assert disk(cloud, disk_id).performance_level == "PL1"
    cloud.pass_time(10)
    assert disk(cloud, disk_id).performance_level == "PL2"
    with pytest.raises(DaraException) as failure:
        modify(performance_level="PL2")
    assert code_of(failure) == "NoChangeInDiskCategoryAndPerformanceLevel"
    with pytest.raises(DaraException) as failure:
        modify(performance_level="PL3")
    assert code_of(failure) == "OperationDenied.PerformanceLevelNotMatch"


def test_filters_and_pages(cloud: LocalCloud, net: Net) -> None:
    instance_id = running(cloud, net)
    made = [available(cloud, disk_name=f"data-{number}") for number in range(12)]

    def ids(**parameters: object) -> list[str]:
        return [one.disk_id for one in disks(cloud, **parameters)]

    assert ids(disk_ids="[]") == []
    assert ids(status="Available", page_size=50) == made
    assert len(ids(instance_id=instance_id, disk_type="system")) == 1
    assert ids(disk_name="data-1*") == [made[1], made[10], made[11]]
    assert ids(category="cloud_ssd") == []
    assert len(ids(portable=True, page_size=50)) == 12
    first = cloud.ecs.describe_disks(m.DescribeDisksRequest(region_id=REGION, max_results=10)).body
    assert (len(first.disks.disk), first.total_count) == (10, 13)
    assert ids(max_results=10, next_token=first.next_token) == made[9:]
    with pytest.raises(DaraException) as failure:
        ids(disk_type="floppy")
    assert code_of(failure) == "InvalidDiskType.ValueNotSupported"


def test_a_subscribed_disk_on_its_instance(cloud: LocalCloud, net: Net) -> None:
    instance_id = running(cloud, net, instance_charge_type="PrePaid", period=1)
    disk_id = create(cloud, zone_id=None, instance_id=instance_id, tag=[m.CreateDiskRequestTag(key="k", value="v")])
    cloud.pass_time(4)
    found = disk(cloud, disk_id)
    assert (found.status, found.instance_id, found.disk_charge_type, found.tags.tag) == ("In_use", instance_id, "PrePaid", [])
