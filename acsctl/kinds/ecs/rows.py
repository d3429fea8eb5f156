"""Lists of instances and their disks, and their rows in the shape of the schema (sheet compute.md 1.3)."""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from acsctl.cloud import Cloud, Listing, Style, dig, list_all, strings
from acsctl.kinds import marks
from acsctl.kinds.contract import Readiness, Scope
from acsctl.model import ownership
from acsctl.model.resource import Live

Row = Mapping[str, Any]

INSTANCES = Listing("ecs", "DescribeInstances", items="Instances.Instance", key=("InstanceId",), style=Style.TOKEN, size=100)
DISKS = Listing("ecs", "DescribeDisks", items="Disks.Disk", key=("DiskId",), style=Style.TOKEN, size=500)
ROLES = Listing("ecs", "DescribeInstanceRamRole", items="InstanceRamRoleSets.InstanceRamRoleSet", key=("InstanceId",), size=50)
TAGGED = Listing(
    "ecs",
    "ListTagResources",
    items="TagResources.TagResource",
    key=("ResourceId", "TagKey"),
    style=Style.TOKEN,
    size=0,  # the API takes no page size
)

BY_TAG_AT_MOST = 1000
IDS_A_CALL = 100
ROLES_A_CALL = 50
RUNNING = ("Pending", "Starting", "Running")
_NUMBERED = re.compile(r".+-(?P<number>(?!0+$)\d{3,})")


def owned(cloud: Cloud, listing: Listing, *, stack: str, resource_type: str, ids: str) -> list[dict[str, Any]]:
    """The rows of what bears the stack's tag. `ids` is the parameter of the list call that takes ids.

    A tag filter shows 1,000 things at most (sheet behaviour.md 5); what may be cut off is listed by its ids.
    """
    mine = {"RegionId": cloud.region, "Tag": marks.owned(stack)}
    rows = list_all(cloud, listing, mine)
    if len(rows) < BY_TAG_AT_MOST:
        return rows
    tagged = list_all(cloud, TAGGED, {**mine, "ResourceType": resource_type})
    return by_ids(cloud, listing, ids=sorted({row["ResourceId"] for row in tagged}), name=ids)


def by_ids(cloud: Cloud, listing: Listing, *, ids: Sequence[str], name: str) -> list[dict[str, Any]]:
    """The rows of these ids, 100 a call, given as JSON text in the parameter `name`."""
    return [
        row
        for batch in marks.batches(ids, size=IDS_A_CALL)
        for row in list_all(cloud, listing, {"RegionId": cloud.region, name: json.dumps(batch)})
    ]


def instances(cloud: Cloud, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of these instances; those that are gone have none."""
    return by_ids(cloud, INSTANCES, ids=ids, name="InstanceIds")


def read(row: Row) -> Live:
    """A row of DescribeInstances. Disks, role and user data are not in it: `details` adds what is asked for."""
    status = dig(row, "Status", str)
    name = row.get("InstanceName", "")
    return marks.live(
        "instance",
        dig(row, "InstanceId", str),
        spec={
            "vswitch": dig(row, "VpcAttributes.VSwitchId", str),
            "security_groups": strings(row, "SecurityGroupIds.SecurityGroupId"),
            "instance_types": dig(row, "InstanceType", str),
            "image": dig(row, "ImageId", str),
            "key_pair": row.get("KeyPairName") or None,
            "name": name,
            "description": row.get("Description", ""),
            "running": status in RUNNING,
            **_charge(row),
        },
        tags=marks.read_tags(row),
        outputs=_outputs(row),
        # A stopped machine is as stable as a running one: that it should run is the diff's to see, in the field `running`.
        state="pending" if status in ("Pending", "Starting") else "ready",
        reason=status,
        created=row.get("CreationTime", ""),
        name=name,
        raw=row,
    )


def _charge(row: Row) -> dict[str, Any]:
    strategy = row.get("SpotStrategy") or "NoSpot"
    if row.get("InstanceChargeType") == "PrePaid":
        return {"charge": "prepaid", "spot_price_limit": None}
    if strategy == "NoSpot":
        return {"charge": "postpaid", "spot_price_limit": None}
    limited = strategy == "SpotWithPriceLimit"
    return {"charge": "spot", "spot_price_limit": float(row.get("SpotPriceLimit", 0)) if limited else None}


def _outputs(row: Row) -> dict[str, Any]:
    public = [(row.get("EipAddress") or {}).get("IpAddress"), *strings(row, "PublicIpAddress.IpAddress")]
    return {
        "private_ip": next(iter(strings(row, "VpcAttributes.PrivateIpAddress.IpAddress")), None),
        "public_ip": next(filter(None, public), None),
        "zone": dig(row, "ZoneId", str),
        "vpc": dig(row, "VpcAttributes.VpcId", str),
        "instance_type": dig(row, "InstanceType", str),
        "image_id": dig(row, "ImageId", str),
        "host_name": row.get("HostName", ""),
    }


def readiness(row: Row) -> Readiness:
    """Running is ready. Stopped can show up briefly while a machine is made (sheet compute.md 1.2): it is pending."""
    item = read(row)
    return Readiness(
        "ready" if item.reason == "Running" else "pending",
        outputs=item.known,
        reason=item.reason,
        at=item.reason.lower(),
    )


def whole(cloud: Cloud, scope: Scope, lives: Sequence[Live]) -> Iterator[Live]:
    """With what further calls tell, as far as the desired specs speak of it, and the members' numbers in the addresses."""
    more = details(cloud, scope, lives)
    for item in lives:
        yield numbered(replace(item, spec={**item.spec, **more.get(item.id, {})}), scope=scope)


def numbered(item: Live, *, scope: Scope) -> Live:
    """With the number that ends its name (`-001`) in the address.

    Not where that is the whole name of the resource: `db-001` may be one that is no fleet, or the first of its fleet
    before it got numbers.
    """
    wanted = scope.desired.get(item.address)
    plain = (wanted.spec.get("name") if wanted else None) or item.address.default_name(scope.stack)
    found = _NUMBERED.fullmatch(item.name)
    if found is None or item.name == plain:
        return item
    return replace(item, address=item.address.member(int(found["number"])))


def details(cloud: Cloud, scope: Scope, lives: Sequence[Live]) -> dict[str, dict[str, Any]]:
    """What only further calls can read, by id of the instance, as far as the desired specs speak of it."""
    found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    if asking := _asking(scope, lives, "system_disk", "data_disks"):
        for id, disks in _disks(cloud, stack=scope.stack, ids=asking).items():
            found[id] |= disks
    if asking := _asking(scope, lives, "ram_role"):
        for id, role in _roles(cloud, asking).items():
            found[id]["ram_role"] = role
    if scope.deep:
        for id in _asking(scope, lives, "user_data"):
            found[id]["user_data"] = _user_data(cloud, id)
    return found


def _asking(scope: Scope, lives: Sequence[Live], *fields: str) -> list[str]:
    """The ids of those whose desired spec has one of the fields; without our mark a thing may become any of them."""
    asking = {address for address, wanted in scope.desired.items() if any(field in wanted.spec for field in fields)}
    return [item.id for item in lives if item.address in asking or (asking and item.mark is None)]


def _disks(cloud: Cloud, *, stack: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """RunInstances tags the disks that it makes. An adopted instance has disks without our tags: a call each.

    What others attached later (the volumes of a Kubernetes node) bears no tag of ours and is none of ours.
    """
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for row in owned(cloud, DISKS, stack=stack, resource_type="disk", ids="DiskIds") if len(ids) > 1 else ():
        rows[row.get("InstanceId", "")].append(row)
    found: dict[str, dict[str, Any]] = {}
    for id in ids:
        tagged = rows[id]
        every = tagged if any(row["Type"] == "system" for row in tagged) else disks_of(cloud, id)
        mine = [row for row in every if marks.read_tags(row).get(ownership.STACK) == stack] or every
        data = [row for row in mine if row["Type"] == "data"]
        system = next((_disk(row) for row in every if row["Type"] == "system"), None)
        found[id] = {
            "system_disk": system,
            "data_disks": [_disk(row) | {"delete_with_instance": _goes(row)} for row in data],
        }
    return found


def disks_of(cloud: Cloud, id: str, *, of: str | None = None) -> list[dict[str, Any]]:
    """The rows of the disks that are attached to one instance; `of` is "system", "data" or None for all."""
    return list_all(cloud, DISKS, {"RegionId": cloud.region, "InstanceId": id, "DiskType": of})


def _disk(row: Row) -> dict[str, Any]:
    return {
        "category": dig(row, "Category", str),
        "size": dig(row, "Size", int),
        "performance_level": row.get("PerformanceLevel") or None,
    }


def _goes(row: Row) -> bool:
    return bool(row.get("DeleteWithInstance", True))


def _roles(cloud: Cloud, ids: Sequence[str]) -> dict[str, str]:
    found = dict.fromkeys(ids, "")
    for batch in marks.batches(ids, size=ROLES_A_CALL):
        rows = list_all(cloud, ROLES, {"RegionId": cloud.region, "InstanceIds": json.dumps(batch)})
        found |= {row["InstanceId"]: row.get("RamRoleName", "") for row in rows}
    return found


def _user_data(cloud: Cloud, id: str) -> str:
    answer = cloud.call("ecs", "DescribeUserData", {"RegionId": cloud.region, "InstanceId": id})
    return base64.b64decode(answer.get("UserData") or "").decode("utf-8", "replace")


def standing(cloud: Cloud, ids: Sequence[str]) -> dict[str, Readiness]:
    """How far each of `ids` is; what the list lacks is absent (a late failure, sheet compute.md 1.1, or not shown yet).

    A change of a disk's level is waited for by the disk's own id, and stands at its level.
    """
    disks = [id for id in ids if id.startswith("d-")]
    shown = {row["InstanceId"]: readiness(row) for row in instances(cloud, [id for id in ids if id not in disks])}
    for row in by_ids(cloud, DISKS, ids=disks, name="DiskIds"):
        shown[row["DiskId"]] = Readiness("ready", reason=row.get("Status", ""), at=row.get("PerformanceLevel") or "")
    return {id: shown.get(id, Readiness("pending", absent=True)) for id in ids}
