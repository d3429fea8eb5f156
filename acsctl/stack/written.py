"""How live values are said in a stack file, and whether what stands there is a literal that may be written over. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.errors import Place
from acsctl.model.field import MISSING, Field
from acsctl.stack import spots
from acsctl.stack.marked import Alias, Map, Marked, Node, Scalar, Seq
from acsctl.stack.spots import SpliceError


class Refused(Exception):
    """A value that is not written: `why`, what to do, and where it comes from, if it is not the block."""

    def __init__(self, why: str, remedy: str = "", place: Place | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy
        self.place = place


def _same(item: Any) -> list[Any]:
    return [item]


@dataclass(frozen=True)
class Words:
    """What a stack file calls things.

    `names` are the words for live things by id, `shared` the names of variables, locals and modules. `expand` gives what one
    item of a list means in the form of a live thing, by the field's name.
    """

    names: Mapping[str, str] = field(default_factory=dict[str, str])
    shared: Collection[str] = ()
    expand: Mapping[str, Callable[[Any], list[Any]]] = field(default_factory=dict[str, Callable[[Any], list[Any]]])

    def say(self, known: Field, value: Any, *, keep: Collection[str] = ()) -> Any:
        """A live value as it is written: names for ids, and no defaults but those of the keys to `keep`."""
        if isinstance(value, (list, tuple)):
            return [self.say(known.each if known.shape == "list" else known, item) for item in value]
        if isinstance(value, Mapping) and known.fields:
            return {key: self._part(known.fields, key, item) for key, item in value.items() if _telling(known, key, item, keep)}
        if known.meta.reference and isinstance(value, str):
            return self.names.get(value, value)
        return value

    def _part(self, fields: Mapping[str, Field], key: str, item: Any) -> Any:
        return self.say(fields[key], item) if key in fields else item

    def plain(self, text: str, node: Node, known: Field | None) -> None:
        """Raises SpliceError unless the node, and all that is in it, says its value itself."""
        found = spots.read(text)
        for inner in spots.nodes(node):
            if isinstance(inner, Alias):
                raise spots.error(found, inner.start, f"it is what &{inner.name} says, which other places may use too")
            if inner.anchor in found.aliases:
                raise spots.error(found, inner.start, f"it is anchored as &{inner.anchor}, which other places use too")
            if isinstance(inner, Scalar) and "{{" in inner.text:
                raise spots.error(found, inner.start, "an expression computes it")
        self._no_variable(found, node, known)

    def _no_variable(self, found: Marked, node: Node, known: Field | None) -> None:
        """A word in a reference field may be a variable, or an output of a module."""
        if known is None:
            return
        if isinstance(node, Seq):
            for item in node.items:
                self._no_variable(found, item, known.each if known.shape == "list" else known)
        elif isinstance(node, Map):
            for pair in node.pairs:
                self._no_variable(found, pair.value, known.fields.get(pair.name))
        elif known.meta.reference and isinstance(node, Scalar) and node.text.split(".")[0].split("[")[0] in self.shared:
            raise spots.error(found, node.start, f"{node.text} is a variable or a module's, which others use too")


def _telling(known: Field, key: str, value: Any, keep: Collection[str]) -> bool:
    """Whether a part of an object has to be written: not what it would be anyway."""
    inner = known.fields.get(key)
    if value is None or key in keep or inner is None:
        return value is not None
    if inner.default is not MISSING and inner.default is not None:
        return bool(value != inner.default)
    return inner.required or value not in ("", [], {})


def secrets(text: str) -> frozenset[str]:
    """What secret variables are by default, line by line: a text of the file that is shown must not show them."""
    root = spots.read(text).root
    section = root.pair("variables") if isinstance(root, Map) else None
    found: set[str] = set()
    for pair in section.value.pairs if section and isinstance(section.value, Map) else ():
        words = {inner.name: inner.value for inner in pair.value.pairs} if isinstance(pair.value, Map) else {}
        flag, default = words.get("secret"), words.get("default")
        if isinstance(flag, Scalar) and flag.value is True and isinstance(default, Scalar):
            found |= set(default.text.split("\n"))
    return frozenset(found)


def shared(text: str) -> frozenset[str]:
    """The names of the file's variables, locals and modules."""
    found = spots.read(text)
    sections = [found.root.pair(name) for name in ("variables", "locals", "modules")] if isinstance(found.root, Map) else []
    maps = [pair.value for pair in sections if pair and isinstance(pair.value, Map)]
    return frozenset(pair.name for section in maps for pair in section.pairs)


__all__ = ["Refused", "SpliceError", "Words", "secrets", "shared"]
