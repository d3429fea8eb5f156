"""Rules of a security group in one canonical form, from what a person writes and from what the cloud lists, and back.

A rule is `{protocol, port, from | to, policy, priority, description}`: protocol in lower case, port "22", "80-90" or "all", one
range in canonical form, group id or what stands for one, policy accept or drop. Source: sheet network.md 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from typing import Any

Rule = Mapping[str, Any]

PEERS = {"ingress": "from", "egress": "to"}
"""The key of the other side, by direction."""

WITH_PORTS = ("tcp", "udp")
ALL = "all"
_EVERY_PORT = ("-1", "-1/-1", "-1--1", "all", "1/65535", "1-65535")
_SIDES = {"from": "Source", "to": "Dest"}


def expand(rules: Iterable[Any], *, peer: str) -> list[Any]:
    """Single rules in canonical form, each once. What is not known yet stays as it is."""
    found: list[Any] = []
    for rule in rules:
        for single in _singles(rule, peer) if isinstance(rule, Mapping) else [rule]:
            if single not in found:
                found.append(single)
    return found


def _singles(rule: Rule, peer: str) -> Iterable[dict[str, Any]]:
    for port in _listed(rule.get("port")):
        for side in _listed(rule.get(peer)):
            yield {
                "protocol": _lower(rule.get("protocol")),
                "port": port_text(port),
                peer: address(side),
                "policy": _lower(rule.get("policy", "accept")),
                "priority": rule.get("priority", 1),
                "description": rule.get("description", ""),
            }


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple) else (value,)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def port_text(value: Any) -> Any:
    """A port as "22", "80-90" or "all"; None is all. What cannot be read, or is not known yet, stays as it is."""
    if value is None:
        return ALL
    if not isinstance(value, str | int):
        return value
    text = str(value).strip()
    if text in _EVERY_PORT:
        return ALL
    ends = [str(int(end)) if end.isdecimal() else end for end in re.split("[-/]", text)]
    return ends[0] if len(ends) == 2 and ends[0] == ends[1] else "-".join(ends)


def port_range(text: str) -> tuple[int, int] | None:
    """The first and the last port of a canonical text, None where it is none from 1 to 65535."""
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", "1-65535" if text == ALL else text)
    if not match:
        return None
    first, last = int(match[1]), int(match[2] or match[1])
    return (first, last) if 1 <= first <= last <= 65535 else None


def address(value: Any) -> Any:
    """A range in canonical form (one address is a /32); groups and what is not known yet stay as they are."""
    try:
        return str(ip_network(value, strict=False)) if isinstance(value, str) else value
    except ValueError:
        return value


def identity(rule: Rule) -> tuple[tuple[str, Any], ...]:
    """What makes it this rule for the cloud: all but the description."""
    return tuple(sorted((key, value) for key, value in rule.items() if key != "description"))


def read(row: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A row of DescribeSecurityGroupAttribute: its direction, and the rule.

    Source ports and lists of ports are no field of ours; they are kept so that such a rule differs from every wanted one.
    """
    direction = "egress" if row.get("Direction") == "egress" else "ingress"
    peer = PEERS[direction]
    side = _SIDES[peer]
    names = (f"{side}CidrIp", f"Ipv6{side}CidrIp", f"{side}GroupId", f"{side}PrefixListId")
    rule = {
        "protocol": str(row["IpProtocol"]).lower(),
        "port": row.get("PortRangeListId") or port_text(row["PortRange"]),
        peer: address(next((row[name] for name in names if row.get(name)), "")),
        "policy": str(row["Policy"]).lower(),
        "priority": int(row["Priority"]),
        "description": row.get("Description") or "",
    }
    source = port_text(row.get("SourcePortRange") or None)
    return direction, rule if source == ALL else {**rule, "source_port": source}


def permission(rule: Rule) -> dict[str, Any]:
    """A canonical rule as the wire has it, without a direction: that is in the action."""
    peer = "from" if "from" in rule else "to"
    listed = str(rule["port"]).startswith("prl-")
    return {
        "IpProtocol": "ICMPv6" if rule["protocol"] == "icmpv6" else rule["protocol"].upper(),
        "PortRange": None if listed else _wire_ports(rule["protocol"], rule["port"]),
        "PortRangeListId": rule["port"] if listed else None,
        _peer_name(_SIDES[peer], rule[peer]): rule[peer],
        "SourcePortRange": _wire_ports(rule["protocol"], rule["source_port"]) if "source_port" in rule else None,
        "Policy": rule["policy"],
        "Priority": str(rule["priority"]),
        "NicType": "intranet",
        "Description": rule["description"] or None,
    }


def _peer_name(side: str, peer: str) -> str:
    if peer.startswith("pl-"):
        return f"{side}PrefixListId"
    if ":" in peer:
        return f"Ipv6{side}CidrIp"
    return f"{side}CidrIp" if "/" in peer else f"{side}GroupId"


def _wire_ports(protocol: str, port: str) -> str:
    if port == ALL:
        return "1/65535" if protocol in WITH_PORTS else "-1/-1"
    first, _, last = port.partition("-")
    return f"{first}/{last or first}"
