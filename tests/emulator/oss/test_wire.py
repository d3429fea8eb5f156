"""The wire: who signed, addressed in which style, presigned, anonymous; what an error looks like in bytes."""

import base64
import http.client
import json
import time
import urllib.request
from email.utils import formatdate, parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree

import oss2
import pytest

from tests.emulator.conftest import LocalCloud
from tests.emulator.oss.conftest import AUTHS, BUCKET, code_of, opened
from tests.emulator.raw import rpc, send

HANGZHOU = "oss-cn-hangzhou.aliyuncs.com"


@pytest.fixture(params=["v1", "v4"])
def auth(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_wrong_secret_and_an_unknown_key(cloud: LocalCloud, auth: str) -> None:
    with pytest.raises(oss2.exceptions.SignatureDoesNotMatch) as failure:
        opened(cloud.address, auth=auth, secret="wrong").put_object("k", b"")
    assert failure.value.status == 403
    assert {"StringToSign", "SignatureProvided", "OSSAccessKeyId", "HostId", "RequestId"} <= failure.value.details.keys()
    with pytest.raises(oss2.exceptions.ServerError) as unknown:
        opened(cloud.address, auth=auth, key="nobody").put_object("k", b"")
    assert code_of(unknown) == (403, "InvalidAccessKeyId")
    assert cloud.world() == []


def test_dates_that_are_off(cloud: LocalCloud, auth: str, monkeypatch: pytest.MonkeyPatch) -> None:
    late = time.time() - 16 * 60
    monkeypatch.setattr("oss2.utils.http_date", lambda _=None: formatdate(late, usegmt=True))
    monkeypatch.setattr("oss2.auth.datetime", _Frozen(late))
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        opened(cloud.address, auth=auth).put_object("k", b"")
    assert code_of(failure) == (403, "RequestTimeTooSkewed")
    assert "ServerTime" in failure.value.details


class _Frozen:
    """What oss2 asks of datetime."""

    def __init__(self, moment: float) -> None:
        self._moment = moment

    def utcnow(self) -> "_Frozen":
        return self

    def strftime(self, form: str) -> str:
        return time.strftime(form, time.gmtime(self._moment))


@pytest.mark.parametrize("kind", ["v1", "v4"])
def test_temporary_keys(cloud: LocalCloud, kind: str) -> None:
    from acsctl.emulator.accounts import AccessKey

    keys = cloud.server.world.temporary_keys
    keys["sts"] = AccessKey("sts", "s", security_token="tok", expires=time.time() + 60)
    keys["old"] = AccessKey("old", "s", security_token="tok", expires=time.time() - 60)

    def with_token(key: str, token: str) -> oss2.Bucket:
        return oss2.Bucket(oss2.StsAuth(key, "s", token, auth_version=kind), cloud.address, BUCKET, region="cn-hangzhou")

    with_token("sts", "tok").put_object("k", b"x")
    assert urllib.request.urlopen(with_token("sts", "tok").sign_url("GET", "k", 60)).read() == b"x"
    for key, token, code in (("sts", "other", "InvalidSecurityToken"), ("old", "tok", "SecurityTokenExpired")):
        with pytest.raises(oss2.exceptions.ServerError) as failure:
            with_token(key, token).get_object("k")
        assert code_of(failure) == (403, code)


def test_presigned(cloud: LocalCloud, auth: str) -> None:
    bucket = opened(cloud.address, auth=auth)
    put = bucket.sign_url("PUT", "a/b c", 60, headers={"Content-Type": "text/x"}, slash_safe=True)
    assert send(put, method="PUT", body=b"x", headers={"Content-Type": "text/x"}).status == 200
    got = send(bucket.sign_url("GET", "a/b c", 60, params={"response-content-type": "text/y"}))
    assert (got.text, got.headers["content-type"]) == ("x", "text/y")
    assert ElementTree.fromstring(send(put, method="PUT", body=b"x").text).findtext("Code") == "SignatureDoesNotMatch"
    ended = send(bucket.sign_url("GET", "a/b c", -60 if auth == "v1" else 0))
    assert ended.status in (400, 403)
    assert bucket.get_object_with_url(bucket.sign_url("GET", "a/b c", 60)).read() == b"x"


def signed(method: str, key: str, *, auth: str = "v1", bucket: str = BUCKET, **wishes: Any) -> dict[str, str]:
    """The headers of a request as oss2 signs it."""
    request = oss2.http.Request(method, "http://x", region="cn-hangzhou", product="oss", **wishes)
    AUTHS[auth]("local", "local")._sign_request(request, bucket, key)
    return {name: value for name, value in request.headers.items() if value is not None}


def host(
    cloud: LocalCloud, method: str, path: str, name: str, *, headers: dict[str, str], body: bytes = b""
) -> tuple[int, bytes]:
    """A request for another host than the one that it is sent to, as with a proxy or a private DNS."""
    connection = http.client.HTTPConnection(cloud.address.removeprefix("http://"))
    try:
        connection.request(method, path, body=body, headers={**headers, "Host": name})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "name",
    [
        f"{BUCKET}.{HANGZHOU}",
        f"{BUCKET}.oss-cn-hangzhou-internal.aliyuncs.com",
        f"{BUCKET}.127.0.0.1:8730",
        f"{BUCKET}.localhost:8730",
        f"{BUCKET}.cloud.example:8730",
    ],
)
def test_virtual_host_style(cloud: LocalCloud, auth: str, name: str) -> None:
    put = signed("PUT", "a/b c", auth=auth, headers={"x-oss-meta-a": "1"})
    assert host(cloud, "PUT", "/a/b%20c", name, headers=put, body=b"x")[0] == 200
    assert opened(cloud.address).get_object("a/b c").read() == b"x"
    listing = signed("GET", "", auth=auth, params={"prefix": "a/"})
    status, body = host(cloud, "GET", "/?prefix=a%2F", name, headers=listing)
    assert (status, ElementTree.fromstring(body).findtext("Contents/Key")) == (200, "a/b c")


def test_the_service_by_its_host(cloud: LocalCloud) -> None:
    headers = signed("GET", "", bucket="")
    status, body = host(cloud, "GET", "/", HANGZHOU, headers=headers)
    assert (status, ElementTree.fromstring(body).findtext("Buckets/Bucket/Name")) == (200, BUCKET)
    absolute = host(cloud, "GET", f"http://{HANGZHOU}/", HANGZHOU, headers=headers)
    assert absolute[0] == 200


def test_the_region_of_the_host_is_that_of_the_endpoint(cloud: LocalCloud) -> None:
    opened(cloud.address, "far", region="cn-beijing").create_bucket()
    status, body = host(cloud, "GET", "/k", f"far.{HANGZHOU}", headers=signed("GET", "k", bucket="far"))
    error = ElementTree.fromstring(body)
    assert (status, error.findtext("Code"), error.findtext("Endpoint")) == (403, "AccessDenied", "oss-cn-beijing.aliyuncs.com")


def test_a_version_4_signature_is_of_the_region_of_the_endpoint(cloud: LocalCloud) -> None:
    status, body = host(cloud, "GET", "/k", f"{BUCKET}.oss-cn-beijing.aliyuncs.com", headers=signed("GET", "k", auth="v4"))
    assert (status, ElementTree.fromstring(body).findtext("Code")) == (400, "InvalidArgument")
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        opened(cloud.address, region="oss-cn-hangzhou").get_bucket_info()
    assert code_of(failure) == (400, "InvalidArgument")


def test_anonymous(cloud: LocalCloud) -> None:
    bucket = opened(cloud.address)
    bucket.put_object("open", b"x", headers={"x-oss-object-acl": "public-read"})
    bucket.put_object("closed", b"y")
    assert send(f"{cloud.address}/{BUCKET}/open").text == "x"
    closed = send(f"{cloud.address}/{BUCKET}/closed")
    assert (closed.status, ElementTree.fromstring(closed.text).findtext("Code")) == (403, "AccessDenied")
    assert send(f"{cloud.address}/{BUCKET}/never").status == 403
    assert send(f"{cloud.address}/{BUCKET}").status == 403
    assert send(f"{cloud.address}/{BUCKET}/k", method="PUT", body=b"").status == 403


def test_the_other_products_are_where_they_were(cloud: LocalCloud) -> None:
    opened(cloud.address, "clusters").create_bucket()
    assert rpc(cloud.address, "DescribeVpcs", RegionId="cn-hangzhou").status == 200
    assert "MissingAction" in send(f"{cloud.address}/").text
    assert json.loads(send(f"{cloud.address}/_emulator/health").text)["status"] == "ok"


def test_an_error_in_bytes(cloud: LocalCloud) -> None:
    bucket = opened(cloud.address)
    url = bucket.sign_url("GET", "nothing", 60)
    answer = send(url)
    error = ElementTree.fromstring(answer.text)
    assert answer.text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<Error>')
    assert (error.findtext("Code"), error.findtext("Key")) == ("NoSuchKey", "nothing")
    assert error.findtext("RequestId") == answer.headers["x-oss-request-id"]
    assert error.findtext("HostId") == cloud.address.removeprefix("http://")
    assert answer.headers["content-type"] == "application/xml"
    assert abs(parsedate_to_datetime(answer.headers["date"]).timestamp() - time.time()) < 5
    head = send(bucket.sign_url("HEAD", "nothing", 60), method="HEAD")
    told = ElementTree.fromstring(base64.b64decode(head.headers["x-oss-err"]))
    assert (head.status, head.text, told.findtext("Code")) == (404, "", "NoSuchKey")


def test_methods_that_a_resource_does_not_have(cloud: LocalCloud) -> None:
    bucket = opened(cloud.address)
    for method, params in (("POST", {"acl": ""}), ("DELETE", {"location": ""}), ("PUT", {"stat": ""})):
        with pytest.raises(oss2.exceptions.ServerError) as failure:
            bucket._Bucket__do_bucket(method, params=params)
        assert code_of(failure) == (405, "MethodNotAllowed")


def test_unknown_parameters_are_found(cloud: LocalCloud) -> None:
    bucket = opened(cloud.address)
    bucket._Bucket__do_bucket("GET", params={"prefix": "a", "max_keys": "3"})
    assert [(one["kind"], one["action"], one["text"]) for one in cloud.findings()] == [
        ("unknown-parameter", "oss.ListObjects", "max_keys")
    ]
