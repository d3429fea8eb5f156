"""What the annotations and the spec of a Service ask of its load balancer (sheet containers.md 4.3)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.emulator.kubernetes.client import Object
from acsctl.emulator.services.cs.rounds import Seen

PREFIX = "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-"
OLD_PREFIX = "service.beta.kubernetes.io/alicloud-loadbalancer-"
BY_USE, BY_SPEC = "PayByCLCU", "PayBySpec"


@dataclass(frozen=True)
class Port:
    """number: that of the listener; node: the port on every node. protocol: tcp, udp, http or https."""

    number: int
    node: int
    protocol: str
    group: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Wish:
    """create: the parameters of CreateLoadBalancer. reuse: id of one that exists. override: whether its listeners are ours to
    change. digest: of all that is asked. name: empty for the default one."""

    create: Mapping[str, Any]
    name: str
    tags: Mapping[str, str]
    ports: tuple[Port, ...]
    reuse: str
    override: bool
    preserve: bool
    hostname: str
    digest: str


def wish_of(service: Object, *, cluster: Seen) -> Wish:
    notes = _notes(service)
    name = notes.get("name", "")
    return Wish(
        create=_create(notes, cluster=cluster),
        name=name,
        tags=_tags(notes.get("additional-resource-tags", "")),
        ports=_ports(service, notes=notes, cluster=cluster),
        reuse=notes.get("id", ""),
        override=notes.get("force-override-listeners", "false") == "true",
        preserve=notes.get("preserve-lb-on-delete", "false") == "true",
        hostname=notes.get("hostname", ""),
        digest=_digest(service, notes=notes),
    )


def group_prefix(service: Object, *, cluster_id: str) -> tuple[str, str]:
    """How the names of the server groups of a Service begin and end: `k8s/<node port>/<name>/<namespace>/<cluster>`."""
    meta = service["metadata"]
    return "k8s/", f"/{meta['name']}/{meta['namespace']}/{cluster_id}"


def _notes(service: Object) -> dict[str, str]:
    """The annotations without their prefix; the older prefix counts where the newer is absent."""
    given: Mapping[str, str] = service["metadata"].get("annotations") or {}
    old = {key.removeprefix(OLD_PREFIX): value for key, value in given.items() if key.startswith(OLD_PREFIX)}
    return {**old, **{key.removeprefix(PREFIX): value for key, value in given.items() if key.startswith(PREFIX)}}


def _create(notes: Mapping[str, str], *, cluster: Seen) -> dict[str, Any]:
    inside = notes.get("address-type", "internet") == "intranet"
    spec = notes.get("spec", "")
    texts = {
        "LoadBalancerName": notes.get("name"),
        "LoadBalancerSpec": spec,
        "InternetChargeType": notes.get("charge-type"),
        "MasterZoneId": notes.get("master-zoneid"),
        "SlaveZoneId": notes.get("slave-zoneid"),
        "ResourceGroupId": notes.get("resource-group-id"),
        "VSwitchId": (notes.get("vswitch-id") or cluster["VSwitchIds"][0]) if inside else None,
    }
    bandwidth = notes.get("bandwidth", "")
    return {
        "AddressType": "intranet" if inside else "internet",
        "InstanceChargeType": notes.get("instance-charge-type") or (BY_SPEC if spec else BY_USE),
        "DeleteProtection": notes.get("delete-protection", "on"),
        "ModificationProtectionStatus": notes.get("modification-protection", "ConsoleProtection"),
        "ModificationProtectionReason": "managed.by.ack",
        **{key: value for key, value in texts.items() if value},
        **({"Bandwidth": int(bandwidth)} if bandwidth.isdigit() else {}),
    }


def _tags(text: str) -> dict[str, str]:
    """`k=v,k2=v2`."""
    pairs = (one.partition("=") for one in text.split(",") if "=" in one)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _ports(service: Object, *, notes: Mapping[str, str], cluster: Seen) -> tuple[Port, ...]:
    """protocol-port: `https:443,http:80` makes another listener of a TCP port."""
    spoken = {port: word for word, _, port in (one.partition(":") for one in notes.get("protocol-port", "").split(","))}
    start, end = group_prefix(service, cluster_id=cluster.id)
    rows: list[Port] = []
    for one in service["spec"].get("ports") or ():
        if not one.get("nodePort"):
            continue
        protocol = spoken.get(str(one["port"]), str(one.get("protocol") or "TCP").lower())
        rows.append(
            Port(int(one["port"]), int(one["nodePort"]), protocol, f"{start}{one['nodePort']}{end}", _settings(notes, protocol))
        )
    return tuple(rows)


def _settings(notes: Mapping[str, str], protocol: str) -> dict[str, Any]:
    """Parameters of a listener. Without health-check-flag a listener over TCP or UDP is checked, one over HTTP is not."""
    checked = notes.get("health-check-flag", "on" if protocol in ("tcp", "udp") else "off")
    name = "HealthCheckSwitch" if protocol in ("tcp", "udp") else "HealthCheck"
    texts = {
        "Scheduler": notes.get("scheduler"),
        "ServerCertificateId": notes.get("cert-id") if protocol == "https" else None,
        "AclStatus": notes.get("acl-status"),
        "AclId": notes.get("acl-id"),
        "AclType": notes.get("acl-type"),
    }
    timeout = notes.get("persistence-timeout", "")
    stays = {"PersistenceTimeout": int(timeout)} if timeout.isdigit() and protocol == "tcp" else {}
    return {name: checked, "Bandwidth": -1, **{key: value for key, value in texts.items() if value}, **stays}


def _digest(service: Object, *, notes: Mapping[str, str]) -> str:
    """The label `hash`: of annotations and spec."""
    spec = {key: service["spec"].get(key) for key in ("type", "ports", "selector", "externalTrafficPolicy", "sessionAffinity")}
    return hashlib.sha256(json.dumps([dict(notes), spec], sort_keys=True).encode()).hexdigest()[:56]
