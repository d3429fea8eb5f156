"""Instance types and their families, from metadata/catalogue.json."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from acsctl.emulator import catalogue
from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.services.paging import by_token

Type = Mapping[str, Any]
"""One of the catalogue's instance types."""

PAGE = 1600
KBIT_PER_GBIT = 1_024_000
DISKS = 17  # of an instance, the system disk counted: 16 data disks, sheet compute.md 3
ESSD_GENERATION = 7  # from here on types boot from ESSD by default, sheet compute.md 1.1


@action("ecs.DescribeInstanceTypes")
def describe_instance_types(call: Call) -> dict[str, Any]:
    rows = [one for one in types().values() if _is_asked(one, call=call)]
    page, token = by_token(call, rows=rows, size=call.number("MaxResults", default=PAGE), mark=lambda one: str(one["id"]))
    return {"InstanceTypes": {"InstanceType": [_summary(one) for one in page]}, "NextToken": token}


@action("ecs.DescribeInstanceTypeFamilies")
def describe_instance_type_families(call: Call) -> dict[str, Any]:
    rows = [{"InstanceTypeFamilyId": id_, "Generation": _generation(one)} for id_, one in families().items()]
    wanted = call.text("Generation")
    shown = [one for one in rows if not wanted or one["Generation"] == wanted]
    return {"InstanceTypeFamilies": {"InstanceTypeFamily": shown}}


@cache
def types() -> Mapping[str, Type]:
    """All instance types, by id."""
    return {one["id"]: one for one in catalogue.document()["instance_types"]}


@cache
def families() -> Mapping[str, Mapping[str, Any]]:
    return {one["id"]: one for one in catalogue.document()["instance_type_families"]}


def find_type(id: str) -> Type | None:
    return types().get(id)


def image_architecture(kind: Type) -> str:
    """The architecture of the images that run on a type."""
    return "arm64" if kind["architecture"] == "arm64" else "x86_64"


def boots_from_essd(kind: Type) -> bool:
    """Whether the default system disk of a type is cloud_essd PL0 rather than cloud_efficiency."""
    return int(kind.get("generation") or 0) >= ESSD_GENERATION


def _generation(family: Mapping[str, Any]) -> str:
    known = family.get("api_generation")
    digits = [one for one in str(family["id"]).removeprefix("ecs.") if one.isdigit()]
    return str(known) if known else f"ecs-{int(digits[0]) - 1 if digits and int(digits[0]) > 1 else 1}"


def _is_asked(kind: Type, *, call: Call) -> bool:
    family = families().get(kind["family"], {})
    asked = {
        "InstanceTypes": kind["id"],
        "InstanceTypeFamilies": kind["family"],
        "CpuArchitectures": _architecture(kind),
        "InstanceCategories": family.get("category"),
    }
    single = {
        "InstanceTypeFamily": kind["family"],
        "CpuArchitecture": _architecture(kind),
        "InstanceCategory": family.get("category"),
        "InstanceFamilyLevel": family.get("level"),
        "GPUSpec": kind.get("gpu", {}).get("model", ""),
    }
    if any(call.items(name) and value not in call.items(name) for name, value in asked.items()):
        return False
    if any(call.text(name) and call.text(name) != value for name, value in single.items()):
        return False
    return _within(kind, call=call)


def _within(kind: Type, *, call: Call) -> bool:
    """The ranges of cores, memory (GiB), GPUs and network interfaces."""
    measures = {
        "CpuCoreCount": kind["cpu"],
        "MemorySize": kind["memory_gib"],
        "GPUAmount": kind.get("gpu", {}).get("count", 0),
        "EniQuantity": kind.get("eni_count", 2),
    }
    for name, value in measures.items():
        low, high = call.parameters.get(f"Minimum{name}"), call.parameters.get(f"Maximum{name}")
        if (low not in (None, "") and value < float(str(low))) or (high not in (None, "") and value > float(str(high))):
            return False
    return True


def _architecture(kind: Type) -> str:
    return "ARM" if kind["architecture"] == "arm64" else "X86"


def _summary(kind: Type) -> dict[str, Any]:
    family = families().get(kind["family"], {})
    bandwidth = int(kind.get("bandwidth_gbps", 1) * KBIT_PER_GBIT)
    answer: dict[str, Any] = {
        "InstanceTypeId": kind["id"],
        "InstanceTypeFamily": kind["family"],
        "InstanceCategory": family.get("category", ""),
        "InstanceFamilyLevel": family.get("level", "EnterpriseLevel"),
        "CpuArchitecture": _architecture(kind),
        "CpuCoreCount": kind["cpu"],
        "MemorySize": float(kind["memory_gib"]),
        "InstanceBandwidthRx": bandwidth,
        "InstanceBandwidthTx": bandwidth,
        "EniQuantity": kind.get("eni_count", 2),
        "EniTotalQuantity": kind.get("eni_count", 2),
        "EniPrivateIpAddressQuantity": kind.get("ips_per_eni", 6),
        "DiskQuantity": DISKS,
        "GPUAmount": kind.get("gpu", {}).get("count", 0),
        "GPUSpec": kind.get("gpu", {}).get("model", ""),
        "NvmeSupport": "unsupported",
    }
    if family.get("processor"):
        answer["PhysicalProcessorModel"] = family["processor"]
    if family.get("ghz"):
        answer["CpuSpeedFrequency"] = float(family["ghz"])
    if kind.get("credits"):
        answer["BaselineCredit"] = int(kind["credits"]["per_hour"])
        answer["InitialCredit"] = int(kind["credits"]["max"])
    return {**answer, **_local_storage(kind)}


def _local_storage(kind: Type) -> dict[str, Any]:
    storage = kind.get("local_storage")
    if not storage or not storage.get("count"):
        return {}
    return {
        "LocalStorageAmount": int(storage["count"]),
        "LocalStorageCapacity": int(storage.get("each_gib", 0)),
        "LocalStorageCategory": "local_hdd_pro" if storage.get("type") == "hdd" else "local_ssd_pro",
    }
