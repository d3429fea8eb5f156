"""From the files and values of a workload to the objects that it wants, and what load can refuse of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from acsctl.errors import NOWHERE, Problem, StackError
from acsctl.kinds.objects import offline, sources
from acsctl.kinds.objects.built import Wrong
from acsctl.kinds.objects.sources import Found
from acsctl.kube import summary
from acsctl.kube.manifest import DEFINITION, Key, custom, key_of, labelled, misplaced, placed, settled
from acsctl.model.address import Address
from acsctl.model.resource import Spec
from acsctl.model.schema import Fault, FileText, Others, Part
from acsctl.model.unknown import UNKNOWN, NotKnown

_GIVEN = frozenset({"workload", "stack"})
GONE_INTO = (*sources.SOURCES, "values", "namespace")
"""Fields that say what is wanted, and of which nothing is left but the objects."""


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


def settled_of(spec: Spec) -> dict[Key, Found] | NotKnown:
    """The objects that are wanted, by key. Raises Wrong."""
    rows = _keyed(spec)
    if isinstance(rows, NotKnown):
        return rows
    result: dict[Key, Found] = {}
    for key, row in rows:
        _refuse(row, key)
        if key in result:
            first = result[key].place
            hint = f"it stands in {first} too" if first != row.place else "give one of them another name"
            raise Wrong(Fault(row.path, f"{key} is there twice", hint=hint, place=row.place))
        result[key] = row
    return result


def _keyed(spec: Spec) -> list[tuple[Key, Found]] | NotKnown:
    """Each object in its final form, with its key. Raises Wrong."""
    rows = sources.found(spec)
    if isinstance(rows, NotKnown):
        return rows
    wide = custom(row.item for row in rows)
    namespace = _namespace(spec)
    items = ((row, settled(row.item, namespace=namespace, wide=wide)) for row in rows)
    return [(key_of(item), replace(row, item=item, written=row.item)) for row, item in items]


def _namespace(spec: Spec) -> str:
    return str(spec.get("namespace") or sources.NAMESPACE)


def _refuse(row: Found, key: Key) -> None:
    if path := misplaced(row.written):
        hint = "put it into a Secret, and let the object refer to that"
        raise Wrong(Fault(row.path, f"{key} would show a secret in {path}", hint=hint, place=row.place))
    if _passes(row.item):
        hint = "take ttlSecondsAfterFinished out; the Job goes with the workload"
        said = f"{key} deletes itself when it is done, and would be made again by each apply"
        raise Wrong(Fault(row.path, said, hint=hint, place=row.place))


def _passes(item: Mapping[str, Any]) -> bool:
    spec = item.get("spec")
    return item.get("kind") == "Job" and isinstance(spec, Mapping) and spec.get("ttlSecondsAfterFinished") is not None


def check(spec: Spec, others: Others) -> Iterable[Fault]:
    """Exactly one source of objects, which can be read and has the form that the cluster wants, and no object that another
    workload of the cluster has."""
    named = sources.named(spec)
    if len(named) != 1:
        said = " and ".join(f"`{word}`" for word in named) if named else "none"
        every = ", ".join(f"`{word}`" for word in sources.SOURCES)
        yield Fault((named[-1],) if named else (), f"a workload has one of {every}, and this one has {said}", at="key")
        return
    if "values" in spec and named != ["template"]:
        hint = "those of a chart stand inside of it" if named == ["chart"] else "manifests are taken word for word"
        yield Fault(("values",), "`values` are for a `template`", hint=hint, at="key")
    yield from _unread(spec)
    try:
        found = settled_of(spec)
    except Wrong as wrong:
        yield wrong.fault
        return
    if isinstance(found, NotKnown):
        return
    if not found:
        yield Fault((named[0],), "there is no object in it")
    mates = [*_mates(spec, others)]
    yield from _taken(found, mates)
    among = [item for mate in mates for item in mate.definitions]
    if version := offline.version_of(spec, others):
        yield from offline.check(found, version, among=among).faults
    else:
        yield from offline.by_definitions(found, among)


@dataclass(frozen=True)
class _Mate:
    """Another workload of the same cluster: whether it stands `before` in the file, and what is known of its objects."""

    address: Address
    before: bool
    keys: frozenset[Key]
    definitions: Sequence[Mapping[str, Any]]


def _mates(spec: Spec, others: Others) -> Iterator[_Mate]:
    before = True
    for other in others.values():
        if other.spec is spec:
            before = False
        elif other.address.kind == "workload" and not other.existing and other.spec.get("cluster") == spec.get("cluster"):
            try:
                rows = sources.found(other.spec)
            except (Wrong, KeyError):
                continue
            items = [] if isinstance(rows, NotKnown) else [row.item for row in rows]
            wide, namespace = custom(items), _namespace(other.spec)
            keys = frozenset(placed(key_of(item), namespace=namespace, wide=wide) for item in items)
            yield _Mate(other.address, before, keys, [item for item in items if item["kind"] == DEFINITION])


def _taken(found: Mapping[Key, Found], mates: Iterable[_Mate]) -> Iterator[Fault]:
    """Objects that a workload that stands before in the file has in the same cluster."""
    for mate in mates:
        for key in mate.keys & found.keys() if mate.before else ():
            row = found[key]
            said = f"{key} belongs to {mate.address} already"
            yield Fault(row.path, said, hint="one of the two has it", place=row.place)


def known(spec: Spec) -> dict[Key, Found] | NotKnown:
    """The objects that are wanted with the values that are known by now. Raises StackError."""
    try:
        return settled_of(spec)
    except Wrong as wrong:
        place = wrong.fault.place or NOWHERE
        raise StackError([Problem(place, wrong.fault.message, hint=wrong.fault.hint)], late=True) from wrong


def normalise(spec: Spec) -> Spec:
    """The files and values of a written spec as objects by their titles, labelled as ours; `UNKNOWN` where that is not known.

    Raises StackError where a template or a chart fails with the values that it gets now.
    """
    source = sources.origin(spec)
    if source is None:
        return spec
    rest = {name: value for name, value in spec.items() if name not in GONE_INTO}
    found = known(spec)
    if isinstance(found, NotKnown):
        return {**rest, "manifests": UNKNOWN}
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
