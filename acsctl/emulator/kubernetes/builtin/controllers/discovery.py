"""What resources there are, as the API server's discovery tells, custom ones too."""

from typing import Any

from acsctl.emulator.kubernetes.client import CUSTOM_RESOURCES, EVENTS, Client, Resource

NEEDED = {"list", "delete"}


class Discovery:
    """Asked again when the CustomResourceDefinitions have changed."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._of: Any = None
        self._resources: tuple[Resource, ...] = ()

    def resources(self) -> tuple[Resource, ...]:
        """All that can be listed and deleted, each in the version that is preferred; Events of core only."""
        custom = [
            (one["metadata"]["name"], one["metadata"]["resourceVersion"]) for one in self._client.listed(CUSTOM_RESOURCES)
        ]
        if custom != self._of:
            self._resources = tuple(self._found())
            self._of = custom
        return self._resources

    def _found(self) -> list[Resource]:
        groups = (self._client.read("/apis") or {}).get("groups") or ()
        versions = [one["preferredVersion"]["groupVersion"] for one in groups if one.get("preferredVersion")]
        found = self._of_version("v1", path="/api/v1")
        for version in versions:
            found += [one for one in self._of_version(version, path=f"/apis/{version}") if one.kind != EVENTS.kind]
        return found

    def _of_version(self, version: str, *, path: str) -> list[Resource]:
        rows = (self._client.read(path) or {}).get("resources") or ()
        return [
            Resource(version, row["name"], row["kind"], bool(row["namespaced"]))
            for row in rows
            if "/" not in row["name"] and set(row.get("verbs") or ()) >= NEEDED
        ]
