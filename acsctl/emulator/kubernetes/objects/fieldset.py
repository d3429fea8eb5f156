"""Sets of fields, and their wire form FieldsV1.

An element of a path is written as in FieldsV1: `f:replicas` a field, `k:{"name":"web"}` the item of a map list, `v:"a"` of a
set, `i:0` of a plain list. A set is a tree: what it has here, and sets below. A field is not in a set because something below
it is.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

Path = tuple[str, ...]


class FieldSet:
    """Immutable by habit: `insert` is only for who made the set; all other methods make new ones."""

    __slots__ = ("below", "members")

    def __init__(self, members: Iterable[str] = (), below: Mapping[str, "FieldSet"] | None = None) -> None:
        self.members: set[str] = set(members)
        self.below: dict[str, FieldSet] = dict(below or {})

    def insert(self, path: Path) -> None:
        """Adds one field. The empty path is the whole object, which nobody owns."""
        node = self
        for element in path[:-1]:
            node = node.below.setdefault(element, FieldSet())
        if path:
            node.members.add(path[-1])

    @property
    def empty(self) -> bool:
        return not self.members and all(one.empty for one in self.below.values())

    def has(self, path: Path) -> bool:
        node = self
        for element in path[:-1]:
            if element not in node.below:
                return False
            node = node.below[element]
        return bool(path) and path[-1] in node.members

    def under(self, element: str) -> "FieldSet":
        return self.below.get(element, NOTHING)

    def union(self, other: "FieldSet") -> "FieldSet":
        below = dict(self.below)
        for element, one in other.below.items():
            below[element] = below[element].union(one) if element in below else one
        return FieldSet(self.members | other.members, below)

    def intersection(self, other: "FieldSet") -> "FieldSet":
        shared = {
            element: one.intersection(other.below[element]) for element, one in self.below.items() if element in other.below
        }
        return _pruned(self.members & other.members, shared)

    def difference(self, other: "FieldSet") -> "FieldSet":
        """Without the fields of the other; what is below a field stays."""
        below = {
            element: one.difference(other.below[element]) if element in other.below else one
            for element, one in self.below.items()
        }
        return _pruned(self.members - other.members, below)

    def without_trees(self, other: "FieldSet") -> "FieldSet":
        """Without the fields of the other and all that is below them."""
        below = {
            element: one.without_trees(other.below[element]) if element in other.below else one
            for element, one in self.below.items()
            if element not in other.members
        }
        return _pruned(self.members - other.members, below)

    def paths(self, prefix: Path = ()) -> Iterator[Path]:
        """In the order of FieldsV1: what is here, then what is below."""
        for element in sorted(self.members, key=order):
            yield (*prefix, element)
        for element in sorted(self.below, key=order):
            yield from self.below[element].paths((*prefix, element))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FieldSet) and self.to_fields() == other.to_fields()

    def __repr__(self) -> str:
        return f"FieldSet({', '.join(text(path) for path in self.paths())})"

    def to_fields(self) -> dict[str, Any]:
        """FieldsV1."""
        made: dict[str, Any] = {}
        for element in sorted(self.members | self.below.keys(), key=order):
            below = self.below[element].to_fields() if element in self.below else {}
            made[element] = {".": {}, **below} if below and element in self.members else below
            if not below and element not in self.members:
                del made[element]
        return made


NOTHING = FieldSet()


def from_fields(fields: Mapping[str, Any]) -> FieldSet:
    """From FieldsV1. Raises ValueError when it is none."""
    made = FieldSet()
    for key, value in fields.items():
        if key == ".":
            continue
        element = _canonical(key)
        if not isinstance(value, Mapping):
            raise ValueError(f"{key} holds no object")
        if not value or "." in value:
            made.members.add(element)
        if set(value) - {"."}:
            made.below[element] = from_fields(value)
    return made


def paths_of(*paths: Path) -> FieldSet:
    """A set of paths of field names, `("metadata", "name")`."""
    made = FieldSet()
    for path in paths:
        made.insert(tuple(field(name) for name in path))
    return made


def field(name: str) -> str:
    return f"f:{name}"


def key(values: Mapping[str, Any]) -> str:
    """The element of an item of a map list, from its keys' values."""
    return "k:" + encode({name: values[name] for name in sorted(values)})


def value(item: Any) -> str:
    """The element of an item of a set."""
    return "v:" + encode(item)


def encode(item: Any) -> str:
    """JSON as Go writes it: compact, and safe inside HTML."""
    text = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def text(path: Path) -> str:
    """As messages name a field: `.spec.containers[name="web"].image`."""
    return "".join(_element_text(element) for element in path)


@lru_cache(maxsize=4096)
def order(element: str) -> tuple[int, Any]:
    """The sort key of an element: fields, then keys, values, indexes."""
    kind, rest = element[0], element[2:]
    if kind == "f":
        return 0, rest
    if kind == "k":
        return 1, [(name, _value_order(one)) for name, one in json.loads(rest).items()]
    return (2, _value_order(json.loads(rest))) if kind == "v" else (3, int(rest))


def _value_order(item: Any) -> tuple[int, Any]:
    if isinstance(item, bool):
        return 2, item
    if isinstance(item, int | float):
        return 0, item
    return (1, item) if isinstance(item, str) else (3, encode(item))


@lru_cache(maxsize=4096)
def _element_text(element: str) -> str:
    kind, rest = element[0], element[2:]
    if kind == "f":
        return f".{rest}"
    if kind == "k":
        return "[" + ",".join(f"{name}={json.dumps(one, ensure_ascii=False)}" for name, one in json.loads(rest).items()) + "]"
    return f"[={json.dumps(json.loads(rest), ensure_ascii=False)}]" if kind == "v" else f"[{rest}]"


def _canonical(element: str) -> str:
    kind, rest = element[:2], element[2:]
    if kind == "f:":
        return element
    if kind == "k:":
        found = json.loads(rest)
        if isinstance(found, dict):
            return key(found)
    if kind == "v:":
        return value(json.loads(rest))
    if kind == "i:":
        return f"i:{int(rest)}"
    raise ValueError(f"{element} is no path element")


def _pruned(members: set[str], below: Mapping[str, FieldSet]) -> FieldSet:
    return FieldSet(members, {element: one for element, one in below.items() if not one.empty})
