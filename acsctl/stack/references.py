"""References: a text in a reference field -> the resource of the stack that it names, or an existing thing's id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from acsctl.model.address import Address
from acsctl.model.schema import Reference
from acsctl.model.unknown import Deferred, Ref, Secret
from acsctl.stack import scalars
from acsctl.stack.expand import SPOILED
from acsctl.stack.problems import Failed, Problems, meant
from acsctl.stack.tree import Node, Scalar, Seq, is_null
from acsctl.stack.views import Every, Existing, Module, Named, NoSuch, View, later

Target = Ref | str | Deferred


@dataclass(frozen=True)
class Resolver:
    """Looks references up. `shape` gives what a name stands for, None for no name of the stack; `names` lists them by kind."""

    shape: Callable[[str], Named | None]
    names: Callable[[Iterable[str]], list[str]]
    problems: Problems

    def many(self, node: Node, reference: Reference) -> list[Target]:
        """The targets of a list, of one thing, or of several that are spliced in. Raises Failed."""
        items = flattened(node)
        found: list[Target] = []
        spoiled = False
        for item in items:
            try:
                found.extend(self._targets(item, reference)[0])
            except Failed:
                spoiled = True
        if spoiled:
            raise Failed("a reference")
        return list(dict.fromkeys(found))

    def one(self, node: Node, reference: Reference) -> Target | None:
        """The one target; None where it is absent (`when` is false). Raises Failed."""
        if isinstance(node, Seq) and len(node.items) == 1:
            node = node.items[0]
        if isinstance(node, Seq):
            raise self.problems.add(node.span, "one is wanted here, not several", hint="name one of them")
        targets, single = self._targets(node, reference)
        if len(targets) > 1 or not single:
            text = (node.text if isinstance(node, Scalar) else "") or "this"
            hint = "name one of them: " + ", ".join(_names(targets)[:6]) if targets else "it has no members"
            raise self.problems.add(node.span, f"{text} is many, and one is wanted here", hint=hint)
        return targets[0] if targets else None

    def given(self, node: Node, reference: Reference) -> View | Deferred:
        """What a variable that takes a reference stands for. Raises Failed."""
        if isinstance(node, Seq):
            found = [self.given(item, reference) for item in flattened(node)]
            if any(isinstance(item, Deferred) for item in found):
                raise self.problems.add(
                    node.span, "a list of references must be known at load", hint="name resources of the stack"
                )
            return Every(tuple(item for item in found if isinstance(item, View)))
        targets, _ = self._targets(node, reference)
        assert isinstance(node, Scalar)
        value = node.value if node.computed and not isinstance(node.value, str) else self.view(str(node.value), node)
        if isinstance(value, View):
            return value
        target = targets[0]
        return (
            later(target.address, "id")
            if isinstance(target, Ref)
            else target
            if isinstance(target, Deferred)
            else Existing(target, target)
        )

    def _targets(self, node: Node, reference: Reference) -> tuple[list[Target], bool]:
        if not isinstance(node, Scalar):
            raise self.problems.add(
                node.span,
                f"{scalars.name_of([] if isinstance(node, Seq) else {})} is no reference",
                hint=self._hint("", reference),
            )
        value = node.value
        if value is SPOILED:
            raise Failed("spoiled")
        if isinstance(value, Secret):
            raise self.problems.add(node.span, "a reference cannot be secret", hint="use the name of a resource", hide=True)
        if isinstance(value, Deferred):
            return [value], True
        if isinstance(value, (View, Ref)):
            return self._checked(value, node=node, reference=reference)
        text = node.text if not node.computed else value
        if not isinstance(text, str) or is_null(node):
            raise self.problems.add(node.span, f"{scalars.name_of(value)} is no reference", hint=self._hint("", reference))
        return self._text(text, node=node, reference=reference)

    def _text(self, text: str, *, node: Scalar, reference: Reference) -> tuple[list[Target], bool]:
        found = self.view(text, node)
        if isinstance(found, Deferred):
            return [found], True
        if isinstance(found, str):
            text = found
        elif found is not None:
            return self._checked(found, node=node, reference=reference)
        if (reference.ids and re.fullmatch(reference.ids, text)) or (reference.also is not None and reference.also(text)):
            return [text], True
        raise self.problems.add(
            node.span, f"there is no {_kinds(reference)} named {text[:80]!r}", hint=self._hint(text, reference)
        )

    def view(self, text: str, node: Scalar) -> View | Ref | Deferred | str | None:
        """What a dotted name stands for; None where its first word is no name of the stack. Raises Failed.

        A text is what an output of a module says: the id of an existing thing, if anything.
        """
        head, *rest = text.split(".")
        named = self.shape(head)
        if named is None:
            return None
        value = self._open(named)
        try:
            for key in rest:
                if not isinstance(value, View):
                    raise NoSuch(f"{head} is no resource", word=head)
                value = self._open(value.outputs[key]) if isinstance(value, Module) and key in value.outputs else value.get(key)
        except NoSuch as error:
            raise self.problems.add(
                node.span, str(error), hint=error.hint or meant(error.word, error.allowed, kind="it has")
            ) from error
        if isinstance(value, (View, Ref, Deferred)) or (isinstance(value, str) and rest):
            return value
        hint = f'to use its value, write "{{{{ {text} }}}}"'
        raise self.problems.add(node.span, f"{text} is {scalars.name_of(value)} and no resource", hint=hint)

    def _open(self, named: Named) -> Any:
        if named.failed:
            raise Failed("name")
        return named.value

    def _checked(self, value: View | Ref, *, node: Scalar, reference: Reference) -> tuple[list[Target], bool]:
        if isinstance(value, Ref):
            targets: list[Ref | str] = [value]
        else:
            try:
                targets = value.targets()
            except NoSuch as error:
                raise self.problems.add(node.span, str(error), hint=meant("", error.allowed, kind="name an output:")) from error
        for target in targets:
            if isinstance(target, Ref) and target.address.kind not in reference.kinds:
                name = node.text or ".".join(target.address.path)
                message = f"{name} is {_a(target.address.kind)}; {_a(_kinds(reference))} is wanted here"
                raise self.problems.add(node.span, message, hint=self._hint("", reference))
        return list(targets), not isinstance(value, View) or value.single

    def _hint(self, text: str, reference: Reference) -> str:
        names = self.names(reference.kinds)
        hint = meant(text, names, kind="the stack has")
        if hint:
            return hint
        if not reference.ids:  # known by names that could be any word
            return f"describe an existing one by a resource: {{kind: {reference.kinds[0]}, existing: ...}}"
        return f"an id such as {example(reference.ids)}"


def flattened(node: Node) -> list[Node]:
    """The items of a list, lists that an expression gave spliced in; one thing is a list of one."""
    if not isinstance(node, Seq):
        return [node]
    return [inner for item in node.items for inner in (item.items if isinstance(item, Seq) else (item,))]


def example(pattern: str) -> str:
    """What an id looks like, from its regular expression: `vpc-...`."""
    return re.split(r"[\[(\\.*+?{]", pattern.lstrip("^"), maxsplit=1)[0] + "..."


def whole(targets: Iterable[Target]) -> set[Address]:
    """The resources of the stack among the targets, fleets as wholes."""
    return {target.address.whole for target in targets if isinstance(target, Ref)}


def _names(targets: Iterable[Target]) -> list[str]:
    return [
        ".".join((*target.address.path, *((str(target.address.number),) if target.address.number else ())))
        for target in targets
        if isinstance(target, Ref)
    ]


def _a(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def _kinds(reference: Reference) -> str:
    return " or ".join(reference.kinds)
