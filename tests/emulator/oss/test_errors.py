"""A table of requests and the code and status that OSS answers, from its published error pages and API reference.

It is written apart from the handlers: each row is a request as bytes, signed by oss2 and sent as it stands.
"""

import http.client
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlencode
from xml.etree import ElementTree

import oss2
import pytest

from tests.emulator.conftest import LocalCloud
from tests.emulator.oss.conftest import BUCKET, opened, versioned

NONE: Mapping[str, str] = MappingProxyType({})


class Row(NamedTuple):
    """bucket, key, params, headers and body of a request, and what is to come back."""

    code: str
    status: int
    method: str
    key: str = ""
    params: Mapping[str, str] = NONE
    headers: Mapping[str, str] = NONE
    body: bytes = b""
    bucket: str = BUCKET


UPLOAD = {"uploadId": "0004B9894A22E5B1888A1E29F823****"}
DELETE = b"<Delete><Object><Key>k</Key></Object></Delete>"
ROWS = [
    Row("NoSuchBucket", 404, "GET", bucket="no-such-bucket"),
    Row("NoSuchBucket", 404, "PUT", "k", bucket="no-such-bucket"),
    Row("NoSuchBucket", 404, "DELETE", bucket="no-such-bucket"),
    Row("NoSuchBucket", 404, "GET", params={"location": ""}, bucket="no-such-bucket"),
    Row("InvalidBucketName", 400, "GET", bucket="Capitals"),
    Row("NoSuchKey", 404, "GET", "nothing"),
    Row("NoSuchKey", 404, "GET", "nothing", {"acl": ""}),
    Row("NoSuchKey", 404, "GET", "nothing", {"tagging": ""}),
    Row("NoSuchKey", 404, "GET", "nothing", {"symlink": ""}),
    Row("NoSuchKey", 404, "PUT", "copy", headers={"x-oss-copy-source": f"/{BUCKET}/nothing"}),
    Row("NoSuchBucket", 404, "PUT", "copy", headers={"x-oss-copy-source": "/no-such-bucket/k"}),
    Row("InvalidArgument", 400, "PUT", "copy", headers={"x-oss-copy-source": "/"}),
    Row("NoSuchVersion", 404, "GET", "k", {"versionId": "CAEQ"}),
    Row("FileAlreadyExists", 409, "PUT", "k", headers={"x-oss-forbid-overwrite": "true"}),
    Row("InvalidArgument", 400, "PUT", "k", headers={"x-oss-forbid-overwrite": "perhaps"}),
    Row("InvalidArgument", 400, "PUT", "k", headers={"x-oss-object-acl": "everybody"}),
    Row("InvalidArgument", 400, "PUT", "k", headers={"x-oss-storage-class": "Cheap"}),
    Row("InvalidArgument", 400, "PUT", "k", {"acl": ""}),
    Row("InvalidArgument", 400, "PUT", "", {"acl": ""}),
    Row("InvalidDigest", 400, "PUT", "k", headers={"Content-MD5": "AAAA"}),
    Row("PreconditionFailed", 412, "GET", "k", headers={"If-Match": '"0"'}),
    Row("InvalidRange", 416, "GET", "k", headers={"Range": "bytes=9-", "x-oss-range-behavior": "standard"}),
    Row("InvalidRange", 416, "GET", "k", headers={"Range": "bytes=0-1,2-3"}),
    Row("PositionNotEqualToLength", 409, "POST", "log", {"append": "", "position": "1"}),
    Row("ObjectNotAppendable", 409, "POST", "k", {"append": "", "position": "4"}),
    Row("InvalidArgument", 400, "POST", "log", {"append": "", "position": "-1"}),
    Row("NoSuchUpload", 404, "PUT", "k", {**UPLOAD, "partNumber": "1"}),
    Row("NoSuchUpload", 404, "POST", "k", UPLOAD, body=b"<CompleteMultipartUpload/>"),
    Row("NoSuchUpload", 404, "DELETE", "k", UPLOAD),
    Row("NoSuchUpload", 404, "GET", "k", UPLOAD),
    Row("MalformedXML", 400, "POST", "", {"delete": ""}, body=b"<Delete>"),
    Row("MalformedXML", 400, "POST", "", {"delete": ""}, body=b"<Delete></Delete>"),
    Row("MalformedXML", 400, "POST", "", {"delete": ""}, body=DELETE.replace(b"Object", b"Thing")),
    Row("MalformedXML", 400, "PUT", "", {"lifecycle": ""}, body=b""),
    Row("MalformedXML", 400, "PUT", "k", {"tagging": ""}, body=b"<Tagging/>"),
    Row("IllegalVersioningConfigurationException", 400, "PUT", "", {"versioning": ""}, body=b"<VersioningConfiguration/>"),
    Row("InvalidArgument", 400, "GET", "", {"max-keys": "1001"}),
    Row("InvalidArgument", 400, "GET", "", {"max-keys": "many"}),
    Row("InvalidArgument", 400, "GET", "", {"encoding-type": "base64"}),
    Row("NoSuchCORSConfiguration", 404, "GET", "", {"cors": ""}),
    Row("NoSuchLifecycle", 404, "GET", "", {"lifecycle": ""}),
    Row("NoSuchWebsiteConfiguration", 404, "GET", "", {"website": ""}),
    Row("NoSuchBucketPolicy", 404, "GET", "", {"policy": ""}),
    Row("NoSuchServerSideEncryptionRule", 404, "GET", "", {"encryption": ""}),
    Row("NoSuchTransferAccelerationConfiguration", 404, "GET", "", {"transferAcceleration": ""}),
    Row("MethodNotAllowed", 405, "POST", "k"),
    Row("MethodNotAllowed", 405, "PUT", "", {"location": ""}),
    Row("BucketNotEmpty", 409, "DELETE"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method}-{row.code}")
@pytest.mark.parametrize("auth", [oss2.Auth, oss2.AuthV4])
def test_what_is_answered(cloud: LocalCloud, row: Row, auth: type) -> None:
    opened(cloud.address).put_object("k", b"text")
    before = cloud.world()
    status, body = sent(cloud, row, auth=auth)
    assert (status, ElementTree.fromstring(body).findtext("Code")) == (row.status, row.code)
    assert cloud.world() == before
    assert cloud.findings() == []


def sent(cloud: LocalCloud, row: Row, *, auth: type = oss2.Auth) -> tuple[int, bytes]:
    request = oss2.http.Request(
        row.method, "http://x", params=dict(row.params), headers=dict(row.headers), region="cn-hangzhou", product="oss"
    )
    auth("local", "local")._sign_request(request, row.bucket, row.key)
    headers = {name: value for name, value in request.headers.items() if value is not None}
    connection = http.client.HTTPConnection(cloud.address.removeprefix("http://"))
    try:
        query = f"?{urlencode(row.params)}" if row.params else ""
        connection.request(row.method, f"/{row.bucket}/{row.key}{query}", body=row.body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_delete_marker_by_its_id(cloud: LocalCloud) -> None:
    bucket = opened(cloud.address)
    versioned(bucket, "Enabled")
    id_ = bucket.delete_object("k").versionid
    status, body = sent(cloud, Row("", 0, "GET", "k", {"versionId": id_}))
    assert (status, ElementTree.fromstring(body).findtext("Code")) == (405, "MethodNotAllowed")
    copy = Row("", 0, "PUT", "copy", headers={"x-oss-copy-source": f"/{BUCKET}/k?versionId={id_}"})
    status, body = sent(cloud, copy)
    assert (status, ElementTree.fromstring(body).findtext("Code")) == (404, "NoSuchKey")


HOSTILE = [
    Row("", 0, "GET", "%"),
    Row("", 0, "GET", "k", {"versionId": "\u0000"}),
    Row("", 0, "PUT", "%00%ff"),
    Row("", 0, "PUT", "%F0%9F%98%80"),
    Row("", 0, "POST", "", {"delete": ""}, body=b"\xff\xfe"),
    Row("", 0, "POST", "", {"delete": ""}, body=b"<!DOCTYPE a [<!ENTITY b 'c'>]><Delete>&b;</Delete>"),
    Row("", 0, "PUT", "", {"policy": ""}, body=b"\xff"),
    Row("", 0, "PUT", "", {"policy": ""}, body=b"[" * 100_000),
    Row(
        "",
        0,
        "PUT",
        "",
        {"lifecycle": ""},
        body=b"<LifecycleConfiguration>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</LifecycleConfiguration>",
    ),
    Row("", 0, "GET", "k", headers={"Range": "bytes=" + "9" * 5000 + "-"}),
    Row("", 0, "GET", "k", headers={"If-Modified-Since": "Fri, 99 Feb 99999 99:99:99 GMT"}),
    Row("", 0, "PUT", "k", headers={"x-oss-tagging": "a=b=c&&=&a"}),
    Row("", 0, "POST", "k", {"append": "", "position": "9" * 5000}),
    Row("", 0, "GET", "", {"list-type": "2", "continuation-token": "Cgff"}),
    Row("", 0, "GET", "", {"max-keys": "9" * 5000}),
    Row("", 0, "PUT", "k", headers={"x-oss-copy-source": "?versionId="}),
    Row("", 0, "PUT", "k", headers={"x-oss-copy-source": f"/{BUCKET}/%ff"}),
]


@pytest.mark.parametrize("row", HOSTILE, ids=range(len(HOSTILE)))
def test_no_request_is_a_crash(cloud: LocalCloud, row: Row) -> None:
    opened(cloud.address).put_object("k", b"text")
    status, _ = sent(cloud, row)
    assert status < 500
    assert [one for one in cloud.findings() if one["kind"] == "crash"] == []
    assert "k" in [one.key for one in opened(cloud.address).list_objects().object_list]


@pytest.mark.parametrize(
    "authorization",
    [
        "OSS",
        "OSS :",
        "OSS local",
        "OSS4-HMAC-SHA256",
        "OSS4-HMAC-SHA256 Credential=local, Signature=",
        "OSS4-HMAC-SHA256 Credential=local/20261126/cn-hangzhou/s3/aliyun_v4_request,Signature=00",
        "OSS2 AccessKeyId:local,Signature:00",
        "Bearer x",
    ],
)
@pytest.mark.parametrize("date", [{}, {"Date": "yesterday"}, {"x-oss-date": "20261126T000000Z"}, {"x-oss-date": "9" * 30}])
def test_no_authorization_is_a_crash(cloud: LocalCloud, authorization: str, date: dict[str, str]) -> None:
    connection = http.client.HTTPConnection(cloud.address.removeprefix("http://"))
    connection.request("GET", f"/{BUCKET}/k", headers={"Authorization": authorization, **date})
    status = connection.getresponse().status
    connection.close()
    assert status in (400, 403, 404)
    assert cloud.findings() == []
