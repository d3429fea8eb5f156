"""Reads the body of a block into a spec, field by field, as the schema of its kind says."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from acsctl.errors import StackError
from acsctl.model.address import Address
from acsctl.model.schema import MISSING, Field
from acsctl.model.unknown import Deferred, Ref, Secret
from acsctl.stack import expand, leaves, references, scalars
from acsctl.stack.attached import Attached
from acsctl.stack.evaluate import Known
from acsctl.stack.expand import SPOILED
from acsctl.stack.leaves import LeafError
from acsctl.stack.problems import Failed, Problems, meant, nearest
from acsctl.stack.source import Span
from acsctl.stack.tree import Entry, Map, Node, Scalar, Seq, is_null
from acsctl.stack.views import View, later


@dataclass
class FieldReader:
    """Reads one resource. `title` names it in messages, `attached` reads the files that it names; afterwards `edges` holds the
    resources that it refers to. `listed`: what is read is an item of a list, or in one."""

    title: str
    kind: str
    resolver: references.Resolver
    problems: Problems
    edges: set[Address] = field(default_factory=set)
    attached: Attached | None = None
    listed: bool = False

    def spec(self, body: Mapping[str, Entry], fields: Mapping[str, Field], *, span: Span) -> dict[str, Any]:
        """The spec of an object: what is written, and defaults. Raises Failed when a part of it is wrong."""
        found: dict[str, Any] = {}
        failed = False
        for name, item in fields.items():
            entry = body.get(name)
            try:
                value = MISSING if entry is None or is_null(entry.value) else self.value(entry.value, item)
            except Failed:
                failed = True
                continue
            if value is MISSING and item.required:
                failed |= self._missing(name, body=body, fields=fields, span=span)
            elif value is not MISSING:
                found[name] = value
            elif item.default is not MISSING and item.default is not None:
                found[name] = copy.deepcopy(item.default)
        if failed:
            raise Failed(self.title)
        return found

    def _missing(self, name: str, *, body: Mapping[str, Entry], fields: Mapping[str, Field], span: Span) -> bool:
        mistyped = any(nearest(key, fields) == name for key in body if key not in fields)
        if not mistyped:
            self.problems.add(
                span, f"{self.title} has no {name!r}", hint=f"{name}: {fields[name].doc}   (acsctl explain {self.kind})"
            )
        return True

    def value(self, node: Node, item: Field) -> Any:
        """The value of a field; MISSING where it drops out. Raises Failed."""
        if isinstance(node, Scalar) and node.value is SPOILED:
            raise Failed(self.title)
        if item.meta.reference:
            return self._reference(node, item)
        if item.meta.files and self.attached:
            return self._files(node, item)
        if isinstance(node, Scalar) and isinstance(node.value, Deferred) and item.shape in ("list", "object", "mapping"):
            return self._deferred(node, value=node.value, item=item)
        if item.shape == "list":
            return self._list(node, item)
        if item.shape == "object":
            return self._object(node, item)
        if item.shape == "mapping":
            return self._mapping(node, item)
        if item.shape == "any":
            return self._any(node, item)
        return self._leaf(node, item)

    def _reference(self, node: Node, item: Field) -> Any:
        reference = item.meta.reference
        assert reference is not None
        if item.shape == "list":
            targets = self.resolver.many(node, reference)
            dropped = not targets and bool(references.flattened(node))
        else:
            target = self.resolver.one(node, reference)
            targets = [] if target is None else [target]
            dropped = target is None
        if not reference.late:
            self.edges |= references.whole(targets)
        for target in targets:
            if isinstance(target, Deferred) and item.meta.natural_key:
                raise self._unknown(node, item)
        if dropped:
            if item.required:
                hint = "make this one absent too, or name another"
                raise self.problems.add(node.span, f"{item.name} names what is absent: its `when` is false", hint=hint)
            return MISSING if item.shape != "list" else []
        if item.shape == "list":
            self._length(node, item=item, length=len(targets))
            return targets
        return targets[0]

    def _files(self, node: Node, item: Field) -> Any:
        assert self.attached is not None
        found = self.attached.read(node, item)
        if item.shape == "list":
            self._length(node, item=item, length=len(found))
            return found
        if len(found) != 1:
            raise self.problems.add(node.span, f"{item.name}: one file is wanted here", hint=item.doc)
        return found[0]

    def _list(self, node: Node, item: Field) -> list[Any]:
        if isinstance(node, Map) and not item.fields:
            raise self.problems.add(
                node.span, f"{item.name} is a list, not a mapping", hint="write its items with `- ` or in brackets"
            )
        rows = node.items if isinstance(node, Seq) else (node,)
        found: list[Any] = []
        failed = False
        reader = replace(self, listed=True)
        for row in rows:
            try:
                found.append(reader.value(row, item.each))
            except Failed:
                failed = True
        if failed:
            raise Failed(self.title)
        self._length(node, item=item, length=len(found))
        return found

    def _length(self, node: Node, *, item: Field, length: int) -> None:
        for limit in item.limits:
            least, most = getattr(limit, "min_length", None), getattr(limit, "max_length", None)
            if least is not None and length < least:
                raise self.problems.add(node.span, f"{item.name} has {length} items: at least {least}", hint=item.doc)
            if most is not None and length > most:
                raise self.problems.add(node.span, f"{item.name} has {length} items: at most {most}", hint=item.doc)

    def _object(self, node: Node, item: Field) -> dict[str, Any]:
        if not isinstance(node, Map):
            raise self.problems.add(
                node.span, f"{item.name}: expected a mapping, found {_found(node)}", hint="it has " + ", ".join(item.fields)
            )
        failed = False
        for key, entry in node.entries.items():
            if key not in item.fields:
                hint = f"{meant(key, item.fields, kind='it has')}   (acsctl explain {self.kind})"
                self.problems.add(entry.key.span, f"{item.name} of {self.title} has no field {key!r}", hint=hint)
                failed = True
        inner = replace(self, title=f"{item.name} of {self.title}")
        spec = inner.spec(node.entries, item.fields, span=node.span)
        if failed:
            raise Failed(self.title)
        return spec

    def _mapping(self, node: Node, item: Field) -> dict[str, Any]:
        if not isinstance(node, Map):
            raise self.problems.add(
                node.span, f"{item.name}: expected a mapping, found {_found(node)}", hint="write `key: value`, one a line"
            )
        found: dict[str, Any] = {}
        failed = False
        for key, entry in node.entries.items():
            if is_null(entry.value):
                continue
            try:
                found[key] = self.value(entry.value, item.each)
            except Failed:
                failed = True
        if failed:
            raise Failed(self.title)
        return found

    def _any(self, node: Node, item: Field) -> Any:
        if isinstance(node, Scalar):
            return self._leaf(node, item)
        value = expand.data(node)
        if _holds(value, (Secret,)):
            self._in_the_open(node, item)
        if _holds(value, (View, Deferred, Secret, Ref)):
            return value
        return self._guard(node, item=item, check=lambda: leaves.checked(value, item))

    def _leaf(self, node: Node, item: Field) -> Any:
        if not isinstance(node, Scalar):
            raise self.problems.add(
                node.span, f"{item.name}: expected {leaves.WANTED[item.shape]}, found {_found(node)}", hint=item.doc
            )
        value = node.value
        if isinstance(value, View):
            raise self.problems.add(
                node.span,
                f"{item.name}: {value.label}, and {leaves.WANTED[item.shape]} is wanted",
                hint="name an attribute of it, such as `id`",
            )
        if isinstance(value, Ref):
            value = later(value.address, "id")
        if isinstance(value, Deferred):
            return self._deferred(node, value=value, item=item)
        if isinstance(value, Secret):
            return self._secret(node, value=value, item=item)
        result = self._guard(node, item=item, check=lambda: leaves.checked(leaves.typed(node, item.shape), item))
        return Secret(result) if item.meta.secret else result

    def _secret(self, node: Scalar, *, value: Secret, item: Field) -> Secret:
        if item.meta.natural_key or item.name == "name":
            raise self.problems.add(
                node.span, f"{item.name} cannot be secret: names are shown and stored", hint="use a value that is not secret"
            )
        self._in_the_open(node, item)
        bare = replace(node, value=value.reveal())
        return Secret(
            self._guard(node, item=item, check=lambda: leaves.checked(leaves.typed(bare, item.shape), item), hide=True)
        )

    def _in_the_open(self, node: Node, item: Field) -> None:
        """What is in a list is told apart by what it says, and shown when it goes: a secret has no place there."""
        if self.listed:
            text = f"{item.name} cannot be secret: the items of a list are compared and shown"
            raise self.problems.add(node.span, text, hint="use a value that is not secret")

    def _guard(self, node: Node, *, item: Field, check: Callable[[], Any], hide: bool = False) -> Any:
        try:
            return check()
        except LeafError as error:
            if hide or item.meta.secret:
                raise self.problems.add(
                    node.span, f"{item.name}: the secret value is not allowed here", hint=item.doc, hide=True
                ) from None
            raise self.problems.add(node.span, f"{item.name}: {error}", hint=error.hint or item.doc) from error

    def _unknown(self, node: Node, item: Field) -> Failed:
        hint = "use variables, or fields that are written in the file"
        return self.problems.add(node.span, f"{item.name} must be known before anything is made", hint=hint)

    def _deferred(self, node: Scalar, *, value: Deferred, item: Field) -> Deferred:
        if item.meta.natural_key:
            raise self._unknown(node, item)
        secret = value.secret or item.meta.secret
        if secret and item.name == "name":
            raise self.problems.add(
                node.span, "name cannot be secret: names are shown and stored", hint="use a value that is not secret"
            )
        if secret:
            self._in_the_open(node, item)
        return Deferred(value.reads, _checking(value, node=node, item=item), text=value.text, secret=secret)


def _checking(value: Deferred, *, node: Scalar, item: Field) -> Callable[[Known], Any]:
    """Computes a deferred value and reads it as the field does. Raises StackError where it does not fit after all."""

    def compute(known: Known) -> Any:
        problems = Problems()
        nothing = references.Resolver(lambda name: None, lambda kinds: [], problems)
        reader = FieldReader(item.name, "", nothing, problems)
        given = value.value(known)
        secret = isinstance(given, Secret)
        plain = given.reveal() if isinstance(given, Secret) else given
        try:
            result = reader.value(expand.computed(node.span, plain), item)
        except Failed as error:
            raise StackError(problems.sorted) from error
        return Secret(result) if secret and not isinstance(result, Secret) else result

    return compute


def _found(node: Node) -> str:
    if isinstance(node, Scalar):
        return scalars.name_of(node.value)
    return "a list" if isinstance(node, Seq) else "a mapping"


def _holds(value: Any, types: tuple[type, ...]) -> bool:
    if isinstance(value, Mapping):
        return any(_holds(item, types) for item in value.values())
    if isinstance(value, list):
        return any(_holds(item, types) for item in value)
    return isinstance(value, types)
