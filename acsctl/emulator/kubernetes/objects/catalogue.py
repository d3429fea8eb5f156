"""The built-in kinds and what can be done with them, as the discovery documents of Kubernetes list them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from acsctl.emulator.kubernetes.objects.metadata import load


@dataclass(frozen=True)
class SubResource:
    """A subresource (status, scale, eviction, log ...): the kind and version of what it takes and gives."""

    kind: str
    group: str
    version: str
    verbs: tuple[str, ...]


@dataclass(frozen=True)
class ApiResource:
    """A kind at one version. group: empty for core. plural: the name in URLs. subresources: by name without the plural."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    verbs: tuple[str, ...]
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: Mapping[str, SubResource] = field(default_factory=dict)


def api_version(resource: ApiResource | SubResource) -> str:
    """`v1` for core, else `apps/v1`."""
    return f"{resource.group}/{resource.version}" if resource.group else resource.version


@cache
def resources() -> tuple[ApiResource, ...]:
    """All built-in kinds at all versions that are served, in the order of discovery."""
    return tuple(_resource(row) for row in load("kubernetes.json")["resources"])


def find(version: str, *, kind: str) -> ApiResource | None:
    """The built-in resource of an apiVersion and kind."""
    return _by_kind().get((version, kind))


@cache
def _by_kind() -> dict[tuple[str, str], ApiResource]:
    return {(api_version(one), one.kind): one for one in resources()}


def _resource(row: dict[str, Any]) -> ApiResource:
    subresources = {
        name: SubResource(kind=kind, group=group, version=version, verbs=tuple(verbs))
        for name, (kind, group, version, verbs) in row["subresources"].items()
    }
    return ApiResource(
        group=row["group"],
        version=row["version"],
        kind=row["kind"],
        plural=row["plural"],
        singular=row["singular"],
        namespaced=row["namespaced"],
        verbs=tuple(row["verbs"]),
        short_names=tuple(row["short_names"]),
        categories=tuple(row["categories"]),
        subresources=MappingProxyType(subresources),
    )
