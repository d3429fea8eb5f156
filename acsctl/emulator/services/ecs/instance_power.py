"""Starting, stopping and rebooting instances, one or many (sheet compute.md 1.2, 1.4)."""

from typing import Any, Protocol

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_minutes
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.instance import (
    PENDING,
    RUNNING,
    STARTING,
    STARTING_FOR,
    STOPPED,
    STOPPING,
    STOPPING_FOR,
    require_instance,
    require_status,
)
from acsctl.emulator.services.ecs.stock import sell, sellable

MOMENT = 0.1  # cloud seconds between Stopped and Starting, where a start was put off
FORCED_STOPPING_FOR = 2.0  # cloud seconds; force is said to be faster, sheet compute.md 1.2
IDS_PER_CALL = 100
MODES = ("KeepCharging", "StopCharging")


class Step(Protocol):
    """Does something to an instance; a check of it raises ApiError when it cannot be done."""

    def __call__(self, call: Call, *, instance: Resource) -> None: ...


@action("ecs.StartInstance")
def start_instance(call: Call) -> dict[str, Any]:
    return _single(call, check=_check_start, step=_start)


@action("ecs.StopInstance")
def stop_instance(call: Call) -> dict[str, Any]:
    return _single(call, check=_check_stop, step=_stop)


@action("ecs.RebootInstance")
def reboot_instance(call: Call) -> dict[str, Any]:
    return _single(call, check=_check_running, step=_reboot)


@action("ecs.StartInstances")
def start_instances(call: Call) -> dict[str, Any]:
    return _batch(call, check=_check_start, step=_start)


@action("ecs.StopInstances")
def stop_instances(call: Call) -> dict[str, Any]:
    return _batch(call, check=_check_stop, step=_stop)


@action("ecs.RebootInstances")
def reboot_instances(call: Call) -> dict[str, Any]:
    return _batch(call, check=_check_running, step=_reboot)


def _single(call: Call, *, check: Step, step: Step) -> dict[str, Any]:
    instance = require_instance(call, id=call.text("InstanceId"))
    check(call, instance=instance)
    call.end_dry_run()
    step(call, instance=instance)
    return {}


def _batch(call: Call, *, check: Step, step: Step) -> dict[str, Any]:
    """AllTogether: one that cannot be done fails the call. SuccessFirst: each on its own, told in the answer."""
    mode = call.text("BatchOptimization", default="AllTogether")
    ids = list(dict.fromkeys(str(one) for one in call.items("InstanceId")))
    if len(ids) > IDS_PER_CALL:
        raise ApiError("InvalidParameter.TooManyInstanceIds", message=f"A call takes at most {IDS_PER_CALL} ids.")
    instances = [require_instance(call, id=id_) for id_ in ids]
    failures: dict[str, ApiError] = {}
    for one in instances:
        try:
            check(call, instance=one)
        except ApiError as error:
            if mode != "SuccessFirst":
                raise
            failures[one.id] = error
    call.end_dry_run()
    rows: list[dict[str, Any]] = []
    for one in instances:
        before, failure = str(one["Status"]), failures.get(one.id)
        if failure is None:
            step(call, instance=one)
        rows.append(
            {
                "InstanceId": one.id,
                "PreviousStatus": before,
                "CurrentStatus": one["Status"],
                "Code": "200" if failure is None else failure.code,
                "Message": "success" if failure is None else failure.message,
            }
        )
    return {"InstanceResponses": {"InstanceResponse": rows}}


def _check_start(call: Call, *, instance: Resource) -> None:
    """Also one that CreateInstance is still making: older clients start it in their next call, and it is put off."""
    if _making(call, instance=instance) is None:
        require_status(instance, STOPPED)
    if instance["StoppedMode"] == "StopCharging":
        sellable(call, zone=instance["ZoneId"], kind=instance["InstanceType"], amount=1, least=1)


def _check_stop(call: Call, *, instance: Resource) -> None:
    if call.text("StoppedMode", default=MODES[0]) not in MODES:
        raise ApiError("InstanceType.ParameterMismatch", message="StoppedMode is KeepCharging or StopCharging.")
    require_status(instance, RUNNING)


def _check_running(call: Call, *, instance: Resource) -> None:
    require_status(instance, RUNNING)


def _start(call: Call, *, instance: Resource) -> None:
    if instance["StoppedMode"] == "StopCharging":
        sell(call, zone=instance["ZoneId"], kind=instance["InstanceType"], amount=1)
    wait = _making(call, instance=instance)
    starting = {"Status": STARTING, "StoppedMode": "Not-applicable", "NetworkChanged": False}
    if wait is None:
        instance.set(**starting)
    else:
        instance.later(wait, **starting)
    running = (wait or 0.0) + STARTING_FOR
    instance.later(running, Status=RUNNING, StartTime=iso_minutes(call.now + running))


def _making(call: Call, *, instance: Resource) -> float | None:
    """Cloud seconds until an instance of CreateInstance is there and Stopped; None for any other."""
    ahead = instance.record.pending
    if instance["Status"] != PENDING or [one.changes.get("Status") for one in ahead] != [STOPPED]:
        return None
    return ahead[0].at - call.now + MOMENT


def _stop(call: Call, *, instance: Resource) -> None:
    instance.set(Status=STOPPING)
    mode = call.text("StoppedMode", default=MODES[0])
    instance.later(FORCED_STOPPING_FOR if call.flag("ForceStop") else STOPPING_FOR, Status=STOPPED, StoppedMode=mode)


def _reboot(call: Call, *, instance: Resource) -> None:
    instance.set(Status=STOPPING, NetworkChanged=False)
    instance.later(STOPPING_FOR, Status=STARTING)
    running = STOPPING_FOR + STARTING_FOR
    instance.later(running, Status=RUNNING, StartTime=iso_minutes(call.now + running))
