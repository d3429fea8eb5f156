"""Product Ecs 2014-05-26: instances, security groups, key pairs, disks, images; one file per kind of thing.

Networks are not here, although ECS still publishes the old VPC calls: those are served by services/vpc.
"""

from acsctl.emulator.services.ecs import (
    disk,
    image,
    instance_delete,
    instance_read,
    instance_type,
    interface,
    key_pair,
    launch,
    region,
    security_group,
    security_group_rule,
    stock,
    tags,
)

__all__ = [
    "disk",
    "image",
    "instance_delete",
    "instance_read",
    "instance_type",
    "interface",
    "key_pair",
    "launch",
    "region",
    "security_group",
    "security_group_rule",
    "stock",
    "tags",
]
