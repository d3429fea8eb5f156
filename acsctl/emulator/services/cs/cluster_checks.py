"""What CreateCluster checks (sheet containers.md 1.2, 2.2)."""

import re
from ipaddress import IPv4Network
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs.types import CLUSTER
from acsctl.emulator.services.cs.wiring import known, wrong
from acsctl.emulator.services.ecs.security_group import SECURITY_GROUP
from acsctl.emulator.services.network import VPC, VSWITCH
from acsctl.emulator.services.slb.types import LISTENER, LOAD_BALANCER
from acsctl.emulator.services.tagging import check_tag
from acsctl.emulator.services.vpc.state import ranges

Given = dict[str, Any]

_NAME = re.compile(r"[0-9A-Za-z\u4e00-\u9fa5][0-9A-Za-z\u4e00-\u9fa5_-]{0,62}")
_PRIVATE = tuple(IPv4Network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
MOST_VSWITCHES = 5
NODE_MASKS = (24, 28)
SERVICE_MASKS = (16, 24)
DEFAULT_NODE_MASK = "26"
DEFAULT_SERVICE_CIDR = "172.19.0.0/20"
PROXY_MODES = ("ipvs", "iptables", "nftables")
NETWORKS = {"flannel": "flannel", "kube-flannel-ds": "flannel", "terway-eniip": "terway-eniip"}
MOST_TAGS, LONGEST_KEY = 20, 64


def check_name(name: str) -> None:
    """Raises InvalidParameter.Name."""
    if not _NAME.fullmatch(name):
        raise wrong("Name", "A name has 1 to 63 letters, digits, Chinese characters and hyphens, and begins with no hyphen.")


def check_kind(given: Given) -> None:
    """Only managed clusters of the default profile are played."""
    if given.get("cluster_type", "ManagedKubernetes") != "ManagedKubernetes":
        raise wrong("ClusterType", "The local cloud makes clusters of the type ManagedKubernetes only.")
    if given.get("profile", "Default") not in ("", "Default"):
        raise wrong("Profile", "The local cloud makes clusters of the profile Default only.")
    if given.get("cluster_spec", "") not in ("", *known()["specs"]):
        raise wrong("ClusterSpec", f"cluster_spec is one of {', '.join(known()['specs'])}.")
    if given.get("proxy_mode", "") not in ("", *PROXY_MODES):
        raise wrong("ProxyMode", f"proxy_mode is one of {', '.join(PROXY_MODES)}.")


def version(call: Call, *, given: Given) -> str:
    """The version asked for, else the newest. Raises InvalidParameter.KubernetesVersion for one that is not creatable."""
    creatable = [str(one["version"]) for one in known()["versions"] if one["creatable"] or call.settings.ended_versions]
    asked = str(given.get("kubernetes_version") or creatable[0])
    if asked not in creatable:
        raise wrong("KubernetesVersion", f"{asked} cannot be created; there are {', '.join(creatable)}.")
    return asked


def network_addon(given: Given) -> str:
    """`flannel` or `terway-eniip`. Raises InvalidParameter.Addons when there is none, or two."""
    names = {NETWORKS[one["name"]] for one in given.get("addons") or () if one.get("name") in NETWORKS}
    if len(names) != 1:
        raise wrong("Addons", "A cluster needs one network addon: flannel or terway-eniip.")
    return names.pop()


def tags(call: Call, *, given: Given) -> dict[str, str]:
    listed = given.get("tags") or []
    if len(listed) > MOST_TAGS:
        raise wrong("Tags", f"A cluster has at most {MOST_TAGS} tags.")
    found: dict[str, str] = {}
    for one in listed:
        key, value = str(one.get("key", "")), str(one.get("value", ""))
        check_tag(call, key=key, value=value)
        if len(key) > LONGEST_KEY:
            raise wrong("Tags", f"The key of a tag has at most {LONGEST_KEY} characters.")
        found[key] = value
    return found


def vpc(call: Call, *, given: Given) -> Resource:
    """Raises MissingParameter.Vpcid, InvalidParameter.Vpcid."""
    if not given.get("vpcid"):
        raise ApiError("MissingParameter.Vpcid", message="vpcid is mandatory: no VPC is made here.", status=400)
    found = call.find(VPC, id=str(given["vpcid"]))
    if found is None or found["Status"] != "Available":
        raise wrong("Vpcid", f"The VPC {given['vpcid']} does not exist or is not available.")
    return found


def vswitches(call: Call, *, given: Given, vpc_id: str) -> list[Resource]:
    """The vSwitches of the control plane. Raises MissingParameter.VswitchIds, InvalidParameter.VswitchIds."""
    ids = [str(one) for one in given.get("vswitch_ids") or ()]
    if not ids:
        raise ApiError("MissingParameter.VswitchIds", message="vswitch_ids is mandatory.", status=400)
    if len(ids) > MOST_VSWITCHES or len(set(ids)) < len(ids):
        raise wrong("VswitchIds", f"vswitch_ids are 1 to {MOST_VSWITCHES} different ones.")
    return in_vpc(call, ids=ids, vpc_id=vpc_id)


def in_vpc(call: Call, *, ids: list[str], vpc_id: str) -> list[Resource]:
    """Raises InvalidParameter.VswitchIds for one that is not an available one of the VPC."""
    found = [call.find(VSWITCH, id=one) for one in ids]
    for id_, one in zip(ids, found, strict=True):
        if one is None or one["VpcId"] != vpc_id or one["Status"] != "Available":
            raise wrong("VswitchIds", f"{id_} is not an available vSwitch of {vpc_id}.")
    return [one for one in found if one is not None]


def security_group(call: Call, *, id: str, vpc_id: str) -> None:
    """Raises InvalidParameter.SecurityGroupId."""
    found = call.find(SECURITY_GROUP, id=id)
    if found is None or found["VpcId"] != vpc_id:
        raise wrong("SecurityGroupId", f"{id} is not a security group of {vpc_id}.")


def load_balancer(call: Call, *, id: str, vpc_id: str) -> None:
    """One to reuse for the API server: private, without listeners (sheet containers.md 1.2).

    Raises InvalidParameter.LoadBalancerId."""
    if not id:
        return
    found = call.find(LOAD_BALANCER, id=id)
    if found is None or found["AddressType"] != "intranet" or found["VpcId"] != vpc_id:
        raise wrong("LoadBalancerId", f"{id} is not a private load balancer of {vpc_id}.")
    if any(one["LoadBalancerId"] == id for one in call.all(LISTENER)):
        raise wrong("LoadBalancerId", f"{id} has listeners.")


def cidrs(call: Call, *, given: Given, vpc: Resource, network: str) -> dict[str, Any]:
    """The ranges of pods and services, free of overlaps. Raises InvalidParameter.ContainerCidr and its sisters."""
    service = _range(str(given.get("service_cidr") or DEFAULT_SERVICE_CIDR), field="ServiceCidr")
    if not SERVICE_MASKS[0] <= service.prefixlen <= SERVICE_MASKS[1]:
        raise wrong("ServiceCidr", f"The mask of service_cidr is {SERVICE_MASKS[0]} to {SERVICE_MASKS[1]}.")
    _check_apart(call, cidr=service, field="ServiceCidr", vpc=vpc)
    if network != "flannel":
        return {"ServiceCidr": str(service), "ContainerCidr": "", "NodeCidrMask": 0}
    if not given.get("container_cidr"):
        raise ApiError("MissingParameter.ContainerCidr", message="container_cidr is mandatory with flannel.", status=400)
    pods = _range(str(given["container_cidr"]), field="ContainerCidr")
    if pods.overlaps(service):
        raise wrong("ContainerCidr", "container_cidr and service_cidr overlap.")
    _check_apart(call, cidr=pods, field="ContainerCidr", vpc=vpc)
    return {"ServiceCidr": str(service), "ContainerCidr": str(pods), "NodeCidrMask": _node_mask(given, pods=pods)}


def _node_mask(given: Given, *, pods: IPv4Network) -> int:
    text = str(given.get("node_cidr_mask") or DEFAULT_NODE_MASK)
    if not text.isdigit() or not NODE_MASKS[0] <= int(text) <= NODE_MASKS[1] or int(text) <= pods.prefixlen:
        raise wrong("NodeCidrMask", f"node_cidr_mask is {NODE_MASKS[0]} to {NODE_MASKS[1]}, and longer than that of the pods.")
    return int(text)


def _range(text: str, *, field: str) -> IPv4Network:
    try:
        cidr = IPv4Network(text)
    except ValueError as error:
        raise wrong(field, f"{text} is not an IPv4 range.") from error
    if not any(cidr.subnet_of(one) for one in _PRIVATE):
        raise wrong(field, f"{text} is not a private range.")
    return cidr


def _check_apart(call: Call, *, cidr: IPv4Network, field: str, vpc: Resource) -> None:
    if any(cidr.overlaps(one) for one in ranges(vpc)):
        raise wrong(field, f"{cidr} overlaps a range of {vpc.id}.")
    for one in call.all(CLUSTER):
        taken = [one["ContainerCidr"], one["ServiceCidr"]] if one["VpcId"] == vpc.id else []
        if any(cidr.overlaps(IPv4Network(text)) for text in taken if text):
            raise wrong(field, f"{cidr} overlaps a range of the cluster {one.id}.")
