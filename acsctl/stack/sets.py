"""Lists whose order means nothing, item by item: what the cloud no longer has goes, what is new comes, the rest stays. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acsctl.model.change import FieldChange
from acsctl.model.field import Field
from acsctl.stack import splice
from acsctl.stack.marked import Node, Seq
from acsctl.stack.spots import Path
from acsctl.stack.written import Refused, Words

Expand = Callable[[Any], list[Any]]


def canonical(item: Any) -> str:
    """Equal for equal items."""
    return json.dumps(item, sort_keys=True, default=str)


@dataclass(frozen=True)
class Accepter:
    """Takes over one list of `text`. `items` are those of the loaded stack, in the order of the text."""

    text: str
    words: Words
    known: Field
    items: Any

    def take(self, where: Path, change: FieldChange) -> str:
        """The text with the list as the cloud has it."""
        node = splice.at(self.text, where)
        have = change.before if isinstance(change.before, (list, tuple)) else list(change.removed)
        if node is None or not isinstance(node, Seq):
            if node is not None:
                self.words.plain(self.text, node, self.known)
            return splice.put(self.text, where, self.words.say(self.known, list(have)))
        rows = self._rows(node, change.top)
        return self._apply(where, node, [self._fate(row, change) for row in rows], list(change.removed))

    def _rows(self, node: Seq, name: str) -> list[list[Any]]:
        """What each written item means; raises Refused where an item stands for several of the stack's."""
        if not isinstance(self.items, (list, tuple)) or len(self.items) != len(node.items):
            raise Refused("an item of the list stands for several things", "Change it there yourself.")
        expand = self.words.expand.get(name, lambda item: [item])
        return [expand(item) for item in self.items]

    def _fate(self, row: Sequence[Any], change: FieldChange) -> list[Any] | None:
        """None for an item that stays; else what is left of what it means."""
        lost = {canonical(item) for item in change.added}
        left = [item for item in row if canonical(item) not in lost]
        return None if len(left) == len(row) else left

    def _apply(self, where: Path, node: Seq, fates: Sequence[list[Any] | None], new: list[Any]) -> str:
        """From the last item to the first. An item that goes makes room for a new one that is most alike."""
        text = self.text
        for number in range(len(fates) - 1, -1, -1):
            left = fates[number]
            if left is None:
                continue
            self.words.plain(text, node.items[number], self.known)
            coming = [*left, *self._alike(node.items[number], new if not left else [])]
            for item in coming:
                if item in new:
                    new.remove(item)
            text = self._instead(text, (*where, number), node.items[number], coming)
        for item in new:
            text = self._appended(text, where, item)
        return text

    def _instead(self, text: str, where: Path, node: Node, coming: Sequence[Any]) -> str:
        """An item with the first of `coming` in its place, and the others behind it."""
        if not coming:
            return splice.drop(text, where)
        keep = splice.data(node)
        keys = tuple(keep) if isinstance(keep, Mapping) else ()
        for item in reversed(coming[1:]):
            text = splice.insert(text, (*where[:-1], int(where[-1]) + 1), self._said(item, keys))
        return splice.put(text, where, self._said(coming[0], keys))

    def _appended(self, text: str, where: Path, item: Any) -> str:
        node = splice.at(text, where)
        if not isinstance(node, Seq):
            return splice.put(text, where, [self._said(item)])
        return splice.insert(text, (*where, len(node.items)), self._said(item))

    def _said(self, item: Any, keep: Sequence[str] = ()) -> Any:
        """As it is written: numbers as such, and without the empty parts that it would have anyway, where it means the same."""
        said = self.words.say(self.known.each, item, keep=keep)
        if not isinstance(item, Mapping) or not isinstance(said, Mapping):
            return said
        expand = self.words.expand.get(self.known.name, lambda row: [row])
        usual = [key for key, value in item.items() if not value and key not in keep]
        usual = [key for key in usual if expand({name: part for name, part in item.items() if name != key}) == [item]]
        numbers = {key: int(value) for key, value in said.items() if isinstance(value, str) and value.isdecimal()}
        numbers = {key: value for key, value in numbers.items() if expand({**item, key: value}) == [item]}
        return {key: numbers.get(key, value) for key, value in said.items() if key not in usual}

    def _alike(self, node: Node, new: Sequence[Any]) -> list[Any]:
        """Of new items the one that has most in common with an old one, if it has anything."""
        old = splice.data(node)
        if not isinstance(old, Mapping):
            return list(new[:1])
        scores = [(sum(item.get(key) == value for key, value in old.items()), -place) for place, item in enumerate(new)]
        best = max(scores, default=(0, 0))
        return [new[-best[1]]] if best[0] else []
