"""The ECS instances of node pools: bought, named, given node records, taken out and released (sheet ack-facts.md 4)."""

import base64
from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs.leftovers import SYSTEM_TAG
from acsctl.emulator.services.cs.pool_checks import image_for
from acsctl.emulator.services.cs.types import NODE
from acsctl.emulator.services.cs.wiring import ask, nodes_of, scope_of
from acsctl.emulator.services.ecs.image import images
from acsctl.emulator.services.ecs.instance import INSTANCE, RUNNING, STOPPED
from acsctl.emulator.services.ecs.instance_type import find_type, image_architecture
from acsctl.emulator.services.network import ROUTE_ENTRY
from acsctl.emulator.world import World

POOL_TAG = "ack.alibabacloud.com/nodepool-id"
GROUP_TAG = "acs:autoscaling:scalingGroupId"
MOST_PER_CALL = 100


def members(world: World, *, pool: Resource) -> list[Resource]:
    """The nodes that count into the size of a pool: made by it, and here to stay. Oldest first."""
    staying = ("initial", "running")
    return [one for one in nodes_of(world, pool_id=pool.id) if one["State"] in staying and not one["Attached"]]


def launch(world: World, *, cluster: Resource, pool: Resource, amount: int) -> tuple[list[str], ApiError | None]:
    """Buys so many instances, spread over the vSwitches; their ids, and why there are fewer, if so."""
    made: list[str] = []
    while len(made) < amount:
        ids, error = _some(world, cluster=cluster, pool=pool, amount=amount - len(made))
        made += ids
        if error is not None:
            return made, error
    return made, None


def _some(world: World, *, cluster: Resource, pool: Resource, amount: int) -> tuple[list[str], ApiError | None]:
    """The first share, where there is room and stock: types are tried in their order, then the other vSwitches."""
    error: ApiError | None = None
    for vswitch_id, share in _places(world, pool=pool, amount=amount):
        for type_ in pool["ScalingGroup"]["instance_types"]:
            order = _order(cluster, pool=pool, type=str(type_), vswitch_id=vswitch_id)
            try:
                found = ask(world, "ecs.RunInstances", scope=scope_of(cluster), Amount=share, **order)
            except ApiError as refused:
                error = refused
                continue
            ids: list[str] = found["InstanceIdSets"]["InstanceIdSet"]
            for id_ in ids:
                join(world, cluster=cluster, pool=pool, instance_id=id_)
            return ids, None
    return [], error


def _places(world: World, *, pool: Resource, amount: int) -> list[tuple[str, int]]:
    """vSwitches in the order of preference, with how many instances each gets. BALANCE fills the emptiest."""
    ids = [str(one) for one in pool["ScalingGroup"]["vswitch_ids"]]
    if pool["ScalingGroup"]["multi_az_policy"] == "PRIORITY":
        return [(one, min(amount, MOST_PER_CALL)) for one in ids]
    counts = dict.fromkeys(ids, 0)
    for one in members(world, pool=pool):
        if one["VSwitchId"] in counts:
            counts[one["VSwitchId"]] += 1
    ordered = sorted(ids, key=lambda one: counts[one])
    share = max(1, min(MOST_PER_CALL, -(-amount // len(ids))))
    return [(one, min(share, amount)) for one in ordered]


def _order(cluster: Resource, *, pool: Resource, type: str, vswitch_id: str) -> dict[str, Any]:
    """The parameters of RunInstances."""
    group: Mapping[str, Any] = pool["ScalingGroup"]
    order = {
        "InstanceType": type,
        "ImageId": image_of(pool, type=type),
        "VSwitchId": vswitch_id,
        "SecurityGroupIds": group["security_group_ids"],
        "InstanceName": f"worker-k8s-for-cs-{cluster.id}",
        "KeyPairName": group["key_pair"],
        "RamRoleName": group["ram_role_name"],
        "UserData": user_data(cluster, pool=pool),
        "SystemDisk": _system_disk(group),
        "DataDisk": [_data_disk(one) for one in group["data_disks"]],
        "InternetMaxBandwidthOut": group["internet_max_bandwidth_out"],
        "InternetChargeType": group.get("internet_charge_type") or "PayByTraffic",
        "InstanceChargeType": group["instance_charge_type"],
        "ResourceGroupId": pool["ResourceGroupId"],
        "HttpTokens": (group.get("instance_metadata_options") or {}).get("http_tokens") or "optional",
        "Tag": [{"Key": one["key"], "Value": one.get("value", "")} for one in group["tags"]],
    }
    if group["instance_charge_type"] == "PrePaid":
        order |= {"Period": group.get("period") or 1, "PeriodUnit": group.get("period_unit") or "Month"}
    elif group["spot_strategy"] != "NoSpot":
        order["SpotStrategy"] = group["spot_strategy"]
    return order


def image_of(pool: Resource, *, type: str) -> str:
    """The pool's image, or its like for the architecture of a type."""
    image, kind = images().get(pool["ScalingGroup"]["image_id"]), find_type(type)
    fits = image is None or kind is None or image["architecture"] == image_architecture(kind)
    group = pool["ScalingGroup"]
    return str(group["image_id"]) if fits else image_for(type, image_type=str(group.get("image_type") or ""))


def _system_disk(group: Mapping[str, Any]) -> dict[str, Any]:
    categories = group.get("system_disk_categories") or [group["system_disk_category"]]
    return {
        "Category": categories[0],
        "Size": str(group["system_disk_size"]),
        "PerformanceLevel": group.get("system_disk_performance_level") or "",
        "Encrypted": group["system_disk_encrypted"],
        "KMSKeyId": group.get("system_disk_kms_key_id") or "",
    }


def _data_disk(disk: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Category": disk.get("category") or "cloud_essd",
        "Size": disk.get("size") or 40,
        "PerformanceLevel": disk.get("performance_level") or "",
        "DiskName": disk.get("disk_name") or "",
        "Encrypted": disk.get("encrypted") == "true",
    }


def user_data(cluster: Resource, *, pool: Resource) -> str:
    """What an instance runs when it boots, base64: it joins first, and then does what the pool's own user data says."""
    lines = ["#!/bin/bash", f"# joins {cluster.id} as a node of {pool.id}"]
    own = pool["KubernetesConfig"]["user_data"]
    text = "\n".join(lines) + (f"\n# then: {own}\n" if own else "\n")
    return base64.b64encode(text.encode()).decode()


def join(world: World, *, cluster: Resource, pool: Resource, instance_id: str, attached: bool = False) -> Resource:
    """The node record of an instance, which tells those who play nodes to begin. The instance is tagged and named."""
    instance = world.store.find(INSTANCE, scope=scope_of(cluster), id=instance_id)
    if instance is None:
        raise ApiError("InvalidInstanceId.NotFound", message=f"The instance {instance_id} does not exist.")
    tags = {SYSTEM_TAG: cluster.id, POOL_TAG: pool.id, GROUP_TAG: pool["ScalingGroup"]["scaling_group_id"]}
    instance.retag({**instance.tags, **tags})
    name = _node_name(instance, mode=pool["KubernetesConfig"]["node_name_mode"])
    if name != f"{instance.region}.{instance['PrivateIpAddress']}":
        instance.set(InstanceName=name, HostName=name)
    return world.store.create(
        NODE,
        scope=scope_of(cluster),
        id=instance_id,
        attributes={
            "InstanceId": instance_id,
            "ClusterId": cluster.id,
            "NodePoolId": pool.id,
            "State": "initial",
            "NodeName": name,
            "Labels": pool["Labels"],
            "Taints": pool["Taints"],
            "Unschedulable": pool["Unschedulable"],
            "Version": pool["Version"],
            "Runtime": f"{pool['KubernetesConfig']['runtime']}://{pool['KubernetesConfig']['runtime_version']}",
            "VSwitchId": instance["VSwitchId"],
            "Attached": attached,
            "Drain": False,
        },
    )


def _node_name(instance: Resource, *, mode: str) -> str:
    """`<region>.<ip>`, or `customized,<prefix>,ip,<suffix>`: the whole address between both."""
    parts = mode.split(",")
    if parts[0] == "customized" and len(parts) == 4:
        return f"{parts[1]}{instance['PrivateIpAddress']}{parts[3]}"
    return f"{instance.region}.{instance['PrivateIpAddress']}"


def take_out(node: Resource, *, drain: bool) -> None:
    """Tells those who play nodes to end it; the record is gone when that is done."""
    if node["State"] != "removing":
        node.set(State="removing", Drain=drain)


def release(world: World, *, cluster: Resource, instance_id: str) -> bool:
    """Deletes the instance of a former node, with the routes to it; whether it is gone. It is tried again until it is.

    A subscription is not deleted: it stays, and counts as done (sheet ack-facts.md 7).
    """
    instance = world.store.find(INSTANCE, scope=scope_of(cluster), id=instance_id)
    if instance is None or instance["InstanceChargeType"] == "PrePaid":
        return True
    if instance["Releasing"]:
        return False
    if instance["Status"] in (RUNNING, STOPPED):
        drop_routes(world, cluster=cluster, instance_id=instance_id)
        instance.set(DeletionProtection=False)
        ask(world, "ecs.DeleteInstance", scope=scope_of(cluster), InstanceId=instance_id, Force=True)
    return False


def drop_routes(world: World, *, cluster: Resource, instance_id: str) -> None:
    """Removes the routes of the pods of a former node; other routes to it are none of ACK's."""
    if not cluster["ContainerCidr"]:
        return
    pods = IPv4Network(cluster["ContainerCidr"])
    for one in world.store.all(ROUTE_ENTRY, scope=scope_of(cluster)):
        here = any(hop["NextHopId"] == instance_id for hop in one["NextHops"])
        if here and IPv4Network(one["DestinationCidrBlock"]).subnet_of(pods):
            one.remove()


def leave(world: World, *, cluster: Resource, instance_id: str) -> None:
    """Takes the marks of the cluster off an instance that stays."""
    instance = world.store.find(INSTANCE, scope=scope_of(cluster), id=instance_id)
    if instance is not None:
        marks = (SYSTEM_TAG, POOL_TAG, GROUP_TAG)
        instance.retag({key: value for key, value in instance.tags.items() if key not in marks})
