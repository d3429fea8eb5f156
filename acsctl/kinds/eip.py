"""`eip`: a public address of its own (API AllocateEipAddress, DescribeEipAddresses; sheet network.md 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from acsctl.cloud import Cloud, Listing, dig, list_all
from acsctl.errors import CloudError
from acsctl.kinds import marks, targets
from acsctl.kinds.contract import Kind, Made, Poll, Readiness, Scope, Steps, Token, Update, Wait, Want
from acsctl.model.resource import Live, Spec
from acsctl.model.schema import Fault, Meta, Others, Schema, SpecModel, attr
from acsctl.model.types import VpcName

LISTING = Listing("vpc", "DescribeEipAddresses", items="EipAddresses.EipAddress", key=("AllocationId",), size=100)
IDS_A_CALL = 50
CHARGES = {"by_bandwidth": "PayByBandwidth", "by_traffic": "PayByTraffic"}
WORDS = {word: charge for charge, word in CHARGES.items()}
BY_TRAFFIC_AT_MOST = 200
STABLE = ("Available", "InUse")
FREE = "free"


class EipSpec(SpecModel):
    """A public address of its own, pay as you go."""

    bandwidth: int = attr(doc="Mbit/s; 5 where none is written", meta=Meta(reset=5), ge=1, le=500)
    name: VpcName = attr(doc="its name; `<stack>-<name>` where none is written")
    description: str = attr(doc="up to 256 characters", meta=Meta(reset=""), max_length=256)
    charge: Literal["by_bandwidth", "by_traffic"] = attr(
        doc="what is paid for; the cloud takes by_bandwidth where none is written", meta=Meta(immutable=True)
    )
    isp: str = attr(
        doc="the line: BGP where none is written, BGP_PRO, ...", meta=Meta(immutable=True), pattern=r"^[A-Za-z0-9_]+$"
    )


def check(spec: Spec, others: Others) -> Iterable[Fault]:
    """Paid by traffic it has at most 200 Mbit/s."""
    bandwidth = spec.get("bandwidth")
    if spec.get("charge") == "by_traffic" and isinstance(bandwidth, int) and bandwidth > BY_TRAFFIC_AT_MOST:
        yield Fault(("bandwidth",), f"{bandwidth} Mbit/s is too much", hint=f"by_traffic allows {BY_TRAFFIC_AT_MOST}")


def queues(verb: str, spec: Spec) -> tuple[str, ...]:
    """No write to an address while it is being bound or unbound (sheet behaviour.md 7)."""
    return (f"eip:{spec['id']}",) if "id" in spec else ()


def create_first(live: Live, spec: Spec) -> bool:
    """A new address is got beside the old one; what it is bound to goes over before the old one is released."""
    return True


class Eip(Kind):
    """See the module."""

    schema = Schema(
        kind="eip",
        model=EipSpec,
        doc="a public address of its own",
        outputs={"address": "the address", "bound_to": "the id of what it is bound to, empty while it is free"},
        ids=targets.EIP_ID,
        durations={"create": 3, "update": 3, "delete": 3},
        check=check,
        keys=queues,
        create_first=create_first,
    )
    settle = 60.0
    token_proven = True
    poll = Poll(first=2, every=1)
    hides = ("vpc", "DescribeEipAddresses")

    def list(self, cloud: Cloud, scope: Scope) -> Iterable[Live]:
        """100 a page, by tag."""
        rows = list_all(cloud, LISTING, {"RegionId": cloud.region, "Tag": marks.owned(scope.stack)})
        return marks.ours("eip", scope.stack, map(read, rows))

    def find(self, cloud: Cloud, scope: Scope, query: Mapping[str, Any]) -> Iterable[Live]:
        """By `id`, `name`, `tags`, `address`."""
        params = {
            "AllocationId": query.get("id"),
            "EipName": query.get("name"),
            "EipAddress": query.get("address"),
            "Tag": marks.pairs(query.get("tags", {})),
        }
        return map(read, list_all(cloud, LISTING, {"RegionId": cloud.region, **params}))

    def create(self, cloud: Cloud, want: Want, token: Token) -> Steps:
        """AllocateEipAddress, pay as you go."""
        bandwidth = want.spec.get("bandwidth")
        params = {
            "RegionId": cloud.region,
            "Bandwidth": None if bandwidth is None else str(bandwidth),
            "InternetChargeType": CHARGES.get(want.spec.get("charge", "")),
            "InstanceChargeType": "PostPaid",
            "ISP": want.spec.get("isp"),
            "Name": want.name,
            "Description": want.spec.get("description") or None,
            "Tag": marks.pairs(want.all_tags),
            "ClientToken": token(),
        }
        eip = dig(cloud.call("vpc", "AllocateEipAddress", params), "AllocationId", str)
        yield Made((eip,))
        yield Wait((eip,))

    def update(self, cloud: Cloud, lives: tuple[Live, ...], change: Update, token: Token) -> Steps:
        """Bandwidth, name and description in one call."""
        (eip,) = lives
        marks.write_tags(cloud, "vpc", "EIP", ids=[eip.id], change=change)
        if change.changes("bandwidth", "name", "description"):
            bandwidth = marks.after(change, "bandwidth")
            params = {
                "RegionId": cloud.region,
                "AllocationId": eip.id,
                "Bandwidth": None if bandwidth is None else str(bandwidth),
                "Name": marks.after(change, "name"),
                "Description": marks.after(change, "description"),
            }
            cloud.call("vpc", "ModifyEipAddressAttribute", params)
            yield Wait((eip.id,))

    def delete(self, cloud: Cloud, lives: tuple[Live, ...], token: Token) -> Steps:
        """ReleaseEipAddress refuses an address that is bound; then it is unbound first."""
        (eip,) = lives
        try:
            _release(cloud, eip.id)
        except CloudError as error:
            owner = _owner(cloud, eip.id) if error.code == "IncorrectEipStatus" else {}
            if not owner:
                raise
            yield from unbind(cloud, eip.id, owner=owner)
            _release(cloud, eip.id)
        yield Wait((eip.id,), until="gone")

    def ready(self, cloud: Cloud, ids: Sequence[str]) -> Mapping[str, Readiness]:
        """50 ids a call."""
        lives = {
            eip.id: eip
            for batch in marks.batches(ids, size=IDS_A_CALL)
            for eip in map(read, list_all(cloud, LISTING, {"RegionId": cloud.region, "AllocationId": ",".join(batch)}))
        }
        found = marks.readiness(ids, lives)
        return {id: replace(item, at=_at(lives[id])) if id in lives else item for id, item in found.items()}


def bound(to: str) -> str:
    """The word of `Wait.until` for an address that is bound to the thing with the id `to`."""
    return f"bound to {to}"


def _at(item: Live) -> str:
    if item.reason not in STABLE:
        return ""
    return bound(item.outputs["bound_to"]) if item.reason == "InUse" else FREE


def bind(cloud: Cloud, eip: str, *, nat: str) -> Steps:
    """AssociateEipAddress to a NAT gateway, and wait until it is done."""
    params = {"AllocationId": eip, "InstanceId": nat, "InstanceType": "Nat"}
    cloud.call("vpc", "AssociateEipAddress", {"RegionId": cloud.region, **params, "ClientToken": marks.once()})
    yield Wait((eip,), until=bound(nat), kind="eip")


def unbind(cloud: Cloud, eip: str, *, owner: Mapping[str, str]) -> Steps:
    """UnassociateEipAddress from `owner` (InstanceId and InstanceType), and wait until it is done; already unbound is done."""
    params = {"RegionId": cloud.region, "AllocationId": eip, **owner, "ClientToken": marks.once()}
    marks.gone_is_done(cloud, "vpc", "UnassociateEipAddress", params)
    yield Wait((eip,), until=FREE, kind="eip")


def _release(cloud: Cloud, eip: str) -> None:
    marks.gone_is_done(cloud, "vpc", "ReleaseEipAddress", {"RegionId": cloud.region, "AllocationId": eip})


def _owner(cloud: Cloud, eip: str) -> dict[str, str]:
    # Only what is bound stably can be unbound; in transition the delete is tried again later.
    rows = list_all(cloud, LISTING, {"RegionId": cloud.region, "AllocationId": eip})
    bound = [row for row in rows if dig(row, "Status", str) == "InUse"]
    return {name: dig(row, name, str) for row in bound for name in ("InstanceId", "InstanceType")}


def read(row: Mapping[str, Any]) -> Live:
    """A row of DescribeEipAddresses in the shape of the schema."""
    charge = dig(row, "InternetChargeType", str)
    return marks.live(
        "eip",
        dig(row, "AllocationId", str),
        spec={
            "bandwidth": int(dig(row, "Bandwidth", str)),
            "name": row.get("Name", ""),
            "description": row.get("Description", ""),
            "charge": WORDS.get(charge, charge),
            "isp": row.get("ISP", ""),
        },
        tags=marks.read_tags(row),
        outputs={"address": dig(row, "IpAddress", str), "bound_to": row.get("InstanceId", "")},
        state="ready" if dig(row, "Status", str) in STABLE else "pending",
        reason=dig(row, "Status", str),
        created=row.get("AllocationTime", ""),
        name=row.get("Name", ""),
    )
