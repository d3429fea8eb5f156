"""What can be bought where: DescribeAvailableResource, and the stock that RunInstances draws from.

No source tells the stock of a zone, so every type of the catalogue is offered in every zone, plentifully, save what the
setting `stock` limits: zone -> instance type -> how many are left. A type of which none is left is shown as sold out.
"""

from typing import Any, Protocol

from acsctl.emulator import catalogue
from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.services.ecs.disk_category import for_data, for_system, level_of, size_range
from acsctl.emulator.services.ecs.instance_type import find_type, types

DESTINATIONS = ("Zone", "IoOptimized", "InstanceType", "Network", "ddh", "SystemDisk", "DataDisk")


def left(call: Call, *, zone: str, kind: str) -> int | None:
    """How many of a type a zone can still sell; None for plenty."""
    return call.settings.stock.get(zone, {}).get(kind)


def offered(call: Call, *, zone: str) -> list[str]:
    """The types that a zone has left."""
    return [kind for kind in types() if left(call, zone=zone, kind=kind) != 0]


def sellable(call: Call, *, zone: str, kind: str, amount: int, least: int) -> int:
    """How many of amount can be sold now. Raises OperationDenied.NoStock when it is fewer than least."""
    stock = left(call, zone=zone, kind=kind)
    found = amount if stock is None else min(amount, stock)
    if found < least:
        raise ApiError("OperationDenied.NoStock", message=f"The zone {zone} has no {kind} left.")
    return found


def sell(call: Call, *, zone: str, kind: str, amount: int) -> None:
    """Takes them out of the stock. To be called last, since an error does not put them back."""
    stock = left(call, zone=zone, kind=kind)
    if stock is not None:
        zones = call.settings.stock
        call.world.change_settings({"stock": {**zones, zone: {**zones[zone], kind: max(0, stock - amount)}}})


@action("ecs.DescribeAvailableResource")
def describe_available_resource(call: Call) -> dict[str, Any]:
    destination = call.text("DestinationResource")
    if destination not in DESTINATIONS:
        raise ApiError("Invalid.DestinationResource", message=f"There is no resource {destination} to ask for.")
    if call.text("InstanceChargeType", default="PostPaid") not in ("PostPaid", "PrePaid"):
        raise ApiError("Invalid.InstanceChargeType", message="InstanceChargeType is PostPaid or PrePaid.")
    if call.text("InstanceType") and (call.given("Cores") or call.given("Memory")):
        raise ApiError("InvalidParam.TypeAndCpuMem.Conflict", message="Name a type, or cores and memory.")
    zones = catalogue.zones(call.scope.region)
    chosen = [one for one in zones if call.text("ZoneId") in ("", one)]
    rows = [_zone_row(call, zone=one, destination=destination) for one in chosen]
    return {"AvailableZones": {"AvailableZone": [one for one in rows if one is not None]}}


def _zone_row(call: Call, *, zone: str, destination: str) -> dict[str, Any] | None:
    """None when the zone has nothing of what is asked for, not even sold out."""
    supported = _SUPPORTED[destination](call, zone=zone)
    if not supported:
        return None
    available = any(one["Status"] == "Available" for one in supported)
    return {
        "RegionId": call.scope.region,
        "ZoneId": zone,
        **_status(available),
        "AvailableResources": {
            "AvailableResource": [{"Type": destination, "SupportedResources": {"SupportedResource": supported}}],
        },
    }


def _status(available: bool) -> dict[str, str]:
    return {
        "Status": "Available" if available else "SoldOut",
        "StatusCategory": "WithStock" if available else "WithoutStock",
    }


def _instance_types(call: Call, *, zone: str) -> list[dict[str, Any]]:
    wanted, cores, memory = call.text("InstanceType"), call.number("Cores"), call.parameters.get("Memory")
    return [
        {"Value": id_, **_status(left(call, zone=zone, kind=id_) != 0)}
        for id_, kind in types().items()
        if wanted in ("", id_) and cores in (0, kind["cpu"]) and memory in (None, "", float(kind["memory_gib"]))
    ]


def _zones(call: Call, *, zone: str) -> list[dict[str, Any]]:
    kind = call.text("InstanceType")
    if kind and find_type(kind) is None:
        return []
    return [{"Value": zone, **_status(not kind or left(call, zone=zone, kind=kind) != 0)}]


def _disks(names: list[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name in names:
        low, high = size_range(name, level=level_of(name, given=""))
        rows.append({"Value": name, "Min": low, "Max": high, "Unit": "GiB", **_status(True)})
    return rows


def _system_disks(call: Call, *, zone: str) -> list[dict[str, Any]]:
    return _disks([one for one in for_system() if call.text("SystemDiskCategory") in ("", one)])


def _data_disks(call: Call, *, zone: str) -> list[dict[str, Any]]:
    return _disks([one for one in for_data() if call.text("DataDiskCategory") in ("", one)])


def _plain(*values: str) -> "Lister":
    return lambda call, *, zone: [{"Value": one, **_status(True)} for one in values]


class Lister(Protocol):
    """What of one kind a zone has, with status."""

    def __call__(self, call: Call, *, zone: str) -> list[dict[str, Any]]: ...


_SUPPORTED: dict[str, Lister] = {
    "Zone": _zones,
    "IoOptimized": _plain("optimized"),
    "InstanceType": _instance_types,
    "Network": _plain("vpc"),
    "ddh": _plain(),
    "SystemDisk": _system_disks,
    "DataDisk": _data_disks,
}
