"""The kind `registry`, field by field: what else may stand there, and how somebody else changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.e2e.network_cases import ZONE
from tests.support.lab import Block, Lab

NETWORK: Mapping[str, Block] = {
    "net": {"kind": "vpc", "cidr": "10.0.0.0/16"},
    "a": {"kind": "vswitch", "vpc": "net", "zone": ZONE, "cidr": "10.0.1.0/24"},
    "other_net": {"kind": "vpc", "cidr": "10.1.0.0/16"},
    "b": {"kind": "vswitch", "vpc": "other_net", "zone": ZONE, "cidr": "10.1.1.0/24"},
}
BLOCK: Block = {
    "kind": "registry",
    "namespace": "shop",
    "repositories": ["web", {"name": "worker", "public": True, "summary": "what works", "immutable_tags": True}],
    "public_access": {"allow": ["10.0.0.0/8", "1.2.3.4/32"]},
    "vpc_links": ["a"],
}
EDITS: Mapping[str, Block] = {
    "repositories": {"repositories": ["web", {"name": "worker", "summary": "another word"}, "third"]},
    "public_access.allow": {"public_access": {"allow": ["1.2.3.4/32", "9.0.0.0/8"]}},
    "vpc_links": {"vpc_links": ["b"]},
}
REPLACEMENTS: Mapping[str, Callable[[Lab], Block]] = {
    "namespace": lambda lab: {"namespace": "other"},
    "enterprise_instance": lambda lab: {"enterprise_instance": bought(lab, "second")},
}


def bought(lab: Lab, name: str = "first") -> str:
    """The id of a new Enterprise Edition instance."""
    words = {"Region": "cn-hangzhou", "InstanceName": name, "InstanceType": "Basic", "DefaultOssBucket": "true"}
    flat = {}
    for number, (name, text) in enumerate(words.items(), 1):
        flat |= {f"Parameter.{number}.Code": name, f"Parameter.{number}.Value": text}
    what = {"ProductCode": "acr", "ProductType": "acr_ee_public_cn", "SubscriptionType": "Subscription", "Period": "1"}
    return str(lab.behind("bssopenapi", "CreateInstance", **what, **flat)["Data"]["InstanceId"])


def their_repository(lab: Lab, instance: str, name: str) -> str:
    """The id of a repository of ours."""
    rows = lab.client.call("cr", "ListRepository", InstanceId=instance, RepoNamespaceName="shop", PageNo="1", PageSize="100")
    return next(str(row["RepoId"]) for row in rows["Repositories"] if row["RepoName"] == name)


def _drift(action: str, **fields: Any) -> Callable[[Lab, str], Any]:
    return lambda lab, instance: lab.behind("cr", action, InstanceId=instance, **fields)


DOOR = {"EndpointType": "internet", "ModuleName": "Registry"}
DRIFTS: Mapping[str, Callable[[Lab, str], Any]] = {
    "a repository was deleted": lambda lab, it: lab.behind(
        "cr", "DeleteRepository", InstanceId=it, RepoId=their_repository(lab, it, "web")
    ),
    "a repository was opened": lambda lab, it: lab.behind(
        "cr",
        "UpdateRepository",
        InstanceId=it,
        RepoId=their_repository(lab, it, "web"),
        RepoType="PUBLIC",
        Summary="[acsctl shop registry.images]",
    ),
    "an entry was taken out": _drift("DeleteInstanceEndpointAclPolicy", Entry="1.2.3.4/32", **DOOR),
    "the public door was shut": _drift("UpdateInstanceEndpointStatus", Enable="false", **DOOR),
    "a link was cut": lambda lab, it: lab.behind(
        "cr",
        "DeleteInstanceVpcEndpointLinkedVpc",
        InstanceId=it,
        VpcId=lab.id("vpc.net"),
        VswitchId=lab.id("vswitch.a"),
        ModuleName="Registry",
    ),
}
