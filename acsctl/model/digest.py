"""Keyed hashes for values that are compared but not stored: secrets, user data, the inputs of a saved plan."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from acsctl.model.unknown import Secret

BITS_WITHOUT_KEY = 16


def digest(value: Any, *, key: str) -> str:
    """Sixteen hexadecimal digits that are equal for equal values under one key (a stack and an address)."""
    plain = value.reveal() if isinstance(value, Secret) else value
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False)
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:16]


def sealed(value: Any, *, name: str, key: str, place: str) -> str:
    """A hash of a secret that is written down where others read: equal for equal values of one name in one `place` (a stack).

    Under a `key` that the reader does not have it cannot be guessed at. Without one a guess costs a memory-hard function
    (16 MB, some 40 ms), and what is kept of it, 16 bits, can show a guess to be wrong, never to be right: of every 65,536
    passwords tried one fits. The price is that of as many changes of the secret one goes unnoticed.
    """
    plain = value.reveal() if isinstance(value, Secret) else value
    text = json.dumps([name, plain], sort_keys=True, ensure_ascii=False)
    salt = hmac.new(key.encode(), place.encode(), hashlib.sha256).digest()
    found = hashlib.scrypt(text.encode("utf-8", "surrogatepass"), salt=salt, n=2**14, r=8, p=1, dklen=16).hex()
    return found if key else found[: BITS_WITHOUT_KEY // 4]
