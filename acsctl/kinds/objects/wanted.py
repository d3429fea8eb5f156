"""From the files and values of a workload to the objects that it wants, and what load can refuse of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from acsctl.errors import NOWHERE, Place, Problem, StackError
from acsctl.kube import summary
from acsctl.kube.manifest import Key, ManifestError, custom, key_of, labelled, misplaced, objects, settled
from acsctl.model.address import parse
from acsctl.model.resource import Spec
from acsctl.model.schema import Fault, FileText, Others, Part
from acsctl.model.unknown import UNKNOWN, NotKnown

NAMESPACE = "default"
_UNDEFINED = re.compile(r"'(\w+)' is undefined")
_GIVEN = frozenset({"workload", "stack"})
SOURCES = ("template", "values", "manifests", "namespace")
"""Fields that say what is wanted, and of which nothing is left but the objects."""


@dataclass(frozen=True)
class _Found:
    """An object with the place that it comes from; `path` is the field of the workload."""

    item: Mapping[str, Any]
    place: Place
    path: tuple[str | int, ...]


class _Wrong(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@lru_cache(maxsize=512)
def _read(file: FileText) -> tuple[tuple[dict[str, Any], int], ...]:
    """The objects of a manifest with their lines. Nobody may change them: they are kept. Raises ManifestError."""
    return tuple((item, document.line) for item, document in objects(file.text))


def _of_files(spec: Spec) -> Iterator[_Found]:
    for index, file in enumerate(spec.get("manifests") or ()):
        try:
            found = _read(file)
        except ManifestError as error:
            place = Place(file.path, error.line, 1)
            raise _Wrong(Fault(("manifests", index), str(error), hint=error.hint, place=place)) from error
        yield from (_Found(item, Place(file.path, line, 1), ("manifests", index)) for item, line in found)


def _of_template(spec: Spec) -> Iterator[_Found] | NotKnown:
    from acsctl.kube import render

    file: FileText = spec["template"]
    address = parse(file.address)
    values: Mapping[str, Any] = spec.get("values") or {}
    own = {"name": "-".join(address.path).replace("_", "-"), "namespace": spec.get("namespace") or NAMESPACE}
    names = {"values": values, **values, "workload": own, "stack": {"name": file.stack}}
    try:
        made = render.template(file.text, names)
    except ManifestError as error:
        place = Place(file.path, error.line, 1 if error.line else 0)
        hint = error.hint or _missing(file, str(error), values)
        raise _Wrong(Fault(("template",), str(error), hint=hint, place=place)) from error
    if isinstance(made, NotKnown):
        return made
    return (_Found(item, Place(file.path), ("template",)) for item in made)


def _missing(file: FileText, said: str, values: Mapping[str, Any]) -> str:
    """Whose values a template fails with, and where the one belongs that it reads and does not get."""
    found = _UNDEFINED.search(said)
    if found is None or found[1] in values:
        return f"with the `values` of {file.address}"
    return f"write {found[1]} into the `values` of {file.address}"


def _unread(spec: Spec) -> Iterator[Fault]:
    """Values that the template never reads: a slip of the pen would change nothing, and nobody would know."""
    from acsctl.kube import render

    file, values = spec.get("template"), spec.get("values")
    if not isinstance(file, FileText) or not isinstance(values, Mapping):
        return
    known = render.names(file.text)
    if not known or "values" in known:
        return
    for name in values:
        if name not in known:
            near = get_close_matches(str(name), known - _GIVEN, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(sorted(known - _GIVEN)) or 'none'}"
            yield Fault(("values", name), f"{file.path} has no value {name!r}", hint=hint, at="key")


def _settled(spec: Spec) -> dict[Key, _Found] | NotKnown:
    """The objects that are wanted, by key. Raises _Wrong."""
    found = _of_template(spec) if isinstance(spec.get("template"), FileText) else _of_files(spec)
    if isinstance(found, NotKnown):
        return found
    rows = list(found)
    wide = custom(row.item for row in rows)
    result: dict[Key, _Found] = {}
    for row in rows:
        item = settled(row.item, namespace=str(spec.get("namespace") or NAMESPACE), wide=wide)
        key = key_of(item)
        if path := misplaced(row.item):
            hint = "put it into a Secret, and let the object refer to that"
            raise _Wrong(Fault(row.path, f"{key} would show a secret in {path}", hint=hint, place=row.place))
        if _passes(row.item):
            hint = "take ttlSecondsAfterFinished out; the Job goes with the workload"
            said = f"{key} deletes itself when it is done, and would be made again by each apply"
            raise _Wrong(Fault(row.path, said, hint=hint, place=row.place))
        if key in result:
            first = result[key].place
            hint = f"it stands in {first} too" if first != row.place else "give one of them another name"
            raise _Wrong(Fault(row.path, f"{key} is there twice", hint=hint, place=row.place))
        result[key] = _Found(item, row.place, row.path)
    return result


def _passes(item: Mapping[str, Any]) -> bool:
    spec = item.get("spec")
    return item.get("kind") == "Job" and isinstance(spec, Mapping) and spec.get("ttlSecondsAfterFinished") is not None


def check(spec: Spec, others: Others) -> Iterable[Fault]:
    """Exactly one source of objects, which can be read, and no object that another workload of the cluster has."""
    named = [word for word in ("manifests", "template") if spec.get(word) is not None]
    if len(named) != 1:
        said = "both `manifests` and `template`" if named else "neither `manifests` nor `template`"
        yield Fault(("template",) if named else (), f"a workload has one of them, and this one has {said}", at="key")
        return
    if "values" in spec and named == ["manifests"]:
        hint = "manifests are taken word for word; a template takes values"
        yield Fault(("values",), "`values` are for a `template`", hint=hint, at="key")
    yield from _unread(spec)
    try:
        found = _settled(spec)
    except _Wrong as wrong:
        yield wrong.fault
        return
    if isinstance(found, NotKnown):
        return
    if not found:
        yield Fault(("template",) if named == ["template"] else ("manifests",), "there is no object in it")
    yield from _taken(spec, found, others)


def _taken(spec: Spec, found: Mapping[Key, _Found], others: Others) -> Iterator[Fault]:
    """Objects that a workload that stands before in the file has in the same cluster."""
    for other in others.values():
        if other.spec is spec:
            return
        if other.address.kind != "workload" or other.spec.get("cluster") != spec.get("cluster") or other.existing:
            continue
        try:
            theirs = _settled(other.spec)
        except (_Wrong, KeyError):
            continue
        for key in () if isinstance(theirs, NotKnown) else found.keys() & theirs.keys():
            place = found[key].place
            yield Fault(found[key].path, f"{key} belongs to {other.address} already", hint="one of the two has it", place=place)


def normalise(spec: Spec) -> Spec:
    """The files and values of a written spec as objects by their titles, labelled as ours; `UNKNOWN` where that is not known.

    Raises StackError where a template fails with the values that it gets now.
    """
    template = spec.get("template")
    files: Any = spec.get("manifests")
    if not isinstance(template, FileText) and not (isinstance(files, (list, tuple)) and files):
        return spec
    rest = {name: value for name, value in spec.items() if name not in SOURCES}
    try:
        found = _settled(spec)
    except _Wrong as wrong:
        place = wrong.fault.place or NOWHERE
        raise StackError([Problem(place, wrong.fault.message, hint=wrong.fault.hint)]) from wrong
    if isinstance(found, NotKnown):
        return {**rest, "manifests": UNKNOWN}
    source: FileText = template if isinstance(template, FileText) else files[0]
    made = {key: labelled(row.item, stack=source.stack, address=source.address) for key, row in found.items()}
    return {**rest, "manifests": titled(made)}


def titled(items: Mapping[Key, Any]) -> dict[str, Any]:
    """Objects by the names that people have for them; the group is told where two would be called alike."""
    made: dict[str, Any] = {}
    for key, item in items.items():
        alike = str(key) in made
        made[f"{key.group_kind} {key.namespace}/{key.name}" if alike else str(key)] = item
    return made


def manifests(spec: Spec) -> dict[Key, Mapping[str, Any]]:
    """The objects of a normalised spec by key; none where they are not known."""
    found: Any = spec.get("manifests")
    return {key_of(item): item for item in found.values()} if isinstance(found, Mapping) else {}


def parts(spec: Spec) -> Iterable[Part]:
    """A line for each object."""
    return [Part(str(key), summary.detail(item)) for key, item in manifests(spec).items()]
