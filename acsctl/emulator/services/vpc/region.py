"""Regions and zones as the VPC product lists them."""

from typing import Any

from acsctl.emulator import catalogue
from acsctl.emulator.actions import action
from acsctl.emulator.call import Call


@action("vpc.DescribeRegions")
def describe_regions(call: Call) -> dict[str, Any]:
    name = "name_en" if call.text("AcceptLanguage").lower().startswith("en") else "name_zh"
    rows = [
        {"RegionId": id_, "LocalName": one.get(name) or one["name_en"], "RegionEndpoint": f"vpc.{id_}.aliyuncs.com"}
        for id_, one in catalogue.regions().items()
    ]
    return {"Regions": {"Region": rows}}


@action("vpc.DescribeZones")
def describe_zones(call: Call) -> dict[str, Any]:
    rows = [{"ZoneId": one, "LocalName": one, "ZoneType": "AvailabilityZone"} for one in catalogue.zones(call.scope.region)]
    return {"Zones": {"Zone": rows}}


@action("vpc.ListEnhanhcedNatGatewayAvailableZones")
def list_enhanced_nat_gateway_available_zones(call: Call) -> dict[str, Any]:
    """Every zone sells them here; the name of the action is misspelt by the cloud (sheet network.md 6)."""
    return {"Zones": [{"ZoneId": one, "LocalName": one} for one in catalogue.zones(call.scope.region)]}
