"""A VPC with clusters in it, made once per module, and a way to ask all products and the control plane."""

import base64
import json
import re
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from acsctl.emulator.background import turn
from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.cs.wire import roa
from tests.emulator.judge.town import IMAGE, ZONE, Town
from tests.emulator.raw import Answer

VERSION = "1.35.7-aliyun.1"


@dataclass
class City:
    """folder: where the client certificate of the kubeconfig in use is written."""

    town: Town
    folder: Path
    kubeconfig: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def cloud(self) -> LocalCloud:
        return self.town.cloud

    @property
    def names(self) -> dict[str, str]:
        return self.town.names

    def ask(self, call: str, *, query: dict[str, Any] | None = None, body: Any = None) -> Answer:
        """call: `GET /clusters/$cluster` of CS, `kube GET /api/v1/nodes` of the cluster, `ecs.DescribeInstances` with query."""
        if call.startswith("kube "):
            _, method, path = call.split(" ", 2)
            return self.kube(method, self.filled(path), body=self.filled(body))
        if " " not in call:
            return self.town.call(call, query or {})
        method, path = call.split(" ", 1)
        texts = {name: _text(self.filled(value)) for name, value in (query or {}).items()}
        return roa(self.cloud, method, self.filled(path), query=texts, body=self.filled(body))

    def made(self, call: str, *, body: Any = None, **query: Any) -> Any:
        """The answer of a call that has to succeed."""
        answer = self.ask(call, query=query, body=body)
        assert answer.status in (200, 202), (call, answer.text)
        return answer.json if answer.text else None

    def filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        return self.town.filled(value) if isinstance(value, str) else value

    def pass_time(self, seconds: float, *, step: float = 5.0) -> None:
        """In steps of so many seconds; after each the cloud moves, and control planes that are coming up do so."""
        world = self.cloud.server.world
        for _ in range(max(1, round(seconds / step))):
            self.cloud.pass_time(min(step, seconds))
            turn(world)
            world.planes.wait(60)

    def finish(self, task_id: str, *, state: str = "success", most: float = 3000.0) -> Any:
        for _ in range(int(most / 15)):
            self.pass_time(15)
            task = self.made(f"GET /tasks/{task_id}")
            if task["state"] != "running":
                break
        assert task["state"] == state, task
        return task

    def kube(self, method: str, path: str, *, body: Any = None) -> Answer:
        """A request as kubectl sends it, with the certificate of the kubeconfig."""
        (cluster,), (user,) = self.kubeconfig["clusters"], self.kubeconfig["users"]
        pem = self.folder / "client.pem"
        parts = ("client-certificate-data", "client-key-data")
        pem.write_bytes(b"".join(base64.b64decode(user["user"][name]) for name in parts))
        authority = base64.b64decode(cluster["cluster"]["certificate-authority-data"]).decode()
        context = ssl.create_default_context(cadata=authority)
        context.load_cert_chain(pem)
        data = None if body is None else json.dumps(body).encode()
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        url = cluster["cluster"]["server"] + path
        request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, context=context) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    def take_kubeconfig(self, cluster: str, **query: Any) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load(self.made(f"GET /k8s/{cluster}/user_config", **query)["config"])
        return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)  # as the Python SDK spells it
    return value if isinstance(value, str) else json.dumps(value)


def cluster_body(**changes: Any) -> dict[str, Any]:
    return {
        "name": "main",
        "region_id": REGION,
        "cluster_type": "ManagedKubernetes",
        "cluster_spec": "ack.pro.small",
        "kubernetes_version": VERSION,
        "vpcid": "$vpc",
        "vswitch_ids": ["$vswitch", "$other"],
        "container_cidr": "172.20.0.0/16",
        "service_cidr": "172.21.0.0/20",
        "node_cidr_mask": "25",
        "proxy_mode": "ipvs",
        "addons": [{"name": "flannel", "version": "", "config": ""}],
        "tags": [{"key": "team", "value": "web"}],
        **changes,
    }


def pool_body(name: str, *, group: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
    scaling = {
        "vswitch_ids": ["$vswitch"],
        "instance_types": ["ecs.g7.xlarge"],
        "instance_charge_type": "PostPaid",
        "desired_size": 0,
        "tags": [{"key": "team", "value": "web"}],
        **(group or {}),
    }
    return {"nodepool_info": {"name": name}, "scaling_group": {k: v for k, v in scaling.items() if v is not None}, **rest}


def settle(cloud: LocalCloud, *, folder: Path) -> City:
    """Two VPCs, machines that belong to nothing, one cluster with three pools and a node of each kind, one that failed."""
    city = City(Town(cloud), folder)
    _network(city)
    for name, vswitch in (("free", "$vswitch"), ("attached", "$vswitch"), ("away", "$farswitch")):
        city.names[name] = _machine(city, vswitch=vswitch, group="$fargroup" if name == "away" else "$group")
    city.pass_time(30)
    _clusters(city)
    _pools(city)
    city.kubeconfig = city.take_kubeconfig(city.names["cluster"], TemporaryDurationMinutes=60)
    city.pass_time(30)
    return city


def _network(city: City) -> None:
    names = city.names
    for name, cidr in (("vpc", "10.0.0.0/8"), ("far", "192.168.0.0/16")):
        names[name] = city.made("vpc.CreateVpc", CidrBlock=cidr)["VpcId"]
        city.pass_time(10)
    for name, vpc, cidr in (
        ("vswitch", "vpc", "10.1.0.0/16"),
        ("other", "vpc", "10.2.0.0/16"),
        ("farswitch", "far", "192.168.0.0/24"),
    ):
        names[name] = city.made("vpc.CreateVSwitch", VpcId=names[vpc], ZoneId=ZONE, CidrBlock=cidr)["VSwitchId"]
        city.pass_time(10)
    for name, vpc in (("group", "vpc"), ("fargroup", "far")):
        names[name] = city.made("ecs.CreateSecurityGroup", VpcId=names[vpc])["SecurityGroupId"]
    found = city.made("vpc.DescribeVpcs", VpcId=names["vpc"])["Vpcs"]["Vpc"][0]
    names["table"] = found["RouterTableIds"]["RouterTableIds"][0]
    names["eip"] = city.made("vpc.AllocateEipAddress")["AllocationId"]
    city.pass_time(10)


def _machine(city: City, *, vswitch: str, group: str) -> str:
    machine = {"ImageId": IMAGE, "InstanceType": "ecs.g7.large", "VSwitchId": vswitch, "SecurityGroupId": group}
    machine["InstanceName"] = "plain"
    return str(city.made("ecs.RunInstances", **machine)["InstanceIdSets"]["InstanceIdSet"][0])


def _clusters(city: City) -> None:
    cloud = city.cloud
    made = city.made("POST /clusters", body=cluster_body(endpoint_public_access=True, deletion_protection=True))
    city.names["cluster"], city.names["created"] = made["cluster_id"], made["task_id"]
    city.finish(made["task_id"])
    found = city.made("GET /clusters/$cluster")
    city.names["balancer"], city.names["own"] = found["external_loadbalancer_id"], found["security_group_id"]
    cloud.settings(failing_tasks={"cluster_create": 1})
    body = cluster_body(
        name="broken", container_cidr="172.24.0.0/16", service_cidr="172.25.0.0/20", addons=[{"name": "flannel"}]
    )
    made = city.made("POST /clusters", body=body)
    city.names["failed"], city.names["failure"] = made["cluster_id"], made["task_id"]
    for _ in range(80):
        city.pass_time(15)
        if city.made("GET /tasks/$failure")["state"] != "running":
            return


def _pools(city: City) -> None:
    labels = [{"key": "tier", "value": "web"}]
    taints = [{"key": "gpu", "value": "", "effect": "PreferNoSchedule"}]
    config = {"labels": labels, "taints": taints, "runtime": "containerd"}
    auto = {"enable": True, "min_instances": 0, "max_instances": 3, "type": "cpu"}
    asked = {
        "pool": pool_body("workers", group={"desired_size": 2}, kubernetes_config=config),
        "auto": pool_body("elastic", group={"desired_size": None}, auto_scaling=auto),
        "empty": pool_body("given"),
    }
    for name, body in asked.items():
        made = city.made("POST /clusters/$cluster/nodepools", body=body)
        city.names[name], city.names[f"{name}task"] = made["nodepool_id"], made["task_id"]
        city.finish(made["task_id"])
    body = {"instances": ["$attached"], "keep_instance_name": True, "format_disk": False}
    city.names["attach"] = city.made("POST /clusters/$cluster/nodepools/$empty/attach", body=body)["task_id"]
    city.finish(city.names["attach"])
    nodes = city.made("GET /clusters/$cluster/nodes", pageSize="100")["nodes"]
    own = sorted((one for one in nodes if one["nodepool_id"] == city.names["pool"]), key=lambda one: str(one["instance_id"]))
    for name, node in zip(("one", "two"), own, strict=True):
        city.names[name], city.names[f"{name}node"] = node["instance_id"], node["node_name"]


def document_of(answer: Answer) -> Any:
    """JSON, or the text itself where that is what is answered."""
    return answer.json if answer.text[:1] in ("{", "[") else answer.text


def found_at(document: Any, *, path: str, city: City) -> Any:
    """`nodes.0.state`; `#` counts; `name=coredns` picks of a list; `@json` and `@yaml` read a text; `[].x` of every one."""
    parts = path.split(".")
    for number, part in enumerate(parts):
        if part == "":
            continue
        if part == "[]":
            rest = ".".join(parts[number + 1 :])
            return [found_at(one, path=rest, city=city) for one in document]
        document = _step(document, part=city.town.filled(part))
    return document


def _step(document: Any, *, part: str) -> Any:
    if part == "#":
        return len(document or ())
    if part in ("@json", "@yaml"):
        return yaml.safe_load(document)
    if "=" in part:
        key, _, value = part.partition("=")
        return next((one for one in document or () if str(one.get(key)) == value), f"none of {value}")
    if isinstance(document, list):
        return document[int(part)]
    return document.get(part) if isinstance(document, dict) else f"no {part} in {document!r}"


def check(found: Any, *, expected: Any, where: str) -> None:
    """Equal, or as told: like (a pattern), has (part of a map or list), lacks, between, one (of these)."""
    if not (isinstance(expected, dict) and len(expected) == 1 and set(expected) <= set(_CHECKS)):
        assert found == expected, (where, found)
        return
    ((name, value),) = expected.items()
    assert _CHECKS[name](found, value), (where, found, expected)


def _has(found: Any, value: Any) -> bool:
    if isinstance(value, dict):
        return all(found.get(key) == one for key, one in value.items())
    return all(one in found for one in value)


_CHECKS: dict[str, Any] = {
    "not": lambda found, value: found != value,
    "lacks-value": lambda found, value: not found.get(value),
    "has-keys": lambda found, value: set(value) <= set(found),
    "has-one": lambda found, value: any(one in found for one in value),
    "like-any": lambda found, value: any(re.search(value, str(one)) for one in found.values()),
    "has-like": lambda found, value: all(any(re.search(part, str(one)) for one in found) for part in value),
    "maps": lambda found, value: bool(found) and all(set(value) <= set(one) for one in found.values()),
    "like": lambda found, value: isinstance(found, str) and re.search(value, found) is not None,
    "all": lambda found, value: bool(found) and all(re.search(value, str(one)) for one in found),
    "has": _has,
    "lacks": lambda found, value: not any(one in (found or ()) for one in value),
    "between": lambda found, value: value[0] <= float(found) <= value[1],
    "one": lambda found, value: found in value,
    "sorted": lambda found, value: sorted(found, key=str) == sorted(value, key=str),
}
