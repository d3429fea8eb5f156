"""The types of the load balancer product, which clusters put theirs into too.

LOAD_BALANCER, attributes: LoadBalancerName, LoadBalancerStatus, Address, AddressType (internet, intranet), VpcId, VSwitchId,
LoadBalancerSpec, Bandwidth, InternetChargeType, DeleteProtection (on, off), ResourceGroupId, BackendServers, ... LISTENER:
LoadBalancerId, ListenerPort, ListenerProtocol, Status and what was given. VSERVER_GROUP: LoadBalancerId, VServerGroupName,
BackendServers. `make` and `remove` in load_balancer.py are for services that have one made.
"""

from acsctl.emulator.resource import declare

LOAD_BALANCER = declare("load_balancer", prefix="lb-", arn=("slb", "instance"))
LISTENER = declare("slb_listener", shown=True)
VSERVER_GROUP = declare("vserver_group", prefix="rsp-")
