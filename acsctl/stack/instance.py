"""One evaluation of a document: the stack itself, or one use of a module with its inputs.

Stages run in the order that `analysis` found. The shape of a block says how many it is and which of them are absent; its body gives
the specs. What fails is noted once and spoils what depends on it, silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.model.address import Address
from acsctl.model.resource import Desired
from acsctl.model.unknown import Deferred, Ref, Secret
from acsctl.stack import analysis, plainly, words
from acsctl.stack.common import MAX_COUNT, CommonReader, needs, tags_of
from acsctl.stack.document import Block, Document, Use
from acsctl.stack.evaluate import Surroundings
from acsctl.stack.expand import Expander, data
from acsctl.stack.fields import FieldReader
from acsctl.stack.problems import Failed
from acsctl.stack.references import Resolver
from acsctl.stack.session import Session
from acsctl.stack.tree import Entry, Map, Node, Scalar, Seq
from acsctl.stack.views import Absent, Many, Named, One, View

FAILED = Named(None, failed=True)


@dataclass
class Result:
    """What an instance gave: resources with the bodies they were read from, and outputs."""

    resources: dict[Address, Desired] = field(default_factory=dict)
    bodies: dict[Address, Map] = field(default_factory=dict)
    outputs: dict[str, Named] = field(default_factory=dict)


@dataclass(frozen=True)
class Member:
    """One of what a block makes. `key` is None without `for_each`; `edges` come from `for_each`, `when` and `count`."""

    key: str | None
    each: Named | None
    absent: str = ""
    count: int | None = None
    edges: frozenset[Address] = frozenset()


@dataclass(frozen=True)
class Setting:
    """Where an instance stands: in front of its addresses, whether it is absent as a whole, what it waits for, and its tags."""

    prefix: tuple[str, ...] = ()
    absent: str = ""
    edges: frozenset[Address] = frozenset()
    tags: Mapping[str, Any] = field(default_factory=dict)


class Instance:
    """Evaluates one document once."""

    def __init__(self, document: Document, session: Session, *, setting: Setting, given: Mapping[str, Named]) -> None:
        self.document = document
        self.session = session
        self.problems = session.problems
        self.setting = setting
        self.result = Result()
        self.functions = session.functions(document.source)
        self.names: dict[str, Named] = {"stack": Named(session.identity), **given}
        self.shapes: dict[str, Named] = {}
        self.members: dict[str, list[Member]] = {}
        self.tags: dict[str, Any] = dict(setting.tags)

    def run(self, found: analysis.Analysis) -> Result:
        """Evaluate everything."""
        self._own_tags()
        for kind, name in found.stages():
            if name in found.failed:
                self.names[name] = self.shapes[name] = FAILED
            elif kind != "kind":
                self._stage(kind, name)
        for name, output in self.document.outputs.items():
            self.result.outputs[name] = self._value(output.value)
        return self._in_order()

    def _in_order(self) -> Result:
        """The result with its resources in the order of the file, whatever order they were evaluated in."""
        place = {name: block.key.span.start for name, block in self.document.blocks.items()}
        place |= {name: use.key.span.start for name, use in self.document.uses.items()}
        depth = len(self.setting.prefix)
        ordered = sorted(self.result.resources.items(), key=lambda item: place[item[0].path[depth]])
        return Result(dict(ordered), self.result.bodies, self.result.outputs)

    def _own_tags(self) -> None:
        node = self.document.root.get("tags")
        if node is not None:
            try:
                self.tags |= tags_of(self._expander().node(node), self.problems)
            except Failed:
                return

    def _stage(self, kind: str, name: str) -> None:
        if name in self.document.locals:
            self.names[name] = self._value(self.document.locals[name].value)
        elif name in self.document.variables or name in self.document.broken:
            self.names.setdefault(name, FAILED)
        elif kind == "shape":
            self._shape(name)
        else:
            self._body(name)

    def _value(self, node: Node) -> Named:
        expander = self._expander()
        try:
            value = expander.data(node)
        except Failed:
            return FAILED
        return Named(value, frozenset(expander.edges))

    # -- surroundings ------------------------------------------------------------------------------------------------------------

    def around(self, each: Named | None = None) -> Surroundings:
        """What expressions see; `each` inside of `for_each`."""

        def lookup(name: str) -> Named:
            if name == "each" and each is not None:
                return each
            return self.names.get(name, FAILED)

        return Surroundings(lookup, self.functions, self.session.sandbox)

    def _expander(self, each: Named | None = None) -> Expander:
        return Expander(self.around(each), self.problems)

    def resolver(self) -> Resolver:
        """Looks up references among the names of this document."""
        return Resolver(self._lookup, self._names_of, self.problems)

    def _lookup(self, name: str) -> Named | None:
        found = self.names.get(name) or self.shapes.get(name)
        if name == "stack" or (found is None and name not in self.document.names):
            return None
        return found or FAILED

    def _names_of(self, kinds: Iterable[str]) -> list[str]:
        wanted = set(kinds)
        blocks = [name for name, block in self.document.blocks.items() if not wanted or block.kind in wanted]
        inside = (
            [f"{name}.{output}" for name, use in self.document.uses.items() for output in use.document.outputs]
            if wanted
            else [*self.document.uses]
        )
        given = (
            [name for name in self.document.variables if isinstance(self.names.get(name, FAILED).value, View)] if wanted else []
        )
        return blocks + given + inside

    # -- shapes ------------------------------------------------------------------------------------------------------------------

    def _shape(self, name: str) -> None:
        item = self.document.blocks.get(name) or self.document.uses[name]
        try:
            self.members[name] = list(self._members(item))
        except Failed:
            self.shapes[name] = self.names[name] = FAILED
            return
        if isinstance(item, Block):
            self.shapes[name] = Named(self._view(item, {}))

    def _members(self, item: Block | Use) -> Iterator[Member]:
        node = item.body.get("for_each")
        if node is None:
            yield self._member(item, None, None, frozenset())
            return
        expander = self._expander()
        pairs = self._pairs(expander.node(node), item)
        edges = frozenset(expander.edges)
        failed = False
        for key, value in pairs:
            try:
                yield self._member(item, key, Named({"key": key, "value": value}, edges), edges)
            except Failed:
                failed = True
        if failed:
            raise Failed(item.name)

    def _pairs(self, node: Node, item: Block | Use) -> list[tuple[str, Any]]:
        if isinstance(node, Scalar) and isinstance(node.value, Many):
            return list(node.value.members.items())
        plainly.known(node, "for_each", self.problems)
        if isinstance(node, Map):
            pairs = [(key, data(entry.value), entry.key.span) for key, entry in node.entries.items()]
        elif isinstance(node, Seq):
            pairs = [(text := self._key(row), text, row.span) for row in node.items]
        else:
            raise self.problems.add(
                node.span, "`for_each` is a mapping or a list of texts", hint="each.key and each.value stand for its members"
            )
        seen: set[str] = set()
        for key, _, span in pairs:
            if not words.KEY.fullmatch(key) or key == "all":
                hint = "a key is small letters, digits, `-` and `_`, and begins with a letter or a digit; `all` is taken"
                raise self.problems.add(span, f"{key[:60]!r} cannot be a key of `for_each`", hint=hint)
            if key in seen:
                raise self.problems.add(
                    span, f"the key {key!r} stands in `for_each` twice", hint="keys name members; each is there once"
                )
            seen.add(key)
        return [(key, value) for key, value, _ in pairs]

    def _key(self, row: Node) -> str:
        if not isinstance(row, Scalar):
            raise self.problems.add(row.span, "an item of `for_each` is a text", hint="a mapping gives a value to each key")
        return plainly.text(row, "for_each", self.problems)

    def _member(self, item: Block | Use, key: str | None, each: Named | None, edges: frozenset[Address]) -> Member:
        self.session.count_one(item.key.span)
        expander = self._expander(each)
        when, count = item.body.get("when"), item.body.get("count")
        absent = self.setting.absent
        if when is not None and not plainly.boolean(expander.node(when), "when", self.problems):
            absent = absent or "`when` is false"
        number = None
        if count is not None and isinstance(item, Block) and item.schema.fleet and item.body.get("existing") is None:
            number = plainly.integer(expander.node(count), "count", self.problems)
            if not 0 <= number <= MAX_COUNT:
                raise self.problems.add(
                    count.span, f"`count` is {number}: 0 to {MAX_COUNT:,} are possible", hint="it is the number of members"
                )
        return Member(key, each, absent, number, edges | frozenset(expander.edges))

    def address(self, block: Block, key: str | None) -> Address:
        """The address of a resource, or of one that `for_each` made."""
        own = (block.name,) if key is None else (block.name, key)
        return Address(block.kind, (*self.setting.prefix, *own))

    def _view(self, block: Block, known: Mapping[str | None, One]) -> View:
        """What a name stands for: a resource, or many; `known` has those whose fields are read already."""
        found: dict[str | None, View] = {}
        for member in self.members[block.name]:
            address = self.address(block, member.key)
            title = block.name if member.key is None else f"{block.name}.{member.key}"
            if member.absent:
                found[member.key] = Absent(title, address)
            else:
                found[member.key] = known.get(member.key) or One(title, address, block.schema, count=member.count)
        return found[None] if None in found else Many(block.name, {str(key): view for key, view in found.items()})

    # -- bodies ------------------------------------------------------------------------------------------------------------------

    def _body(self, name: str) -> None:
        if self.shapes.get(name, self.names.get(name)) is FAILED:
            return
        block = self.document.blocks.get(name)
        self.names[name] = self._resource(block) if block else self._module(self.document.uses[name])

    def _resource(self, block: Block) -> Named:
        known: dict[str | None, One] = {}
        failed = False
        for member in self.members[block.name]:
            try:
                view = _Resource(self, block, member).read()
            except Failed:
                failed = True
            else:
                known |= {member.key: view} if view else {}
        return FAILED if failed else Named(self._view(block, known))

    def _module(self, use: Use) -> Named:
        from acsctl.stack import calling  # which evaluates instances of its own

        return calling.module(self, use)


class _Resource:
    """Reads one resource of a block, or one that `for_each` made."""

    def __init__(self, instance: Instance, block: Block, member: Member) -> None:
        self.instance = instance
        self.block = block
        self.member = member
        self.address = instance.address(block, member.key)
        self.expander = instance._expander(member.each)

    def read(self) -> One | None:
        """Put the resource into the result; what expressions see of it. None where it is absent. Raises Failed."""
        if self.member.absent:
            self._put(Desired(self.address, absent=self.member.absent, place=self.block.key.span.place), self.block.body)
            return None
        body = self._expanded()
        edges = set(self.member.edges | self.instance.setting.edges)
        common = CommonReader(body, self.block.schema, self.instance.problems)
        resolver = self.instance.resolver()
        steps = _Steps()
        lookup = steps.take(common.existing)
        spec: dict[str, Any] = {}
        if body.get("existing") is None:
            reader = FieldReader(str(self.address), self.block.kind, resolver, self.instance.problems)
            spec = steps.take(lambda: reader.spec(body.entries, self.block.schema.fields, span=self.block.key.span)) or {}
            edges |= reader.edges
        edges |= steps.take(lambda: needs(body.get("needs"), resolver)) or set()
        adopt = steps.take(lambda: common.adopt(self.member.count)) or ()
        tags = steps.take(lambda: common.tags(self.instance.tags)) or {}
        protect = bool(steps.take(lambda: common.flag("protect")))
        retain = bool(steps.take(lambda: common.flag("retain")))
        ignore = steps.take(common.ignore) or ()
        timeout = steps.take(common.timeout)
        unknown = any(key not in words.RESOURCE | {"count"} and key not in self.block.schema.fields for key in body.entries)
        if steps.failed or unknown:
            raise Failed(str(self.address))
        edges |= self.expander.edges
        edges.discard(self.address)
        desired = Desired(
            self.address,
            spec=spec,
            written=frozenset(key for key in self.block.schema.fields if body.get(key) is not None and key in spec),
            tags=tags if lookup is None else {},
            edges=frozenset(edges),
            count=self.member.count,
            existing=lookup,
            adopt=adopt,
            protect=protect,
            retain=retain,
            ignore=ignore,
            timeout=timeout,
            place=self.block.key.span.place,
        )
        self._put(desired, body)
        return self._seen(desired)

    def _expanded(self) -> Map:
        """The body with its expressions evaluated; `when`, `for_each` and `count` are read already."""
        entries = {
            key: entry if key in (*analysis.SHAPE_WORDS, "kind") else Entry(entry.key, self.expander.node(entry.value))
            for key, entry in self.block.body.entries.items()
        }
        return Map(self.block.body.span, entries)

    def _put(self, desired: Desired, body: Map) -> None:
        self.instance.result.resources[self.address] = desired
        self.instance.result.bodies[self.address] = body

    def _seen(self, desired: Desired) -> One:
        schema = self.block.schema
        plain = {key: value for key, value in desired.spec.items() if not _holds_unknown(value)}
        seen = dict(desired.spec)
        if "name" in schema.fields and desired.existing is None and not schema.fleet:
            seen.setdefault("name", self.address.default_name(self.instance.session.identity.get("name", "")))
        title = self.block.name if self.member.key is None else f"{self.block.name}.{self.member.key}"
        derived = schema.derive(plain) if desired.existing is None else {}
        return One(title, self.address, schema, seen, derived, self.member.count, given=desired.existing is not None)


class _Steps:
    """Runs readers one by one, so that a problem in one does not hide those of the next."""

    def __init__(self) -> None:
        self.failed = False

    def take(self, read: Any) -> Any:
        """What `read` gives, None where it fails."""
        try:
            return read()
        except Failed:
            self.failed = True
            return None


def _holds_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_unknown(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(_holds_unknown(item) for item in value)
    return isinstance(value, (Deferred, Ref, Secret))
