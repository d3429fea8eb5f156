"""Warnings about objects that are taken and yet look wrong (pkg/api/pod/warnings.go, those that stacks meet)."""

from collections.abc import Iterator, Mapping
from typing import Any

from acsctl.emulator.kubernetes.builtin.registry import Entry

_TEMPLATES: Mapping[str, str] = {
    "Pod": "",
    "Deployment": "spec.template",
    "StatefulSet": "spec.template",
    "DaemonSet": "spec.template",
    "ReplicaSet": "spec.template",
    "ReplicationController": "spec.template",
    "Job": "spec.template",
    "CronJob": "spec.jobTemplate.spec.template",
}
"""Where a kind has its pod."""


def of(obj: Mapping[str, Any], *, entry: Entry, is_new: bool) -> list[str]:
    """For an object of a kind that was just written; mostly none."""
    if entry.custom is None and obj.get("kind") == "Ingress":
        return list(_class(obj)) if is_new else []
    if entry.stored_as == ("", "services"):
        ignored = (obj.get("spec") or {}).get("externalName") and obj["spec"].get("type") != "ExternalName"
        return ['spec.externalName is ignored when spec.type is not "ExternalName"'] if ignored else []
    if entry.custom is not None or obj.get("kind") not in _TEMPLATES:
        return []
    path = _TEMPLATES[obj["kind"]]
    pod: Any = obj
    for name in filter(None, path.split(".")):
        pod = pod.get(name) or {}
    spec, place = pod.get("spec") or {}, f"{path}.spec".lstrip(".")
    return [*_name(pod, path=path), *_secrets(spec, path=place), *_containers(spec, path=place)]


def _class(ingress: Mapping[str, Any]) -> Iterator[str]:
    name = "kubernetes.io/ingress.class"
    if name in (ingress["metadata"].get("annotations") or {}) and ingress["spec"].get("ingressClassName") is None:
        yield f"annotation \"{name}\" is deprecated, please use 'spec.ingressClassName' instead"


def _secrets(spec: Mapping[str, Any], *, path: str) -> Iterator[str]:
    for index, one in enumerate(spec.get("imagePullSecrets") or []):
        if not one.get("name"):
            yield f'{path}.imagePullSecrets[{index}].name: invalid empty name ""'


def _name(pod: Mapping[str, Any], *, path: str) -> Iterator[str]:
    if not path and "." in pod["metadata"]["name"]:
        surprise = "this is used in the Pod's hostname, which can result in surprising behavior"
        yield f"metadata.name: {surprise}; a DNS label is recommended: [must not contain dots]"


def _containers(spec: Mapping[str, Any], *, path: str) -> Iterator[str]:
    for field in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(field) or []):
            place = f"{path}.{field}[{index}]"
            yield from _variables(container.get("env") or [], path=f"{place}.env")
            yield from _ports(container.get("ports") or [], path=f"{place}.ports")


def _variables(variables: list[Mapping[str, Any]], *, path: str) -> Iterator[str]:
    seen: set[str] = set()
    for index, one in enumerate(variables):
        if one["name"] in seen and f"$({one['name']})" not in str(one.get("value", "")):
            yield f'{path}[{index}]: hides previous definition of "{one["name"]}", which may be dropped when using apply'
        seen.add(one["name"])


def _ports(ports: list[Mapping[str, Any]], *, path: str) -> Iterator[str]:
    seen: dict[tuple[Any, Any], int] = {}
    for index, one in enumerate(ports):
        if one.get("hostIP") and not one.get("hostPort"):
            names = ("Name", "HostPort", "ContainerPort", "Protocol", "HostIP")
            values = (one.get("name", ""), 0, one.get("containerPort"), one.get("protocol", "TCP"), one["hostIP"])
            told = " ".join(f"{name}:{value}" for name, value in zip(names, values, strict=True))
            yield f"{path}[{index}]: hostIP set without hostPort: {{{told}}}"
        port = (one.get("containerPort"), one.get("protocol", "TCP"))
        if port in seen:
            yield f"{path}[{index}]: duplicate port definition with {path}[{seen[port]}]"
        seen.setdefault(port, index)
