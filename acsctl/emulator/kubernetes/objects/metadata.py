"""The data about kinds that comes from Kubernetes itself (tools/kubernetes_metadata.py)."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """A file of the metadata, `kubernetes.json`. Shared: not to be changed."""
    text = (files("acsctl.emulator") / "metadata" / name).read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
