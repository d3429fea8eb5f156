"""Starting, stopping and rebooting instances through the real SDK."""

import pytest
from alibabacloud_ecs20140526 import models as m
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, LocalCloud, code_of
from tests.emulator.ecs.conftest import BOOT, TYPE, ZONE, Net, instance, launch, running, stopped


def stop(cloud: LocalCloud, id_: str, **parameters: object) -> None:
    cloud.ecs.stop_instance(m.StopInstanceRequest(instance_id=id_, **parameters))


def start(cloud: LocalCloud, id_: str) -> None:
    cloud.ecs.start_instance(m.StartInstanceRequest(instance_id=id_))


def test_stop_and_start(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    stop(cloud, id_)
    assert instance(cloud, id_).status == "Stopping"
    cloud.pass_time(8)
    found = instance(cloud, id_)
    assert (found.status, found.stopped_mode) == ("Stopped", "KeepCharging")
    start(cloud, id_)
    assert instance(cloud, id_).status == "Starting"
    cloud.pass_time(10)
    found = instance(cloud, id_)
    assert (found.status, found.stopped_mode) == ("Running", "Not-applicable")


def test_force_is_faster(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    stop(cloud, id_, force_stop=True)
    cloud.pass_time(2)
    assert instance(cloud, id_).status == "Stopped"


def test_without_charging_it_may_not_come_back(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    stop(cloud, id_, stopped_mode="StopCharging")
    cloud.pass_time(8)
    assert instance(cloud, id_).stopped_mode == "StopCharging"
    cloud.settings(stock={ZONE: {TYPE: 0}})
    with pytest.raises(DaraException) as failure:
        start(cloud, id_)
    assert (code_of(failure), failure.value.status_code) == ("OperationDenied.NoStock", 403)


def test_reboot(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    cloud.ecs.reboot_instance(m.RebootInstanceRequest(instance_id=id_))
    assert instance(cloud, id_).status == "Stopping"
    cloud.pass_time(8)
    assert instance(cloud, id_).status == "Starting"
    cloud.pass_time(10)
    assert instance(cloud, id_).status == "Running"


def test_wrong_states(cloud: LocalCloud, net: Net) -> None:
    up, down = running(cloud, net), stopped(cloud, net)
    for wrong in (lambda: start(cloud, up), lambda: stop(cloud, down), lambda: stop(cloud, launch(cloud, net)[0])):
        with pytest.raises(DaraException) as failure:
            wrong()
        assert (code_of(failure), failure.value.status_code) == ("IncorrectInstanceStatus", 403)
    with pytest.raises(DaraException) as failure:
        stop(cloud, "i-none")
    assert (code_of(failure), failure.value.status_code) == ("InvalidInstanceId.NotFound", 404)


def test_a_batch_goes_together_unless_told(cloud: LocalCloud, net: Net) -> None:
    ids = launch(cloud, net, amount=2)
    cloud.pass_time(BOOT)
    down = stopped(cloud, net)
    with pytest.raises(DaraException) as failure:
        cloud.ecs.stop_instances(m.StopInstancesRequest(region_id=REGION, instance_id=[*ids, down]))
    assert code_of(failure) == "IncorrectInstanceStatus"
    assert {instance(cloud, id_).status for id_ in ids} == {"Running"}
    request = m.StopInstancesRequest(region_id=REGION, instance_id=[*ids, down], batch_optimization="SuccessFirst")
    rows = cloud.ecs.stop_instances(request).body.instance_responses.instance_response
    assert [(one.code, one.previous_status, one.current_status) for one in rows] == [
        ("200", "Running", "Stopping"),
        ("200", "Running", "Stopping"),
        ("IncorrectInstanceStatus", "Stopped", "Stopped"),
    ]
    cloud.pass_time(8)
    cloud.ecs.start_instances(m.StartInstancesRequest(region_id=REGION, instance_id=ids))
    cloud.pass_time(10)
    cloud.ecs.reboot_instances(m.RebootInstancesRequest(region_id=REGION, instance_id=ids))
    assert {instance(cloud, id_).status for id_ in ids} == {"Stopping"}
