"""The two control planes that clusters of a local cloud can have: the same tests run on both."""

from __future__ import annotations

import os
from typing import Any

import pytest

from acsctl.emulator.kubernetes.real.assets import binaries

RUNGS = ("builtin", pytest.param("real", marks=pytest.mark.long))
"""For the `params` of a fixture."""

REAL_SPEED = 100.0
"""Real controllers live in the wall's time: what is waited for in the cloud's has to last."""


def on(rung: str) -> dict[str, Any]:
    """The options of a laboratory on a rung. Where the binaries are missing the test is skipped, but not in CI."""
    if rung == "builtin":
        return {}
    try:
        binaries()
    except FileNotFoundError:
        if os.environ.get("CI"):
            raise
        pytest.skip("the Kubernetes binaries are not there; `make kube-assets` builds them")
    return {"kubernetes": "real", "speed": REAL_SPEED}
