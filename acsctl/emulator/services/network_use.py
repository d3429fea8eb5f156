"""What products do to each other in a network: addresses taken from a vSwitch, elastic addresses bound, routes pointed at.

An instance, a network interface or a NAT gateway that lies in a vSwitch takes an address of it here; so the count of free
addresses is right, two never get the same one, and the vSwitch cannot be deleted below them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Protocol

from acsctl.emulator import catalogue
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, declare
from acsctl.emulator.services.network import EIP, ROUTE_ENTRY, VSWITCH

ADDRESS = declare("address", prefix="addr-", shown=False)
PUBLIC_ADDRESS = declare("public_address", prefix="pub-", shown=False)
LAST_RESERVED = 3  # with the first one, sheet network.md 2
PUBLIC_RANGE = IPv4Network("198.18.0.0/15")
PUBLIC_PER_REGION = 2048


def require_vswitch(call: Call, *, id: str) -> Resource:
    """The vSwitch to put something into. Raises InvalidVSwitchId.NotFound, and IncorrectVSwitchStatus while it is Pending."""
    found = call.find(VSWITCH, id=id)
    if found is None:
        raise ApiError("InvalidVSwitchId.NotFound", message=f"The vSwitch {id} does not exist.")
    if found["Status"] != "Available":
        raise ApiError("IncorrectVSwitchStatus", message=f"The vSwitch {id} is {found['Status']}.")
    return found


def take_address(call: Call, *, vswitch: Resource, by: str, kind: str, wanted: str = "") -> str:
    """An address of the vSwitch for a resource (by: its id), the wanted one or the lowest free one.

    kind: what takes it, `eni` or `nat_gateway`; DeleteVSwitch words its refusal by that. Raises InvalidPrivateIpAddress...
    for a wanted one that cannot be had, QuotaExceeded.PrivateIpAddress when none is left.
    """
    address = wanted_address(call, vswitch=vswitch, text=wanted) if wanted else _lowest(call, vswitch=vswitch)
    call.create(ADDRESS, attributes={"VSwitchId": vswitch.id, "Address": address, "By": by, "Kind": kind})
    return address


def release_addresses(call: Call, *, by: str, after: float = 0.0) -> None:
    """Gives back every address of a resource, after so many cloud seconds: the cloud does it late."""
    for one in call.all(ADDRESS):
        if one["By"] == by:
            one.remove(after=after)


def addresses(call: Call, *, vswitch_id: str) -> list[Resource]:
    """The addresses in use, with By and Kind."""
    return [one for one in call.all(ADDRESS) if one["VSwitchId"] == vswitch_id]


def free_addresses(call: Call, *, vswitch: Resource) -> int:
    """AvailableIpAddressCount."""
    size = IPv4Network(vswitch["CidrBlock"]).num_addresses - 1 - LAST_RESERVED
    return size - len(addresses(call, vswitch_id=vswitch.id))


def wanted_address(call: Call, *, vswitch: Resource, text: str) -> str:
    """The address that a call asks for. Raises InvalidPrivateIpAddress, .Malformed or .Duplicated where it cannot be had."""
    cidr = IPv4Network(vswitch["CidrBlock"])
    try:
        address = IPv4Address(text)
    except ValueError as error:
        raise ApiError("InvalidPrivateIpAddress.Malformed", message=f"{text} is not an address.") from error
    if address not in cidr or not 1 <= int(address) - int(cidr[0]) < cidr.num_addresses - LAST_RESERVED:
        raise ApiError("InvalidPrivateIpAddress", message=f"{text} cannot be used in {cidr}.")
    if text in _taken(call, vswitch=vswitch):
        raise ApiError("InvalidPrivateIpAddress.Duplicated", message=f"{text} is in use.")
    return text


def _taken(call: Call, *, vswitch: Resource) -> set[str]:
    return {str(one["Address"]) for one in addresses(call, vswitch_id=vswitch.id)}


def _lowest(call: Call, *, vswitch: Resource) -> str:
    cidr, taken = IPv4Network(vswitch["CidrBlock"]), _taken(call, vswitch=vswitch)
    for offset in range(1, cidr.num_addresses - LAST_RESERVED):
        candidate = str(cidr[offset])
        if candidate not in taken:
            return candidate
    raise ApiError("QuotaExceeded.PrivateIpAddress", message=f"No address is left in {cidr}.")


def take_public_address(call: Call, *, by: str) -> str:
    """A public address for an EIP or an instance. They are of the range for benchmarks, so that none is anyone's."""
    regions = sorted(catalogue.regions())
    first = int(PUBLIC_RANGE[0]) + regions.index(call.scope.region) * PUBLIC_PER_REGION
    taken = {one["Address"] for one in call.all(PUBLIC_ADDRESS)}
    candidates = (str(IPv4Address(first + number)) for number in range(1, PUBLIC_PER_REGION))
    address = next((one for one in candidates if one not in taken), "")
    if not address:
        raise ApiError("ReserveIpFail", message="No public address is left in this region.")
    call.create(PUBLIC_ADDRESS, attributes={"Address": address, "By": by})
    return address


def release_public_addresses(call: Call, *, by: str, after: float = 0.0) -> None:
    """Gives back the public addresses of a resource, after so many cloud seconds."""
    for one in call.all(PUBLIC_ADDRESS):
        if one["By"] == by:
            one.remove(after=after)


@dataclass(frozen=True)
class EipTarget:
    """What an elastic address is bound to."""

    vpc_id: str
    private_ip: str


class FindTarget(Protocol):
    """Finds what an EIP is to be bound to. Raises ApiError: InvalidInstanId.NotFound (sic), IncorrectInstanceStatus, ..."""

    def __call__(self, call: Call, *, id: str) -> EipTarget: ...


EIP_TARGETS: dict[str, FindTarget] = {}


def eip_target(instance_type: str) -> Callable[[FindTarget], FindTarget]:
    """Declares what AssociateEipAddress finds under an InstanceType: `@eip_target("EcsInstance")`."""

    def declare_target(find: FindTarget) -> FindTarget:
        EIP_TARGETS[instance_type] = find
        return find

    return declare_target


def eips_of(call: Call, *, id: str) -> list[Resource]:
    """The elastic addresses bound to a resource; the id is the AllocationId, IpAddress and Bandwidth are attributes."""
    return [one for one in call.all(EIP) if one["InstanceId"] == id]


def unbind_eips(call: Call, *, id: str, after: float = 0.0) -> None:
    """Unbinds the elastic addresses of a resource that is being deleted; they stay, and become Available."""
    unbound = {"Status": "Available", "InstanceId": "", "InstanceType": "", "PrivateIpAddress": "", "VpcId": ""}
    for one in eips_of(call, id=id):
        if after > 0:
            one.set(Status="Unassociating")
            one.later(after, **unbound)
        else:
            one.set(**unbound)


class FindNextHop(Protocol):
    """The VPC in which a next hop lies. Raises InvalidNextHop.NotFound, IncorrectInstanceStatus, ..."""

    def __call__(self, call: Call, *, id: str) -> str: ...


NEXT_HOPS: dict[str, FindNextHop] = {}


def next_hop(hop_type: str) -> Callable[[FindNextHop], FindNextHop]:
    """Declares what a route entry finds under a NextHopType: `@next_hop("Instance")`."""

    def declare_hop(find: FindNextHop) -> FindNextHop:
        NEXT_HOPS[hop_type] = find
        return find

    return declare_hop


def routes_to(call: Call, *, id: str) -> list[Resource]:
    """The route entries that point at a resource: they block its deletion (DependencyViolation.RouteEntry)."""
    return [one for one in call.all(ROUTE_ENTRY) if any(hop["NextHopId"] == id for hop in one["NextHops"])]
