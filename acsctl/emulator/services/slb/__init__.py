"""Product Slb 2014-05-15: classic load balancers, as far as clusters and those who clean up after them go."""

from acsctl.emulator.services.slb import (
    absent,
    backend,
    legacy_tags,
    listener,
    load_balancer,
    load_balancer_read,
    region,
    tags,
    types,
    vserver_group,
)

__all__ = [
    "absent",
    "backend",
    "legacy_tags",
    "listener",
    "load_balancer",
    "load_balancer_read",
    "region",
    "tags",
    "types",
    "vserver_group",
]
