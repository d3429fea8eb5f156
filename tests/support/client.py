"""Somebody else's client: the old official SDK, which shares no code with the tool, for what happens behind its back."""

from __future__ import annotations

import json
from typing import Any

from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

VERSIONS = {
    "vpc": "2016-04-28",
    "ecs": "2014-05-26",
    "sts": "2015-04-01",
    "cr": "2018-12-01",
    "cs": "2015-12-15",
    "bssopenapi": "2017-12-14",
    "quotas": "2020-05-10",
}


class Client:
    """A signed caller of one endpoint with the local cloud's own key."""

    def __init__(self, address: str, region: str) -> None:
        self._host = address.removeprefix("http://")
        self._region = region
        self._client = AcsClient("local", "local", region, auto_retry=False)

    def call(self, product: str, action: str, **fields: Any) -> Any:
        """The answer as JSON; parameters in flat spelling, `**{"Tag.1.Key": "a"}`. Raises ServerException."""
        request = CommonRequest(domain=self._host, version=VERSIONS[product], action_name=action)
        request.set_protocol_type("http")
        request.set_method("POST")
        request.set_accept_format("JSON")
        for name, value in {"RegionId": self._region, **fields}.items():
            request.add_query_param(name, value)
        return json.loads(self._client.do_action_with_exception(request))

    def roa(self, product: str, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The answer of a ROA call as JSON, None where it is empty. Raises ServerException."""
        request = CommonRequest(domain=self._host, version=VERSIONS[product], uri_pattern=path)
        request.set_protocol_type("http")
        request.set_method(method)
        request.set_accept_format("JSON")
        for name, value in query.items():
            request.add_query_param(name, value)
        if body is not None:
            request.set_content_type("application/json")
            request.set_content(json.dumps(body).encode())
        answer = self._client.do_action_with_exception(request)
        return json.loads(answer) if answer else None

    def vpc(self, action: str, **fields: Any) -> Any:
        """A call of the VPC product."""
        return self.call("vpc", action, **fields)

    def ecs(self, action: str, **fields: Any) -> Any:
        """A call of the ECS product."""
        return self.call("ecs", action, **fields)
