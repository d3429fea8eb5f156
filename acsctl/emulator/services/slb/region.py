"""Regions and zones as the load balancer product lists them."""

from typing import Any

from acsctl.emulator import catalogue
from acsctl.emulator.actions import action
from acsctl.emulator.call import Call


@action("slb.DescribeRegions")
def describe_regions(call: Call) -> dict[str, Any]:
    language = "en" if call.text("AcceptLanguage").lower().startswith("en") else "zh"
    rows = [
        {"RegionId": id_, "LocalName": region[f"name_{language}"], "RegionEndpoint": f"slb.{id_}.aliyuncs.com"}
        for id_, region in catalogue.regions().items()
    ]
    return {"Regions": {"Region": rows}}


@action("slb.DescribeZones")
def describe_zones(call: Call) -> dict[str, Any]:
    """Every zone is a master zone, with all others of the region behind it."""
    zones = catalogue.zones(call.scope.region)
    rows = [{**_zone(one), "SlaveZones": {"SlaveZone": [_zone(other) for other in zones if other != one]}} for one in zones]
    return {"Zones": {"Zone": rows}}


@action("slb.DescribeAvailableResource")
def describe_available_resource(call: Call) -> dict[str, Any]:
    zones = catalogue.zones(call.scope.region)
    supported = [{"AddressType": kind, "AddressIPVersion": "ipv4"} for kind in ("vpc", "classic_internet")]
    rows = [
        {"MasterZoneId": one, "SlaveZoneId": other, "SupportResources": {"SupportResource": supported}}
        for one in zones
        for other in zones
        if other != one
    ]
    return {"AvailableResources": {"AvailableResource": rows}}


def _zone(id: str) -> dict[str, Any]:
    return {"ZoneId": id, "LocalName": id}
