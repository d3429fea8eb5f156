"""Reads one resource of a block, or one that `for_each` made, into a Desired."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from acsctl.model.resource import Desired
from acsctl.model.unknown import Deferred, Ref, Secret
from acsctl.stack import analysis, words
from acsctl.stack.attached import Attached
from acsctl.stack.common import CommonReader, needs
from acsctl.stack.document import Block
from acsctl.stack.fields import FieldReader
from acsctl.stack.members import Member
from acsctl.stack.problems import Failed
from acsctl.stack.tree import Entry, Map
from acsctl.stack.views import One

if TYPE_CHECKING:  # which reads its resources here
    from acsctl.stack.instance import Instance

Value = TypeVar("Value")


class ResourceReader:
    """Reads one resource of a block, or one that `for_each` made."""

    def __init__(self, instance: Instance, block: Block, *, member: Member) -> None:
        self.instance = instance
        self.block = block
        self.member = member
        self.address = instance.address(block, member.key)
        self.expander = instance.expander(member.each)

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
            attached = Attached(self.instance.session, self.address.tag)
            reader = FieldReader(str(self.address), self.block.kind, resolver, self.instance.problems, attached=attached)
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
        self.instance.session.count_edges(len(edges), self.block.key.span)
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

    def take(self, read: Callable[[], Value]) -> Value | None:
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
