"""What the cloud has to offer: the newest image of a prefix, and the instance types that are in stock in a zone.

Read before a plan is shown (API DescribeImages, DescribeAvailableResource); nothing here writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acsctl.cloud import Cloud, Listing, dicts, dig, list_all
from acsctl.errors import CloudError
from acsctl.kinds.contract import Prepared
from acsctl.model.plan import Finding
from acsctl.model.resource import Spec
from acsctl.model.schema import SpecOf

IMAGES = Listing("ecs", "DescribeImages", items="Images.Image", key=("ImageId",), size=100)
VSWITCHES = Listing("vpc", "DescribeVSwitches", items="VSwitches.VSwitch", key=("VSwitchId",), size=50)
SHOWN = 3

Stock = Mapping[str, Mapping[str, bool]]
"""By zone the types that are offered there, and whether they are in stock."""


def prepare(cloud: Cloud, spec: Spec, spec_of: SpecOf) -> Prepared:
    """The image's id, and the types with those first that the wanted zones have: two calls for both.

    What is not known yet (an image or a zone that an expression computes) is left as it is.
    """
    image, found = _image(cloud, spec.get("image"))
    offer = market(cloud, spec, zones(cloud, _listed(spec.get("vswitch")), spec_of))
    chosen = {"image": image, "instance_types": offer.types}
    return Prepared(
        spec={name: value for name, value in chosen.items() if value},
        note=offer.note,
        findings=(*found, *offer.findings),
    )


def image_id(cloud: Cloud, wanted: str) -> str:
    """The full id: `wanted` itself, or the newest of the prefix. Raises CloudError where there is none."""
    if is_full(wanted):
        return wanted
    newest = _newest(cloud, wanted)
    if newest is None:
        said = f"no image begins with {wanted}"
        raise CloudError("InvalidImageId.NotFound", action=IMAGES.name, said=said)
    return newest


def is_full(image: str) -> bool:
    """Whether it is a whole id: `m-...` of one's own, or the published form that ends in `.vhd` (sheet behaviour.md)."""
    return image.startswith("m-") or image.endswith(".vhd")


def same_image(want: Any, have: Any) -> bool:
    """Whether a live image is as wanted: any of the same prefix is."""
    if not isinstance(want, str) or not isinstance(have, str):
        return bool(want == have)
    return have == want or (not is_full(want) and have.startswith(want))


def _newest(cloud: Cloud, prefix: str) -> str | None:
    rows = list_all(cloud, IMAGES, {"RegionId": cloud.region, "ImageName": f"{prefix}*"})
    fitting = [row for row in rows if row["ImageId"].startswith(prefix)]
    newest = max(fitting, key=lambda row: (row.get("CreationTime", ""), row["ImageId"]), default=None)
    return None if newest is None else dig(newest, "ImageId", str)


def _image(cloud: Cloud, wanted: Any) -> tuple[str | None, tuple[Finding, ...]]:
    if not isinstance(wanted, str):
        return None, ()
    if not is_full(wanted):
        newest = _newest(cloud, wanted)
        return newest, () if newest else (_no_image(cloud, wanted, f"no image begins with {wanted!r}"),)
    rows = list_all(cloud, IMAGES, {"RegionId": cloud.region, "ImageId": wanted})
    return wanted, () if rows else (_no_image(cloud, wanted, f"there is no image {wanted!r} in {cloud.region}"),)


def _no_image(cloud: Cloud, wanted: str, message: str) -> Finding:
    family = wanted.split("_")[0]
    rows = list_all(cloud, IMAGES, {"RegionId": cloud.region, "ImageName": f"{family}*", "ImageOwnerAlias": "system"})
    known = sorted((str(row["ImageId"]) for row in rows), reverse=True)[:SHOWN]
    remedy = f"There are: {', '.join(known)}." if known else "List the images of the region in the ECS console."
    return Finding("error", message, remedy=remedy)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]


def zones(cloud: Cloud, vswitches: Iterable[Any], spec_of: SpecOf) -> list[str]:
    """The zones of these vSwitches, each once, as far as they are known; those of another's are asked for."""
    found: dict[str, None] = {}
    for vswitch in vswitches:
        spec = spec_of(vswitch)
        if spec is None and isinstance(vswitch, str):
            rows = list_all(cloud, VSWITCHES, {"RegionId": cloud.region, "VSwitchId": vswitch})
            found |= {row["ZoneId"]: None for row in rows}
        elif spec is not None and isinstance(zone := spec.get("zone"), str):
            found[zone] = None
    return list(found)


def stock(cloud: Cloud, spec: Spec, wanted: Sequence[str]) -> Stock:
    """What is offered in these zones: one call, for all zones at once where there are several."""
    spot = spec.get("charge") == "spot"
    limited = spec.get("spot_price_limit") is not None
    answer = cloud.call(
        "ecs",
        "DescribeAvailableResource",
        {
            "RegionId": cloud.region,
            "DestinationResource": "InstanceType",
            "InstanceChargeType": "PostPaid",
            "SpotStrategy": ("SpotWithPriceLimit" if limited else "SpotAsPriceGo") if spot else None,
            "ZoneId": wanted[0] if len(wanted) == 1 else None,
        },
    )
    rows = dicts(answer, "AvailableZones.AvailableZone")
    return {row["ZoneId"]: _types(row) for row in rows if row["ZoneId"] in wanted}


def _types(zone: Mapping[str, Any]) -> dict[str, bool]:
    return {
        row["Value"]: _has(zone) and _has(row)
        for resource in dicts(zone, "AvailableResources.AvailableResource")
        if resource["Type"] == "InstanceType"
        for row in dicts(resource, "SupportedResources.SupportedResource")
    }


def _has(row: Mapping[str, Any]) -> bool:
    # StatusCategory is WithStock, ClosedWithStock (the last ones), WithoutStock or ClosedWithoutStock.
    return row.get("Status") == "Available" and not str(row.get("StatusCategory")).endswith("WithoutStock")


@dataclass(frozen=True)
class Market:
    """The types in the order in which to try them, and what a person should know of it."""

    types: Sequence[str] = ()
    note: str = ""
    findings: tuple[Finding, ...] = ()


def market(cloud: Cloud, spec: Spec, places: Sequence[str]) -> Market:
    """What can be had of `instance_types` in these zones; empty where one of both is not known."""
    types = _listed(spec.get("instance_types"))
    if not places or not types or not all(isinstance(item, str) for item in types):
        return Market()
    offered = stock(cloud, spec, places)
    unknown = tuple(
        Finding("error", f"{cloud.region} has no zone {zone}", remedy="Choose another zone for the vSwitch.")
        for zone in places
        if zone not in offered
    )
    return Market(findings=unknown) if unknown else choose(types, offered)


def choose(types: Sequence[str], offered: Stock) -> Market:
    """The types with those first that all zones have, then those that some have; what a person should know of it."""
    having = {item: [zone for zone in offered if offered[zone].get(item)] for item in types}
    ranked = sorted(types, key=lambda item: 0 if len(having[item]) == len(offered) else 1 if having[item] else 2)
    empty = [zone for zone in offered if not any(zone in having[item] for item in types)]
    if len(empty) == len(offered):
        return Market(types, findings=(_finding("error", types, {zone: offered[zone] for zone in empty}),))
    warnings = tuple(_finding("warning", types, {zone: offered[zone]}) for zone in empty)
    return Market(ranked, note=_note(types, ranked[0], offered), findings=warnings)


def _note(types: Sequence[str], chosen: str, offered: Stock) -> str:
    place = types.index(chosen)
    lacking = [zone for zone in offered if not offered[zone].get(chosen)]
    seen = f"in stock in {', '.join(sorted(set(offered) - set(lacking)))} only" if lacking else "in stock"
    passed = "; ".join(_why(item, offered) for item in types[:place])
    return f"{_ordinal(place + 1)} choice: {passed}" if passed else f"{_ordinal(place + 1)} choice, {seen}"


def _why(item: str, offered: Stock) -> str:
    """Why this type cannot be had everywhere."""
    sold_out = [zone for zone in offered if offered[zone].get(item) is False]
    if sold_out:
        return f"{item} is sold out in {', '.join(sold_out)}"
    return f"{item} is not offered in {', '.join(zone for zone in offered if item not in offered[zone])}"


def _finding(severity: str, types: Sequence[str], offered: Stock) -> Finding:
    message = f"no instance type can be had: {'; '.join(_why(item, offered) for item in types)}"
    there = {item for zone in offered.values() for item, has in zone.items() if has}
    near = sorted(there, key=lambda item: (_unlike(item, types[0]), item))[:SHOWN]
    known = f" (in stock there: {', '.join(near)})" if near else ""
    return Finding(severity, message, remedy=f"Add a type to instance_types{known}, or a vSwitch in another zone.")


def _unlike(item: str, wanted: str) -> tuple[bool, bool, int]:
    """Another size is further away than another sort (`g7` and `g6` are of one sort), that than an older generation."""
    family, size = _parts(item)
    wanted_family, wanted_size = _parts(wanted)
    generation = re.search(r"\d+", family)
    return size != wanted_size, family[:1] != wanted_family[:1], -int(generation[0]) if generation else 0


def _parts(item: str) -> tuple[str, str]:
    _, _, rest = item.partition(".")
    family, _, size = rest.partition(".")
    return family, size


def _ordinal(number: int) -> str:
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number, 'th') }"
