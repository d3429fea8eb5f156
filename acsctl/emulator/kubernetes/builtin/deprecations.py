"""Warnings that come with every request for a kind that is on its way out."""

from collections.abc import Mapping

from acsctl.emulator.kubernetes.builtin.registry import Entry

_BUILTIN: Mapping[tuple[str, str], str] = {
    ("v1", "Endpoints"): "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    ("v1", "ComponentStatus"): "v1 ComponentStatus is deprecated in v1.19+",
}


def warnings(entry: Entry) -> list[str]:
    """For a built-in kind, or a version of a custom resource that is marked so; mostly none."""
    if entry.custom is None:
        found = _BUILTIN.get((entry.api_version, entry.resource.kind))
        return [] if found is None else [found]
    if not entry.custom.get("deprecated"):
        return []
    stored = f"; use {entry.stored_version} {entry.resource.kind}" if entry.stored_version != entry.api_version else ""
    return [entry.custom.get("deprecationWarning") or f"{entry.api_version} {entry.resource.kind} is deprecated{stored}"]
