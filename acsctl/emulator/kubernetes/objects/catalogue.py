"""The built-in kinds and what can be done with them, as the discovery documents of Kubernetes list them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


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
    subresources: Mapping[str, SubResource] = MappingProxyType({})


def api_version(resource: ApiResource | SubResource) -> str:
    """`v1` for core, else `apps/v1`."""
    return f"{resource.group}/{resource.version}" if resource.group else resource.version


def resources() -> tuple[ApiResource, ...]:
    """All built-in kinds at all versions that are served, in the order of discovery."""
    raise NotImplementedError


def find(version: str, *, kind: str) -> ApiResource | None:
    """The built-in resource of an apiVersion and kind."""
    raise NotImplementedError
