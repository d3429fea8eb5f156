"""What can be refused in the rules of a security group before a cloud is asked (sheet network.md 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from acsctl.kinds import rules
from acsctl.model.resource import Spec
from acsctl.model.schema import Fault, Others
from acsctl.model.types import canonical_cidr, is_cidr
from acsctl.model.unknown import Ref

Path = tuple[str | int, ...]


def check(spec: Spec, others: Others) -> Iterable[Fault]:
    """Ports that do not fit the protocol, host bits, rules that the cloud cannot tell apart, what no enterprise group has."""
    enterprise = spec.get("type") == "enterprise"
    if enterprise and spec.get("inner_access") is True:
        yield Fault(("inner_access",), "an enterprise group never has inner access", hint="allow it with a rule")
    for direction, peer in rules.PEERS.items():
        written = spec.get(direction)
        rows = written if isinstance(written, list) else []
        for index, rule in enumerate(rows):
            if isinstance(rule, Mapping):
                yield from _ports(rule, path=(direction, index))
                yield from _peers(rule.get(peer), path=(direction, index, peer), enterprise=enterprise)
                yield from _itself(rule.get(peer), (direction, index, peer), own=_own(spec, others))
        yield from _twins(rows, direction=direction)


def _ports(rule: rules.Rule, *, path: Path) -> Iterator[Fault]:
    protocol, written = rule.get("protocol"), rule.get("port")
    if protocol in rules.WITH_PORTS and written is None:
        yield Fault(path, f"{protocol} needs a port", hint="`port: all` means every port")
    for index, entry in enumerate(written if isinstance(written, list) else [written]):
        port = rules.port_text(entry)
        here: Path = (*path, "port", index) if isinstance(written, list) else (*path, "port")
        if isinstance(entry, bool | float):
            yield Fault(here, f"{entry} is no port", hint="22, 80-90 or all")
        elif isinstance(port, str) and rules.port_range(port) is None:
            yield Fault(here, f"{entry} is no port", hint="22, 80-90 or all, from 1 to 65535")
        elif isinstance(protocol, str) and protocol not in rules.WITH_PORTS and isinstance(port, str) and port != rules.ALL:
            yield Fault(here, f"{protocol} has no ports", hint="leave `port` out, or write tcp or udp")


def _peers(written: Any, *, path: Path, enterprise: bool) -> Iterator[Fault]:
    rows = written if isinstance(written, list) else [written]
    for index, peer in enumerate(rows):
        here: Path = (*path, index) if isinstance(written, list) else path
        if not isinstance(peer, str) or not is_cidr(peer):
            if enterprise and peer is not None:
                yield Fault(here, "an enterprise group has no rules for groups", hint="write a range, or type: normal")
        elif "/" in peer:
            try:
                canonical_cidr(peer)
            except ValueError as error:
                yield Fault(here, str(error))


def _own(spec: Spec, others: Others) -> Any:
    """The address of the group whose spec this is."""
    return next((address for address, other in others.items() if other.spec is spec), None)


def _itself(written: Any, path: Path, *, own: Any) -> Iterator[Fault]:
    """The cloud refuses a rule that names its own group (InvalidParamter.Conflict)."""
    rows = written if isinstance(written, list) else [written]
    if own is not None and any(isinstance(peer, Ref) and peer.address == own for peer in rows):
        yield Fault(path, "a group cannot name itself in a rule", hint="`inner_access: true` opens it to its own members")


def _twins(rows: list[Any], *, direction: str) -> Iterator[Fault]:
    """The description does not make a rule another one: the cloud would keep the first and its description."""
    seen: dict[str, tuple[int, Any]] = {}
    for index, rule in enumerate(rows):
        for single in rules.expand([rule], peer=rules.PEERS[direction]) if isinstance(rule, Mapping) else ():
            first, description = seen.setdefault(repr(rules.identity(single)), (index, single["description"]))
            if description != single["description"]:
                yield Fault((direction, index), f"differs from rule {first + 1} of {direction} in the description only")
                break
