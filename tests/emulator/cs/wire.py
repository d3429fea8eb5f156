"""ROA requests signed by hand, for what the SDK of CS does not send."""

import hashlib
import hmac
import json
import time
import uuid
from typing import Any

from tests.emulator.conftest import LocalCloud
from tests.emulator.raw import Answer, pairs, send


def roa(cloud: LocalCloud, method: str, path: str, *, query: dict[str, str] | None = None, body: Any = None) -> Answer:
    document = b"" if body is None else json.dumps(body).encode()
    headers = {
        "host": cloud.address.removeprefix("http://"),
        "content-type": "application/json; charset=utf-8",
        "x-acs-version": "2015-12-15",
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "x-acs-signature-nonce": str(uuid.uuid4()),
        "x-acs-content-sha256": hashlib.sha256(document).hexdigest(),
    }
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    asked = pairs(query or {})
    canonical = "\n".join([method, path, asked, lines, ";".join(names), headers["x-acs-content-sha256"]])
    text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    signature = hmac.new(b"local", text.encode(), "sha256").hexdigest()
    headers["Authorization"] = f"ACS3-HMAC-SHA256 Credential=local,SignedHeaders={';'.join(names)},Signature={signature}"
    url = cloud.address + path + (f"?{asked}" if asked else "")
    return send(url, method=method, headers=headers, body=document)
