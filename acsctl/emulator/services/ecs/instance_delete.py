"""Deleting instances (sheet compute.md 1.5): what forbids it, and what goes with them."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.dependencies import check_deletable
from acsctl.emulator.services.ecs.disk import release_disks
from acsctl.emulator.services.ecs.instance import DELETING_FOR, RUNNING, STOPPED, find_instance, require_status
from acsctl.emulator.services.ecs.interface import release_interfaces
from acsctl.emulator.services.network_use import routes_to, unbind_eips

IDS_PER_CALL = 100


@action("ecs.DeleteInstance")
def delete_instance(call: Call) -> dict[str, Any]:
    return _delete(call, ids=[call.text("InstanceId")], missing="InvalidInstanceId.NotFound")


@action("ecs.DeleteInstances")
def delete_instances(call: Call) -> dict[str, Any]:
    """All or none."""
    ids = [str(one) for one in call.items("InstanceId")]
    if len(ids) > IDS_PER_CALL:
        raise ApiError("InvalidParameter.TooManyInstanceIds", message=f"A call takes at most {IDS_PER_CALL} ids.")
    return _delete(call, ids=list(dict.fromkeys(ids)), missing="InvalidInstanceIds.NotFound")


def _delete(call: Call, *, ids: list[str], missing: str) -> dict[str, Any]:
    instances: list[Resource] = []
    for id_ in ids:
        found = find_instance(call, id=id_)
        if found is None:
            raise ApiError(missing, message=f"The instance {id_} does not exist.", status=404)
        _check(call, instance=found)
        instances.append(found)
    call.end_dry_run()
    for one in instances:
        _release(call, instance=one)
    return {}


def _check(call: Call, *, instance: Resource) -> None:
    if instance["DeletionProtection"]:
        raise ApiError("InvalidOperation.DeletionProtection", message=f"{instance.id} is protected against deletion.")
    if instance["InstanceChargeType"] == "PrePaid" and not call.flag("TerminateSubscription"):
        raise ApiError("ChargeTypeViolation", message=f"{instance.id} is a subscription.")
    forced = (RUNNING, STOPPED) if call.flag("Force") or call.flag("ForceStop") else (STOPPED,)
    require_status(instance, *forced)
    if routes_to(call, id=instance.id):
        raise ApiError("DependencyViolation.RouteEntry", message=f"A route entry points at {instance.id}.")
    check_deletable(call, resource=instance)


def _release(call: Call, *, instance: Resource) -> None:
    """It lingers in lists for some seconds, its interfaces a little longer; an EIP is unbound and stays."""
    instance.set(Releasing=True)
    instance.remove(after=DELETING_FOR)
    release_disks(call, instance_id=instance.id, after=DELETING_FOR)
    release_interfaces(call, instance=instance)
    unbind_eips(call, id=instance.id)
