"""Instances that are accepted and then found to be without stock (sheet compute.md 1.1, "late failure").

The setting late_no_stock says how many of the next ones it befalls, or a fault how many of a call: no error is answered, they
go from Pending to Stopped, vanish after five minutes, and only a system event tells why.
"""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.faults.oddities import LateNoStock
from acsctl.emulator.resource import Resource, declare
from acsctl.emulator.services.ecs.disk import disks_of
from acsctl.emulator.services.ecs.instance import PENDING_FOR, STOPPED
from acsctl.emulator.services.ecs.interface import release_interfaces
from acsctl.emulator.services.paging import by_number

EVENT = declare("instance_event", prefix="e-", shown=False)
EVENT_TYPE = "SystemFailure.Delete"
RELEASED_AFTER = 300.0  # cloud seconds, sheet compute.md 1.1


def doom(call: Call, *, instances: list[Resource]) -> list[Resource]:
    """Takes as many of these new instances as a fault or the setting says, and lets them fail; the others are answered."""
    odd = call.world.faults.odd(LateNoStock)
    number = min(call.settings.late_no_stock, len(instances))
    if odd is not None:
        number = len(instances) if odd.count is None else min(odd.count, len(instances))
    elif number > 0:
        call.world.change_settings({"late_no_stock": call.settings.late_no_stock - number})
    for instance in instances[:number]:
        _fail(call, instance=instance)
    return instances[number:]


@action("ecs.DescribeInstanceHistoryEvents")
def describe_instance_history_events(call: Call) -> dict[str, Any]:
    ids = {str(one) for one in call.items("ResourceId")} | ({call.text("InstanceId")} if call.text("InstanceId") else set())
    types = {str(one) for one in call.items("InstanceEventType")} | (
        {call.text("EventType")} if call.text("EventType") else set()
    )
    rows = [
        one
        for one in call.listed(EVENT)
        if (not ids or one["InstanceId"] in ids)
        and (not types or EVENT_TYPE in types)
        and one.created + PENDING_FOR <= call.now
    ]
    page, counts = by_number(call, rows=rows)
    return {"InstanceSystemEventSet": {"InstanceSystemEventType": [_summary(one) for one in page]}, "NextToken": "", **counts}


def _fail(call: Call, *, instance: Resource) -> None:
    gone = PENDING_FOR + RELEASED_AFTER
    instance.later(PENDING_FOR, Status=STOPPED, StoppedMode="KeepCharging")
    instance.remove(after=gone)
    for disk in disks_of(call, instance_id=instance.id):
        disk.remove(after=gone)
    release_interfaces(call, instance=instance, after=gone)
    call.create(EVENT, attributes={"InstanceId": instance.id})


def _summary(event: Resource) -> dict[str, Any]:
    published = iso_seconds(event.created + PENDING_FOR)
    return {
        "EventId": event.id,
        "InstanceId": event["InstanceId"],
        "ResourceType": "instance",
        "EventType": {"Name": EVENT_TYPE},
        "EventCycleStatus": {"Name": "Executed"},
        "EventPublishTime": published,
        "EventFinishTime": published,
        "NotBefore": published,
        "Reason": "Instance creation failed: the stock was sold in the meantime.",
        "ReasonCode": "OperationDenied.NoStock",
    }
