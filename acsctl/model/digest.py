"""Keyed hashes for values that are compared but not stored: secrets, user data, the inputs of a saved plan."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from acsctl.model.unknown import Secret


def digest(value: Any, *, key: str) -> str:
    """Sixteen hexadecimal digits that are equal for equal values under one key (a stack and an address)."""
    plain = value.reveal() if isinstance(value, Secret) else value
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False)
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:16]
