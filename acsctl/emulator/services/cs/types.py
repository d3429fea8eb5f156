"""The types of things in the CS product, and what their records hold. What a client sees of them is made in the other files.

Attributes, beside the wire-named ones of each file:

CLUSTER     id `c`+32 hex. Name, State, Version, Spec, VpcId, VSwitchIds, SecurityGroupId, ContainerCidr, ServiceCidr,
            NodeCidrMask (int), Network (`flannel` or `terway-eniip`), ProxyMode, LoadBalancerId (of the API server); Rung and
            Port of its control plane. Tags: its own.
NODE_POOL   id `np`+32 hex. ClusterId, Name, State, Labels, Taints, Unschedulable, ScalingGroup, and more (nodepool files).
NODE        id = the ECS instance's. InstanceId, ClusterId, NodePoolId, State `initial|running|removing|failed`, NodeName
            (`<region>.<private ip>`), Labels {key: value} and Taints [{key, value, effect}] of the pool, Unschedulable,
            Drain (whether its pods are evicted first, told with State=removing), Version (of its kubelet). Renew, while its
            system disk is being replaced: `drain` asks for a drain, `drained` or `stuck` answers, `boot` asks to wait until it
            is Ready, `back` to let it take pods again, empty when that is done; DrainWhy: what refuses to be evicted.
            Whoever plays the nodes reads `initial`, makes the Node object and sets `running` when it is Ready; at `removing` it
            drains, deletes the Node object and removes the record.
ADDON       id `<cluster id>/<name>`. ClusterId, Name, Version, Config (JSON text),
            State `initial|active|updating|upgrading|deleting`; `kube-flannel-ds` is the name of Flannel's.
TASK        id `T-`+24 hex. See tasks.py.
CERTIFICATE an issued kubeconfig: ClusterId, Uid, Until, Name (common name), Revoked. No key is kept.
"""

import secrets

from acsctl.emulator.resource import declare

CLUSTER = declare("cluster", arn=("cs", "cluster"))
NODE_POOL = declare("node_pool")
NODE = declare("cluster_node", shown=False)
ADDON = declare("cluster_addon", shown=False)
TASK = declare("cluster_task", shown=False)
CERTIFICATE = declare("cluster_certificate", shown=False)
PERMISSION = declare("cluster_permission", prefix="cp-", shown=False)
CHECK = declare("cluster_check", shown=False)
INSPECTION = declare("cluster_inspection", shown=False)


def new_cluster_id() -> str:
    return "c" + secrets.token_hex(16)


def new_pool_id() -> str:
    return "np" + secrets.token_hex(16)


def new_task_id() -> str:
    return "T-" + secrets.token_hex(12)
