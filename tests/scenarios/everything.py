"""One stack with every kind, and what is asked of it again and again."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from acsctl.kinds import registry
from tests.e2e.network_cases import KEY
from tests.e2e.stacks import IMAGE, ZONES
from tests.support.lab import Block, Lab

CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"a": "1"}}
RESOURCES: Mapping[str, Block] = {
    "net": {"kind": "vpc", "cidr": "10.0.0.0/16", "description": "the first"},
    "sub": {"kind": "vswitch", "vpc": "net", "zone": ZONES[0], "cidr": "10.0.1.0/24"},
    "wall": {"kind": "security_group", "vpc": "net", "ingress": [{"protocol": "all", "from": "172.20.0.0/16"}]},
    "key": {"kind": "key_pair", "public_key": KEY},
    "way": {"kind": "eip", "bandwidth": 10},
    "out": {"kind": "nat_gateway", "vpc": "net", "vswitch": "sub", "eips": ["way"], "snat": [{"vswitch": "sub"}]},
    "node": {
        "kind": "instance",
        "count": 2,
        "vswitch": "sub",
        "security_groups": ["wall"],
        "instance_types": ["ecs.g7.xlarge"],
        "image": IMAGE,
        "key_pair": "key",
    },
    "images": {"kind": "registry", "enterprise_instance": "cri-local", "namespace": "shop", "repositories": ["web"]},
    "kube": {
        "kind": "cluster",
        "vswitches": ["sub"],
        "security_group": "wall",
        "network": {"pod_cidr": "172.20.0.0/16", "service_cidr": "172.21.0.0/20"},
    },
    "workers": {"kind": "node_pool", "cluster": "kube", "attach": "node", "labels": {"team": "red"}},
    "overlay": {"kind": "flannel", "cluster": "kube", "needs": ["workers"]},
    "web": {"kind": "workload", "cluster": "kube", "needs": ["overlay"], "manifests": ["web.yaml"]},
}
PATIENT = "8h"
"""At a thousandfold speed half a minute: a busy machine takes its time in the wall's seconds."""
assert {block["kind"] for block in RESOURCES.values()} == set(registry.KINDS)

ADDRESSES = {name: f"{block['kind']}.{name}" for name, block in RESOURCES.items()}
STANDS_ALONE = ("net", "sub", "wall", "key", "way", "out", "images")
"""What is made in a moment: all that no cluster and no machine belongs to."""


def some(names: Iterable[str] = RESOURCES, **words: Any) -> dict[str, Block]:
    """These blocks, with further words in each."""
    return {name: {**RESOURCES[name], **words} for name in names}


def write(lab: Lab, resources: Mapping[str, Block], **top: Any) -> None:
    """The stack file, and the manifests beside it."""
    lab.write(yaml.safe_dump(CONFIG), "web.yaml")
    lab.stack({name: {"timeout": PATIENT, **block} for name, block in resources.items()}, **top)


def ids(lab: Lab) -> dict[str, list[str]]:
    """The ids of what is there, by address."""
    return {address: [thing["id"] for thing in things] for address, things in lab.show().items()}


def other(lab: Lab, folder: Path) -> Lab:
    """Somebody else's folder, in the same account."""
    made = copy.copy(lab)
    made.folder = folder
    folder.mkdir(exist_ok=True)
    return made
