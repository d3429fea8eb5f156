"""Stock that is found to be missing later, by a fault."""

from alibabacloud_ecs20140526 import models as m

from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.ecs.conftest import Net, launch


def statuses(cloud: LocalCloud) -> dict[str, str]:
    body = cloud.ecs.describe_instances(m.DescribeInstancesRequest(region_id=REGION)).body
    return {one.instance_id: one.status for one in body.instances.instance}


def test_all_instances_of_one_call(cloud: LocalCloud, net: Net) -> None:
    cloud.control("PUT", "faults", [{"action": "ecs.RunInstances", "kind": "late-no-stock"}])
    doomed, fine = launch(cloud, net, amount=2), launch(cloud, net, amount=2)
    assert set(statuses(cloud).values()) == {"Pending"}
    cloud.pass_time(13)
    assert {one: statuses(cloud)[one] for one in doomed} == dict.fromkeys(doomed, "Stopped")
    events = m.DescribeInstanceHistoryEventsRequest(region_id=REGION, instance_id=doomed[0])
    (event,) = cloud.ecs.describe_instance_history_events(events).body.instance_system_event_set.instance_system_event_type
    assert event.event_type.name == "SystemFailure.Delete"
    cloud.pass_time(310)
    assert statuses(cloud) == dict.fromkeys(fine, "Running")
    assert cloud.control("GET", "faults") == []


def test_some_of_them(cloud: LocalCloud, net: Net) -> None:
    cloud.control("PUT", "faults", [{"action": "ecs.*", "kind": "late-no-stock", "count": 1, "skip": 1}])
    launch(cloud, net, amount=2)
    launch(cloud, net, amount=2)
    cloud.pass_time(320)
    assert list(statuses(cloud).values()) == ["Running"] * 3
