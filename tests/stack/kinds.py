"""Small kinds to test the language with; they look like real ones and are not."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from acsctl.model.resource import Spec
from acsctl.model.schema import Fault, Meta, Others, Reference, Schema, SpecModel, attr
from acsctl.model.types import Cidr, Target, is_cidr
from acsctl.model.unknown import Ref

VPC = Reference(("vpc",), r"vpc-[a-z0-9]+")
VSWITCH = Reference(("vswitch",), r"vsw-[a-z0-9]+")
GROUP = Reference(("group",), r"sg-[a-z0-9]+")


class VpcSpec(SpecModel):
    cidr: Cidr = attr(..., doc="its range", meta=Meta(immutable=True))
    secondary: list[Cidr] = attr(doc="more ranges", max_length=2)
    name: str = attr(doc="its name", max_length=20)
    description: str = attr(doc="a text")


class VswitchSpec(SpecModel):
    vpc: Target = attr(..., doc="its VPC", meta=Meta(reference=VPC))
    zone: str = attr(..., doc="its zone", pattern=r"^cn-[a-z0-9-]+$")
    cidr: Cidr = attr(..., doc="its range")
    name: str = attr(doc="its name")


class RuleSpec(SpecModel):
    port: int | str | list[int | str] = attr(doc="ports")
    from_: list[Target] = attr(
        doc="who", alias="from", meta=Meta(reference=Reference(("group",), r"sg-[a-z0-9]+", late=True, also=is_cidr))
    )
    policy: Literal["accept", "drop"] = attr("accept", doc="accept or drop")
    priority: int = attr(1, doc="1 to 100", ge=1, le=100)


class GroupSpec(SpecModel):
    vpc: Target = attr(..., doc="its VPC", meta=Meta(reference=VPC))
    inner: bool = attr(doc="whether its members talk to each other")
    ingress: list[RuleSpec] = attr(doc="rules")


class DiskSpec(SpecModel):
    category: Literal["essd", "auto"] = attr("auto", doc="its sort")
    size: int = attr(..., doc="GiB", ge=20, le=2048)


class NodeSpec(SpecModel):
    vswitch: list[Target] = attr(..., doc="where it stands", meta=Meta(reference=VSWITCH), min_length=1)
    groups: list[Target] = attr(doc="its groups", meta=Meta(reference=GROUP))
    types: list[str] = attr(doc="types", min_length=1)
    image: str = attr("linux", doc="an image")
    disk: DiskSpec = attr(doc="the disk")
    labels: dict[str, str] = attr(doc="labels")
    user_data: str = attr(doc="a script", meta=Meta(read="each"))
    price: float = attr(doc="the most to pay", gt=0)


class StoreSpec(SpecModel):
    name: str = attr(..., doc="its name", meta=Meta(natural_key=True), pattern="^[a-z][a-z0-9-]*$")
    version: str = attr(doc="a version")
    password: str = attr(doc="a password", meta=Meta(secret=True), min_length=8)
    options: Any = attr(doc="anything")
    node: Target = attr(doc="one node", meta=Meta(reference=Reference(("node",), r"i-[a-z0-9]+")))


def check_vswitch(spec: Spec, others: Others) -> Iterable[Fault]:
    """Inside its VPC, and beside those before it."""
    if not isinstance(spec.get("cidr"), str):
        return
    own = ipaddress.ip_network(spec["cidr"])
    vpc = spec["vpc"]
    if isinstance(vpc, Ref) and isinstance(others[vpc.address].spec.get("cidr"), str):
        home = ipaddress.ip_network(others[vpc.address].spec["cidr"])
        if not own.subnet_of(home):
            yield Fault(("cidr",), f"{own} is outside {vpc}", hint=f"it has {home}")
    for other in others.values():
        if other.spec is spec:
            return
        if other.address.kind == "vswitch" and ipaddress.ip_network(other.spec["cidr"]).overlaps(own):
            yield Fault(("cidr",), f"{own} overlaps {other.address}")


def check_group(spec: Spec, others: Others) -> Iterable[Fault]:
    """No port 23."""
    for number, rule in enumerate(spec.get("ingress", ())):
        if rule.get("port") == 23:
            yield Fault(("ingress", number, "port"), "telnet is not allowed", allowed=("22",))


def derive_store(spec: Spec) -> Mapping[str, Any]:
    """The address follows from the name."""
    return {"url": f"store.example.com/{spec['name']}"}


SCHEMAS = {
    schema.kind: schema
    for schema in (
        Schema("vpc", VpcSpec, "a network", {"router": "its router"}, r"vpc-[a-z0-9]+"),
        Schema("vswitch", VswitchSpec, "a subnet", {}, r"vsw-[a-z0-9]+", check=check_vswitch),
        Schema("group", GroupSpec, "a group", {}, r"sg-[a-z0-9]+", check=check_group),
        Schema(
            "node",
            NodeSpec,
            "a machine",
            {"private_ip": "its address", "ids": "all ids", "private_ips": "all addresses"},
            r"i-[a-z0-9]+",
            fleet=True,
            aggregate={"ids": "id", "private_ips": "private_ip"},
        ),
        Schema("store", StoreSpec, "a store", {"url": "its address", "token": "a token"}, r"st-[a-z0-9]+", derive=derive_store),
    )
}
