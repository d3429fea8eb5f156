"""Small kinds that have between them everything that a schema can say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from acsctl.model.change import Impact
from acsctl.model.resource import Live, Spec
from acsctl.model.schema import Meta, Reference, Schema, SpecModel, SpecOf, attr

NET = Reference(("net",), r"net-\d+")
SUB = Reference(("sub",), r"sub-\d+")
SUB_INSIDE = Reference(("sub",), r"sub-\d+", detachable=True)
GROUP = Reference(("group",), r"group-\d+")
PEER = Reference(("group",), r"group-\d+", late=True, also=lambda text: "/" in text)
HOST = Reference(("host",), r"host-\d+", detachable=True)
ADDRESS = Reference(("address",), r"address-\d+", detachable=True)


class NetSpec(SpecModel):
    """Replaced by deleting first: everything that stands on it goes with it."""

    cidr: str = attr(..., doc="range", meta=Meta(immutable=True))
    name: str = attr(doc="name")
    description: str = attr(doc="text", meta=Meta(reset=""))
    labels: dict[str, str] = attr(doc="a mapping, compared key by key")
    mtu: int = attr(doc="without a default in the cloud")


class SubSpec(SpecModel):
    """Replaced beside the old one where the ranges differ."""

    net: str = attr(..., doc="parent", meta=Meta(immutable=True, reference=NET))
    cidr: str = attr(..., doc="range", meta=Meta(immutable=True))
    name: str = attr(doc="name")


class RuleSpec(SpecModel):
    """An item of a set with a late reference."""

    port: int = attr(..., doc="port")
    peer: str = attr(..., doc="range or group", meta=Meta(reference=PEER))


class GroupSpec(SpecModel):
    """Groups may name each other."""

    net: str = attr(..., doc="parent", meta=Meta(immutable=True, reference=NET))
    rules: list[RuleSpec] = attr(doc="a set", meta=Meta(as_set=True, reset=[]))


class AddressSpec(SpecModel):
    """Can be taken off what it is bound to."""

    charge: str = attr(doc="how it is paid", meta=Meta(immutable=True))
    speed: int = attr(5, doc="with a default", ge=1)


class OutSpec(SpecModel):
    """An item of a set with a reference that can be taken off."""

    sub: str = attr(..., doc="who goes out", meta=Meta(reference=SUB_INSIDE))


class GateSpec(SpecModel):
    """Refers to many things."""

    sub: str = attr(..., doc="where it stands", meta=Meta(immutable=True, reference=SUB))
    addresses: list[str] = attr(doc="a set of references", meta=Meta(as_set=True, reset=[], reference=ADDRESS))
    outs: list[OutSpec] = attr(doc="a set of objects", meta=Meta(as_set=True, reset=[]))


class DiskSpec(SpecModel):
    """An object inside."""

    sort: str = attr(doc="sort", meta=Meta(immutable=True))
    size: int = attr(doc="GiB")


class HostSpec(SpecModel):
    """A member of a fleet."""

    sub: list[str] = attr(..., doc="choice of places", meta=Meta(choice=True, impact=Impact.RESTART, reference=SUB))
    groups: list[str] = attr(doc="a set of references", meta=Meta(as_set=True, reference=GROUP))
    sizes: list[str] = attr(doc="a choice", meta=Meta(choice=True, impact=Impact.RESTART))
    image: str = attr(doc="prefix", meta=Meta(same=lambda want, have: have.startswith(want), impact=Impact.DATA_LOSS))
    script: str = attr(doc="read one by one", meta=Meta(read="each", reset="", impact=Impact.RESTART))
    disk: DiskSpec = attr(doc="an object")
    name: str = attr(doc="name")


class StoreSpec(SpecModel):
    """Holds data."""

    sort: str = attr(doc="sort", meta=Meta(immutable=True))
    size: int = attr(doc="GiB")
    token: str = attr(doc="given back by the cloud", meta=Meta(secret=True))


class BoxSpec(SpecModel):
    """An item that holds something."""

    name: str = attr(..., doc="name")
    open: bool = attr(False, doc="can change")


class CrewSpec(SpecModel):
    """Takes hosts over; what they held is lost."""

    hosts: list[str] = attr(doc="a set of references", meta=Meta(as_set=True, reset=[], reference=HOST))
    size: int = attr(doc="without a default in the cloud")
    badges: dict[str, str] = attr(doc="a mapping that is empty by default", meta=Meta(reset={}))
    boxes: list[BoxSpec] = attr(doc="a set of things that hold something", meta=Meta(as_set=True, key="name", holds=True))


class RoomSpec(SpecModel):
    """Can bear no mark."""

    name: str = attr(doc="name", meta=Meta(immutable=True, natural_key=True))


def beside(live: Live, spec: Spec) -> bool:
    """Another range fits beside the old one."""
    return bool(live.spec["net"] == spec["net"] and not same_range(live, spec))


def same_range(live: Live, spec: Spec) -> bool:
    """A range is there once in a net."""
    return bool(live.spec.get("net") == spec["net"] and live.spec.get("cidr") == spec.get("cidr"))


def same_net(live: Live, spec: Spec) -> bool:
    """Names need not be unique."""
    return bool(live.spec["net"] == spec["net"])


def always(live: Live, spec: Spec) -> bool:
    """There can be any number of them."""
    return True


def leaves_net(live: Live, spec: Spec, spec_of: SpecOf) -> Iterable[str]:
    """A host can move inside its net only."""
    wanted = spec.get("sub", ())
    had = spec_of(live.spec["sub"])
    nets = [item["net"] for item in map(spec_of, wanted) if item]
    # A net that is still a name of the stack may be the one where the host is: nothing is replaced on a guess.
    if live.spec["sub"] not in wanted and had and nets and all(isinstance(net, str) and net != had["net"] for net in nets):
        yield "sub"


def sized(spec: Spec) -> Spec:
    """Sizes are written small in the cloud."""
    return {**spec, "sizes": [size.lower() for size in spec["sizes"]]} if "sizes" in spec else spec


def url(spec: Spec) -> Mapping[str, Any]:
    """Needs no cloud."""
    return {"url": f"store://{spec['sort']}"} if "sort" in spec else {}


SCHEMAS = {
    schema.kind: schema
    for schema in (
        Schema("net", NetSpec, "a net", {}, r"net-\d+", durations={"create": 3, "delete": 3}),
        Schema("sub", SubSpec, "a sub", {}, r"sub-\d+", create_first=beside, clashes=same_range, durations={"create": 8}),
        Schema("group", GroupSpec, "a group", {}, r"group-\d+", create_first=same_net),
        Schema("address", AddressSpec, "an address", {"ip": "the address"}, r"address-\d+", create_first=always),
        Schema("gate", GateSpec, "a gate", {}, r"gate-\d+", durations={"create": 30, "delete": 20}),
        Schema(
            "host",
            HostSpec,
            "a host",
            {"ip": "its address"},
            r"host-\d+",
            fleet=True,
            spread="sub",
            aggregate={"ids": "id", "ips": "ip"},
            durations={"create": 40, "update": 60, "delete": 20},
            normalise=sized,
            forces=leaves_net,
        ),
        Schema(
            "crew",
            CrewSpec,
            "a crew",
            {},
            r"crew-\d+",
            takes_over={"hosts": ("image", "script", "disk")},
            wipes="hosts",
            waits=True,
        ),
        Schema("room", RoomSpec, "a room", {}, r"room-\d+", markless=True),
        Schema("wing", RoomSpec, "a part of a house", {}, r"wing-\d+", untagged=True),
        Schema("store", StoreSpec, "a store", {}, r"store-\d+", stateful=True, derive=url),
    )
}
