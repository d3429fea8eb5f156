"""The local cloud for tests: the real SDK over loopback, and a clock that moves only when a test says so."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_tea_openapi.models import Config
from alibabacloud_vpc20160428.client import Client as VpcClient
from darabonba.exceptions import DaraException

from acsctl.emulator import Options, Server, run
from tests.emulator.raw import rpc

REGION = "cn-hangzhou"


class HandClock:
    """Wall seconds that stand still until moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class LocalCloud:
    """A running local cloud at speed 1: a cloud second is a second of the hand-moved clock."""

    def __init__(self, server: Server, *, clock: HandClock) -> None:
        self.server = server
        self.address = server.address
        self.clock = clock

    def config(self, key: str = "local", secret: str = "local", region: str = REGION) -> Config:
        endpoint = self.address.removeprefix("http://")
        return Config(access_key_id=key, access_key_secret=secret, region_id=region, endpoint=endpoint, protocol="http")

    @property
    def ecs(self) -> EcsClient:
        return EcsClient(self.config())

    @property
    def vpc(self) -> VpcClient:
        return VpcClient(self.config())

    @property
    def sts(self) -> StsClient:
        return StsClient(self.config())

    def pass_time(self, seconds: float) -> None:
        self.clock.seconds += seconds

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """A call of /_emulator/<path>; its JSON answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/_emulator/{path}", data=data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def do(self, action: str, **fields: Any) -> Any:
        """A signed call of the VPC product, as JSON; parameters in flat spelling, `**{"Tag.1.Key": "a"}`."""
        texts = {name: str(value) for name, value in fields.items()}
        return rpc(self.address, action, **{"RegionId": REGION, **texts}).json

    def code(self, action: str, **fields: Any) -> str:
        """The same, for a call that fails: its error code. Empty when it succeeds."""
        return str(self.do(action, **fields).get("Code", ""))

    def settings(self, **changes: Any) -> None:
        self.control("PUT", "settings", changes)

    def findings(self, kind: str = "") -> list[dict[str, Any]]:
        return self.control("GET", f"findings?kind={kind}")

    def world(self, kind: str = "") -> list[dict[str, Any]]:
        return [one for one in self.control("GET", "world") if kind in ("", one["type"])]


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    """Every answer is compared with the published tree; the test fails when one differs."""
    clock = HandClock()
    with run(Options(speed=1.0, check_answers=True, clock=clock)) as server:
        local = LocalCloud(server, clock=clock)
        yield local
        assert [one for one in local.findings() if one["kind"] != "unknown-parameter"] == []


def code_of(failure: pytest.ExceptionInfo[DaraException]) -> str:
    """The cloud's error code in an SDK exception."""
    return str(failure.value.code)
