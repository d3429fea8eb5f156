"""`nat_gateway`: the way out for a VPC's private addresses (API CreateNatGateway, DescribeNatGateways; sheet network.md 6).

The order that works: the gateway is Available, its EIPs are bound one at a time, then SNAT; the reverse to delete.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any

from acsctl.cloud import Cloud, Listing, dig, list_all, strings
from acsctl.kinds import marks, ranges, snat, targets
from acsctl.kinds.contract import Kind, Made, Outputs, Poll, Readiness, Scope, Steps, Token, Update, Wait, Want
from acsctl.kinds.eip import bind, unbind
from acsctl.model.change import FieldChange
from acsctl.model.resource import Live, Spec
from acsctl.model.schema import Fault, Meta, Others, Reference, Schema, SpecModel, attr
from acsctl.model.types import Cidr, Target, VpcName
from acsctl.model.unknown import Ref

LISTING = Listing("vpc", "DescribeNatGateways", items="NatGateways.NatGateway", key=("NatGatewayId",), size=50)
EIPS_AT_MOST = 20
EIP = Reference(("eip",), targets.EIP_ID, detachable=True)
INSIDE = Reference(("vswitch",), targets.VSWITCH_ID, detachable=True)


class SnatSpec(SpecModel):
    """Who goes out with which addresses."""

    vswitch: Target = attr(doc="a vSwitch of the VPC", meta=Meta(reference=INSIDE))
    cidr: Cidr = attr(doc="or a range of the VPC")
    eips: list[Target] = attr(doc="addresses of the gateway; all of them where none are written", meta=Meta(reference=EIP))


class NatGatewaySpec(SpecModel):
    """An enhanced Internet NAT gateway, paid by what it does (PayByLcu)."""

    vpc: Target = attr(..., doc="the VPC that it serves", meta=Meta(immutable=True, reference=targets.VPC))
    vswitch: Target = attr(
        ..., doc="the vSwitch that it takes its private address from", meta=Meta(immutable=True, reference=targets.VSWITCH)
    )
    name: VpcName = attr(doc="its name; `<stack>-<name>` where none is written")
    description: str = attr(doc="up to 256 characters", meta=Meta(reset=""), max_length=256)
    eips: list[Target] = attr(
        doc="its public addresses", meta=Meta(as_set=True, reset=[], reference=EIP), max_length=EIPS_AT_MOST
    )
    snat: list[SnatSpec] = attr(doc="who goes out with which addresses", meta=Meta(as_set=True, reset=[]))


def check(spec: Spec, others: Others) -> Iterable[Fault]:
    """Entries with one source each, addresses that the gateway has, and everything in one VPC."""
    yield from _elsewhere(spec.get("vswitch"), spec, others=others, path=("vswitch",))
    yield from _shared(spec, others)
    vpc = ranges.target(spec.get("vpc"), others)
    seen: list[Any] = []
    items: Sequence[Any] = spec.get("snat") or ()
    for index, item in enumerate(items):
        if not isinstance(item, Mapping):
            continue
        path = ("snat", index)
        yield from _addresses(item, spec, path=path)
        if (item.get("vswitch") is None) == (item.get("cidr") is None):
            yield Fault(path, "an entry has either a vswitch or a cidr")
            continue
        if snat.source(item) in seen:
            yield Fault(path, f"there is an entry for {snat.source(item)[1]} already")
        seen.append(snat.source(item))
        yield from _elsewhere(item.get("vswitch"), spec, others=others, path=(*path, "vswitch"))
        home = ranges.outside(item.get("cidr"), vpc)
        if vpc and home:
            yield Fault((*path, "cidr"), f"{item['cidr']} is outside {vpc.address}", hint=f"it has {home}")


def _shared(spec: Spec, others: Others) -> Iterator[Fault]:
    """An address is bound to one gateway (IncorrectEipStatus)."""
    earlier = {eip: other.address for other in ranges.before(spec, others, kind="nat_gateway") for eip in _bound_to(other.spec)}
    for place, eip in enumerate(_bound_to(spec)):
        if eip in earlier:
            yield Fault(("eips", place), f"{eip} is an address of {earlier[eip]} already")


def _bound_to(spec: Spec) -> list[Any]:
    return [eip for eip in spec.get("eips") or () if isinstance(eip, Ref | str)]


def _elsewhere(value: Any, spec: Spec, *, others: Others, path: tuple[str | int, ...]) -> Iterator[Fault]:
    vswitch = ranges.target(value, others)
    if vswitch and vswitch.spec.get("vpc") != spec.get("vpc"):
        yield Fault(path, f"{vswitch.address} is in another VPC", hint=f"{vswitch.spec.get('vpc')} is not {spec.get('vpc')}")


def _addresses(item: Mapping[str, Any], spec: Spec, *, path: tuple[str | int, ...]) -> Iterator[Fault]:
    gateway: Sequence[Any] = spec.get("eips") or ()
    known = all(isinstance(eip, Ref | str) for eip in gateway)
    if not (item.get("eips") if item.get("eips") is not None else gateway):
        yield Fault(path, "has no address to go out with", hint="list the gateway's addresses as `eips`")
    for index, eip in enumerate(item.get("eips") or ()):
        if known and eip not in gateway:
            yield Fault((*path, "eips", index), f"{eip} is not among the gateway's `eips`")


def normalise(spec: Spec) -> Spec:
    """Entries say their addresses."""
    return {**spec, "snat": snat.expand(spec["snat"], eips=spec.get("eips") or ())} if "snat" in spec else spec


def queues(verb: str, spec: Spec) -> tuple[str, ...]:
    """One write at a time for the gateway and its addresses.

    The route that the cloud adds to the VPC by itself keeps no other write waiting for the minutes that a gateway takes: should
    the two meet, the refused one is tried again.
    """
    eips = tuple(f"eip:{eip}" for eip in spec.get("eips") or ())
    return (*eips, *((f"nat:{spec['id']}",) if "id" in spec else ()))


class NatGateway(Kind):
    """See the module."""

    schema = Schema(
        kind="nat_gateway",
        model=NatGatewaySpec,
        doc="the way out for a VPC's private addresses",
        outputs={"snat_table_id": "the id of its SNAT table"},
        ids=targets.NAT_ID,
        durations={"create": 90, "update": 15, "delete": 60},
        check=check,
        normalise=normalise,
        keys=queues,
    )
    settle = 60.0
    token_proven = True
    poll = Poll(first=5, every=2)
    hides = ("vpc", "DescribeNatGateways")

    def list(self, cloud: Cloud, scope: Scope) -> Iterable[Live]:
        """50 a page, by tag, and one call per gateway for its SNAT entries."""
        rows = list_all(cloud, LISTING, {"RegionId": cloud.region, "Tag": marks.owned(scope.stack)})
        return marks.ours("nat_gateway", scope.stack, [with_snat(cloud, row) for row in rows])

    def find(self, cloud: Cloud, scope: Scope, query: Mapping[str, Any]) -> Iterable[Live]:
        """By `id`, `name`, `tags`, `vpc`, `vswitch`."""
        params = {
            "NatGatewayId": query.get("id"),
            "Name": query.get("name"),
            "VpcId": query.get("vpc"),
            "Tag": marks.pairs(query.get("tags", {})),
        }
        rows = list_all(cloud, LISTING, {"RegionId": cloud.region, **params})
        return marks.matching([with_snat(cloud, row) for row in rows], {"vswitch": query.get("vswitch")})

    def create(self, cloud: Cloud, want: Want, token: Token) -> Steps:
        """CreateNatGateway, then its addresses, then its entries."""
        params = {
            "RegionId": cloud.region,
            "VpcId": want.spec["vpc"],
            "VSwitchId": want.spec["vswitch"],
            "NatType": "Enhanced",
            "NetworkType": "internet",
            "InstanceChargeType": "PostPaid",
            "InternetChargeType": "PayByLcu",
            "Name": want.name,
            "Description": want.spec.get("description") or None,
            "Tag": marks.pairs(want.all_tags),
            "ClientToken": token(),
        }
        answer = cloud.call("vpc", "CreateNatGateway", params)
        nat = dig(answer, "NatGatewayId", str)
        yield Made((nat,))
        yield Wait((nat,))
        for eip in want.spec.get("eips") or ():
            yield from bind(cloud, eip, nat=nat)
        table = snat.Table(cloud, nat, next(iter(strings(answer, "SnatTableIds.SnatTableId")), ""))
        yield from _fill(table, want.spec.get("snat") or (), there={})

    def update(self, cloud: Cloud, lives: tuple[Live, ...], change: Update, token: Token) -> Steps:
        """Entries go before the addresses that they use, and come after them."""
        (nat,) = lives
        marks.write_tags(cloud, "vpc", "NATGATEWAY", ids=[nat.id], change=change)
        if change.changes("name", "description"):
            params = {"Name": marks.after(change, "name"), "Description": marks.after(change, "description")}
            cloud.call("vpc", "ModifyNatGatewayAttribute", {"RegionId": cloud.region, "NatGatewayId": nat.id, **params})
            yield Wait((nat.id,))
        if not change.changes("eips", "snat"):
            return
        table = snat.Table(cloud, nat.id, nat.known["snat_table_id"])
        items: Sequence[Any] = change.spec.get("snat") or ()
        there = table.rows() if change.changes("snat") else {}
        for source in there.keys() - set(map(snat.source, items)):
            yield from table.drop(there[source])
        eips = change.fields.get("eips", FieldChange("eips"))
        for eip in eips.added:
            yield from bind(cloud, eip, nat=nat.id)
        if change.changes("snat"):
            yield from _fill(table, items, there=there)
        for eip in eips.removed:
            yield from unbind(cloud, eip, owner=_owner(nat.id))

    def delete(self, cloud: Cloud, lives: tuple[Live, ...], token: Token) -> Steps:
        """Without Force, which would take others' DNAT rules along unseen: entries, addresses, gateway."""
        (nat,) = lives
        for row in list_all(cloud, LISTING, {"RegionId": cloud.region, "NatGatewayId": nat.id}):
            if dig(row, "Status", str) == "Deleting":
                continue
            for entry in snat.listed(cloud, nat.id):
                yield from snat.Table(cloud, nat.id, dig(entry, "SnatTableId", str)).drop(entry)
            for eip in bound(row).values():
                yield from unbind(cloud, eip, owner=_owner(nat.id))
        marks.gone_is_done(cloud, "vpc", "DeleteNatGateway", {"RegionId": cloud.region, "NatGatewayId": nat.id})
        yield Wait((nat.id,), until="gone")

    def ready(self, cloud: Cloud, ids: Sequence[str]) -> Mapping[str, Readiness]:
        """The list takes one id a call. Entries are told apart by their ids."""
        entries = [id for id in ids if snat.is_entry(id)]
        gateways = [id for id in ids if not snat.is_entry(id)]
        rows = marks.rows_of(cloud, LISTING, name="NatGatewayId", ids=gateways)
        found = marks.readiness(gateways, {item.id: item for item in map(read, rows)})
        return {**found, **snat.standing(cloud, entries)}


def _owner(nat: str) -> dict[str, str]:
    return {"InstanceId": nat, "InstanceType": "Nat"}


def _fill(table: snat.Table, items: Iterable[Mapping[str, Any]], *, there: Mapping[snat.Source, snat.Row]) -> Steps:
    """Bring the table's entries to `items`; what is there beyond them is left alone."""
    wanted = {snat.source(item): item["eips"] for item in items}
    known = yield from _known(eip for eips in wanted.values() for eip in eips)
    for found, eips in wanted.items():
        to = frozenset(known[eip] for eip in eips)
        row = there.get(found)
        if row is None:
            yield from table.add(found, to=to)
        elif snat.addresses(row) != to:
            yield from table.point(row, to=to)


def _known(eips: Iterable[str]) -> Generator[Made | Wait, dict[str, Outputs], dict[str, str]]:
    """The addresses of EIPs by id. An address that belongs to no EIP of ours stands for itself."""
    every = sorted(set(eips))
    ids = tuple(eip for eip in every if not ranges.network(eip))
    outputs = (yield Wait(ids, kind="eip")) if ids else {}
    return {eip: outputs[eip]["address"] if eip in ids else eip for eip in every}


def bound(row: Mapping[str, Any]) -> dict[str, str]:
    """The EIPs of a gateway by address; while it is being made the list may be missing."""
    rows = (row.get("IpLists") or {}).get("IpList") or []
    return {dig(item, "IpAddress", str): dig(item, "AllocationId", str) for item in rows}


def with_snat(cloud: Cloud, row: Mapping[str, Any]) -> Live:
    """A row with its SNAT entries, which another call tells."""
    item = read(row)
    entries = [snat.read(entry, ids=bound(row)) for entry in snat.listed(cloud, item.id)]
    return marks.with_spec(item, {"snat": entries})


def read(row: Mapping[str, Any]) -> Live:
    """A row of DescribeNatGateways in the shape of the schema, without its SNAT entries."""
    return marks.live(
        "nat_gateway",
        dig(row, "NatGatewayId", str),
        spec={
            "vpc": dig(row, "VpcId", str),
            "vswitch": (row.get("NatGatewayPrivateInfo") or {}).get("VswitchId", ""),
            "name": row.get("Name", ""),
            "description": row.get("Description", ""),
            "eips": sorted(bound(row).values()),
        },
        tags=marks.read_tags(row),
        outputs={"snat_table_id": next(iter(strings(row, "SnatTableIds.SnatTableId")), "")},
        state="ready" if dig(row, "Status", str) == "Available" else "pending",
        reason=dig(row, "Status", str),
        created=row.get("CreationTime", ""),
        name=row.get("Name", ""),
    )
