"""ConfigMaps and Secrets that a pod needs before its containers can be made."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.emulator.kubernetes.client import CONFIG_MAPS, SECRETS, Client, Object, Resource


@dataclass(frozen=True)
class Need:
    """A reference that is not optional. key: of its data, or empty. volume: that mounts it; empty for the environment."""

    resource: Resource
    name: str
    key: str = ""
    volume: str = ""


def volume_needs(pod: Mapping[str, Any]) -> Iterator[Need]:
    for volume in pod["spec"].get("volumes") or ():
        sources = [volume, *((volume.get("projected") or {}).get("sources") or ())]
        for source in sources:
            for field, name_field, resource in (
                ("configMap", "name", CONFIG_MAPS),
                ("secret", "secretName" if source is volume else "name", SECRETS),
            ):
                found = source.get(field)
                if found and not found.get("optional"):
                    yield Need(resource, found.get(name_field, ""), volume=volume["name"])


def environment_needs(container: Mapping[str, Any]) -> Iterator[Need]:
    for source in container.get("envFrom") or ():
        for field, resource in (("configMapRef", CONFIG_MAPS), ("secretRef", SECRETS)):
            if field in source and not source[field].get("optional"):
                yield Need(resource, source[field]["name"])
    for variable in container.get("env") or ():
        value = variable.get("valueFrom") or {}
        for field, resource in (("configMapKeyRef", CONFIG_MAPS), ("secretKeyRef", SECRETS)):
            if field in value and not value[field].get("optional"):
                yield Need(resource, value[field]["name"], key=value[field]["key"])


class Configuration:
    """Looks references up, each at most once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._found: dict[tuple[Resource, str, str], Object | None] = {}

    def volume_problem(self, pod: Mapping[str, Any]) -> str:
        """As the event FailedMount tells it, of the first volume that lacks something; "" when none does."""
        for need in volume_needs(pod):
            if self._find(need, namespace=pod["metadata"]["namespace"]) is None:
                lack = f'{need.resource.kind.lower()} "{need.name}" not found'
                return f'MountVolume.SetUp failed for volume "{need.volume}" : {lack}'
        return ""

    def environment_problem(self, container: Mapping[str, Any], *, namespace: str) -> str:
        """As a container in CreateContainerConfigError tells it; "" when nothing is missing."""
        for need in environment_needs(container):
            found = self._find(need, namespace=namespace)
            if found is None:
                return f'{need.resource.kind.lower()} "{need.name}" not found'
            if need.key and need.key not in {**(found.get("data") or {}), **(found.get("binaryData") or {})}:
                return f"couldn't find key {need.key} in {need.resource.kind} {namespace}/{need.name}"
        return ""

    def _find(self, need: Need, *, namespace: str) -> Object | None:
        key = (need.resource, namespace, need.name)
        if key not in self._found:
            self._found[key] = self._client.get(need.resource, namespace=namespace, name=need.name)
        return self._found[key]
