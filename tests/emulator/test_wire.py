"""The wire: forms of requests and answers, signatures, dates, nonces, unknown things."""

import http.client
import time
import xml.etree.ElementTree as ElementTree

import pytest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

from acsctl.emulator.catalogue import region_in
from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.raw import acs3, encode, pairs, rpc, rpc_fields, send


def common_request(cloud: LocalCloud, action: str, *, method: str = "GET", version: str = "2016-04-28") -> CommonRequest:
    request = CommonRequest(domain=cloud.address.removeprefix("http://"), version=version, action_name=action)
    request.set_protocol_type("http")
    request.set_method(method)
    return request


def test_the_old_sdk_speaks_rpc_in_the_query(cloud: LocalCloud) -> None:
    client = AcsClient("local", "local", REGION)
    request = common_request(cloud, "CreateVpc")
    request.add_query_param("VpcName", "ünï cödé *~")
    client.do_action_with_exception(request)
    assert cloud.world("vpc")[0]["attributes"]["VpcName"] == "ünï cödé *~"


def test_the_old_sdk_speaks_rpc_in_a_form(cloud: LocalCloud) -> None:
    client = AcsClient("local", "local", REGION)
    request = common_request(cloud, "CreateVpc", method="POST")
    request.add_body_params("VpcName", "a+b c")
    client.do_action_with_exception(request)
    assert cloud.world("vpc")[0]["attributes"]["VpcName"] == "a+b c"


def test_the_old_sdk_understands_errors(cloud: LocalCloud) -> None:
    request = common_request(cloud, "DeleteVpc")
    request.add_query_param("VpcId", "vpc-none")
    with pytest.raises(ServerException) as failure:
        AcsClient("local", "local", REGION).do_action_with_exception(request)
    assert (failure.value.get_error_code(), failure.value.get_http_status()) == ("InvalidVpcId.NotFound", 404)


def test_the_old_vpc_calls_of_ecs(cloud: LocalCloud) -> None:
    """Ray and fog create their networks with the version of ECS; the answer is cut to what that version publishes."""
    request = common_request(cloud, "CreateVpc", version="2014-05-26")
    AcsClient("local", "local", REGION).do_action_with_exception(request)
    answer = rpc(cloud.address, "DescribeVpcs", Version="2014-05-26", RegionId=REGION)
    (vpc,) = answer.json["Vpcs"]["Vpc"]
    assert vpc["Status"] == "Pending"
    assert "OwnerId" not in vpc
    assert cloud.control("GET", "calls")["actions"] == {"ecs.CreateVpc": 1, "ecs.DescribeVpcs": 1}


def test_xml_is_what_rpc_answers_by_default(cloud: LocalCloud) -> None:
    fields = rpc_fields("CreateVpc", RegionId=REGION, VpcName="a<b", Format="")
    answer = send(f"{cloud.address}/?{pairs(fields)}")
    assert answer.headers["content-type"] == "text/xml;charset=utf-8"
    assert ElementTree.fromstring(answer.text).tag == "CreateVpcResponse"
    listed = ElementTree.fromstring(rpc(cloud.address, "DescribeVpcs", RegionId=REGION, Format="XML").text)
    assert [one.text for one in listed.findall("Vpcs/Vpc/VpcName")] == ["a<b"]
    assert [one.text for one in listed.findall("Vpcs/Vpc/IsDefault")] == ["false"]


def test_xml_errors(cloud: LocalCloud) -> None:
    answer = rpc(cloud.address, "DeleteVpc", VpcId="vpc-none", Format="xml")
    root = ElementTree.fromstring(answer.text)
    assert (root.tag, root.findtext("Code"), answer.status) == ("Error", "InvalidVpcId.NotFound", 404)


def test_error_documents_have_all_their_fields(cloud: LocalCloud) -> None:
    answer = rpc(cloud.address, "DeleteVpc", VpcId="vpc-none")
    assert set(answer.json) == {"RequestId", "HostId", "Code", "Message", "Recommend"}
    assert answer.json["HostId"] == cloud.address.removeprefix("http://")
    assert answer.headers["x-acs-request-id"] == answer.json["RequestId"]


def test_every_answer_tells_the_speed(cloud: LocalCloud) -> None:
    cloud.settings(speed=250.0)
    assert rpc(cloud.address, "DescribeVpcs", RegionId=REGION).headers["x-acsctl-speed"] == "250.0"
    assert rpc(cloud.address, "Nothing").headers["x-acsctl-speed"] == "250.0"


def test_booleans_in_any_case(cloud: LocalCloud) -> None:
    for text in ("True", "true", "TRUE"):
        assert rpc(cloud.address, "CreateVpc", RegionId=REGION, DryRun=text).json["Code"] == "DryRunOperation"


@pytest.mark.parametrize("call", [rpc, acs3])
def test_a_wrong_secret(cloud: LocalCloud, call: object) -> None:
    answer = call(cloud.address, "DescribeVpcs", secret="wrong", RegionId=REGION)
    assert (answer.json["Code"], answer.status) == ("SignatureDoesNotMatch", 400)


@pytest.mark.parametrize("call", [rpc, acs3])
def test_a_right_signature(cloud: LocalCloud, call: object) -> None:
    assert call(cloud.address, "DescribeVpcs", RegionId=REGION, VpcName="a b/*~+").status == 200


def test_hmac_sha256_for_rpc_is_not_taken_for_sha1(cloud: LocalCloud) -> None:
    assert rpc(cloud.address, "DescribeVpcs", RegionId=REGION, SignatureMethod="HMAC-SHA256").status == 400
    assert rpc(cloud.address, "DescribeVpcs", SignatureMethod="MD5").json["Code"] == "InvalidSignatureMethod"


def test_an_unknown_key(cloud: LocalCloud) -> None:
    answer = rpc(cloud.address, "DescribeVpcs", RegionId=REGION, AccessKeyId="nobody")
    assert (answer.json["Code"], answer.status) == ("InvalidAccessKeyId.NotFound", 404)


def test_a_replayed_nonce(cloud: LocalCloud) -> None:
    fields = {"RegionId": REGION, "SignatureNonce": "once"}
    assert rpc(cloud.address, "DescribeVpcs", **fields).status == 200
    assert rpc(cloud.address, "DescribeVpcs", **fields).json["Code"] == "SignatureNonceUsed"
    assert acs3(cloud.address, "DescribeVpcs", RegionId=REGION, x_acs_signature_nonce="once").status == 400


def test_dates_that_are_off(cloud: LocalCloud) -> None:
    late = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 16 * 60))
    assert rpc(cloud.address, "DescribeVpcs", Timestamp=late).json["Code"] == "InvalidTimeStamp.Expired"
    assert acs3(cloud.address, "DescribeVpcs", x_acs_date=late).json["Code"] == "InvalidTimeStamp.Expired"
    assert rpc(cloud.address, "DescribeVpcs", Timestamp="yesterday").json["Code"] == "InvalidTimeStamp.Format"


def test_a_body_that_is_not_the_signed_one(cloud: LocalCloud) -> None:
    answer = acs3(cloud.address, "DescribeVpcs", RegionId=REGION, x_acs_content_sha256="0" * 64)
    assert answer.json["Code"] == "SignatureDoesNotMatch"


@pytest.mark.parametrize("missing", ["Action", "Version", "AccessKeyId", "Signature", "SignatureNonce", "Timestamp"])
def test_missing_words_of_the_gateway(cloud: LocalCloud, missing: str) -> None:
    fields = {name: value for name, value in rpc_fields("DescribeVpcs").items() if name != missing}
    answer = send(f"{cloud.address}/?{pairs(fields)}")
    assert (answer.json["Code"], answer.status) == (f"Missing{missing}", 400)


def test_unknown_actions_and_versions(cloud: LocalCloud) -> None:
    answer = rpc(cloud.address, "MakeCoffee")
    assert (answer.json["Code"], answer.status) == ("InvalidApi.NotFound", 404)
    assert rpc(cloud.address, "DescribeVpcs", Version="1999-01-01").json["Code"] == "InvalidVersion"


def test_a_published_action_that_is_not_played(cloud: LocalCloud) -> None:
    answer = rpc(cloud.address, "DescribeHaVips", RegionId=REGION)
    assert (answer.json["Code"], answer.status) == ("NotImplemented.LocalCloud", 501)


def test_parameters_are_checked_by_the_metadata(cloud: LocalCloud) -> None:
    assert rpc(cloud.address, "DescribeVpcAttribute", RegionId=REGION).json["Code"] == "MissingVpcId"
    assert rpc(cloud.address, "CreateVSwitch", ZoneId="cn-hangzhou-h").json["Code"] == "MissingParam.vpcId"
    assert rpc(cloud.address, "DescribeVpcs", RegionId=REGION, PageSize="ten").json["Code"] == "InvalidParameter"
    assert rpc(cloud.address, "DescribeVpcs", RegionId=REGION, PageSize="51").json["Code"] == "InvalidParameter"
    assert rpc(cloud.address, "DescribeVpcs", RegionId="mars-1").json["Code"] == "InvalidRegionId.NotFound"


def test_unknown_parameters_are_ignored_and_reported(cloud: LocalCloud) -> None:
    assert rpc(cloud.address, "DescribeVpcs", RegionId=REGION, Colour="red", OwnerId="1").status == 200
    found = [(one["action"], one["text"]) for one in cloud.findings("unknown-parameter")]
    assert found == [("vpc.DescribeVpcs", "Colour")]


def test_a_proxy_target_in_absolute_form(cloud: LocalCloud) -> None:
    """HTTP_PROXY alone redirects a client; the region is then in the host's name."""
    host, port = cloud.address.removeprefix("http://").split(":")
    client = AcsClient("local", "local", "cn-beijing")
    request = common_request(cloud, "CreateVpc")
    request.add_query_param("RegionId", "cn-beijing")
    client.do_action_with_exception(request)
    connection = http.client.HTTPConnection(host, int(port))
    fields = rpc_fields("DescribeVpcAttribute", VpcId=cloud.world("vpc")[0]["id"], RegionId="cn-beijing")
    target = f"http://vpc.cn-beijing.aliyuncs.com/?{pairs(fields)}"
    for _ in range(2):  # kept alive, so the second use finds its nonce used
        connection.request("GET", target, headers={"Host": "vpc.cn-beijing.aliyuncs.com"})
        answer = connection.getresponse()
        answer.read()
    connection.close()
    statuses = [one["status"] for one in cloud.control("GET", "log")]
    assert statuses == [200, 200, 400]


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("vpc.cn-beijing.aliyuncs.com", "cn-beijing"),
        ("ecs-cn-hangzhou.aliyuncs.com", "cn-hangzhou"),
        ("ecs.ap-southeast-1.aliyuncs.com:443", "ap-southeast-1"),
        ("vpc.aliyuncs.com", None),
        ("127.0.0.1:8080", None),
    ],
)
def test_the_region_in_a_host(host: str, region: str | None) -> None:
    assert region_in(host) == region


def test_chunked_bodies(cloud: LocalCloud) -> None:
    fields = rpc_fields("CreateVpc", method="POST", RegionId=REGION, VpcName="chunked")
    host, port = cloud.address.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port))
    body = "&".join(f"{encode(name)}={encode(value)}" for name, value in fields.items()).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Transfer-Encoding": "chunked"}
    connection.request("POST", "/", body=iter([body[:10], body[10:]]), headers=headers, encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()
    assert cloud.world("vpc")[0]["attributes"]["VpcName"] == "chunked"
