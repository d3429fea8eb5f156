"""Whether security groups let one instance reach a TCP port of another in its VPC (sheets network.md 4, containers.md 2.4)."""

from ipaddress import ip_address, ip_network

from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.rules import INGRESS, Rule
from acsctl.emulator.services.ecs.security_group import SECURITY_GROUP
from acsctl.emulator.services.kubeadm.records import scope_of
from acsctl.emulator.world import World


def allows(world: World, target: Resource, *, port: int, sender: Resource) -> bool:
    """Members of a basic group reach each other unless it says otherwise; else the rule of the best priority decides, of
    equals one that drops."""
    groups = [one for one in world.store.all(SECURITY_GROUP, scope=scope_of(target)) if one.id in target["SecurityGroupIds"]]
    theirs = set(sender["SecurityGroupIds"])
    if any(one.id in theirs and one["InnerAccessPolicy"] == "Accept" for one in groups):
        return True
    rules = [rule for one in groups for rule in one["Permissions"] if _matches(rule, port=port, sender=sender)]
    best = min(rules, key=lambda rule: (int(rule["Priority"]), rule["Policy"] != "Drop"), default=None)
    return best is not None and best["Policy"] == "Accept"


def _matches(rule: Rule, *, port: int, sender: Resource) -> bool:
    if rule["Direction"] != INGRESS.name or rule["IpProtocol"] not in ("TCP", "ALL"):
        return False
    low, _, high = str(rule["PortRange"]).partition("/")
    if rule["IpProtocol"] == "TCP" and not int(low) <= port <= int(high):
        return False
    if rule.get("SourceGroupId"):
        return rule["SourceGroupId"] in sender["SecurityGroupIds"]
    source = str(rule.get("SourceCidrIp") or "")
    return bool(source) and ip_address(sender["PrivateIpAddress"]) in ip_network(source)
