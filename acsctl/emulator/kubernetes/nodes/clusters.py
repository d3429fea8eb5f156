"""What nodes have to know of their cluster, read from its API server: where it is, its pod network, the images it names."""

from collections.abc import Iterator
from typing import Any

from acsctl.emulator.kubernetes.nodes.configuration import SERVICES, ClusterFacts
from acsctl.emulator.kubernetes.plane import Plane

NAMESPACES = ("kube-system", "kube-flannel")
"""Where the parts of the cluster itself run, whose images the cloud has."""
OWNERS = ("daemonsets", "deployments")
FLANNEL = "kube-flannel-cfg"
NET_CONF = "net-conf.json"


def port(plane: Plane) -> int:
    """The port of the API server that its Service leads to; 0 while it is not told. Raises OSError."""
    reply = plane.request("GET", "/api/v1/namespaces/default/endpoints/kubernetes")
    subsets = (reply.document.get("subsets") or ()) if reply.ok else ()
    return next((int(one["port"]) for subset in subsets for one in subset.get("ports") or ()), 0)


def outer_port(plane: Plane) -> int:
    """The port that clients of this machine use."""
    return int(plane.server.rpartition(":")[2])


def facts(plane: Plane) -> ClusterFacts:
    """What does not change as long as the cluster is there."""
    face = plane.face
    return ClusterFacts(
        f"https://{SERVICES}:{outer_port(plane)}", plane.authority, face.pod_cidr, face.service_cidr, face.version
    )


def net_conf(plane: Plane) -> str:
    """The configuration of Flannel that is in the cluster; empty while there is none. Raises OSError."""
    for namespace in NAMESPACES:
        reply = plane.request("GET", f"/api/v1/namespaces/{namespace}/configmaps/{FLANNEL}")
        if reply.ok and NET_CONF in (reply.document.get("data") or {}):
            return str(reply.document["data"][NET_CONF])
    return ""


def images(plane: Plane) -> dict[str, set[str]]:
    """The images of the cluster's own parts, each with the absolute paths that commands of it name. Raises OSError."""
    found: dict[str, set[str]] = {}
    for namespace in NAMESPACES:
        for resource in OWNERS:
            reply = plane.request("GET", f"/apis/apps/v1/namespaces/{namespace}/{resource}")
            for owner in (reply.document.get("items") or ()) if reply.ok else ():
                for image, words in _programs(owner["spec"]["template"]["spec"]):
                    found.setdefault(image, set()).update(word for word in words if word.startswith("/"))
    return found


def place(image: str) -> tuple[str, str] | None:
    """Repository and tag that an image is asked for by; None for one by digest. `nginx` is `library/nginx:latest`."""
    if "@" in image:
        return None
    first, _, rest = image.partition("/")
    has_host = bool(rest) and ("." in first or ":" in first or first == "localhost")
    path = rest if has_host else image
    repository, _, tag = path.partition(":")
    return (repository if has_host or rest else f"library/{repository}"), tag or "latest"


def _programs(pod: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for name in ("initContainers", "containers"):
        for one in pod.get(name) or ():
            yield str(one["image"]), [str(word) for word in (*(one.get("command") or ()), *(one.get("args") or ()))]
