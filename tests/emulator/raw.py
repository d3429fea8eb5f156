"""Signing by hand, for requests that no SDK would send. Written apart from the verifiers of the local cloud."""

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
import uuid
from typing import Any
from urllib.parse import quote


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.text = body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def send(url: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: bytes | None = None) -> Answer:
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return Answer(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), error.read())


def encode(text: str) -> str:
    return quote(text, safe="-_.~")


def pairs(fields: dict[str, str]) -> str:
    return "&".join(f"{encode(name)}={encode(fields[name])}" for name in sorted(fields))


def rpc_fields(action: str, *, secret: str = "local", method: str = "GET", **fields: str) -> dict[str, str]:
    """The signed parameters of an RPC 1.0 request; fields override anything."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    every = {
        "Action": action,
        "Version": "2016-04-28",
        "Format": "JSON",
        "Timestamp": now,
        "SignatureNonce": str(uuid.uuid4()),
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "AccessKeyId": "local",
        **fields,
    }
    text = f"{method}&%2F&{encode(pairs(every))}"
    signature = hmac.new(f"{secret}&".encode(), text.encode(), "sha1").digest()
    return {**every, "Signature": base64.b64encode(signature).decode()}


def rpc(address: str, action: str, *, secret: str = "local", **fields: str) -> Answer:
    return send(f"{address}/?{pairs(rpc_fields(action, secret=secret, **fields))}")


def acs3(address: str, action: str, *, secret: str = "local", **fields: str) -> Answer:
    """An ACS3-HMAC-SHA256 request; fields that begin with `x_acs_` override headers."""
    overrides = {name.replace("_", "-"): fields.pop(name) for name in list(fields) if name.startswith("x_acs_")}
    headers = {
        "host": address.removeprefix("http://"),
        "x-acs-action": action,
        "x-acs-version": "2016-04-28",
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "x-acs-signature-nonce": str(uuid.uuid4()),
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        **overrides,
    }
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    canonical = "\n".join(["POST", "/", pairs(fields), lines, ";".join(names), headers["x-acs-content-sha256"]])
    text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    signature = hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()
    key = overrides.get("x-acs-accesskey-id", "local")
    headers["Authorization"] = f"ACS3-HMAC-SHA256 Credential={key},SignedHeaders={';'.join(names)},Signature={signature}"
    return send(f"{address}/?{pairs(fields)}", method="POST", headers=headers, body=b"")
