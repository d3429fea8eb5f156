"""Bootstrap tokens: Secrets of kube-system, signatures in cluster-info, and their end.

As pkg/controller/bootstrap (bootstrapsigner, tokencleaner) and plugin/pkg/auth/authenticator/token/bootstrap do. Their expiry
is looked at by the clock on the wall, as that of certificates is.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.emulator.kubernetes.client import CONFIG_MAPS, SECRETS, Client, Object, moment, stamp
from acsctl.emulator.services.kubeadm.orders import Token

TYPE, PREFIX, NAMESPACE = "bootstrap.kubernetes.io/token", "bootstrap-token-", "kube-system"
INFO, PUBLIC, SIGNATURE = "cluster-info", "kube-public", "jws-kubeconfig-"
GROUP = "system:bootstrappers"


@dataclass(frozen=True)
class Known:
    """A token that a cluster has."""

    id: str
    secret: str
    signs: bool
    authenticates: bool
    groups: tuple[str, ...]


def secret(token: Token) -> Object:
    """The Secret of a token, as `kubeadm init` makes it."""
    expires = token.expires or (stamp(time.time() + token.ttl) if token.ttl else "")
    data = {
        "token-id": token.id,
        "token-secret": token.secret,
        **({"expiration": expires} if expires else {}),
        **({"description": token.description} if token.description else {}),
        **{f"usage-bootstrap-{one}": "true" for one in token.usages},
        "auth-extra-groups": ",".join(token.groups),
    }
    encoded = {name: base64.b64encode(text.encode()).decode() for name, text in data.items()}
    return {"metadata": {"name": f"{PREFIX}{token.id}", "namespace": NAMESPACE}, "type": TYPE, "data": encoded}


def known(client: Client) -> list[Known]:
    """Those that are good now."""
    found = (_read(one) for one in client.listed(SECRETS, namespace=NAMESPACE) if one.get("type") == TYPE)
    return [one for one in found if one is not None]


def tend(client: Client) -> float | None:
    """Deletes what has expired, and signs cluster-info for every token that signs. When the next one expires, wall time."""
    ends: list[float] = []
    for one in client.listed(SECRETS, namespace=NAMESPACE):
        end = _expiry(_texts(one)) if one.get("type") == TYPE else None
        if end is not None and end <= time.time():
            client.delete(SECRETS, one)
        elif end is not None:
            ends.append(end)
    _sign(client)
    return min(ends, default=None)


def _sign(client: Client) -> None:
    info = next((one for one in client.listed(CONFIG_MAPS, namespace=PUBLIC) if one["metadata"]["name"] == INFO), None)
    if info is None:
        return
    data: Mapping[str, str] = info.get("data") or {}
    kept = {name: text for name, text in data.items() if not name.startswith(SIGNATURE)}
    content = kept.get("kubeconfig", "")
    signed = {f"{SIGNATURE}{one.id}": jws(content, token=one) for one in known(client) if one.signs}
    if {**kept, **signed} != data:
        client.update(CONFIG_MAPS, {**info, "data": {**kept, **signed}})


def jws(content: str, *, token: Known) -> str:
    """A detached signature, RFC 7515 appendix F, HS256."""
    header = _url(json.dumps({"alg": "HS256", "kid": token.id}, separators=(",", ":")).encode())
    payload = _url(content.encode())
    digest = hmac.new(token.secret.encode(), f"{header}.{payload}".encode(), hashlib.sha256).digest()
    return f"{header}..{_url(digest)}"


def _url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _read(secret: Mapping[str, Any]) -> Known | None:
    """None for one that has expired, or is not well formed."""
    texts = _texts(secret)
    end = _expiry(texts)
    if secret["metadata"]["name"] != f"{PREFIX}{texts.get('token-id', '')}" or (end is not None and end <= time.time()):
        return None
    groups = (GROUP, *(one for one in texts.get("auth-extra-groups", "").split(",") if one.startswith(f"{GROUP}:")))
    signs, authenticates = (texts.get(f"usage-bootstrap-{one}") == "true" for one in ("signing", "authentication"))
    return Known(texts["token-id"], texts.get("token-secret", ""), signs, authenticates, groups)


def _texts(secret: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, text in (secret.get("data") or {}).items():
        try:
            found[name] = base64.b64decode(text).decode(errors="replace")
        except binascii.Error:
            continue
    return found


def _expiry(texts: Mapping[str, str]) -> float | None:
    """Unix seconds; None for never. What is no time counts as expired, as it does there."""
    if not texts.get("expiration"):
        return None
    try:
        return moment(texts["expiration"])
    except ValueError:
        return 0.0
