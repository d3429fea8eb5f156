"""Fixtures for ACK: nothing but the product itself moves, and its control planes stand still."""

import pytest

from acsctl.emulator import background
from acsctl.emulator.kubernetes import planes
from acsctl.emulator.services.cs.control_plane import tend_planes
from tests.emulator.conftest import LocalCloud
from tests.emulator.cs.ack import Ack, StillPlane


@pytest.fixture
def ack(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> Ack:
    monkeypatch.setattr(planes, "_start", StillPlane)
    monkeypatch.setattr(background, "UNLOCKED", [tend_planes])
    return Ack(cloud)
