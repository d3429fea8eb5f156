"""Categories of disks: sizes, performance levels and speeds, from metadata/catalogue.json and sheet compute.md 3."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from acsctl.emulator import catalogue
from acsctl.emulator.errors import ApiError

ESSD = "cloud_essd"
DEFAULT = "cloud_efficiency"
DEFAULT_LEVEL = "PL1"
LEVELS = ("PL0", "PL1", "PL2", "PL3")
SYSTEM_MAX = 2048  # GiB
_LINEAR = re.compile(r"min\((\d+)\+([\d.]+)\*gib,(\d+)\)")


@cache
def categories() -> Mapping[str, Mapping[str, Any]]:
    return {one["id"]: one for one in catalogue.document()["disk_categories"]}


def for_data() -> list[str]:
    """What can be made as a data disk."""
    return [id_ for id_, one in categories().items() if one["data"] and _on_sale(one)]


def for_system() -> list[str]:
    return [id_ for id_, one in categories().items() if one["system"] and _on_sale(one)]


def _on_sale(category: Mapping[str, Any]) -> bool:
    return category.get("status") != "retired" and category["min_gib"] is not None


def level_of(category: str, *, given: str) -> str:
    """The performance level of a new disk; only ESSDs have one. Raises InvalidPerformanceLevel.Malformed."""
    if given and given not in LEVELS:
        raise ApiError("InvalidPerformanceLevel.Malformed", message="PerformanceLevel is PL0, PL1, PL2 or PL3.")
    return (given or DEFAULT_LEVEL) if category == ESSD else ""


def size_range(category: str, *, level: str) -> tuple[int, int]:
    """The least and the greatest size in GiB."""
    found = _row(category, level=level)
    return int(found["min_gib"]), int(found["max_gib"])


def speed(category: str, *, level: str, size: int) -> tuple[int, int]:
    """IOPS and throughput (MB/s) of a disk of so many GiB."""
    found = _row(category, level=level)
    return _linear(str(found.get("iops", "")), size=size, default=300), _linear(
        str(found.get("mbps", "")), size=size, default=40
    )


def _row(category: str, *, level: str) -> Mapping[str, Any]:
    found = categories()[category]
    return next((one for one in found.get("levels", ()) if one["level"] == level), found)


def _linear(formula: str, *, size: int, default: int) -> int:
    """`min(1800+50*gib,50000)`, with a floor around it or not."""
    found = _LINEAR.search(formula)
    if found is None:
        return default
    value = min(int(found[1]) + float(found[2]) * size, int(found[3]))
    floor = re.fullmatch(r"max\(.*,(\d+)\)", formula)
    return int(max(value, int(floor[1]))) if floor else int(value)
