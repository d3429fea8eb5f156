"""`vswitch`: a subnet of a VPC in one zone (API CreateVSwitch, DescribeVSwitches; sheet network.md 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from acsctl.cloud import Cloud, Listing, dig, list_all
from acsctl.kinds import marks, ranges, targets
from acsctl.kinds.contract import Kind, Made, Poll, Prepared, Readiness, Scope, Steps, Token, Update, Wait, Want
from acsctl.model.plan import Finding
from acsctl.model.resource import Live, Spec
from acsctl.model.schema import Fault, Meta, Others, Schema, SpecModel, SpecOf, attr
from acsctl.model.types import Cidr, Target, VpcName

LISTING = Listing("vpc", "DescribeVSwitches", items="VSwitches.VSwitch", key=("VSwitchId",), size=50)


class VSwitchSpec(SpecModel):
    """A subnet of a VPC in one zone."""

    vpc: Target = attr(..., doc="the VPC it lies in", meta=Meta(immutable=True, reference=targets.VPC))
    zone: str = attr(..., doc="its zone, such as cn-hangzhou-h", meta=Meta(immutable=True), pattern=r"^[a-z]{2}-[a-z0-9-]+$")
    cidr: Cidr = attr(..., doc="its range inside the VPC's, /16 to /29", meta=Meta(immutable=True))
    name: VpcName = attr(doc="its name; `<stack>-<name>` where none is written")
    description: str = attr(doc="up to 256 characters", meta=Meta(reset=""), max_length=256)


def check(spec: Spec, others: Others) -> Iterable[Fault]:
    """Mask, reserved ranges, inside the VPC, and beside the vSwitches that stand before it in the file."""
    cidr = ranges.network(spec.get("cidr"))
    if cidr is None:
        return
    yield from ranges.faults(spec["cidr"], path=("cidr",), shortest=16, longest=29)
    vpc = ranges.target(spec.get("vpc"), others)
    home = ranges.outside(spec["cidr"], vpc)
    if vpc and home:
        yield Fault(("cidr",), f"{cidr} is outside {vpc.address}", hint=f"it has {home}")
    for sibling in ranges.before(spec, others, kind="vswitch"):
        if sibling.spec.get("vpc") == spec.get("vpc") and ranges.overlap(spec["cidr"], sibling.spec.get("cidr")):
            yield Fault(("cidr",), f"{cidr} overlaps {sibling.address}, which has {sibling.spec['cidr']}")


def create_first(live: Live, spec: Spec) -> bool:
    """A new one fits beside the old one where the VPC stays and the ranges have nothing in common."""
    return live.spec["vpc"] == spec["vpc"] and not clashes(live, spec)


def clashes(live: Live, spec: Spec) -> bool:
    """The ranges of a VPC's vSwitches do not overlap (InvalidCidrBlock.Overlapped)."""
    return live.spec["vpc"] == spec.get("vpc") and ranges.overlap(live.spec["cidr"], spec.get("cidr"))


def queues(verb: str, spec: Spec) -> tuple[str, ...]:
    """No two vSwitch writes at a time in one VPC (sheet behaviour.md 7)."""
    return (f"vpc:{spec['vpc']}",)


class VSwitch(Kind):
    """See the module."""

    schema = Schema(
        kind="vswitch",
        model=VSwitchSpec,
        doc="a subnet of a VPC in one zone",
        outputs={},
        ids=targets.VSWITCH_ID,
        durations={"create": 8, "update": 5, "delete": 8},
        check=check,
        keys=queues,
        create_first=create_first,
        clashes=clashes,
    )
    settle = 60.0
    token_proven = True
    poll = Poll(first=5, every=1)
    hides = ("vpc", "DescribeVSwitches")

    def list(self, cloud: Cloud, scope: Scope) -> Iterable[Live]:
        """50 a page, by tag."""
        rows = list_all(cloud, LISTING, {"RegionId": cloud.region, "Tag": marks.owned(scope.stack)})
        return marks.ours("vswitch", scope.stack, map(read, rows))

    def find(self, cloud: Cloud, scope: Scope, query: Mapping[str, Any]) -> Iterable[Live]:
        """By `id`, `name`, `tags`, `vpc`, `zone`, `cidr`."""
        params = {
            "VSwitchId": query.get("id"),
            "VSwitchName": query.get("name"),
            "VpcId": query.get("vpc"),
            "ZoneId": query.get("zone"),
            "Tag": marks.pairs(query.get("tags", {})),
        }
        rows = list_all(cloud, LISTING, {"RegionId": cloud.region, **params})
        return marks.matching(map(read, rows), {"cidr": query.get("cidr")})

    def prepare(self, cloud: Cloud, spec: Spec, spec_of: SpecOf) -> Prepared:
        """A zone's id begins with its region's id: cn-hangzhou-h, ap-southeast-1a (sheet behaviour.md 9)."""
        zone = spec["zone"]
        if not isinstance(zone, str) or zone.startswith(cloud.region):
            return Prepared()
        return Prepared(findings=(Finding("error", f"zone {zone} is not in region {cloud.region}"),))

    def create(self, cloud: Cloud, want: Want, token: Token) -> Steps:
        """CreateVSwitch is asynchronous."""
        params = {
            "RegionId": cloud.region,
            "VpcId": want.spec["vpc"],
            "ZoneId": want.spec["zone"],
            "CidrBlock": want.spec["cidr"],
            "VSwitchName": want.name,
            "Description": want.spec.get("description") or None,
            "Tag": marks.pairs(want.all_tags),
            "ClientToken": token(),
        }
        vswitch = dig(cloud.call("vpc", "CreateVSwitch", params), "VSwitchId", str)
        yield Made((vswitch,))
        yield Wait((vswitch,))

    def update(self, cloud: Cloud, lives: tuple[Live, ...], change: Update, token: Token) -> Steps:
        """Name and description in one call, which leaves the vSwitch Pending for a while."""
        (vswitch,) = lives
        marks.write_tags(cloud, "vpc", "VSWITCH", ids=[vswitch.id], change=change)
        if change.changes("name", "description"):
            params = {"VSwitchName": marks.after(change, "name"), "Description": marks.after(change, "description")}
            cloud.call("vpc", "ModifyVSwitchAttribute", {"RegionId": cloud.region, "VSwitchId": vswitch.id, **params})
            yield Wait((vswitch.id,))

    def delete(self, cloud: Cloud, lives: tuple[Live, ...], token: Token) -> Steps:
        """DeleteVSwitch is asynchronous and has no ClientToken."""
        (vswitch,) = lives
        marks.gone_is_done(cloud, "vpc", "DeleteVSwitch", {"RegionId": cloud.region, "VSwitchId": vswitch.id})
        yield Wait((vswitch.id,), until="gone")

    def ready(self, cloud: Cloud, ids: Sequence[str]) -> Mapping[str, Readiness]:
        """The list takes one id a call."""
        rows = marks.rows_of(cloud, LISTING, name="VSwitchId", ids=ids)
        return marks.readiness(ids, {item.id: item for item in map(read, rows)})


def read(row: Mapping[str, Any]) -> Live:
    """A row of DescribeVSwitches in the shape of the schema."""
    return marks.live(
        "vswitch",
        dig(row, "VSwitchId", str),
        spec={
            "vpc": dig(row, "VpcId", str),
            "zone": dig(row, "ZoneId", str),
            "cidr": dig(row, "CidrBlock", str),
            "name": row.get("VSwitchName", ""),
            "description": row.get("Description", ""),
        },
        tags=marks.read_tags(row),
        state="ready" if dig(row, "Status", str) == "Available" else "pending",
        reason=dig(row, "Status", str),
        created=row.get("CreationTime", ""),
        name=row.get("VSwitchName", ""),
    )
