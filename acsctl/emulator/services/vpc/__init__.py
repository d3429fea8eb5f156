"""Product Vpc 2016-04-28: networks, switches, routes, addresses, NAT gateways; one file per kind of thing.

What ECS has in a network (instances, interfaces, security groups) is not here; the two meet in services/network_use.py and
services/dependencies.py.
"""

from acsctl.emulator.services.vpc import (
    eip,
    eip_association,
    forward_entry,
    nat_gateway,
    region,
    route_entry,
    route_table,
    router_list,
    secondary_cidr,
    snat_entry,
    tags,
    vpc,
    vswitch,
)

__all__ = [
    "eip",
    "eip_association",
    "forward_entry",
    "nat_gateway",
    "region",
    "route_entry",
    "route_table",
    "router_list",
    "secondary_cidr",
    "snat_entry",
    "tags",
    "vpc",
    "vswitch",
]
