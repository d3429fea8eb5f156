"""Static public addresses of instances: drawn from a range that is routed nowhere (RFC 2544)."""

import secrets
from ipaddress import IPv4Network

from acsctl.emulator.call import Call
from acsctl.emulator.services.ecs.instance import INSTANCE

RANGE = IPv4Network("198.19.0.0/16")


def new_address(call: Call) -> str:
    """One that no instance of the region has."""
    taken = {one["PublicIpAddress"] for one in call.all(INSTANCE)}
    while True:
        candidate = str(RANGE[1 + secrets.randbelow(RANGE.num_addresses - 2)])
        if candidate not in taken:
            return candidate
