"""What no schema tells of a field: what the cloud sells, what lies inside of what, and which files there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.e2e.network_cases import KEY, OTHER_KEY
from tests.e2e.stacks import IMAGE, ZONES
from tests.properties.leaves import WORD

if TYPE_CHECKING:
    from tests.properties.stacks import Draft

TYPES = ("ecs.g7.xlarge", "ecs.g6.xlarge", "ecs.c7.xlarge")
IMAGES = (IMAGE, "ubuntu_24_04_x64_20G_alibase")
RANGES = ("10.0.0.0/16", "10.1.0.0/16", "192.168.0.0/16")
PODS = ("172.20.0.0/16", "172.22.0.0/16", "172.24.0.0/18")
SERVICES = ("172.21.0.0/20", "172.23.0.0/20")
ANYWHERE = st.sampled_from(["10.0.0.0/8", "1.2.3.4/32", "0.0.0.0/0", "172.20.0.0/16", "100.0.0.0/30"])
PORTS = st.one_of(st.integers(1, 65535), st.sampled_from(["80-90", "443", "all", [22, "8000-8080"]]))

Words = Callable[["Draft", Mapping[str, Any]], st.SearchStrategy[Any]]


def _of(*values: Any) -> Words:
    return lambda draft, block: st.sampled_from(values)


def _subnet(draft: Draft, block: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """A /24 of the VPC that no other vSwitch has."""
    home = block["vpc"]
    taken = {other.get("cidr") for other in draft.of("vswitch").values() if other["vpc"] == home}
    every = [str(cidr) for cidr in list(IPv4Network(draft.blocks[home]["cidr"]).subnets(new_prefix=24))[:8]]
    return st.sampled_from([cidr for cidr in every if cidr not in taken])


def _part(draft: Draft, block: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """A range of the VPC's."""
    return st.sampled_from(list(IPv4Network(draft.blocks[draft.home]["cidr"]).subnets(new_prefix=25))[:4]).map(str)


def _ports(draft: Draft, block: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    return PORTS if block["protocol"] in ("tcp", "udp") else st.just("all")


WORDS: Mapping[str, Words] = {
    "vpc.cidr": _of(*RANGES),
    "vpc.secondary_cidrs": _of("172.16.0.0/20", "172.17.0.0/20", "172.18.0.0/24"),
    "vswitch.zone": _of(*ZONES),
    "vswitch.cidr": _subnet,
    "security_group.ingress.port": _ports,
    "security_group.egress.port": _ports,
    "security_group.ingress.from": lambda draft, block: ANYWHERE,
    "security_group.egress.to": lambda draft, block: ANYWHERE,
    "eip.bandwidth": _of(1, 5, 100, 200),
    "eip.isp": _of("BGP", "BGP_PRO"),
    "nat_gateway.snat.cidr": _part,
    "key_pair.name": lambda draft, block: WORD,
    "key_pair.public_key": _of(KEY, OTHER_KEY),
    "instance.instance_types": _of(*TYPES),
    "instance.image": _of(*IMAGES),
    "instance.ram_role": _of("", "reader", "writer"),
    "instance.system_disk.size": _of(40, 60, 500),
    "instance.data_disks.size": _of(40, 60, 500),
    "instance.user_data": _of("#!/bin/sh\necho one\n", "#!/bin/sh\necho zwei 二\n", ""),
    "registry.enterprise_instance": _of("cri-local"),
    "registry.namespace": _of("shop", "more.of_it"),
    "registry.public_access.allow": lambda draft, block: ANYWHERE,
    "cluster.version": _of("1.35", "1.36"),
    "cluster.network.pod_cidr": _of(*PODS),
    "cluster.network.service_cidr": _of(*SERVICES),
    "cluster.deletion_protection": _of(False),
    "node_pool.instance_types": _of(*TYPES),
    "node_pool.size": lambda draft, block: st.one_of(
        st.integers(0, 2), st.tuples(st.integers(0, 1), st.integers(1, 3)).map(lambda two: {"min": two[0], "max": two[1]})
    ),
    "flannel.version": _of("v0.28.0.6"),
    "flannel.config": _of({}),
    "workload.namespace": _of("default", "kube-public"),
    "workload.manifests": lambda draft, block: st.sampled_from([f"{draft.name}-{part}.yaml" for part in ("a", "b")]),
    "workload.template": _of("web-service", "job"),
    "workload.values": lambda draft, block: st.fixed_dictionaries(
        {"image": st.sampled_from(["web:1", "web:2"])},
        optional={"replicas": st.integers(0, 2)} if block.get("template") == "web-service" else {},
    ),
}
"""Strategies of fields, by kind and dotted path. A list's are those of its items."""

KEYS = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)
LABELS = {"node_pool.labels": KEYS, "node_pool.taints.key": KEYS, "node_pool.taints.value": KEYS}

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {a: '1'}\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: NAME}\nstringData: {a: b}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: NAME}\nspec: {selector: {app: x}, ports: [{port: 80}]}\n"
FILES = {
    f"{name}-{part}.yaml": text.replace("NAME", f"{name}-{part}".replace("_", "-"))
    for name in ("workload_1", "workload_2")
    for part, text in {"a": CONFIG, "b": f"{SECRET}---\n{SERVICE}"}.items()
}
"""Manifests that stand beside the stack file: two workloads never have the same objects."""
