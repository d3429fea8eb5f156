"""Hashes of pod templates, and shares given as a number or in per cent."""

import json
import math
from collections.abc import Mapping
from typing import Any

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"  # of k8s.io/apimachinery util/rand: no vowels, no bad words
OFFSET, PRIME = 2166136261, 16777619  # FNV-1a, 32 bits


def short_hash(document: Any) -> str:
    """Of a template: the same for the same content, in the letters that names of pods end in."""
    value = OFFSET
    for byte in json.dumps(document, sort_keys=True, separators=(",", ":")).encode():
        value = ((value ^ byte) * PRIME) & 0xFFFFFFFF
    return "".join(ALPHABET[ord(digit) % len(ALPHABET)] for digit in str(value))


def without_label(template: Mapping[str, Any], label: str) -> dict[str, Any]:
    """The template less one label, and less what is empty in its metadata."""
    meta = dict(template.get("metadata") or {})
    meta["labels"] = {name: value for name, value in (meta.get("labels") or {}).items() if name != label}
    return {"metadata": {name: value for name, value in meta.items() if value}, "spec": template["spec"]}


def share(value: int | str | None, *, of: int, up: bool) -> int:
    """An IntOrString: `3`, `25%`."""
    if isinstance(value, str):
        part = int(value.removesuffix("%")) * of / 100
        return math.ceil(part) if up else math.floor(part)
    return int(value or 0)
