"""`vpc`: a virtual private cloud (API CreateVpc, DescribeVpcs; sheet network.md 1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from acsctl.cloud import Cloud, Listing, dig, list_all, strings
from acsctl.kinds import marks, ranges, targets
from acsctl.kinds.contract import Kind, Made, Poll, Readiness, Scope, Steps, Token, Update, Wait, Want
from acsctl.model.resource import Live, Spec
from acsctl.model.schema import Fault, Meta, Others, Schema, SpecModel, attr
from acsctl.model.types import Cidr, VpcName

LISTING = Listing("vpc", "DescribeVpcs", items="Vpcs.Vpc", key=("VpcId",), size=50)
IDS_A_CALL = 20


class VpcSpec(SpecModel):
    """A virtual private cloud: a private network of your own in one region."""

    cidr: Cidr = attr(..., doc="its IPv4 range, such as 10.0.0.0/16", meta=Meta(immutable=True))
    secondary_cidrs: list[Cidr] = attr(doc="further ranges, at most 5", meta=Meta(as_set=True, reset=[]), max_length=5)
    name: VpcName = attr(doc="its name; `<stack>-<name>` where none is written")
    description: str = attr(doc="up to 256 characters", meta=Meta(reset=""), max_length=256)


def check(spec: Spec, others: Others) -> Iterable[Fault]:
    """Masks and reserved ranges of CreateVpc and AssociateVpcCidrBlock; the ranges of one VPC do not overlap."""
    yield from ranges.faults(spec.get("cidr"), path=("cidr",), shortest=8, longest=28)
    taken = [spec.get("cidr")]
    for index, cidr in enumerate(spec.get("secondary_cidrs") or ()):
        path = ("secondary_cidrs", index)
        yield from ranges.faults(cidr, path=path, shortest=16, longest=28)
        for other in taken:
            if ranges.overlap(cidr, other):
                yield Fault(path, f"{cidr} overlaps {other}, which the VPC has already")
        taken.append(cidr)


def queues(verb: str, spec: Spec) -> tuple[str, ...]:
    """Writes to one VPC are not concurrent (sheet behaviour.md 7)."""
    return (f"vpc:{spec['id']}",) if "id" in spec else ()


class Vpc(Kind):
    """See the module."""

    schema = Schema(
        kind="vpc",
        model=VpcSpec,
        doc="a virtual private cloud",
        outputs={"router_id": "the id of its vRouter", "route_table_id": "the id of its system route table"},
        ids=targets.VPC_ID,
        durations={"create": 5, "update": 3, "delete": 5},
        check=check,
        keys=queues,
    )
    settle = 60.0
    token_proven = True
    poll = Poll(first=3, every=1)
    hides = ("vpc", "DescribeVpcs")

    def list(self, cloud: Cloud, scope: Scope) -> Iterable[Live]:
        """50 a page, by tag."""
        rows = list_all(cloud, LISTING, {"RegionId": cloud.region, "Tag": marks.owned(scope.stack)})
        return marks.ours("vpc", scope.stack, map(read, rows))

    def find(self, cloud: Cloud, scope: Scope, query: Mapping[str, Any]) -> Iterable[Live]:
        """By `id`, `name`, `tags`, `cidr`."""
        params = {"VpcId": query.get("id"), "VpcName": query.get("name"), "Tag": marks.pairs(query.get("tags", {}))}
        rows = list_all(cloud, LISTING, {"RegionId": cloud.region, **params})
        return marks.matching(map(read, rows), {"cidr": query.get("cidr")})

    def create(self, cloud: Cloud, want: Want, token: Token) -> Steps:
        """CreateVpc, then the further ranges: nothing may be sent to a VPC that is Pending."""
        params = {
            "RegionId": cloud.region,
            "CidrBlock": want.spec["cidr"],
            "VpcName": want.name,
            "Description": want.spec.get("description") or None,
            "Tag": marks.pairs(want.all_tags),
            "ClientToken": token(),
        }
        vpc = dig(cloud.call("vpc", "CreateVpc", params), "VpcId", str)
        yield Made((vpc,))
        yield Wait((vpc,))
        for cidr in want.spec.get("secondary_cidrs") or ():
            yield from _range(cloud, "AssociateVpcCidrBlock", vpc=vpc, cidr=cidr)

    def update(self, cloud: Cloud, lives: tuple[Live, ...], change: Update, token: Token) -> Steps:
        """Name and description in one call; ranges one at a time, without ClientToken: the diff knows what is left."""
        (vpc,) = lives
        marks.write_tags(cloud, "vpc", "VPC", ids=[vpc.id], change=change)
        if change.changes("name", "description"):
            params = {"VpcName": marks.after(change, "name"), "Description": marks.after(change, "description")}
            cloud.call("vpc", "ModifyVpcAttribute", {"RegionId": cloud.region, "VpcId": vpc.id, **params})
            yield Wait((vpc.id,))
        if change.changes("secondary_cidrs"):
            field = change.fields["secondary_cidrs"]
            for cidr in field.removed:
                yield from _range(cloud, "UnassociateVpcCidrBlock", vpc=vpc.id, cidr=cidr)
            for cidr in field.added:
                yield from _range(cloud, "AssociateVpcCidrBlock", vpc=vpc.id, cidr=cidr)

    def delete(self, cloud: Cloud, lives: tuple[Live, ...], token: Token) -> Steps:
        """DeleteVpc is asynchronous."""
        (vpc,) = lives
        marks.gone_is_done(cloud, "vpc", "DeleteVpc", {"RegionId": cloud.region, "VpcId": vpc.id, "ClientToken": token()})
        yield Wait((vpc.id,), until="gone")

    def ready(self, cloud: Cloud, ids: Sequence[str]) -> Mapping[str, Readiness]:
        """20 ids a call."""
        lives = {
            vpc.id: vpc
            for batch in marks.batches(ids, size=IDS_A_CALL)
            for vpc in map(read, list_all(cloud, LISTING, {"RegionId": cloud.region, "VpcId": ",".join(batch)}))
        }
        return marks.readiness(ids, lives)


def _range(cloud: Cloud, action: str, *, vpc: str, cidr: str) -> Steps:
    cloud.call("vpc", action, {"RegionId": cloud.region, "VpcId": vpc, "SecondaryCidrBlock": cidr})
    yield Wait((vpc,))


def read(row: Mapping[str, Any]) -> Live:
    """A row of DescribeVpcs in the shape of the schema."""
    return marks.live(
        "vpc",
        dig(row, "VpcId", str),
        spec={
            "cidr": dig(row, "CidrBlock", str),
            "secondary_cidrs": strings(row, "SecondaryCidrBlocks.SecondaryCidrBlock"),
            "name": row.get("VpcName", ""),
            "description": row.get("Description", ""),
        },
        tags=marks.read_tags(row),
        outputs={
            "router_id": row.get("VRouterId", ""),
            "route_table_id": next(iter(strings(row, "RouterTableIds.RouterTableIds")), ""),
        },
        state="ready" if dig(row, "Status", str) == "Available" else "pending",
        reason=dig(row, "Status", str),
        created=row.get("CreationTime", ""),
        name=row.get("VpcName", ""),
    )
