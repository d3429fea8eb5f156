"""The binaries of a real control plane, for the tests that start one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from acsctl.emulator.kubernetes.real.assets import binaries


@pytest.fixture(scope="session")
def assets() -> Path:
    """The folder of the binaries. Their absence skips the test, but not in CI."""
    try:
        return binaries()
    except FileNotFoundError:
        if os.environ.get("CI"):
            raise
        pytest.skip("the Kubernetes binaries are not there; `make kube-assets` builds them")
