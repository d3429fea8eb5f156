"""Stacks of every kind that there is, made from the kinds' schemas: what may stand in a field, and what a reference may name.

Only what no schema tells is in words.py. A stack may still be none (ranges that overlap): then the tool has to refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from acsctl.kinds import registry
from acsctl.model.schema import Field, Schema
from tests.properties.leaves import TEXT, leaf, lengths
from tests.properties.words import KEYS, LABELS, WORDS

Block = dict[str, Any]
Blocks = dict[str, Block]

SCHEMAS: Mapping[str, Schema] = registry.schemas()
TWO = ("vpc", "eip", "security_group", "key_pair", "node_pool", "workload", "instance", "nat_gateway")
MANY = {"vswitch": 3, **dict.fromkeys(TWO, 2)}
"""How many blocks of a kind a stack has at most, where that is not one."""
NETWORK = ("vpc", "vswitch", "security_group", "eip", "key_pair", "nat_gateway", "instance", "registry")
CLUSTER = ("vpc", "vswitch", "security_group", "key_pair", "instance", "cluster", "node_pool", "flannel", "workload")
BASE = {"vpc", "vswitch", "security_group", "cluster", "node_pool", "instance"}
"""What is seldom left out: other kinds stand on it."""
FREE = {"registry"}
"""Kinds whose references may lead into several VPCs."""
APART = {
    *(f"cluster.{name}" for name in ("provider", "control_plane", "mirror", "images")),
    *(f"workload.{name}" for name in ("kustomize", "chart")),
    *(f"node_pool.{name}" for name in ("image", "runtime_version")),
}
"""Fields of clusters of machines, of what other programs build, and of what the cloud sells only for a while: left out here."""
NEEDED = {"cluster.vswitches"}
"""What has to be written although the schema leaves it open: a cluster of machines has none."""


Tidy = Callable[["Draft", Block], None]


@dataclass
class Draft:
    """A stack that is being written. `home` is the VPC that the block in hand has to do with, empty while it is open."""

    draw: st.DrawFn
    blocks: Blocks = field(default_factory=dict)
    home: str = ""
    kind: str = ""
    name: str = ""

    def of(self, *kinds: str) -> Blocks:
        """The blocks of some kinds."""
        return {name: block for name, block in self.blocks.items() if block["kind"] in kinds}

    def add(self, kind: str, name: str) -> None:
        """One more block, where what it has to refer to is there."""
        self.kind, self.name, self.home = kind, name, ""
        block: Block = {"kind": kind}
        if not self._fill(block, SCHEMAS[kind].fields, path=kind):
            return
        TIDY.get(kind, _as_it_is)(self, block)
        self._words(block)
        self.blocks[name] = block

    def _words(self, block: Block) -> None:
        """What every resource may carry."""
        if SCHEMAS[self.kind].fleet and self.draw(st.booleans()):
            block["count"] = self.draw(st.integers(0, 3))
        if self.kind != "workload" and self.draw(st.integers(0, 3)) == 0:
            block["tags"] = self.draw(st.dictionaries(KEYS, TEXT, max_size=2))

    def _fill(self, block: Block, fields: Mapping[str, Field], *, path: str) -> bool:
        """The fields of an object, the required first: they tell where it stands. False where one cannot be."""
        for name, item in sorted(fields.items(), key=lambda row: not row[1].required):
            needed = f"{path}.{name}" in NEEDED
            if f"{path}.{name}" in APART or (not needed and not item.required and not self.draw(st.booleans())):
                continue
            value = self._value(item, f"{path}.{name}", block)
            if (value is None and item.required) or (needed and not value):
                return False
            if value is not None:
                block[name] = value
        return True

    def _value(self, item: Field, path: str, block: Block) -> Any:
        if item.shape == "object":
            return self._object(item, path)
        single = self._single(item, path, block)
        if single is None or item.shape not in ("list", "mapping") or path in WHOLE:
            return None if single is None else single()
        if item.shape == "mapping":
            return self.draw(st.dictionaries(LABELS.get(path, KEYS), LABELS.get(path, TEXT), max_size=2))
        least, most = lengths(item)
        found = [value for _ in range(self.draw(st.integers(least, most))) if (value := single()) is not None]
        distinct = [value for number, value in enumerate(found) if value not in found[:number]]
        return distinct if len(distinct) >= least else None

    def _object(self, item: Field, path: str) -> Block | None:
        inner: Block = {}
        whole = self._fill(inner, item.fields, path=path)
        TIDY.get(path, _as_it_is)(self, inner)
        return inner if whole and inner else None

    def _single(self, item: Field, path: str, block: Block) -> Callable[[], Any] | None:
        """What draws one value: a field's, or an item's."""
        if path in WORDS:
            return lambda: self.draw(WORDS[path](self, block))
        if item.meta.reference:
            kinds = item.meta.reference.kinds
            return (lambda: self._target(kinds)) if self._targets(kinds) else None
        if item.fields:
            return lambda: self._object(item, path)
        strategy = LABELS[path] if path in LABELS else leaf(item.each if item.shape == "list" else item)
        return lambda: self.draw(strategy)

    def _targets(self, kinds: Iterable[str]) -> list[str]:
        """What may be named: of one VPC, as far as the block has one."""
        free = self.kind in FREE or not self.home
        return [name for name in self.of(*kinds) if free or self.vpc_of(name) in ("", self.home)]

    def _target(self, kinds: Iterable[str]) -> str | None:
        names = self._targets(kinds)
        if not names:
            return None
        name = self.draw(st.sampled_from(names))
        self.home = self.home or self.vpc_of(name)
        return name

    def has_room(self, pool: str, cluster: str) -> bool:
        """Whether a pool of the cluster has a node that takes any pod."""
        block = self.blocks[pool]
        fleets = [self.blocks[name].get("count", 1) for name in block.get("attach", ())]
        made = block.get("size")
        nodes = made["min"] if isinstance(made, dict) else made or sum(fleets)
        return bool(block["cluster"] == cluster and nodes and not block.get("taints"))

    def inside(self, name: str) -> list[str]:
        """The vSwitches of the VPC of a block."""
        return [vswitch for vswitch in self.of("vswitch") if self.vpc_of(vswitch) == self.vpc_of(name)]

    def vpc_of(self, name: str) -> str:
        """The VPC that a block has to do with, along its references; empty where there is none."""
        block = self.blocks[name]
        if block["kind"] == "vpc":
            return name
        for key in ("vpc", "vswitch", "vswitches", "cluster"):
            value = block.get(key)
            if value:
                return self.vpc_of(value[0] if isinstance(value, list) else value)
        return ""


def _as_it_is(draft: Draft, block: Block) -> None:
    """Nothing to put right."""


def _one_of(*names: str) -> Tidy:
    """Of some fields a block has one."""

    def tidy(draft: Draft, block: Block) -> None:
        for name in [name for name in names if name in block][1:]:
            del block[name]

    return tidy


def _disk(draft: Draft, block: Block) -> None:
    if block.get("category") != "cloud_essd":
        block.pop("performance_level", None)


def _workload(draft: Draft, block: Block) -> None:
    """Pods need a node that takes them."""
    _one_of("template", "manifests")(draft, block)
    pools = [name for name in draft.of("node_pool") if draft.has_room(name, block["cluster"])]
    if "template" in block and pools:
        block.setdefault("values", {"image": "web:1"})
        block["needs"] = pools
    else:
        block.pop("template", None)
        block.pop("values", None)
        block.setdefault("manifests", [f"{draft.name}-a.yaml"])


def _instance(draft: Draft, block: Block) -> None:
    if block.get("charge") != "spot":
        block.pop("spot_price_limit", None)


def _pool(draft: Draft, block: Block) -> None:
    _one_of("attach", "size")(draft, block)
    taken = {name for other in draft.of("node_pool").values() for name in other.get("attach", ())}
    free = [name for name in block.get("attach", ()) if name not in taken]
    block["attach"] = [name for name in free if draft.blocks[name].get("running", True)]
    if not block["attach"]:
        del block["attach"]
        block.setdefault("size", 1)
    block.setdefault("vswitches", draft.inside(block["cluster"])[:1])
    block.setdefault("instance_types", ["ecs.g7.xlarge"])


def _group(draft: Draft, block: Block) -> None:
    # A type that is not written stays what it is, and groups of two sorts are not mixed.
    if block.setdefault("type", "normal") == "enterprise":
        block.pop("inner_access", None)


def _rule(draft: Draft, block: Block) -> None:
    if block["protocol"] in ("tcp", "udp"):
        block.setdefault("port", 80)


def _entry(draft: Draft, block: Block) -> None:
    _one_of("vswitch", "cidr")(draft, block)
    if "cidr" not in block:
        block.setdefault("vswitch", draft.inside(draft.home)[0])


def _gateway(draft: Draft, block: Block) -> None:
    taken = {eip for other in draft.of("nat_gateway").values() for eip in other.get("eips", ())}
    block["eips"] = [eip for eip in block.get("eips", ()) if eip not in taken]
    if not block["eips"]:
        block.pop("snat", None)
    for entry in block.get("snat", ()):
        if not set(entry.get("eips", ["none"])) <= set(block["eips"]) or not entry["eips"]:
            entry.pop("eips", None)


TIDY: Mapping[str, Tidy] = {
    "instance": _instance,
    "instance.system_disk": _disk,
    "instance.data_disks": _disk,
    "nat_gateway": _gateway,
    "node_pool": _pool,
    "node_pool.system_disk": _disk,
    "nat_gateway.snat": _entry,
    "security_group": _group,
    "security_group.ingress": _rule,
    "security_group.egress": _rule,
    "workload": _workload,
}
"""Fields that exclude or ask for one another, which no schema tells."""
WHOLE = {"workload.values", "flannel.config"}
"""Mappings whose words are the whole of them."""


@st.composite
def stacks(draw: st.DrawFn, kinds: tuple[str, ...]) -> Blocks:
    """The `resources` of a stack file with these kinds, which stand in the order of their references."""
    draft = Draft(draw)
    for kind in kinds:
        for number in range(1, MANY.get(kind, 1) + 1):
            if draw(st.integers(0, 3)) or (number == 1 and kind in BASE and draw(st.integers(0, 7))):
                draft.add(kind, f"{kind}_{number}")
    return draft.blocks
