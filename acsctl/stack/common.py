"""The words that every resource may carry, beside the fields of its kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.model.address import Address
from acsctl.model.ownership import PREFIX
from acsctl.model.resource import Lookup
from acsctl.model.schema import Schema
from acsctl.model.unknown import Deferred, Secret
from acsctl.stack import leaves, plainly, references, tree, words
from acsctl.stack.expand import SPOILED
from acsctl.stack.problems import Failed, Problems, meant
from acsctl.stack.tree import Map, Node, Scalar
from acsctl.stack.views import Existing, Module, View

MAX_TAGS = 15
"""Of the 20 that a resource may have, ours are up to five (sheet behaviour.md 5)."""

MAX_COUNT = 9_999


@dataclass
class CommonReader:
    """Reads the common words of one resource from its expanded body. Each method raises Failed with the problem noted."""

    body: Map
    schema: Schema
    problems: Problems

    def flag(self, word: str) -> bool:
        """`protect` and `retain`."""
        node = self.body.get(word)
        return node is not None and plainly.boolean(node, word, self.problems)

    def timeout(self) -> float | None:
        """`timeout` in seconds."""
        node = self.body.get("timeout")
        return None if node is None else plainly.seconds(node, "timeout", self.problems)

    def ignore(self) -> tuple[str, ...]:
        """The paths of `ignore`, each the name of a field, with more behind a dot."""
        node = self.body.get("ignore")
        paths = [] if node is None else plainly.texts(node, "ignore", self.problems)
        for path in paths:
            head = path.split(".")[0]
            if head != "tags" and head not in self.schema.fields:
                assert node is not None
                hint = meant(head, ["tags", *self.schema.fields], kind="fields:")
                raise self.problems.add(node.span.word(path), f"`ignore`: {self.schema.kind} has no field {head!r}", hint=hint)
        return tuple(paths)

    def adopt(self, count: int | None) -> tuple[str, ...]:
        """The ids of `adopt`: one, or for a fleet a list in the order of its numbers."""
        node = self.body.get("adopt")
        if node is None:
            return ()
        ids = plainly.texts(node, "adopt", self.problems)
        for found in ids:
            self._id(found, node=node, word="adopt")
        if len(set(ids)) < len(ids):
            raise self.problems.add(node.span, "`adopt` names the same id twice", hint="each member is another thing")
        most = 1 if not self.schema.fleet or count is None else count
        if len(ids) > most:
            hint = "a list is for fleets with a `count`" if most == 1 else f"the fleet has {most} members"
            raise self.problems.add(node.span, f"`adopt` names {len(ids)} things for {most}", hint=hint)
        return tuple(ids)

    def _id(self, found: str, *, node: Node, word: str) -> None:
        if self.schema.ids and not re.fullmatch(self.schema.ids, found):
            hint = f"an id such as {references.example(self.schema.ids)}"
            raise self.problems.add(
                node.span.word(found), f"`{word}`: {found[:80]!r} is not the id of a {self.schema.kind}", hint=hint
            )

    def existing(self) -> Lookup | None:
        """How to look an existing thing up."""
        node = self.body.get("existing")
        if node is None:
            return None
        if isinstance(node, Scalar):
            found = plainly.text(node, "existing", self.problems)
            self._id(found, node=node, word="existing")
            return Lookup({"id": found})
        query = plainly.mapping(node, "existing", self.problems)
        allowed = words.EXISTING | self.schema.fields.keys()
        found_query: dict[str, Any] = {}
        for key, entry in query.entries.items():
            if key not in allowed:
                raise self.problems.add(entry.key.span, f"`existing` has no {key!r}", hint=meant(key, allowed, kind="it takes"))
            if not tree.is_null(entry.value):
                found_query[key] = self._wanted(key, entry.value)
        if not found_query:
            raise self.problems.add(
                node.span,
                "`existing` says nothing to look for",
                hint="an id, or a mapping with id, name, tags, stack and address",
            )
        if "address" in found_query and "stack" not in found_query:
            raise self.problems.add(
                node.span, "`existing` has an address without a stack", hint="write `stack:` beside `address:`"
            )
        if "id" in found_query:
            self._id(found_query["id"], node=query.entries["id"].value, word="existing")
        return Lookup(found_query)

    def _wanted(self, key: str, node: Node) -> Any:
        if key == "tags":
            return {name: str(value) for name, value in tags_of(node, self.problems).items()}
        if key in words.EXISTING:
            return plainly.text(node, f"existing.{key}", self.problems)
        shape = self.schema.fields[key].shape
        return plainly.text(node, key, self.problems) if shape == "text" else plainly.known(node, key, self.problems)

    def tags(self, inherited: Mapping[str, Any]) -> dict[str, Any]:
        """The stack's tags with the resource's own over them."""
        node = self.body.get("tags")
        merged = {**inherited, **(tags_of(node, self.problems) if node is not None else {})}
        if len(merged) > MAX_TAGS:
            where = node.span if node is not None else self.body.span
            raise self.problems.add(
                where, f"{len(merged)} tags: at most {MAX_TAGS}", hint="the cloud takes 20, and some are acsctl's own"
            )
        return merged


def tags_of(node: Node, problems: Problems) -> dict[str, Any]:
    """Tags: texts, or values that become texts once they are known. Raises Failed."""
    found: dict[str, Any] = {}
    failed = False
    for key, entry in plainly.mapping(node, "tags", problems).entries.items():
        try:
            if not tree.is_null(entry.value):
                found[key] = _tag(key, key_node=entry.key, node=entry.value, problems=problems)
        except Failed:
            failed = True
    if failed:
        raise Failed("tags")
    return found


def _tag(key: str, *, key_node: Scalar, node: Node, problems: Problems) -> Any:
    if not 1 <= len(key) <= 128 or key.startswith((PREFIX, "acs:", "aliyun", "http://", "https://")):
        hint = "keys have 1 to 128 characters and do not begin with acsctl:, acs:, aliyun, http:// or https://"
        raise problems.add(key_node.span, f"{key[:60]!r} cannot be the key of a tag", hint=hint)
    if not isinstance(node, Scalar):
        raise problems.add(node.span, f"the tag {key!r} is a text", hint=f"write `{key}: TEXT`")
    value = node.value
    if value is SPOILED:
        raise Failed("tags")
    if isinstance(value, Secret) or (isinstance(value, Deferred) and value.secret):
        raise problems.add(
            node.span, f"the tag {key!r} cannot be secret: tags are shown", hint="use a value that is not secret", hide=True
        )
    if isinstance(value, Deferred):
        return value
    if isinstance(value, View):
        raise problems.add(
            node.span, f"the tag {key!r} is a text, not a resource", hint="name an attribute of it, such as `id`"
        )
    try:
        text = str(leaves.typed(node, "text"))
    except leaves.LeafError as error:
        raise problems.add(node.span, f"the tag {key!r}: {error}", hint=error.hint) from error
    if len(text) > 128 or text.startswith(("http://", "https://")):
        hint = "values have at most 128 characters and do not begin with http:// or https://"
        raise problems.add(node.span, f"{text[:60]!r} cannot be the value of a tag", hint=hint)
    return text


def needs(node: Node | None, resolver: references.Resolver) -> set[Address]:
    """The resources that `needs` names: resources, members, or all that a module holds. Raises Failed."""
    found: set[Address] = set()
    for item in references.flattened(node) if node is not None else ():
        if isinstance(item, Scalar) and item.value is SPOILED:
            raise Failed("needs")
        value = item.value if isinstance(item, Scalar) else None
        view = value if isinstance(value, View) else None
        if view is None:
            text = plainly.text(item, "needs", resolver.problems)
            assert isinstance(item, Scalar)
            target = resolver.view(text, item)
            if target is None:
                everything = resolver.names(())
                raise resolver.problems.add(
                    item.span,
                    f"`needs`: there is no resource or module {text[:80]!r}",
                    hint=meant(text, everything, kind="the stack has"),
                )
            view = target if isinstance(target, View) else None
            if view is None:
                continue
        if isinstance(view, Existing):
            raise resolver.problems.add(item.span, "`needs` names a resource or a module", hint="an id makes no order")
        found |= view.inside if isinstance(view, Module) else view.addresses
    return found
