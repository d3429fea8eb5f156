"""Which kinds the server has: the built-in ones, and those of CustomResourceDefinitions as soon as they are established."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from acsctl.emulator.kubernetes.builtin.conversion import STORED_AS, convert
from acsctl.emulator.kubernetes.builtin.storage import Key, Kind, Object
from acsctl.emulator.kubernetes.objects import catalogue
from acsctl.emulator.kubernetes.objects.catalogue import ApiResource, SubResource, api_version
from acsctl.emulator.kubernetes.objects.schema import Schema, from_openapi, schema_of

STANDARD_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")


@dataclass(frozen=True, eq=False)
class Entry:
    """A kind at one version. custom: the version of its CustomResourceDefinition; None for a built-in kind."""

    resource: ApiResource
    stored_as: Kind
    stored_version: str
    custom: Mapping[str, Any] | None = None

    @property
    def api_version(self) -> str:
        return api_version(self.resource)

    @cached_property
    def schema(self) -> Schema | None:
        if self.custom is None:
            return schema_of(self.api_version, kind=self.resource.kind)
        document = (self.custom.get("schema") or {}).get("openAPIV3Schema")
        return None if document is None else from_openapi(document)

    @property
    def has_status(self) -> bool:
        """Whether status is written through its subresource only."""
        return "status" in self.resource.subresources

    def key(self, name: str, *, namespace: str) -> Key:
        return Key(self.stored_as, namespace if self.resource.namespaced else "", name)

    def present(self, stored: Object) -> Object:
        """A stored object at this version."""
        return stored if stored["apiVersion"] == self.api_version else convert(stored, to=self.api_version)

    def keep(self, obj: Object) -> Object:
        """An object of this version as it is stored."""
        return obj if self.api_version == self.stored_version else convert(obj, to=self.stored_version)


class Registry:
    """By group, version and plural."""

    def __init__(self) -> None:
        first: dict[Kind, str] = {}
        for one in catalogue.resources():
            first.setdefault((one.group, one.plural), api_version(one))
        self._builtin = {_where(one): _builtin_entry(one, first=first) for one in catalogue.resources()}
        self._custom: dict[tuple[str, str, str], Entry] = {}

    def find(self, group: str, *, version: str, plural: str) -> Entry | None:
        where = (group, version, plural)
        return self._builtin.get(where) or self._custom.get(where)

    def entries(self) -> list[Entry]:
        """In the order of discovery, built-in ones first."""
        return [*self._builtin.values(), *self._custom.values()]

    def stored(self) -> list[Entry]:
        """One entry per kind that is stored, at its stored version."""
        return [one for one in self.entries() if one.api_version == one.stored_version and one.resource.verbs]

    def of_kind(self, version: str, *, kind: str) -> Entry | None:
        return next((one for one in self.entries() if (one.api_version, one.resource.kind) == (version, kind)), None)

    def define(self, definitions: Iterable[Mapping[str, Any]]) -> None:
        """Takes the CustomResourceDefinitions that there are now; only established ones are served."""
        entries = [one for definition in definitions if is_established(definition) for one in custom_entries(definition)]
        self._custom = {_where(one.resource): one for one in entries}


def is_established(definition: Mapping[str, Any]) -> bool:
    conditions = definition.get("status", {}).get("conditions") or []
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


def custom_entries(definition: Mapping[str, Any]) -> list[Entry]:
    """An entry per served version of a CustomResourceDefinition."""
    spec = definition["spec"]
    stored = next(one["name"] for one in spec["versions"] if one.get("storage"))
    return [
        Entry(_custom_resource(spec, version=one), (spec["group"], spec["names"]["plural"]), f"{spec['group']}/{stored}", one)
        for one in spec["versions"]
        if one.get("served")
    ]


def _where(resource: ApiResource) -> tuple[str, str, str]:
    return resource.group, resource.version, resource.plural


def _builtin_entry(resource: ApiResource, *, first: Mapping[Kind, str]) -> Entry:
    """first: the version that discovery names first, which is the stored one unless conversion.py says otherwise."""
    kind = (resource.group, resource.plural)
    stored_as, version = STORED_AS.get(kind, (kind, first[kind]))
    return Entry(resource, stored_as, version)


def _custom_resource(spec: Mapping[str, Any], *, version: Mapping[str, Any]) -> ApiResource:
    names, group, name = spec["names"], spec["group"], version["name"]
    wanted = version.get("subresources") or {}
    own = {"status": SubResource(names["kind"], group, name, ("get", "patch", "update"))} if "status" in wanted else {}
    scale = {"scale": SubResource("Scale", "autoscaling", "v1", ("get", "patch", "update"))} if "scale" in wanted else {}
    return ApiResource(
        group=group,
        version=name,
        kind=names["kind"],
        plural=names["plural"],
        singular=names.get("singular") or names["kind"].lower(),
        namespaced=spec["scope"] == "Namespaced",
        verbs=STANDARD_VERBS,
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        subresources={**own, **scale},
    )
