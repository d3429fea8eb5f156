"""What the objects of a workload are made of: files, a template, a kustomization or a chart. Each is built once a run."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from acsctl.errors import Place
from acsctl.kinds.objects import built
from acsctl.kinds.objects.built import Built, Wrong
from acsctl.kube.documents import Document
from acsctl.kube.manifest import ManifestError, objects
from acsctl.model.address import parse
from acsctl.model.resource import Spec
from acsctl.model.schema import Fault, FileText, Folder
from acsctl.model.unknown import UNKNOWN, Deferred, NotKnown, Ref, Secret

NAMESPACE = "default"
SOURCES = ("manifests", "template", "kustomize", "chart")
_UNDEFINED = re.compile(r"'(\w+)' is undefined")


@dataclass(frozen=True)
class Found:
    """An object with the place that it comes from; `path` is the field of the workload.

    `made`: the lines of the document are those of what was built, not of the file. `written` is the object as it stood there,
    before it got its namespace and its secrets were hidden.
    """

    item: Mapping[str, Any]
    file: str
    path: tuple[str | int, ...]
    document: Document
    made: bool = False
    written: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def place(self) -> Place:
        """Where the object begins; of what was built, what it was built from."""
        return self.at("")

    def at(self, path: str) -> Place:
        """Where a field of it stands, as near as can be told."""
        return Place(self.file) if self.made else Place(self.file, *self.document.spot(path))


def named(spec: Spec) -> list[str]:
    """Which sources a spec has."""
    return [word for word in SOURCES if spec.get(word) is not None]


def origin(spec: Spec) -> FileText | Folder | None:
    """A file or folder of a written spec, which knows the stack and the address; None for a spec that is normalised already."""
    files, chart = spec.get("manifests"), spec.get("chart")
    rows = [*files] if isinstance(files, (list, tuple)) else []
    inner = [chart.get("path"), chart.get("repo")] if isinstance(chart, Mapping) else []
    rows += [spec.get("template"), spec.get("kustomize"), *inner]
    return next((row for row in rows if isinstance(row, (FileText, Folder))), None)


def found(spec: Spec) -> Sequence[Found] | NotKnown:
    """The objects of a written spec, or `UNKNOWN` where these are known after apply. Raises Wrong."""
    if isinstance(spec.get("template"), FileText):
        return _of_template(spec)
    if isinstance(spec.get("kustomize"), Folder):
        folder: Folder = spec["kustomize"]
        return _made(once(Once(folder, partial(built.kustomization, folder))), ("kustomize",))
    if isinstance(spec.get("chart"), Mapping):
        return _of_chart(spec)
    return list(_of_files(spec))


def left_out(spec: Spec) -> tuple[str, ...]:
    """The hooks of a chart, by kind and name: nothing runs them here."""
    try:
        made = _chart(spec) if isinstance(spec.get("chart"), Mapping) and isinstance(origin(spec), Folder) else None
    except Wrong:
        return ()
    return made.left_out if isinstance(made, Built) else ()


@lru_cache(maxsize=512)
def _read(file: FileText) -> tuple[tuple[dict[str, Any], Document], ...]:
    """The objects of a manifest with their documents. Nobody may change them: they are kept. Raises ManifestError."""
    return tuple(objects(file.text))


def _of_files(spec: Spec) -> Iterator[Found]:
    for index, file in enumerate(spec.get("manifests") or ()):
        try:
            rows = _read(file)
        except ManifestError as error:
            place = Place(file.path, error.line, 1)
            raise Wrong(Fault(("manifests", index), str(error), hint=error.hint, place=place)) from error
        yield from (Found(item, file.path, ("manifests", index), document) for item, document in rows)


@dataclass(frozen=True)
class Once:
    """Something that is worked out once for equal keys. What comes of it is kept: nobody may change it."""

    key: Hashable
    make: Callable[[], Any] = field(compare=False)


def once(what: Once) -> Any:
    """What `make` gives, or raises: a program that fails is not run again."""
    found = _kept(what)
    if isinstance(found, (Wrong, ManifestError)):
        raise found
    return found


@lru_cache(maxsize=256)
def _kept(what: Once) -> Any:
    try:
        return what.make()
    except (Wrong, ManifestError) as error:
        return error


def frozen(value: Any) -> Hashable:
    """A key that is equal for values of which the same is made: what is not known yet is all alike."""
    if isinstance(value, (NotKnown, Deferred, Ref)):
        return UNKNOWN
    if isinstance(value, Secret):
        return ("secret", frozen(value.reveal()))
    if isinstance(value, Mapping):
        return ("mapping", *((str(key), frozen(item)) for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return ("list", *map(frozen, value))
    return (type(value).__name__, value)


def _of_template(spec: Spec) -> Sequence[Found] | NotKnown:
    from acsctl.kube import render

    file: FileText = spec["template"]
    values: Mapping[str, Any] = spec.get("values") or {}
    own = {"name": release(file), "namespace": spec.get("namespace") or NAMESPACE}
    names = {"values": values, **values, "workload": own, "stack": {"name": file.stack}}
    try:
        made = once(Once((file, frozen(names)), partial(render.template, file.text, names)))
    except ManifestError as error:
        place = Place(file.path, error.line, 1 if error.line else 0)
        hint = error.hint or _missing(file, str(error), values)
        raise Wrong(Fault(("template",), str(error), hint=hint, place=place)) from error
    if isinstance(made, NotKnown):
        return made
    return [Found(item, file.path, ("template",), document, made=True) for item, document in made]


def release(source: FileText | Folder) -> str:
    """The name of a workload as Kubernetes takes one."""
    return "-".join(parse(source.address).path).replace("_", "-")


def _missing(file: FileText, said: str, values: Mapping[str, Any]) -> str:
    """Whose values a template fails with, and where the one belongs that it reads and does not get."""
    name = _UNDEFINED.search(said)
    if name is None or name[1] in values:
        return f"with the `values` of {file.address}"
    return f"write {name[1]} into the `values` of {file.address}"


def _of_chart(spec: Spec) -> Sequence[Found] | NotKnown:
    made = _chart(spec)
    return made if isinstance(made, NotKnown) else _made(made, ("chart",))


def _chart(spec: Spec) -> Built | NotKnown:
    """The chart of a spec, which fails without `helm` even where its values are not known yet. Raises Wrong."""
    source, chart = origin(spec), spec["chart"]
    if not isinstance(source, Folder):
        raise Wrong(Fault(("chart",), "a chart has a `path`, or a `repo`"))
    words = {"release": release(source), "namespace": spec.get("namespace") or NAMESPACE, **chart}
    key = frozen({**words, "path": source.where, "repo": source.path, "listing": source.listing})
    made = once(Once((source.address, key), partial(built.chart, source, words, known=not _unknown(key))))
    return made if isinstance(made, Built) else UNKNOWN


def _unknown(key: Hashable) -> bool:
    return any(map(_unknown, key)) if isinstance(key, tuple) else key == UNKNOWN


def _made(made: Built, path: tuple[str | int, ...]) -> list[Found]:
    return [Found(item, made.file, path, document, made=True) for item, document in made.rows]
