"""Regions and zones, from metadata/catalogue.json."""

from typing import Any

from acsctl.emulator import catalogue
from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.services.ecs.disk_category import for_data, for_system
from acsctl.emulator.services.ecs.instance_type import families
from acsctl.emulator.services.ecs.stock import offered

RESOURCE_TYPES = ["VSwitch", "Instance", "Disk", "IoOptimized", "DedicatedHost"]


@action("ecs.DescribeRegions")
def describe_regions(call: Call) -> dict[str, Any]:
    language = _language(call)
    rows = [
        {
            "RegionId": id_,
            "LocalName": region[f"name_{language}"],
            "RegionEndpoint": region.get("endpoint", f"ecs.{id_}.aliyuncs.com"),
            "Status": "available",
        }
        for id_, region in catalogue.regions().items()
    ]
    return {"Regions": {"Region": rows}}


@action("ecs.DescribeZones")
def describe_zones(call: Call) -> dict[str, Any]:
    """Verbose=false leaves out what can be made in a zone."""
    language = _language(call)
    rows: list[dict[str, Any]] = []
    for zone in catalogue.zones(call.scope.region):
        row: dict[str, Any] = {"ZoneId": zone, "LocalName": _zone_name(zone, language=language), "ZoneType": "AvailabilityZone"}
        rows.append({**row, **_resources(call, zone=zone)} if call.flag("Verbose", default=True) else row)
    return {"Zones": {"Zone": rows}}


def _language(call: Call) -> str:
    return "en" if call.text("AcceptLanguage").lower().startswith("en") else "zh"


def _zone_name(zone: str, *, language: str) -> str:
    region = next(one for one in catalogue.regions().values() if zone in one["zones"])
    letter = zone[-1].upper()
    if language == "en":
        return f"{region['first_zone_name_en'].rpartition(' ')[0]} {letter}" if "first_zone_name_en" in region else zone
    city = region["name_zh"].partition("（")[2].rstrip("）") or region["name_zh"]
    return f"{city} 可用区{letter}"


def _resources(call: Call, *, zone: str) -> dict[str, Any]:
    kinds = offered(call, zone=zone)
    data, system = for_data(), for_system()
    info = {
        "DataDiskCategories": {"supportedDataDiskCategory": data},
        "SystemDiskCategories": {"supportedSystemDiskCategory": system},
        "InstanceTypes": {"supportedInstanceType": kinds},
        "InstanceTypeFamilies": {"supportedInstanceTypeFamily": list(families())},
        "InstanceGenerations": {"supportedInstanceGeneration": [f"ecs-{number}" for number in range(1, 9)]},
        "NetworkTypes": {"supportedNetworkCategory": ["vpc"]},
        "IoOptimized": True,
    }
    return {
        "AvailableDiskCategories": {"DiskCategories": data},
        "AvailableInstanceTypes": {"InstanceTypes": kinds},
        "AvailableResourceCreation": {"ResourceTypes": RESOURCE_TYPES},
        "AvailableResources": {"ResourcesInfo": [info]},
        "AvailableVolumeCategories": {"VolumeCategories": []},
        "AvailableDedicatedHostTypes": {"DedicatedHostType": []},
        "DedicatedHostGenerations": {"DedicatedHostGeneration": []},
    }
