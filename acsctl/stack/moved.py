"""`moved`: pairs of addresses, of resources, members and whole modules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from acsctl.model.address import Address
from acsctl.model.resource import Desired
from acsctl.stack import plainly, tree
from acsctl.stack.problems import Failed, Problems, meant
from acsctl.stack.tree import Map, Node, Seq

Pair = tuple[Address, Address]
HINT = "write `- {from: vswitch.old, to: vswitch.new}`"


def read(
    node: Node | None, *, resources: Mapping[Address, Desired], problems: Problems, kinds: Iterable[str]
) -> tuple[Pair, ...]:
    """All pairs, those that come from a `for_each` or a module one by one."""
    if node is None:
        return ()
    reader = _Reader(resources, problems, frozenset(kinds))
    found: list[Pair] = []
    for item in node.items if isinstance(node, Seq) else (node,):
        try:
            found.extend(reader.pairs(item))
        except Failed:
            continue
    return tuple(dict.fromkeys(found))


class _Reader:
    def __init__(self, resources: Mapping[Address, Desired], problems: Problems, kinds: frozenset[str]) -> None:
        self.resources = resources
        self.problems = problems
        self.kinds = kinds

    def pairs(self, item: Node) -> list[Pair]:
        body = plainly.mapping(item, "moved", self.problems)
        for key, entry in body.entries.items():
            if key not in ("from", "to"):
                raise self.problems.add(entry.key.span, f"`moved` has no {key!r}", hint=HINT)
        before, after = self._side(body, "from"), self._side(body, "to")
        matches = self._matches(after)
        if not matches:
            names = [str(address) for address in self.resources]
            raise self.problems.add(
                body.entries["to"].value.span, f"nothing in the stack is {after}", hint=meant(after, names, kind="it has")
            )
        found = [(self._source(before, after=after, target=address), address) for address in matches]
        for source, target in found:
            if source.kind != target.kind:
                raise self.problems.add(
                    body.entries["from"].value.span,
                    f"{before} cannot become {after}: the kinds differ",
                    hint="`moved` renames, it never replaces",
                )
            if source.whole in self.resources and (
                source.number is None or source.number <= (self.resources[source.whole].count or 0)
            ):
                raise self.problems.add(
                    body.entries["from"].value.span,
                    f"{source} is still in the stack",
                    hint="`from` is the old address, which the file no longer has",
                )
        return found

    def _side(self, body: Map, word: str) -> str:
        node = body.get(word)
        if node is None or tree.is_null(node):
            raise self.problems.add(body.span, f"`moved` has no {word!r}", hint=HINT)
        text = plainly.text(node, word, self.problems)
        if not text or not all(text.split(".")):
            raise self.problems.add(
                node.span, f"{text[:80]!r} is not an address", hint="an address is kind.name, or the name of a module"
            )
        return text

    def _matches(self, text: str) -> list[Address]:
        """The resources that an address covers: itself, those of its `for_each`, a member, or all that a module holds."""
        kind, path = self._split(text)
        fits = [
            address for address in self.resources if (not kind or address.kind == kind) and address.path[: len(path)] == path
        ]
        if not fits and kind and path[-1].isdecimal() and Address(kind, path[:-1]) in self.resources:
            return [Address(kind, path[:-1], int(path[-1][:9]))]
        return fits

    def _split(self, text: str) -> tuple[str, tuple[str, ...]]:
        head, *rest = text.split(".")
        return (head, tuple(rest)) if head in self.kinds and rest else ("", (head, *rest))

    def _source(self, before: str, *, after: str, target: Address) -> Address:
        kind, path = self._split(before)
        _, aim = self._split(after)
        rest = target.path[len(aim) :]
        if path[-1].isdecimal() and not rest and (target.number is not None or self._is_fleet(kind, path[:-1])):
            return Address(kind or target.kind, path[:-1], int(path[-1][:9]))
        return Address(kind or target.kind, (*path, *rest), None)

    def _is_fleet(self, kind: str, path: tuple[str, ...]) -> bool:
        desired = self.resources.get(Address(kind, path))
        return desired is not None and desired.count is not None
