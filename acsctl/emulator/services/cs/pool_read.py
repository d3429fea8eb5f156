"""Reading node pools (sheet containers.md 1.4)."""

from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs.pool_size import counts
from acsctl.emulator.services.cs.types import NODE_POOL
from acsctl.emulator.services.cs.wiring import china_time, require_cluster, require_pool, serves


@serves("DescribeClusterNodePoolDetail")
def describe_cluster_node_pool_detail(call: Call) -> dict[str, Any]:
    return {**_shown(require_pool(call, listed=True), call=call), "interconnect_mode": "basic", "max_nodes": 0}


@serves("DescribeClusterNodePools")
def describe_cluster_node_pools(call: Call) -> dict[str, Any]:
    """All of them: there is no paging."""
    cluster = require_cluster(call, listed=True)
    found = [one for one in call.listed(NODE_POOL) if one["ClusterId"] == cluster.id]
    asked = [one for one in found if call.text("NodepoolName") in ("", one["Name"])]
    return {"nodepools": [{**_shown(one, call=call), "interconnect_mode": "basic", "max_nodes": 0} for one in asked]}


def _shown(pool: Resource, *, call: Call) -> dict[str, Any]:
    """What was given reads back as it was, with the defaults."""
    group = dict(pool["ScalingGroup"])
    if pool["Desired"] is not None and not pool["AutoScaling"]["enable"]:
        group["desired_size"] = pool["Desired"]
    else:
        group.pop("desired_size", None)
    return {
        "auto_scaling": pool["AutoScaling"],
        "kubernetes_config": pool["KubernetesConfig"],
        "management": _fitting(pool["Management"]),
        "node_config": pool["NodeConfig"],
        "nodepool_info": {
            "nodepool_id": pool.id,
            "name": pool["Name"],
            "type": "ess",
            "region_id": pool.region,
            "resource_group_id": pool["ResourceGroupId"],
            "is_default": pool["IsDefault"],
            "created": china_time(pool.created),
            "updated": china_time(pool["Updated"]),
        },
        "scaling_group": group,
        "status": counts(call.world, pool=pool),
        "tee_config": pool["TeeConfig"],
    }


def _fitting(management: dict[str, Any]) -> dict[str, Any]:
    """Of the upgrade policy only the part that is published to read back."""
    policy = management.get("auto_upgrade_policy")
    if not policy:
        return management
    kept = {name: value for name, value in policy.items() if name == "auto_upgrade_kubelet"}
    return {**management, "auto_upgrade_policy": kept}
