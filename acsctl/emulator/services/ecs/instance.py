"""The resource type of instances, how to find one, and what they are to networks: targets of EIPs, next hops of routes."""

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, declare
from acsctl.emulator.services.network_use import EipTarget, eip_target, next_hop

INSTANCE = declare("instance", prefix="i-", arn=("ecs", "instance"))
PENDING, STARTING, RUNNING, STOPPING, STOPPED = "Pending", "Starting", "Running", "Stopping", "Stopped"
STATUSES = (PENDING, STARTING, RUNNING, STOPPING, STOPPED)
# Cloud seconds, sheet compute.md 9.
PENDING_FOR, STARTING_FOR, STOPPING_FOR, DELETING_FOR = 3.0, 10.0, 8.0, 3.0


def find_instance(call: Call, *, id: str) -> Resource | None:
    """The instance of an id; None too when it is being released, although lists still show it for a moment."""
    found = call.find(INSTANCE, id=id)
    return None if found is None or found["Releasing"] else found


def require_instance(call: Call, *, id: str) -> Resource:
    """Raises InvalidInstanceId.NotFound."""
    found = find_instance(call, id=id)
    if found is None:
        raise ApiError("InvalidInstanceId.NotFound", message=f"The instance {id} does not exist.", status=404)
    return found


def require_status(instance: Resource, *statuses: str, code: str = "IncorrectInstanceStatus") -> None:
    """Raises code, IncorrectInstanceStatus by default, unless the instance is in one of these."""
    if instance["Status"] not in statuses:
        raise ApiError(code, message=f"The instance {instance.id} is {instance['Status']}.")


def living(call: Call) -> list[Resource]:
    """The instances of the region that are not being released."""
    return [one for one in call.all(INSTANCE) if not one["Releasing"]]


@eip_target("EcsInstance")
def instance_takes_eip(call: Call, *, id: str) -> EipTarget:
    instance = find_instance(call, id=id)
    if instance is None:
        raise ApiError("InvalidInstanId.NotFound", message=f"The instance {id} does not exist.", status=404)
    if instance["Status"] not in (RUNNING, STOPPED):
        raise ApiError("IncorrectInstanceStatus", message=f"The instance {id} is {instance['Status']}.", status=400)
    if instance["PublicIpAddress"]:
        raise ApiError("InvalidStatus.InstanceHasBandWidth", message="The instance has a public address of its own.")
    return EipTarget(instance["VpcId"], instance["PrivateIpAddress"])


@next_hop("Instance")
def instance_is_next_hop(call: Call, *, id: str) -> str:
    instance = find_instance(call, id=id)
    if instance is None:
        raise ApiError("InvalidNextHop.NotFound", message=f"The instance {id} does not exist.", status=400)
    if instance["Status"] not in (RUNNING, STOPPED):
        raise ApiError("IncorrectInstanceStatus", message=f"The instance {id} is {instance['Status']}.", status=403)
    return str(instance["VpcId"])
