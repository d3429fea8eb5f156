"""A kubeconfig of a control plane, for a person who wants to look into a cluster with kubectl."""

import base64
import json
import tempfile
from pathlib import Path

from acsctl.emulator.kubernetes.plane import Plane

LIFETIME = 7 * 86400.0  # wall seconds


def kubeconfig(plane: Plane) -> str:
    """Access with all rights, as JSON, which every reader of YAML takes."""
    pair = plane.issue("local-admin", groups=("system:masters",), seconds=LIFETIME)
    name = plane.face.id
    user = {"client-certificate-data": _base64(pair.certificate), "client-key-data": _base64(pair.key)}
    cluster = {"server": plane.server, "certificate-authority-data": _base64(plane.authority)}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    return json.dumps(document, indent=1)


def write(plane: Plane) -> Path:
    """The kubeconfig as a file that only its owner reads: in the folder of the plane, else in a temporary one."""
    folder = plane.face.folder or Path(tempfile.mkdtemp(prefix="acsctl-"))
    path = folder / "kubeconfig"
    path.touch(mode=0o600)
    path.write_text(kubeconfig(plane), encoding="utf-8")
    return path


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
