"""Registry instances (sheet containers.md 3.1). They are bought through BssOpenApi.

Buying one is not for a test, so the local cloud has one in every region of its own account: it stands there without being
kept in the store, and becomes a resource like others with the first change to it.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from acsctl.emulator import catalogue
from acsctl.emulator.accounts import LOCAL_ACCOUNT
from acsctl.emulator.call import Call
from acsctl.emulator.resource import Record, Resource, declare
from acsctl.emulator.services.cr.answer import Refusal, milliseconds, paged, registry_action
from acsctl.emulator.services.vpc.vpc import DEFAULT_RESOURCE_GROUP

REGISTRY = declare("registry_instance", prefix="cri-", arn=("cr", "instance"))
REFUNDED = declare("registry_refunded", shown=False)
"""That the standing instance of a region was given back; the id is that of the instance."""
RUNNING, DELETING = "RUNNING", "DELETING"
DEFAULT_REGION = "cn-hangzhou"
SINCE = 1735689600.0  # 2025-01-01, when the standing instances were made


@cache
def standing() -> Mapping[str, str]:
    """The ids of the standing instances -> their regions. That of the default region has the short id."""
    others = {f"cri-local{region.replace('-', '')}": region for region in catalogue.regions() if region != DEFAULT_REGION}
    return {"cri-local": DEFAULT_REGION, **others}


def region_of_standing(ids: Iterable[str]) -> str | None:
    """The region of the first of these ids that is one of a standing instance."""
    return next((standing()[one] for one in ids if one in standing()), None)


@registry_action("ListInstance")
def list_instance(call: Call) -> dict[str, Any]:
    filters = {"InstanceName": "InstanceName", "InstanceStatus": "InstanceStatus", "ResourceGroupId": "ResourceGroupId"}
    rows = [one for one in registries(call) if all(call.text(name) in ("", one[field]) for name, field in filters.items())]
    page, number, size = paged(call, rows=rows)
    return {"Instances": [_row(one) for one in page], "PageNo": number, "PageSize": size, "TotalCount": len(rows)}


@registry_action("GetInstance")
def get_instance(call: Call) -> dict[str, Any]:
    registry = next((one for one in registries(call) if one.id == call.text("InstanceId")), None)
    if registry is None:
        raise Refusal("INSTANCE_NOT_EXIST")
    return {
        **_shown(registry),
        "CreateTime": milliseconds(registry.created),
        "ModifiedTime": milliseconds(registry.get("ModifiedTime", default=registry.created)),
    }


@registry_action("GetInstanceCount")
def get_instance_count(call: Call) -> dict[str, Any]:
    return {"Count": len(registries(call))}


@registry_action("ListInstanceRegion")
def list_instance_region(call: Call) -> dict[str, Any]:
    language = "en" if call.text("Lang").lower().startswith("en") else "zh"
    rows = [{"RegionId": id_, "LocalName": region[f"name_{language}"]} for id_, region in catalogue.regions().items()]
    return {"Regions": rows}


def registries(call: Call) -> list[Resource]:
    """What lists show of the region, the standing one first."""
    kept = call.listed(REGISTRY)
    ids = {one.id for one in kept}
    there = [_standing(call, id=id_) for id_, region in standing().items() if region == call.scope.region]
    return [*(one for one in there if one is not None and one.id not in ids), *kept]


def find_registry(call: Call) -> Resource:
    """The instance of InstanceId, to look at; not to change. Raises Refusal: INSTANCE_NOT_EXIST."""
    id_ = call.text("InstanceId")
    found = call.find(REGISTRY, id=id_) or _standing(call, id=id_)
    if found is None:
        raise Refusal("INSTANCE_NOT_EXIST")
    return found


def working_registry(call: Call) -> Resource:
    """The same, for a change of what is in it. Raises INSTANCE_STATUS_NOT_SUPPORT too, while it is made or goes away."""
    found = find_registry(call)
    if found["InstanceStatus"] != RUNNING:
        raise Refusal("INSTANCE_STATUS_NOT_SUPPORT")
    return found


def kept(call: Call, *, id: str) -> Resource | None:
    """The instance of an id, to change: a standing one becomes a resource like others. None when there is none."""
    found = call.find(REGISTRY, id=id)
    there = None if found else _standing(call, id=id)
    if there is None:
        return found
    made = call.create(REGISTRY, id=id, attributes=there.attributes)
    made.record.created = there.created
    return made


def _standing(call: Call, *, id: str) -> Resource | None:
    """The standing instance of an id in the region of the call, unless it was changed or given back."""
    region, refunded = standing().get(id), call.find(REFUNDED, id=id)
    if region != call.scope.region or call.scope.account != LOCAL_ACCOUNT or refunded or call.find(REGISTRY, id=id):
        return None
    record = Record(REGISTRY.name, id, LOCAL_ACCOUNT, region, 0, SINCE, SINCE, attributes=new("local"))
    return Resource(call.world.store, record=record)


def new(name: str, *, edition: str = "Basic", status: str = RUNNING) -> dict[str, Any]:
    """The attributes of a new instance."""
    return {
        "InstanceName": name,
        "InstanceSpecification": f"Enterprise_{edition}",
        "InstanceStatus": status,
        "InstanceIssue": "",
        "ResourceGroupId": DEFAULT_RESOURCE_GROUP,
    }


def _shown(registry: Resource) -> dict[str, Any]:
    names = ("InstanceName", "InstanceSpecification", "InstanceStatus", "InstanceIssue", "ResourceGroupId")
    tags = [{"TagKey": key, "TagValue": value} for key, value in registry.seen_tags.items()]
    return {"InstanceId": registry.id, **registry.pick(*names), "Tags": tags}


def _row(registry: Resource) -> dict[str, Any]:
    modified = registry.get("ModifiedTime", default=registry.created)
    times = {"CreateTime": str(milliseconds(registry.created)), "ModifiedTime": str(milliseconds(modified))}
    return {**_shown(registry), **times, "RegionId": registry.region}
