"""One security group rule: read from a request, checked, normalised to the form in which it is read back.

Sheet network.md 4. Two rules are the same when direction, protocol, ports, peer, policy, priority and card type agree;
a description does not count.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Network, IPv6Network, NetmaskValueError
from typing import Any

from acsctl.emulator.errors import ApiError
from acsctl.emulator.services.ecs.checks import check_description
from acsctl.emulator.services.naming import whole

Rule = dict[str, Any]
"""A rule as DescribeSecurityGroupAttribute answers it, with its SecurityGroupRuleId."""

PROTOCOLS = {one.upper(): one for one in ("TCP", "UDP", "ICMP", "ICMPv6", "GRE", "ALL")}
_WITH_PORTS = ("TCP", "UDP")
_PORTS = re.compile(r"(-?[0-9]{1,5})/(-?[0-9]{1,5})")
ALL_PORTS = "-1/-1"
LAST_PORT = 65535


@dataclass(frozen=True)
class Direction:
    """The words of ingress and egress: peer is what comes before CidrIp, GroupId and PrefixListId in a rule."""

    name: str
    peer: str
    other: str

    @property
    def peers(self) -> tuple[str, str, str, str]:
        """The fields that name the peer: IPv4 range, IPv6 range, group, prefix list."""
        return f"{self.peer}CidrIp", f"Ipv6{self.peer}CidrIp", f"{self.peer}GroupId", f"{self.peer}PrefixListId"


INGRESS = Direction("ingress", peer="Source", other="Dest")
EGRESS = Direction("egress", peer="Dest", other="Source")


def read_rule(given: Mapping[str, Any], *, direction: Direction) -> Rule:
    """A rule of a request without its id, normalised. Raises ApiError with the code of what is wrong."""
    protocol = _protocol(given)
    description = str(given.get("Description") or "")
    check_description(description, code="InvalidSecurityGroupDiscription.Malformed", shortest=1, longest=512)
    rule: Rule = {
        "Direction": direction.name,
        "IpProtocol": protocol,
        "PortRange": _ports(given.get("PortRange"), protocol=protocol, code="InvalidPortRange.Malformed"),
        "SourcePortRange": _source_ports(given, protocol=protocol),
        "Policy": _policy(given),
        "Priority": _priority(given),
        "NicType": _nic_type(given),
        "Description": description,
        **_peer(given, direction=direction),
    }
    _check_family(rule, direction=direction)
    return rule


def identity(rule: Rule) -> tuple[str, ...]:
    """What makes two rules the same one."""
    names = ("Direction", "IpProtocol", "PortRange", "SourcePortRange", "Policy", "Priority", "NicType")
    direction = INGRESS if rule["Direction"] == INGRESS.name else EGRESS
    fields = (*names, *direction.peers, *(f"{direction.other}CidrIp", f"Ipv6{direction.other}CidrIp"))
    return tuple(str(rule.get(name, "")).removesuffix("/32") for name in fields)


def _protocol(given: Mapping[str, Any]) -> str:
    text = str(given.get("IpProtocol") or "")
    if not text:
        raise ApiError("MissingParameter", message="IpProtocol is mandatory.", status=400)
    if text.upper() not in PROTOCOLS:
        raise ApiError("InvalidIpProtocol.ValueNotSupported", message=f"{text} is not a protocol.")
    return PROTOCOLS[text.upper()]


def _ports(value: Any, *, protocol: str, code: str) -> str:
    text = str(value or "")
    if not text and protocol in _WITH_PORTS:
        raise ApiError("MissingParameter", message="PortRange is mandatory.", status=400)
    found = _PORTS.fullmatch(text or ALL_PORTS)
    if found is None:
        raise ApiError(code, message=f"{text} is not a range of ports such as 80/80.")
    low, high = int(found[1]), int(found[2])
    if protocol not in _WITH_PORTS:
        if (low, high) != (-1, -1):
            raise ApiError("OperationDenied", message=f"{protocol} goes with the port range {ALL_PORTS} only.")
        return ALL_PORTS
    if (low, high) == (-1, -1):
        raise ApiError("OperationDenied", message=f"{protocol} needs a range of ports.")
    if not 1 <= low <= high <= LAST_PORT:
        raise ApiError(code, message=f"{text} is not a range of ports.")
    return f"{low}/{high}"


def _source_ports(given: Mapping[str, Any], *, protocol: str) -> str:
    text = given.get("SourcePortRange")
    return _ports(text, protocol=protocol, code="InvalidSourcePortRange.Malformed") if text else ""


def _policy(given: Mapping[str, Any]) -> str:
    policy = str(given.get("Policy") or "accept").capitalize()
    if policy not in ("Accept", "Drop"):
        raise ApiError("InvalidPolicy.Malformed", message="Policy is accept or drop.")
    return policy


def _priority(given: Mapping[str, Any]) -> str:
    text = str(given.get("Priority") or "1")
    priority = whole(text)
    if priority is None:
        raise ApiError("InvalidPriority.Malformed", message=f"The priority {text} is not a number.")
    if not 1 <= priority <= 100:
        raise ApiError("InvalidPriority.ValueNotSupported", message="Priority is 1 to 100.")
    return str(priority)


def _nic_type(given: Mapping[str, Any]) -> str:
    """In a VPC there is the intranet card only; `internet`, the old default, is taken for it."""
    text = str(given.get("NicType") or "intranet")
    if text not in ("intranet", "internet"):
        raise ApiError("InvalidNicType.ValueNotSupported", message="NicType is intranet or internet.")
    return "intranet"


def _peer(given: Mapping[str, Any], *, direction: Direction) -> Rule:
    """The four ways to name the peer, empty but one, and the range at the near end. A range wins over a group."""
    v4, v6, group, prefix_list = direction.peers
    near4, near6 = f"{direction.other}CidrIp", f"Ipv6{direction.other}CidrIp"
    found: Rule = dict.fromkeys((v4, v6, group, prefix_list, near4, near6), "")
    given_ranges = [name for name in (v4, v6) if given.get(name)]
    if len(given_ranges) > 1:
        code = f"InvalidParam.{direction.peer}Ip"
        raise ApiError(code, message="A rule names one range, of IPv4 or of IPv6.", status=400)
    chosen = next((name for name in (v4, v6, group, prefix_list) if given.get(name)), None)
    if chosen is None:
        raise ApiError(f"MissingParameter.{direction.peer}", message="A rule needs a peer: a range, a group or a prefix list.")
    for name in (chosen, near4, near6):
        if given.get(name):
            found[name] = _range(str(given[name]), name=name) if "Cidr" in name else str(given[name])
    return found


def _range(text: str, *, name: str) -> str:
    """Host bits cleared; a bare address stays bare."""
    code = "InvalidParameter.Ipv6CidrIp" if name.startswith("Ipv6") else f"Invalid{name}.Malformed"
    try:
        found = IPv6Network(text, strict=False) if name.startswith("Ipv6") else IPv4Network(text, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError) as error:
        raise ApiError(code, message=f"{text} is not a range of addresses.", status=400) from error
    return str(found) if "/" in text else str(found.network_address)


def _check_family(rule: Rule, *, direction: Direction) -> None:
    v4, v6, _, _ = direction.peers
    if rule["IpProtocol"] == "ICMP" and rule[v6]:
        raise ApiError("InvalidParam.Ipv4ProtocolConflictWithIpv6Address", message="ICMP is of IPv4.")
    if rule["IpProtocol"] == "ICMPv6" and rule[v4]:
        raise ApiError("InvalidParam.Ipv6ProtocolConflictWithIpv4Address", message="ICMPv6 is of IPv6.")
