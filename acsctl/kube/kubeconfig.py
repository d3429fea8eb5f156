"""What is handed to kubectl and its like: kubeconfigs and credentials, made from access and nothing else.

The cloud's own text is not passed on: a kubeconfig may hold commands, which whoever reads it runs.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from acsctl.kube.connect import Access

EXEC = "client.authentication.k8s.io/v1"


def with_credential(found: Access, *, name: str) -> str:
    """A kubeconfig that has a credential in it. `name` is that of its cluster, user and context."""
    user = {"client-certificate-data": _base64(found.certificate), "client-key-data": _base64(found.key), "token": found.token}
    return _kubeconfig(found, name=name, user={key: value for key, value in user.items() if value})


def with_command(found: Access, *, name: str, command: Sequence[str], environ: Mapping[str, str]) -> str:
    """A kubeconfig that says which command prints a credential, with what in its environment (KEP 541)."""
    program, *arguments = command
    plugin = {
        "apiVersion": EXEC,
        "command": program,
        "args": arguments,
        "env": [{"name": key, "value": value} for key, value in environ.items()],
        "interactiveMode": "Never",
        "provideClusterInfo": False,
    }
    return _kubeconfig(found, name=name, user={"exec": plugin})


def credential(found: Access, *, expires: str) -> str:
    """An ExecCredential. `expires` is RFC 3339, or empty where nobody tells: then kubectl keeps it as long as it runs."""
    status = {
        "expirationTimestamp": expires,
        "clientCertificateData": found.certificate.decode("ascii"),
        "clientKeyData": found.key.decode("ascii"),
        "token": found.token,
    }
    filled = {key: value for key, value in status.items() if value}
    return json.dumps({"apiVersion": EXEC, "kind": "ExecCredential", "status": filled})


def _kubeconfig(found: Access, *, name: str, user: Mapping[str, Any]) -> str:
    cluster = {
        "server": found.server,
        "certificate-authority-data": _base64(found.authority),
        "tls-server-name": found.server_name,
        "proxy-url": found.proxy,
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [{"name": name, "cluster": {key: value for key, value in cluster.items() if value}}],
        "users": [{"name": name, "user": user}],
    }
    return yaml.safe_dump(config, sort_keys=False)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
