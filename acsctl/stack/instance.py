"""One evaluation of a document: the stack itself, or one use of a module with its inputs.

Stages run in the order that `analysis` found. The shape of a block says how many it is and which of them are absent; its
body gives the specs. What fails is noted once and spoils what depends on it, silently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from acsctl.model.address import Address
from acsctl.stack import analysis, plainly, words
from acsctl.stack.common import MAX_COUNT, tags_of
from acsctl.stack.document import Block, Document, Use
from acsctl.stack.evaluate import Surroundings
from acsctl.stack.expand import Expander, data
from acsctl.stack.members import FAILED, Member, Result, Setting
from acsctl.stack.problems import Failed
from acsctl.stack.references import Resolver
from acsctl.stack.resources import ResourceReader
from acsctl.stack.session import Session
from acsctl.stack.tree import Map, Node, Scalar, Seq
from acsctl.stack.views import Absent, Many, Named, One, View

Call = Callable[["Instance", Use], Named]
"""Evaluates a module for a block of `modules`; handed in, because it makes instances of its own."""


class Instance:
    """Evaluates one document once."""

    def __init__(
        self, document: Document, session: Session, *, setting: Setting, given: Mapping[str, Named], call: Call
    ) -> None:
        self.document = document
        self.session = session
        self.problems = session.problems
        self.setting = setting
        self.call = call
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
                self.tags |= tags_of(self.expander().node(node), self.problems)
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
        expander = self.expander()
        try:
            value = expander.data(node)
        except Failed:
            return FAILED
        return Named(value, frozenset(expander.edges))

    def around(self, each: Named | None = None) -> Surroundings:
        """What expressions see; `each` inside of `for_each`."""

        def lookup(name: str) -> Named:
            if name == "each" and each is not None:
                return each
            return self.names.get(name, FAILED)

        return Surroundings(lookup, self.functions, self.session.sandbox)

    def expander(self, each: Named | None = None) -> Expander:
        """Evaluates nodes of this document."""
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
            yield self._member(item, key=None, each=None, edges=frozenset())
            return
        expander = self.expander()
        pairs = self._pairs(expander.node(node), item)
        edges = frozenset(expander.edges)
        failed = False
        for key, value in pairs:
            try:
                yield self._member(item, key=key, each=Named({"key": key, "value": value}, edges), edges=edges)
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

    def _member(self, item: Block | Use, *, key: str | None, each: Named | None, edges: frozenset[Address]) -> Member:
        self.session.count_one(item.key.span)
        expander = self.expander(each)
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

    def _body(self, name: str) -> None:
        block = self.document.blocks.get(name)
        if name not in self.members:
            if block:  # how many there are cannot be told; what else is wrong with the block can
                with suppress(Failed):
                    ResourceReader(self, block, member=Member(None, FAILED)).read()
            return
        self.names[name] = self._resource(block) if block else self.call(self, self.document.uses[name])

    def _resource(self, block: Block) -> Named:
        known: dict[str | None, One] = {}
        failed = False
        for member in self.members[block.name]:
            try:
                view = ResourceReader(self, block, member=member).read()
            except Failed:
                failed = True
            else:
                known |= {member.key: view} if view else {}
        return FAILED if failed else Named(self._view(block, known))
