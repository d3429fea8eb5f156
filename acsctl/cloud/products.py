"""The products of the cloud as data: which SDK package speaks for each, and which of their calls may simply be repeated.

A product is added by adding its line. RPC products take every parameter in the query of a POST to `/`; a ROA product has
a route for each action (`routes`).
Sources: sheet behaviour.md 1 and 4; API metadata `sdk_in` and `methods` for what is not in the query or not a POST.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from acsctl.cloud.routes import Form, Route, form, routes

READS = ("Describe", "List", "Get", "Query", "Check")


@dataclass(frozen=True)
class Product:
    """One product at one version.

    `package` is the SDK's Python package; where it is empty the SDK's general client is used, with `endpoint` as the host.
    `repeatable` are the writes that end in the same world when done twice; a second delete answers "no such thing".
    `per_minute`: how many calls of one write action the cloud takes in a minute, as it publishes; 0 where it does not.
    """

    code: str
    version: str
    package: str = ""
    endpoint: str = ""
    repeatable: frozenset[str] = frozenset()
    routes: Mapping[str, Route] = field(default_factory=dict[str, Route])
    per_minute: int = 0

    @property
    def style(self) -> str:
        """ "RPC" or "ROA"."""
        return "ROA" if self.routes else "RPC"

    def form(self, action: str, params: Mapping[str, Any]) -> Form:
        """The call as it is sent. Raises KeyError for an action without a route, and what `routes.form` raises."""
        return form(self.routes[action] if self.routes else None, params)

    def reads(self, action: str) -> bool:
        """True when the action changes nothing."""
        return action.startswith(READS)

    def may_repeat(self, action: str) -> bool:
        """True when the action, done twice, is as good as done once."""
        return self.reads(action) or action in self.repeatable


def _writes(words: str) -> frozenset[str]:
    return frozenset(words.split())


_CS = routes(
    """
    AttachInstancesToNodePool         POST   /clusters/{ClusterId}/nodepools/{NodepoolId}/attach
    CreateCluster                     POST   /clusters
    CreateClusterNodePool             POST   /clusters/{ClusterId}/nodepools
    DeleteCluster                     DELETE /clusters/{ClusterId}
    DeleteClusterNodepool             DELETE /clusters/{ClusterId}/nodepools/{NodepoolId}
    DescribeAddon                     GET    /addons/{addon_name}
    DescribeClusterDetail             GET    /clusters/{ClusterId}
    DescribeClusterNodePoolDetail     GET    /clusters/{ClusterId}/nodepools/{NodepoolId}
    DescribeClusterNodePools          GET    /clusters/{ClusterId}/nodepools
    DescribeClusterNodes              GET    /clusters/{ClusterId}/nodes
    DescribeClusterResources          GET    /clusters/{ClusterId}/resources                         answer=array
    DescribeClusterTasks              GET    /clusters/{cluster_id}/tasks
    DescribeClusterUserKubeconfig     GET    /k8s/{ClusterId}/user_config
    DescribeClustersForRegion         GET    /regions/{region_id}/clusters
    DescribeKubernetesVersionMetadata GET    /api/v1/metadata/versions                               answer=array
    DescribeTaskInfo                  GET    /tasks/{task_id}
    DescribeUserQuota                 GET    /quota
    GetClusterAddonInstance           GET    /clusters/{cluster_id}/addon_instances/{instance_name}
    GetClusterCheck                   GET    /clusters/{cluster_id}/checks/{check_id}
    InstallClusterAddons              POST   /clusters/{ClusterId}/components/install                body=body
    ListAddons                        GET    /addons
    ListClusterAddonInstances         GET    /clusters/{cluster_id}/addon_instances
    MigrateCluster                    POST   /clusters/{cluster_id}/migrate
    ModifyCluster                     PUT    /api/v2/clusters/{ClusterId}
    ModifyClusterAddon                POST   /clusters/{cluster_id}/components/{component_id}/config answer=none
    ModifyClusterNodePool             PUT    /clusters/{ClusterId}/nodepools/{NodepoolId}
    RemoveNodePoolNodes               DELETE /clusters/{ClusterId}/nodepools/{NodepoolId}/nodes
    RunClusterCheck                   POST   /clusters/{cluster_id}/checks
    TagResources                      PUT    /tags
    UntagResources                    DELETE /tags
    UpgradeCluster                    POST   /api/v2/clusters/{ClusterId}/upgrade
    UpgradeClusterAddons              POST   /clusters/{ClusterId}/components/upgrade                body=body
    UpgradeClusterNodepool            POST   /clusters/{ClusterId}/nodepools/{NodepoolId}/upgrade
    """
)

_PRODUCTS = (
    Product(
        "ecs",
        "2014-05-26",
        package="alibabacloud_ecs20140526",
        repeatable=_writes(
            "DeleteInstance DeleteInstances DeleteSecurityGroup DeleteKeyPairs DeleteDisk DeleteNetworkInterface "
            "DeleteLaunchTemplate DeleteDeploymentSet RevokeSecurityGroup RevokeSecurityGroupEgress RunCommand "
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
        per_minute=300,  # CreateVpc and DeleteVSwitch; most write APIs publish the same (sheet behaviour.md 7)
    ),
    # A CreateCluster that was lost is looked for by its tags: what its client_token does is not documented (containers.md 1.2).
    Product(
        "cs",
        "2015-12-15",
        package="alibabacloud_cs20151215",
        repeatable=_writes(
            "DeleteCluster DeleteClusterNodepool ModifyCluster ModifyClusterNodePool TagResources UntagResources"
        ),
        routes=_CS,
    ),
    # Only read: the load balancers that a cluster's Services have made.
    Product("slb", "2014-05-15", endpoint="slb.{region}.aliyuncs.com"),
    # No CR write has a token; names are the key of what they make (containers.md 3.1).
    Product(
        "cr",
        "2018-12-01",
        package="alibabacloud_cr20181201",
        repeatable=_writes(
            "DeleteNamespace DeleteRepository DeleteInstanceEndpointAclPolicy DeleteInstanceVpcEndpointLinkedVpc "
            "UpdateNamespace UpdateRepository UpdateInstanceEndpointStatus"
        ),
    ),
    Product("sts", "2015-04-01", package="alibabacloud_sts20150401"),
    Product(
        "tag",
        "2018-08-28",
        endpoint="tag.{region}.aliyuncs.com",
        repeatable=_writes("TagResources UntagResources"),
    ),
    Product("quotas", "2020-05-10", endpoint="quotas.aliyuncs.com"),
)

PRODUCTS: Mapping[str, Product] = MappingProxyType({product.code: product for product in _PRODUCTS})
