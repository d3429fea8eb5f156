"""An object in a few words, as a plan shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from acsctl.kube.manifest import Manifest
from acsctl.model.unknown import UNKNOWN

LONG = 48


def detail(item: Manifest) -> str:
    """What tells one object of a kind from another: image and replicas, ports, how many keys; empty where nothing does."""
    return ", ".join(part for part in _parts(item) if part)


def _parts(item: Manifest) -> Iterator[str]:
    spec: Any = item.get("spec")
    spec = spec if isinstance(spec, Mapping) else {}
    match item.get("kind"):
        case "ConfigMap":
            yield _keys(item, "data", "binaryData")
        case "Secret":
            yield f"{_keys(item, 'data', 'stringData')} (hidden)"
        case "Service":
            yield _service(spec)
        case "Deployment" | "StatefulSet" | "ReplicaSet":
            yield from _images(spec)
            yield f"{_text(spec['replicas'])} replicas" if spec.get("replicas", 1) != 1 else ""
        case "DaemonSet" | "Job":
            yield from _images(spec)
        case "CronJob":
            yield from _images((spec.get("jobTemplate") or {}).get("spec") or {})
            yield f"at {_text(spec.get('schedule'))}"
        case "Pod":
            yield from _images({"template": {"spec": spec}})
        case "PersistentVolumeClaim":
            yield _text(((spec.get("resources") or {}).get("requests") or {}).get("storage", ""))
        case "Ingress":
            yield from (_text(row.get("host", "every host")) for row in spec.get("rules") or () if isinstance(row, Mapping))
        case "HorizontalPodAutoscaler":
            target = spec.get("scaleTargetRef") or {}
            ends = f"{_text(spec.get('minReplicas', 1))}–{_text(spec.get('maxReplicas'))}"
            yield f"{ends} of {target.get('kind')} {target.get('name')}"
        case "CustomResourceDefinition":
            yield f"{_text((spec.get('names') or {}).get('kind'))}.{_text(spec.get('group'))}"


def _text(value: Any) -> str:
    return str(value) if value is not None else ""


def _keys(item: Manifest, *words: str) -> str:
    found = {key for word in words if isinstance(item.get(word), Mapping) for key in item[word]}
    return f"{len(found)} key{'' if len(found) == 1 else 's'}"


def _service(spec: Mapping[str, Any]) -> str:
    ports: Sequence[Any] = spec.get("ports") or ()
    texts = [f":{_text(port.get('port'))}" for port in ports if isinstance(port, Mapping)]
    kind = _text(spec.get("type", "ClusterIP"))
    return f"{kind} {', '.join(texts)}".strip()


def _images(spec: Mapping[str, Any]) -> Iterator[str]:
    pod = ((spec.get("template") or {}).get("spec")) or {}
    rows = pod.get("containers") if isinstance(pod, Mapping) else ()
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and "image" in row:
            yield _image(row["image"])


def _image(value: Any) -> str:
    if value is UNKNOWN:
        return f"image {UNKNOWN}"
    host, slash, rest = str(value).partition("/")
    if len(str(value)) <= LONG or not slash:
        return str(value)
    return f"{host.split('.')[0]}…/{rest.rpartition('/')[2]}"
