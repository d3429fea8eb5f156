"""How an instance is told in DescribeInstances and in DescribeInstanceAttribute (sheet compute.md 1.3)."""

from collections.abc import Set
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_minutes
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.image import images
from acsctl.emulator.services.ecs.instance_type import types
from acsctl.emulator.services.ecs.interface import interfaces_of, private_ips
from acsctl.emulator.services.network_use import eips_of
from acsctl.emulator.services.tagging import tag_key_value

NEVER = "2099-12-31T15:59Z"  # ExpiredTime of what is paid as it is used
MIB_PER_GIB = 1024
_BOTH = (
    "InstanceName",
    "Description",
    "HostName",
    "Status",
    "StoppedMode",
    "InstanceType",
    "ImageId",
    "ZoneId",
    "InstanceChargeType",
    "InternetChargeType",
    "InternetMaxBandwidthIn",
    "InternetMaxBandwidthOut",
    "CreditSpecification",
)
_LISTED = (
    "KeyPairName",
    "ResourceGroupId",
    "DeletionProtection",
    "AutoReleaseTime",
    "StartTime",
    "SpotStrategy",
    "SpotPriceLimit",
    "SpotDuration",
    "SpotInterruptionBehavior",
)


def instance_answer(instance: Resource, *, call: Call, more: Set[str]) -> dict[str, Any]:
    """A row of DescribeInstances. more: AdditionalAttributes; without them some fields are left out."""
    image, kind = images()[instance["ImageId"]], types()[instance["InstanceType"]]
    answer = {
        **_common(instance, call=call),
        **instance.pick(*_LISTED),
        "InstanceTypeFamily": kind["family"],
        "IoOptimized": True,
        "DeviceAvailable": True,
        "Recyclable": False,
        "SaleCycle": "",
        "GPUAmount": kind.get("gpu", {}).get("count", 0),
        "GPUSpec": kind.get("gpu", {}).get("model", ""),
        "OSName": image["os_name"],
        "OSNameEn": image["os_name_en"],
        "OSType": image["os_type"],
        "DeploymentSetId": "",
        "HpcClusterId": "",
        "DedicatedHostAttribute": {"DedicatedHostId": "", "DedicatedHostName": "", "DedicatedHostClusterId": ""},
        "DedicatedInstanceAttribute": {"Affinity": "", "Tenancy": ""},
        "EcsCapacityReservationAttr": {"CapacityReservationId": "", "CapacityReservationPreference": ""},
        "CpuOptions": {"CoreCount": max(1, kind["cpu"] // 2), "ThreadsPerCore": min(2, kind["cpu"]), "Numa": ""},
        "HibernationOptions": {"Configured": False},
        "RdmaIpAddress": {"IpAddress": []},
        "NetworkInterfaces": {"NetworkInterface": _interfaces(instance, call=call, more=more)},
        "Tags": tag_key_value(instance),
    }
    if "META_OPTIONS" in more:
        answer["MetadataOptions"] = {**instance.pick("HttpEndpoint", "HttpTokens", "HttpPutResponseHopLimit")}
    if "LOGIN_AS_NON_ROOT" in more:
        answer["ImageOptions"] = {"LoginAsNonRoot": False}
    return answer


def attribute_answer(instance: Resource, *, call: Call) -> dict[str, Any]:
    """DescribeInstanceAttribute, where IoOptimized is text and an EIP tells less."""
    common = _common(instance, call=call)
    eip = {name: value for name, value in common["EipAddress"].items() if name != "IsSupportUnassociate"}
    return {**common, "EipAddress": eip, "IoOptimized": "optimized", "EnableJumboFrame": False}


def _common(instance: Resource, *, call: Call) -> dict[str, Any]:
    kind = types()[instance["InstanceType"]]
    public = [instance["PublicIpAddress"]] if instance["PublicIpAddress"] else []
    return {
        "InstanceId": instance.id,
        "RegionId": instance.region,
        **instance.pick(*_BOTH),
        "ClusterId": "",
        "Cpu": kind["cpu"],
        "Memory": int(kind["memory_gib"] * MIB_PER_GIB),
        "CreationTime": iso_minutes(instance.created),
        "ExpiredTime": NEVER,
        "InstanceNetworkType": "vpc",
        "SerialNumber": instance.id.removeprefix("i-"),
        "VlanId": "",
        "SecurityGroupIds": {"SecurityGroupId": instance["SecurityGroupIds"]},
        "PublicIpAddress": {"IpAddress": public},
        "InnerIpAddress": {"IpAddress": []},
        "EipAddress": _eip(instance, call=call),
        "OperationLocks": {"LockReason": []},
        "VpcAttributes": {
            "VpcId": instance["VpcId"],
            "VSwitchId": instance["VSwitchId"],
            "NatIpAddress": "",
            "PrivateIpAddress": {"IpAddress": [instance["PrivateIpAddress"]]},
        },
    }


def _eip(instance: Resource, *, call: Call) -> dict[str, Any]:
    bound = next(iter(eips_of(call, id=instance.id)), None)
    if bound is None:
        return {"AllocationId": "", "IpAddress": "", "InternetChargeType": ""}
    return {
        "AllocationId": bound.id,
        "IpAddress": bound["IpAddress"],
        "Bandwidth": int(bound["Bandwidth"]),
        "InternetChargeType": bound["InternetChargeType"],
        "IsSupportUnassociate": True,
    }


def _interfaces(instance: Resource, *, call: Call, more: Set[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for one in interfaces_of(call, instance=instance):
        row = {
            "NetworkInterfaceId": one.id,
            "MacAddress": one["MacAddress"],
            "PrimaryIpAddress": one["PrivateIpAddress"],
            "Type": one["Type"],
        }
        if "NETWORK_PRIMARY_ENI_IP" in more:
            row["PrivateIpSets"] = {"PrivateIpSet": private_ips(one)}
        rows.append(row)
    return rows
