"""The schemas of Kubernetes' own kinds by minor version, from the package `kubernetes-validate`, which ships them.

They are the OpenAPI definitions that an API server publishes, as JSON Schema in its strict form: what no field of a kind is is
refused. The package is big, so that it is optional (`pip install 'acsctl[schemas]'`); without it nothing is known here.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from acsctl.kube.manifest import group_of

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

PACKAGE = "kubernetes_validate"
INSTALL = "pip install 'acsctl[schemas]'"
_FOLDER = re.compile(r"v\d+\.\d+\.\d+-local-strict")
_VERSION = re.compile(r"v?(\d+)\.(\d+)")

Sort = tuple[str, str]
"""apiVersion and kind."""
Minor = tuple[int, int]


@dataclass(frozen=True)
class Book:
    """The kinds of one minor version. `sorts` are the names of their definitions."""

    minor: Minor
    definitions: Mapping[str, Any] = field(repr=False)
    sorts: Mapping[Sort, str] = field(repr=False)

    @property
    def version(self) -> str:
        """`1.35`."""
        return ".".join(map(str, self.minor))

    @cached_property
    def registry(self) -> Any:
        """The definitions as a validator looks references up."""
        from referencing import Registry, Resource

        registry: Any = Registry()
        return registry.with_resource(self.definitions["$id"], Resource.from_contents(self.definitions))

    def schema(self, sort: Sort) -> dict[str, Any] | None:
        """The schema of a kind, which refers to `definitions`; None where Kubernetes itself has no such kind."""
        name = self.sorts.get(sort)
        return {"$ref": f"{self.definitions['$id']}#/$defs/{name}"} if name else None

    def versions(self, sort: Sort) -> list[str]:
        """The apiVersions in which the group of a kind has it."""
        group = group_of(sort[0])
        return sorted(version for version, kind in self.sorts if kind == sort[1] and group_of(version) == group)

    def kinds(self, api_version: str) -> list[str]:
        """The kinds of an apiVersion."""
        return sorted(kind for version, kind in self.sorts if version == api_version)


def minor_of(version: str) -> Minor | None:
    """Major and minor of a version such as `1.35`, `1.35.2-aliyun.1`."""
    found = _VERSION.match(version)
    return (int(found[1]), int(found[2])) if found else None


@cache
def shipped() -> Mapping[Minor, str]:
    """The minor versions with schemas, and their folders; none where the package is not installed."""
    if importlib.util.find_spec(PACKAGE) is None:
        return {}
    names = [folder.name for folder in _root().iterdir() if _FOLDER.fullmatch(folder.name)]
    return {minor: name for name in names if (minor := minor_of(name))}


def nearest(version: str) -> Book | None:
    """The schemas of a version, or of the nearest one before it, or after it where all are newer; None where there are none."""
    want, known = minor_of(version), sorted(shipped())
    if not known:
        return None
    older = [minor for minor in known if want is None or minor <= want]
    return _book(older[-1] if older else known[0])


@lru_cache(maxsize=4)
def _book(minor: Minor) -> Book:
    text = (_root() / shipped()[minor] / "_definitions.json").read_text(encoding="utf-8")
    definitions: Mapping[str, Any] = json.loads(text)
    sorts: dict[Sort, str] = {}
    for name, schema in definitions["$defs"].items():
        rows: list[Any] = schema.get("x-kubernetes-group-version-kind") or []
        # What is there for every group (DeleteOptions, WatchEvent) and lists are no objects.
        if len(rows) == 1 and "metadata" in schema.get("properties", {}) and not str(rows[0]["kind"]).endswith("List"):
            (row,) = rows
            api_version = f"{row['group']}/{row['version']}" if row["group"] else str(row["version"])
            sorts[api_version, str(row["kind"])] = name
    return Book(minor, definitions, sorts)


def _root() -> Traversable:
    return resources.files(PACKAGE) / "kubernetes-json-schema"
