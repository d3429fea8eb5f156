"""Product Vpc 2016-04-28: networks, switches, routes, addresses, NAT gateways; one file per kind of thing.

What ECS has in a network (instances, interfaces, security groups) is not here; the two meet in services/network_use.py and
services/dependencies.py.
"""

from acsctl.emulator.services.vpc import vpc

__all__ = ["vpc"]
