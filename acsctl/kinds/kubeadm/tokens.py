"""Bootstrap tokens: what lets a machine into a cluster, for an hour (Secrets of type bootstrap.kubernetes.io/token)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from acsctl.kube.client import Kube
from acsctl.model.unknown import Secret

NAMESPACE = "kube-system"
LIFE = timedelta(hours=1)
"""For which a machine may take to boot and to install its packages."""
GROUP = "system:bootstrappers:kubeadm:default-node-token"
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def _word(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


@contextmanager
def lent(kube: Kube) -> Iterator[str]:
    """A new token; it is taken back when what it is for has come to its end, and is over by itself where that never comes."""
    id, secret = _word(6), _word(16)
    until = (datetime.now(UTC) + LIFE).strftime("%Y-%m-%dT%H:%M:%SZ")
    words = {
        "token-id": id,
        "token-secret": secret,
        "expiration": until,
        "usage-bootstrap-authentication": "true",
        "usage-bootstrap-signing": "true",
        "auth-extra-groups": GROUP,
    }
    item = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"bootstrap-token-{id}", "namespace": NAMESPACE},
        "type": "bootstrap.kubernetes.io/token",
        "data": {name: Secret(base64.b64encode(word.encode()).decode()) for name, word in words.items()},
    }
    made = kube.apply(item).object
    yield f"{id}.{secret}"
    kube.delete({"apiVersion": "v1", "kind": "Secret", **made})
