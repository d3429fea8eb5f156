"""Writing what the cloud has into the stack file: which literal of which block it is, and why not where it is none. Pure.

Nothing is guessed: what an expression computes, what anchors, modules, variables or several resources share, and what stands
in other files is refused with its place. Whoever writes the text loads it first and looks whether it says what was wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acsctl.errors import Place
from acsctl.model.address import Address
from acsctl.model.change import Change, FieldChange
from acsctl.model.drift import Drifted
from acsctl.model.field import Field, FileText, Folder
from acsctl.model.resource import Desired, Stack
from acsctl.model.schema import Schema, Schemas
from acsctl.model.unknown import Secret
from acsctl.stack import splice, spots
from acsctl.stack.marked import Scalar
from acsctl.stack.sets import Accepter as SetAccepter
from acsctl.stack.spots import SpliceError
from acsctl.stack.written import Refused, Words

OWN_PATHS = {
    "state": "what failed can only be made again",
    "address": "the stack file moved it",
    "ownership": "whose it is is the stack's word: apply puts the tags back",
    "protect": "`protect` is the stack file's word",
    "retain": "`retain` is the stack file's word",
}


@dataclass(frozen=True)
class Refusal:
    """What is not written: where the value comes from, why it stays, and what to do."""

    address: Address
    path: str
    place: Place
    why: str
    remedy: str = ""


@dataclass(frozen=True)
class Acceptance:
    """The new text of the stack file, the differences that it takes over, and those that it cannot."""

    text: str
    accepted: tuple[tuple[Drifted, FieldChange], ...] = ()
    refused: tuple[Refusal, ...] = ()


@dataclass
class Accepter:
    """Takes drift over into `text`, one difference after the other. `words` tells what things are called in a block."""

    text: str
    stack: Stack
    schemas: Schemas
    words: Callable[[Address], Words]
    accepted: list[tuple[Drifted, FieldChange]] = field(default_factory=list[tuple[Drifted, FieldChange]])
    refused: list[Refusal] = field(default_factory=list[Refusal])

    def take(self, rows: Sequence[Drifted]) -> Acceptance:
        """All that can be taken over of `rows`."""
        for row in rows:
            if row.what != "changed":
                self._refuse(row, "", Refused(*_whole(row)))
            for change in row.change.fields:
                try:
                    self.text = self._taken(row.change, change)
                    self.accepted.append((row, change))
                except SpliceError as error:
                    where = Place(self.stack.file, error.line, error.column)
                    self._refuse(row, change.path, Refused(str(error), "Change it there yourself.", where))
                except Refused as error:
                    self._refuse(row, change.path, error)
        return Acceptance(self.text, tuple(self.accepted), tuple(self.refused))

    def _refuse(self, row: Drifted, path: str, error: Refused) -> None:
        desired = row.change.desired
        place = error.place or (desired.place if desired else Place(self.stack.file))
        self.refused.append(Refusal(row.change.address, path, place, error.why, error.remedy))

    def _taken(self, change: Change, item: FieldChange) -> str:
        desired = change.desired
        if desired is None:
            raise Refused("the stack file does not name it")
        _own_block(self.stack, desired)
        schema = self.schemas[change.address.kind]
        block = ("resources", desired.address.path[0])
        words = self.words(change.address)
        if item.path.startswith("tags."):
            _of_all(change, desired, [live.tags.get(item.path.removeprefix("tags.")) for live in change.live])
            return self._tag(block, item, words)
        known, path = _field_at(schema, item)
        if desired.count is not None and path == ("name",):
            raise Refused("the number of a member belongs to its name", "Repair it with  --revert")
        if not known.meta.choice:
            _of_all(change, desired, [_live(live.spec, path) for live in change.live])
        _can_be_said(item, known, desired=desired)
        where = (*block, *path)
        if known.meta.as_set and (item.added or item.removed):
            return SetAccepter(self.text, words, known, _live(desired.spec, path)).take(where, item)
        if known.meta.choice:
            return self._choice(where, change, known=known, words=words, value=words.say(known, item.before))
        if item.before is None and known.required:
            raise Refused("the cloud has none, and the field is required")
        return self._literal(where, words.say(known, item.before), words=words, known=known)

    def _tag(self, block: spots.Path, item: FieldChange, words: Words) -> str:
        key = item.path.removeprefix("tags.")
        where = (*block, "tags", key)
        if splice.at(self.text, where) is None and (node := splice.at(self.text, ("tags", key))) is not None:
            line, column = spots.read(self.text).place(node.start)
            place = Place(self.stack.file, line, column)
            raise Refused("it is a tag of the whole stack", "Change it there, or write it below `tags` of the block.", place)
        return self._literal(where, item.before, words=words)

    def _choice(self, where: spots.Path, change: Change, *, known: Field, words: Words, value: Any) -> str:
        """One more that is as wanted, the first from now on; alone where nothing else is."""
        node = splice.at(self.text, where)
        if node is None:
            return splice.put(self.text, where, value)
        words.plain(self.text, node, known)
        if not isinstance(node, Scalar):
            return splice.insert(self.text, (*where, 0), value)
        count = change.desired.count if change.desired else None
        others = count is not None and len(change.live) < count
        return splice.put(self.text, where, [value, node.value] if others else value)

    def _literal(self, where: spots.Path, value: Any, *, words: Words, known: Field | None = None) -> str:
        node = splice.at(self.text, where)
        if node is not None:
            words.plain(self.text, node, known)
        if value is not None:
            return splice.put(self.text, where, value)
        if node is None:
            raise Refused("the cloud has none, and the file does not say it in this block")
        return splice.drop(self.text, where)


def _whole(row: Drifted) -> tuple[str, str]:
    """Why a thing that came or went as a whole is not written."""
    if row.what == "added":
        return "somebody else added it", "Raise `count`, write a block, or take its tags off."
    if row.change.numbers:
        return "members are gone from the cloud", "Lower `count` yourself, or make them again with  --revert"
    return "it is gone from the cloud", "Remove the block yourself, or make it again with  --revert"


def _own_block(stack: Stack, desired: Desired) -> None:
    """Raises Refused for a block of another file, or one that stands for several resources."""
    if Path(desired.place.file) != Path(stack.file):
        raise Refused("it is in a module, which other uses share", "Change it there yourself.", desired.place)
    if sum(other.place == desired.place for other in stack.resources.values()) > 1:
        raise Refused("the block makes several resources (`for_each`)", "Change it there yourself.", desired.place)


def _field_at(schema: Schema, item: FieldChange) -> tuple[Field, tuple[str, ...]]:
    """The field that differs, and the way to it in the block; what is behind a mapping is one key, whatever dots it has."""
    if item.path in OWN_PATHS and item.path not in schema.fields:
        raise Refused(OWN_PATHS[item.path], "Repair it with  --revert")
    if item.top in schema.fields and schema.fields[item.top].meta.compare:
        raise Refused("its objects are written in manifests", "Change them there yourself.")
    first, *rest = item.path.split(".")
    known, path = schema.fields[first], [first]
    while rest and known.shape == "object":
        known = known.fields[rest[0]]
        path.append(rest.pop(0))
    return (known.each, (*path, ".".join(rest))) if rest else (known, tuple(path))


def _of_all(change: Change, desired: Desired, values: Sequence[Any]) -> None:
    """Raises Refused where not all members of a fleet have the same other value."""
    if desired.count is None:
        return
    alike = len({repr(value) for value in values}) == 1
    if len(change.live) < desired.count or not alike:
        some = f"{len(change.live)} of {desired.count} members differ" if alike else "the members differ"
        raise Refused(f"{some}, and the block says it for all")


def _live(spec: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = spec
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _can_be_said(item: FieldChange, known: Field, *, desired: Desired) -> None:
    """Raises Refused for secrets, digests and texts of other files."""
    if known.meta.secret or isinstance(item.before, Secret) or isinstance(item.after, Secret):
        raise Refused("it is secret, and secrets are never written", "Change it where it comes from.")
    if known.meta.read == "each":
        raise Refused("a tag holds its digest, and only an apply writes tags", "Write it yourself, and apply.")
    if known.meta.files or isinstance(desired.spec.get(item.top), (FileText, Folder)):
        raise Refused("its text is a file of its own", "Change it there yourself.")


def things(stack: Stack, lives: Mapping[str, Address]) -> Iterator[tuple[str, str]]:
    """The ids of live things with the word that names each in the stack file; those in modules have none."""
    for id, address in lives.items():
        desired = stack.resources.get(address.whole)
        if desired and desired.place.file and Path(desired.place.file) == Path(stack.file):
            own = [*address.path, *([str(address.number)] if address.number is not None else [])]
            yield id, ".".join(own)
