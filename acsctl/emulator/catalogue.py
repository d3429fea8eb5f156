"""Regions and zones, from metadata/catalogue.json."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from acsctl.emulator.api import FOLDER

_HOST_REGION = re.compile(r"(?:^|[.-])((?:cn|ap|us|eu|me|na)-[a-z0-9]+(?:-[a-z0-9]+)*)(?:\.|$)")


@cache
def document() -> Mapping[str, Any]:
    """The whole catalogue."""
    loaded: Mapping[str, Any] = json.loads((FOLDER / "catalogue.json").read_text(encoding="utf-8"))
    return loaded


@cache
def regions() -> Mapping[str, Mapping[str, Any]]:
    """The regions that have zones, by id."""
    return {one["id"]: one for one in document()["regions"] if one.get("zones")}


def zones(region: str) -> tuple[str, ...]:
    """Zone ids of a region; none for an unknown one."""
    return tuple(regions().get(region, {}).get("zones", ()))


def region_in(host: str) -> str | None:
    """The region in the name of an endpoint, `vpc.cn-beijing.aliyuncs.com` or `ecs-cn-hangzhou.aliyuncs.com`, or None."""
    name = host.partition(":")[0].lower()
    found = _HOST_REGION.search(name) if name.endswith(".aliyuncs.com") else None
    return found[1] if found else None
