"""Lists of what the local cloud has none of, since nothing here makes one: clients that look around get an empty list.

The actions that would make one of these answer NotImplemented.LocalCloud.
"""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call

LISTS = (
    "DescribeAutoProvisioningGroups",
    "DescribeAutoSnapshotPolicyAssociations",
    "DescribeAutoSnapshotPolicyEx",
    "DescribeCapacityReservations",
    "DescribeCommands",
    "DescribeDedicatedHosts",
    "DescribeDeploymentSets",
    "DescribeElasticityAssurances",
    "DescribeHpcClusters",
    "DescribeInvocations",
    "DescribeLaunchTemplates",
    "DescribePrefixLists",
    "DescribeReservedInstances",
    "DescribeSnapshotGroups",
    "DescribeSnapshots",
    "DescribeStorageSets",
)


def empty_list(call: Call) -> dict[str, Any]:
    """No rows, in the shape of the action's response tree, with the counts that it has."""
    counts: dict[str, Any] = {
        "PageNumber": call.number("PageNumber", default=1),
        "PageSize": call.number("PageSize", default=10),
        "TotalCount": 0,
        "NextToken": "",
        "RegionId": call.scope.region,
    }
    answer: dict[str, Any] = {}
    for name, tree in call.action.response.items():
        if isinstance(tree, dict):
            answer[name] = {inner: [] for inner in tree}
        elif isinstance(tree, list):
            answer[name] = []
        elif name in counts:
            answer[name] = counts[name]
    return answer


for _name in LISTS:
    action(f"ecs.{_name}")(empty_list)
