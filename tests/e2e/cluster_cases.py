"""The kinds `cluster` and `node_pool`, field by field: what else may stand there, and how somebody else changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.network_cases import KEY, OTHER_KEY, OTHER_ZONE, ZONE
from tests.support.lab import Block, Lab

NETWORK: Mapping[str, Block] = {
    "net": {"kind": "vpc", "cidr": "10.0.0.0/16"},
    "a": {"kind": "vswitch", "vpc": "net", "zone": ZONE, "cidr": "10.0.1.0/24"},
    "b": {"kind": "vswitch", "vpc": "net", "zone": OTHER_ZONE, "cidr": "10.0.2.0/24"},
    "inside": {
        "kind": "security_group",
        "vpc": "net",
        "ingress": [{"protocol": "all", "from": ["10.0.0.0/16", "172.20.0.0/16"]}],
    },
    "outside": {"kind": "security_group", "vpc": "net"},
}
KUBE: Block = {
    "kind": "cluster",
    "vswitches": ["a"],
    "security_group": "inside",
    "version": "1.35",
    "spec": "ack.pro.small",
    "network": {
        "plugin": "flannel",
        "pod_cidr": "172.20.0.0/16",
        "service_cidr": "172.21.0.0/20",
        "node_cidr_mask": 25,
    },
    "public_api": True,
    "deletion_protection": False,
    "name": "first",
}
SMALL: Block = {name: value for name, value in KUBE.items() if name in ("kind", "vswitches", "security_group", "network")}
POOL: Block = {
    "kind": "node_pool",
    "cluster": "kube",
    "vswitches": ["a"],
    "instance_types": ["ecs.g7.xlarge"],
    "size": 2,
    "labels": {"team": "red", "cost": "1"},
    "taints": [{"key": "only", "value": "web", "effect": "NoSchedule"}],
    "system_disk": {"category": "cloud_essd", "size": 60, "performance_level": "PL0"},
    "image_type": "AliyunLinux3",
    "key_pair": "key",
    "name": "first",
}
KEYS: Mapping[str, Block] = {
    "key": {"kind": "key_pair", "public_key": KEY},
    "other_key": {"kind": "key_pair", "public_key": OTHER_KEY},
}
NODE: Block = {
    "kind": "instance",
    "count": 2,
    "vswitch": ["a", "b"],
    "security_groups": ["inside"],
    "instance_types": ["ecs.g7.xlarge"],
    "image": "aliyun_3_x64_20G_alibase",
    "user_data": "#!/bin/sh\necho theirs\n",
    "system_disk": {"category": "cloud_essd", "size": 40},
}
ATTACHED: Block = {"kind": "node_pool", "cluster": "kube", "attach": "node"}

CLUSTER_EDITS: Mapping[str, Block] = {
    "vswitches": {"vswitches": ["a", "b"]},
    "security_group": {"security_group": "outside"},
    "version": {"version": "1.36"},
    "spec": {"spec": "ack.pro.xlarge"},
    "deletion_protection": {"deletion_protection": True},
    "name": {"name": "second"},
}
CLUSTER_REPLACEMENTS: Mapping[str, Block] = {
    "network.pod_cidr": {"network": {**KUBE["network"], "pod_cidr": "172.24.0.0/16"}},
    "network.service_cidr": {"network": {**KUBE["network"], "service_cidr": "172.22.0.0/20"}},
    "network.node_cidr_mask": {"network": {**KUBE["network"], "node_cidr_mask": 26}},
    "public_api": {"public_api": False},
}
CLUSTER_FIXED = {"network.plugin": "there is only one"}


@dataclass(frozen=True)
class Behind:
    """What somebody else sends: a method and a path, in which {id} stands for the thing, and a body."""

    method: str
    path: str
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __call__(self, lab: Lab, **names: str) -> None:
        lab.client.roa("cs", self.method, self.path.format(**names), dict(self.body))
        lab.settle()


CLUSTER_DRIFTS: Mapping[str, Behind] = {
    "name": Behind("PUT", "/api/v2/clusters/{id}", {"cluster_name": "theirs"}),
    "deletion_protection": Behind("PUT", "/api/v2/clusters/{id}", {"deletion_protection": True}),
}

POOL_EDITS: Mapping[str, Block] = {
    "vswitches": {"vswitches": ["a", "b"]},
    "instance_types": {"instance_types": ["ecs.c7.xlarge", "ecs.g7.xlarge"]},
    "size": {"size": 3},
    "labels.team": {"labels": {"team": "blue", "cost": "1"}},
    "taints": {"taints": [{"key": "other", "effect": "PreferNoSchedule"}]},
    "system_disk.category": {"system_disk": {"category": "cloud_auto", "size": 60}},
    "system_disk.size": {"system_disk": {"category": "cloud_essd", "size": 80, "performance_level": "PL0"}},
    "system_disk.performance_level": {"system_disk": {"category": "cloud_essd", "size": 60, "performance_level": "PL1"}},
    "image_type": {"image_type": "AliyunLinux3ContainerOptimized"},
    "image": {"image": "aliyun_3_x64_20G_alibase_20260122.vhd"},
    "runtime_version": {"runtime_version": "2.3.5"},
    "key_pair": {"key_pair": "other_key"},
    "name": {"name": "second"},
}
POOL_SETTINGS = ("version", "upgrade.max_unavailable", "upgrade.surge", "drain.timeout")
"""How acsctl goes about it: nothing of it is in the cloud, so that nothing differs."""
_POOL = "/clusters/{cluster}/nodepools/{pool}"
POOL_DRIFTS: Mapping[str, Behind] = {
    "name": Behind("PUT", _POOL, {"nodepool_info": {"name": "theirs"}}),
    "size": Behind("PUT", _POOL, {"scaling_group": {"desired_size": 1}}),
    "instance_types": Behind("PUT", _POOL, {"scaling_group": {"instance_types": ["ecs.c7.xlarge"]}}),
    "labels.team": Behind("PUT", _POOL, {"kubernetes_config": {"labels": [{"key": "team", "value": "grey"}]}}),
    "taints": Behind("PUT", _POOL, {"kubernetes_config": {"taints": []}}),
}
Names = Callable[[Lab], Mapping[str, str]]
