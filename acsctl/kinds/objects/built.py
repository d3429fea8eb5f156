"""What kustomizations and charts are built into, with every failure at the place that it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acsctl.errors import Place
from acsctl.kube import chart as charts
from acsctl.kube import kustomize
from acsctl.kube.documents import Document
from acsctl.kube.manifest import ManifestError, Sift, objects
from acsctl.kube.tools import ToolError
from acsctl.model.schema import Fault, Folder
from acsctl.model.unknown import UNKNOWN, NotKnown, Secret

_REPO = re.compile(r"(https?|oci)://[^\s]+")


class Wrong(Exception):
    """The sources of a workload are wrong; `fault` says how."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True)
class Built:
    """Objects with their documents, whose lines are those of the text that was built from `file`; and what was left out."""

    file: str
    rows: tuple[tuple[dict[str, Any], Document], ...]
    left_out: tuple[str, ...] = ()


def kustomization(folder: Folder) -> Built:
    """The objects of a folder. Raises Wrong."""
    where, fence = Path(folder.where), Path(folder.fence)
    try:
        text = kustomize.build(where, fence=fence)
    except kustomize.PlacedError as error:
        place = Place(_named(folder, error.file), error.line, 1 if error.line else 0)
        raise Wrong(Fault(("kustomize",), str(error), hint=error.hint, place=place)) from error
    except ToolError as error:
        raise Wrong(Fault(("kustomize",), str(error), hint=error.hint, place=_kustomization(folder, error))) from error
    file = kustomize.file_of(where)
    shown = _named(folder, file) if file else folder.path
    try:
        return Built(shown, tuple(objects(text, sift=_without_status)))
    except ManifestError as error:
        said = f"what the kustomization builds is wrong: {error}"
        hint = error.hint or (f"line {error.line} of what it builds" if error.line else "")
        raise Wrong(Fault(("kustomize",), said, hint=hint, place=Place(shown))) from error


def _kustomization(folder: Folder, error: ToolError) -> Place | None:
    """The file that a build fails in; nothing of that is at fault where the program is missing."""
    file = kustomize.file_of(Path(folder.where))
    return Place(_named(folder, file)) if file and not error.hint else None


def _named(folder: Folder, file: Path) -> str:
    """A file in or beside a folder as a person finds it."""
    base = Path(folder.where)
    if file.is_relative_to(base):
        return str(Path(folder.path) / file.relative_to(base))
    return str(file.relative_to(folder.fence)) if file.is_relative_to(folder.fence) else str(file)


def _without_status(item: Any) -> Any:
    """Tools that write definitions leave an empty status in them, which is the cluster's and nobody's fault here."""
    return {key: value for key, value in item.items() if key != "status"} if isinstance(item, Mapping) else item


def chart(source: Folder, words: Mapping[str, Any], *, known: bool) -> Built | NotKnown:
    """The objects of a chart, `words` being the fields of it; `UNKNOWN` where a value is not `known`. Raises Wrong."""
    asked = charts.Chart(
        str(words["release"]),
        str(words["namespace"]),
        path=source.where,
        repo="" if source.where else source.path,
        name=str(words.get("name") or ""),
        version=str(words.get("version") or ""),
        kube_version=str(words.get("kube_version") or ""),
    )
    faults = [*_faults(asked, words)]
    if faults:
        raise Wrong(faults[0])
    if not known:
        return UNKNOWN
    values: Any = words.get("values") or {}
    try:
        text = charts.render(asked, _revealed(values))
    except ToolError as error:
        raise Wrong(Fault(("chart",), str(error), hint=error.hint, place=_template(source, str(error)))) from error
    left: list[str] = []
    try:
        rows = tuple(objects(text, sift=_sifted(values, left)))
    except ManifestError as error:
        template = charts.source_of(text, error.line)
        said = f"what the chart renders is wrong{f' ({template})' if template else ''}: {error}"
        place = Place(source.path) if source.where else None
        raise Wrong(Fault(("chart",), said, hint=error.hint, place=place)) from error
    return Built(source.path, rows, tuple(left))


def _faults(asked: charts.Chart, words: Mapping[str, Any]) -> Iterable[Fault]:
    if asked.path:
        for word in ("repo", "name", "version"):
            if words.get(word) is not None:
                hint = "a chart is in a folder of yours, or in a repository"
                yield Fault(("chart", word), f"`{word}` is for a chart of a `repo`", hint=hint, at="key")
        return
    if not _REPO.fullmatch(asked.repo):
        hint = "such as https://charts.example.com or oci://registry.example.com/charts"
        yield Fault(("chart", "repo"), f"{asked.repo!r} is no address of a repository", hint=hint)
    for word, value in (("name", asked.name), ("version", asked.version)):
        if not value:
            hint = "the version of a chart is written, so that every plan has the same" if word == "version" else ""
            yield Fault(("chart",), f"a chart of a `repo` has a `{word}`", hint=hint, at="key")


def _template(source: Folder, said: str) -> Place | None:
    """The template of a chart on this machine that Helm complains of."""
    found = charts.place_in(said)
    if not source.where or not Path(source.where).is_dir() or found is None:
        return None
    path, line, column = found
    return Place(str(Path(source.path, *Path(path).parts[1:])), line, column)


def _sifted(values: Any, left: list[str]) -> Sift:
    """Leaves hooks out, telling them in `left`, and hides what has a secret of the values in it."""

    def sift(item: Any) -> Any:
        if not isinstance(item, Mapping):
            return item
        if charts.is_hook(item):
            meta: Mapping[str, Any] = item["metadata"]
            left.append(f"{item.get('kind')} {meta.get('name') or meta.get('generateName')}")
            return None
        return charts.concealed(_without_status(item), values)

    return sift


def _revealed(value: Any) -> Any:
    """The values in the open, for the standard input of the program that renders them."""
    if isinstance(value, Secret):
        return _revealed(value.reveal())
    if isinstance(value, Mapping):
        return {key: _revealed(item) for key, item in value.items()}
    return [_revealed(item) for item in value] if isinstance(value, (list, tuple)) else value
