"""The ROA wire, with actions of CS that are published but not played."""

import hashlib
import hmac
import json
import time
import uuid

import pytest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

from acsctl.emulator import api, parameters
from tests.emulator.conftest import LocalCloud
from tests.emulator.raw import Answer, send

VERSION = "2015-12-15"


def acs3(cloud: LocalCloud, method: str, path: str, *, body: bytes = b"", secret: str = "local") -> Answer:
    headers = {
        "host": cloud.address.removeprefix("http://"),
        "content-type": "application/json; charset=utf-8",
        "x-acs-version": VERSION,
        "x-acs-action": "Whatever",
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "x-acs-signature-nonce": str(uuid.uuid4()),
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
    }
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    canonical = "\n".join([method, path, "", lines, ";".join(names), headers["x-acs-content-sha256"]])
    text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    signature = hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()
    headers["Authorization"] = f"ACS3-HMAC-SHA256 Credential=local,SignedHeaders={';'.join(names)},Signature={signature}"
    return send(cloud.address + path, method=method, headers=headers, body=body)


def test_a_published_path_is_known(cloud: LocalCloud) -> None:
    answer = acs3(cloud, "GET", "/clusters/c0123/vuls")
    assert (answer.status, answer.json["code"]) == (501, "NotImplemented.LocalCloud")
    assert set(answer.json) == {"requestId", "hostId", "code", "message", "recommend", "statusCode"}
    assert list(cloud.control("GET", "calls")["actions"]) == ["cs.DescribeClusterVuls"]


def test_an_unknown_path_is_not(cloud: LocalCloud) -> None:
    assert acs3(cloud, "GET", "/teapots/1").json["code"] == "InvalidApi.NotFound"


def test_bodies_are_signed(cloud: LocalCloud) -> None:
    body = json.dumps({"name": "c", "template": "t"}).encode()
    assert acs3(cloud, "POST", "/templates", body=body, secret="wrong").json["code"] == "SignatureDoesNotMatch"
    assert acs3(cloud, "POST", "/templates", body=body).status == 501


def test_the_old_sdk_signs_roa_in_its_own_way(cloud: LocalCloud) -> None:
    def status(secret: str) -> int:
        request = CommonRequest(
            domain=cloud.address.removeprefix("http://"), version=VERSION, uri_pattern="/clusters/[Id]/vuls"
        )
        request.set_protocol_type("http")
        request.set_method("GET")
        request.add_path_param("Id", "c0123")
        request.add_query_param("page", "1")
        with pytest.raises(ServerException) as failure:
            AcsClient("local", secret, "cn-hangzhou").do_action_with_exception(request)
        return failure.value.get_http_status()

    assert (status("local"), status("wrong")) == (501, 400)


def test_a_body_is_the_parameter_that_the_metadata_places_there() -> None:
    product = api.product(VERSION)
    assert product is not None
    found = product.by_path(method="POST", path="/clusters/c0123/nodepools")
    assert found is not None
    action, fields = found
    document = {"count": 2}
    parsed = parameters.parse(fields, action=action, body=document)
    (name,) = [one.name for one in action.parameters.values() if one.place == "body"]
    assert parsed.values == {"ClusterId": "c0123", name: document}


def test_the_longest_literal_path_wins() -> None:
    product = api.product(VERSION)
    assert product is not None
    for path, name in (("/clusters/c1", "DescribeClusterDetail"), ("/api/v1/clusters", "DescribeClustersV1")):
        found = product.by_path(method="GET", path=path)
        assert found is not None
        assert found[0].name == name
