"""The types of the load balancer product, which clusters put theirs into too.

LOAD_BALANCER, attributes: LoadBalancerName, LoadBalancerStatus, Address, AddressType (internet, intranet), VpcId, VSwitchId,
LoadBalancerSpec, Bandwidth, InternetChargeType, DeleteProtection (on, off), ResourceGroupId, BackendServers, ... LISTENER:
LoadBalancerId, ListenerPort, ListenerProtocol, Status and what was given. VSERVER_GROUP: LoadBalancerId, VServerGroupName,
BackendServers. `add` and `remove` in load_balancer.py are for services that have one made.
"""

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, declare

LOAD_BALANCER = declare("load_balancer", prefix="lb-", arn=("slb", "instance"))
LISTENER = declare("slb_listener", prefix="lsn-")
VSERVER_GROUP = declare("vserver_group", prefix="rsp-")


def require_balancer(call: Call, *, id: str = "") -> Resource:
    """The load balancer of an id, by default that of LoadBalancerId. Raises InvalidLoadBalancerId.NotFound."""
    found = call.find(LOAD_BALANCER, id=id or call.text("LoadBalancerId"))
    if found is None:
        raise ApiError("InvalidLoadBalancerId.NotFound", message="The load balancer does not exist.", status=404)
    return found


def listeners(call: Call, *, balancer_id: str) -> list[Resource]:
    """The truth, by port."""
    return sorted(
        (one for one in call.all(LISTENER) if one["LoadBalancerId"] == balancer_id),
        key=lambda one: (int(one["ListenerPort"]), str(one["ListenerProtocol"])),
    )


def groups(call: Call, *, balancer_id: str) -> list[Resource]:
    return [one for one in call.all(VSERVER_GROUP) if one["LoadBalancerId"] == balancer_id]
