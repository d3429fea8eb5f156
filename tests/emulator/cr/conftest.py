"""The registry as its SDK sees it."""

from typing import Any, Protocol

import pytest
from alibabacloud_cr20181201 import models
from alibabacloud_cr20181201.client import Client

from tests.emulator.conftest import LocalCloud

LOCAL = "cri-local"


class Ask(Protocol):
    """A call by the SDK's own request type: `ask("get_instance", instance_id=...)`; its body, as a dict."""

    def __call__(self, name: str, **fields: Any) -> dict[str, Any]: ...


@pytest.fixture
def ask(cloud: LocalCloud) -> Ask:
    client = Client(cloud.config())

    def call(name: str, **fields: Any) -> dict[str, Any]:
        request = vars(models)[f"{name.title().replace('_', '')}Request"](**fields)
        body: dict[str, Any] = vars(Client)[name](client, request).body.to_map()
        return body

    return call
