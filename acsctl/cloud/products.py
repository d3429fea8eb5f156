"""The products of the cloud as data: which SDK package speaks for each, and which of their calls may simply be repeated.

A product is added by adding its line. All of these are RPC: every parameter goes into the query of a POST to `/`.
Sources: sheet behaviour.md 1 and 4; API metadata `sdk_in` and `methods` for what is not in the query or not a POST.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

READS = ("Describe", "List", "Get", "Query", "Check")


@dataclass(frozen=True)
class Product:
    """One product at one version.

    `package` is the SDK's Python package; where it is empty the SDK's general client is used, with `endpoint` as the host.
    `repeatable` are the writes that end in the same world when done twice; a second delete answers "no such thing".
    """

    code: str
    version: str
    package: str = ""
    endpoint: str = ""
    style: str = "RPC"
    repeatable: frozenset[str] = frozenset()

    def reads(self, action: str) -> bool:
        """True when the action changes nothing."""
        return action.startswith(READS)

    def may_repeat(self, action: str) -> bool:
        """True when the action, done twice, is as good as done once."""
        return self.reads(action) or action in self.repeatable


def _writes(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PRODUCTS = (
    Product(
        "ecs",
        "2014-05-26",
        package="alibabacloud_ecs20140526",
        repeatable=_writes(
            "DeleteInstance DeleteInstances DeleteSecurityGroup DeleteKeyPairs DeleteDisk DeleteNetworkInterface "
            "DeleteLaunchTemplate DeleteDeploymentSet RevokeSecurityGroup RevokeSecurityGroupEgress "
            "ModifyInstanceAttribute ModifySecurityGroupAttribute ModifySecurityGroupPolicy ModifySecurityGroupRule "
            "ModifySecurityGroupEgressRule ModifyDiskAttribute ModifyInstanceAutoReleaseTime TagResources UntagResources"
        ),
    ),
    Product(
        "vpc",
        "2016-04-28",
        package="alibabacloud_vpc20160428",
        repeatable=_writes(
            "DeleteVpc DeleteVSwitch DeleteRouteTable DeleteRouteEntry DeleteNatGateway DeleteSnatEntry DeleteForwardEntry "
            "ReleaseEipAddress ModifyVpcAttribute ModifyVSwitchAttribute ModifyRouteTableAttributes ModifyNatGatewayAttribute "
            "ModifySnatEntry ModifyEipAddressAttribute DeletionProtection TagResources UnTagResources"
        ),
    ),
    Product("sts", "2015-04-01", package="alibabacloud_sts20150401"),
    Product(
        "tag",
        "2018-08-28",
        endpoint="tag.{region}.aliyuncs.com",
        repeatable=_writes("TagResources UntagResources"),
    ),
)

PRODUCTS: Mapping[str, Product] = MappingProxyType({product.code: product for product in _PRODUCTS})
