"""Every kind there is, one line each."""

from __future__ import annotations

from acsctl.kinds.cluster import Cluster
from acsctl.kinds.container_registry import Registry
from acsctl.kinds.contract import Kind
from acsctl.kinds.eip import Eip
from acsctl.kinds.flannel import Flannel
from acsctl.kinds.instance import Instance
from acsctl.kinds.key_pair import KeyPair
from acsctl.kinds.nat_gateway import NatGateway
from acsctl.kinds.node_pool import NodePool
from acsctl.kinds.security_group import SecurityGroup
from acsctl.kinds.vpc import Vpc
from acsctl.kinds.vswitch import VSwitch
from acsctl.kinds.workload import Workload
from acsctl.model.schema import Schema

KINDS: dict[str, Kind] = {
    kind.schema.kind: kind
    for kind in (
        Eip(),
        KeyPair(),
        Vpc(),
        VSwitch(),
        SecurityGroup(),
        NatGateway(),
        Instance(),
        Registry(),
        Cluster(),
        NodePool(),
        Flannel(),
        Workload(),
    )
}  # fmt: skip


def schemas() -> dict[str, Schema]:
    """The schemas by kind, as `load` and `diff` take them."""
    return {name: kind.schema for name, kind in KINDS.items()}
