"""What the server has: /version, /api, /apis, one by one and aggregated (KEP-3352)."""

import base64
import hashlib
import platform
import re
from collections.abc import Iterable, Mapping
from typing import Any

from acsctl.emulator.kubernetes.builtin import negotiation
from acsctl.emulator.kubernetes.builtin.call import Control
from acsctl.emulator.kubernetes.builtin.registry import Entry
from acsctl.emulator.kubernetes.builtin.request import Answer, Request
from acsctl.emulator.kubernetes.objects.catalogue import ApiResource, SubResource
from acsctl.emulator.kubernetes.paths import Target

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"


_OLDER_STORED = {"VolumeAttributesClass": "v1beta1", "CustomResourceDefinition": "v1beta1"}
"""Kinds that release 1.35 still stores at an older version."""


def version(control: Control) -> dict[str, str]:
    """GET /version. The Go version and the times of a build that never was are those of the release."""
    major, minor = re.findall(r"\d+", control.face.version)[:2]
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return {
        "major": major,
        "minor": minor,
        "gitVersion": control.face.version,
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "go1.25",
        "compiler": "gc",
        "platform": f"linux/{machine}",
    }


def answer(control: Control, *, request: Request, target: Target | None) -> Answer | None:
    """None for a path that is no discovery document."""
    path = request.path.rstrip("/") or "/"
    if path == "/":
        return Answer(200, {"paths": _root(control)})
    if path in ("/api", "/apis"):
        aggregated = _aggregated_version(request)
        core = path == "/api"
        if aggregated:
            content = AGGREGATED.format(version=aggregated)
            return Answer(200, _aggregated(control, core=core, version=aggregated), content_type=content)
        return Answer(200, _api_versions(control) if core else _api_groups(control))
    if target is not None and not target.plural:
        return _of_version(control, group=target.group, version=target.version)
    parts = path.strip("/").split("/")
    if len(parts) == 2 and parts[0] == "apis":
        group = next((one for one in _groups(control) if one["name"] == parts[1]), None)
        return None if group is None else Answer(200, {"kind": "APIGroup", "apiVersion": "v1", **group})
    return None


def versions(control: Control) -> dict[str, list[str]]:
    """By group, in the order of discovery; core is the empty group. Newer stable versions come first."""
    found: dict[str, list[str]] = {}
    for entry in control.registry.entries():
        of_group = found.setdefault(entry.resource.group, [])
        if entry.resource.version not in of_group:
            of_group.append(entry.resource.version)
    return {group: sorted(of_group, key=_rank, reverse=True) for group, of_group in found.items()}


def _rank(version: str) -> tuple[int, int, int]:
    """v2 before v1 before v1beta2 before v1alpha1 (apimachinery, version.CompareKubeAwareVersionStrings)."""
    match = re.fullmatch(r"v(\d+)(?:(alpha|beta)(\d+))?", version)
    if match is None:
        return -1, 0, 0
    return {None: 2, "beta": 1, "alpha": 0}[match[2]], int(match[1]), int(match[3] or 0)


def _aggregated_version(request: Request) -> str:
    """v2 or v2beta1; empty when the client takes plain documents only."""
    for media, parameters in negotiation.accepted(request):
        if parameters.get("as") == "APIGroupDiscoveryList" and parameters.get("v") in ("v2", "v2beta1"):
            return str(parameters["v"])
        if media in ("application/json", "*/*") and "as" not in parameters:
            return ""
    return ""


def _root(control: Control) -> list[str]:
    known = versions(control)
    groups = [f"/apis/{group}" for group in known if group]
    deep = [f"/apis/{group}/{one}" for group, all_ in known.items() if group for one in all_]
    return sorted(["/api", "/api/v1", "/apis", *groups, *deep, "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"])


def _api_versions(control: Control) -> dict[str, Any]:
    address = f"{control.face.host}:{control.face.port}"
    clients = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": clients}


def _groups(control: Control) -> list[dict[str, Any]]:
    found = []
    for group, of_group in versions(control).items():
        listed = [{"groupVersion": f"{group}/{one}", "version": one} for one in of_group]
        if group:
            found.append({"name": group, "versions": listed, "preferredVersion": listed[0]})
    return found


def _api_groups(control: Control) -> dict[str, Any]:
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": _groups(control)}


def _of(control: Control, *, group: str, version: str) -> list[Entry]:
    return [one for one in control.registry.entries() if (one.resource.group, one.resource.version) == (group, version)]


def _of_version(control: Control, *, group: str, version: str) -> Answer | None:
    entries = _of(control, group=group, version=version)
    if not entries:
        return None
    name = f"{group}/{version}" if group else version
    rows = [row for one in entries for row in _rows(one)]
    if entries[0].custom is None:
        rows.sort(key=lambda row: str(row["name"]))
    # The list of core carries no apiVersion, the one of a group does.
    plain = {"apiVersion": "v1"} if group else {}
    return Answer(200, {"kind": "APIResourceList", **plain, "groupVersion": name, "resources": rows})


def _storage_hash(entry: Entry) -> dict[str, str]:
    """Of what is stored: changes with the version that it is stored at (apiserver, StorageVersionHash)."""
    if "get" not in entry.resource.verbs or entry.resource.kind == "ComponentStatus":
        return {}
    group, _, version = entry.stored_version.rpartition("/")
    version = _OLDER_STORED.get(entry.resource.kind, version)
    digest = hashlib.sha256(f"{group}/{version}/{entry.resource.kind}".encode()).digest()
    return {"storageVersionHash": base64.b64encode(digest[:8]).decode()}


def _rows(entry: Entry) -> Iterable[dict[str, Any]]:
    """A resource and its subresources, as APIResourceList has them."""
    resource = entry.resource
    common = {"singularName": resource.singular, "namespaced": resource.namespaced, "kind": resource.kind}
    names = {"shortNames": list(resource.short_names), "categories": list(resource.categories)}
    if resource.verbs:
        yield {
            "name": resource.plural,
            **common,
            "verbs": list(resource.verbs),
            **{name: values for name, values in names.items() if values},
            **_storage_hash(entry),
        }
    for name, one in resource.subresources.items():
        other = (one.group, one.version) != (resource.group, resource.version)
        yield {
            "name": f"{resource.plural}/{name}",
            "singularName": "",
            "namespaced": resource.namespaced,
            **({"group": one.group, "version": one.version} if other else {}),
            "kind": one.kind,
            "verbs": list(one.verbs),
        }


def _aggregated(control: Control, *, core: bool, version: str) -> dict[str, Any]:
    items = []
    for group, of_group in versions(control).items():
        if core is bool(group):
            continue
        listed = [
            {
                "version": one,
                "resources": [
                    _aggregated_row(entry.resource) for entry in _of(control, group=group, version=one) if entry.resource.verbs
                ],
                "freshness": "Current",
            }
            for one in of_group
        ]
        items.append({"metadata": {"name": group} if group else {}, "versions": listed})
    return {"kind": "APIGroupDiscoveryList", "apiVersion": f"apidiscovery.k8s.io/{version}", "metadata": {}, "items": items}


def _aggregated_row(resource: ApiResource) -> dict[str, Any]:
    subresources = [
        {"subresource": name, "responseKind": _kind(one, of=resource), "verbs": list(one.verbs)}
        for name, one in sorted(resource.subresources.items())
    ]
    lists: Mapping[str, list[Any]] = {
        "shortNames": list(resource.short_names),
        "categories": list(resource.categories),
        "subresources": subresources,
    }
    return {
        "resource": resource.plural,
        "responseKind": _kind(resource, of=resource),
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
        **{name: values for name, values in lists.items() if values},
    }


def _kind(one: ApiResource | SubResource, *, of: ApiResource) -> dict[str, str]:
    """Group and version are left empty where they are those of the resource around."""
    same = (one.group, one.version) == (of.group, of.version)
    return {"group": "" if same else one.group, "version": "" if same else one.version, "kind": one.kind}
