"""Leading clients of the real names here: TLS per server name, tunnels, DNS, Location."""

import http.client
import socket
import ssl
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_tea_openapi.models import Config
from alibabacloud_vpc20160428 import models as m
from alibabacloud_vpc20160428.client import Client as VpcClient

from acsctl.emulator import Options, Server, run
from acsctl.emulator.dns import answer
from tests.emulator.conftest import LocalCloud
from tests.emulator.raw import pairs, rpc, rpc_fields

NAME = "vpc.cn-beijing.aliyuncs.com"


@pytest.fixture
def named(tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    ca_file = tmp_path / "ca.pem"
    with run(Options(tls_port=0, ca_file=ca_file, dns_port=0)) as server:
        yield server, ca_file


def place(address: str) -> tuple[str, int]:
    host, port = address.partition("://")[2].split(":")
    return host, int(port)


def describe(connection: socket.socket) -> int:
    """The status of a signed request with the real name as its host."""
    head = f"GET /?{pairs(rpc_fields('DescribeVpcs', RegionId='cn-beijing'))} HTTP/1.1\r\nHost: {NAME}\r\n\r\n"
    connection.sendall(head.encode())
    response = http.client.HTTPResponse(connection)
    response.begin()
    response.read()
    return response.status


def test_tls_under_any_name(named: tuple[Server, Path]) -> None:
    server, ca_file = named
    context = ssl.create_default_context(cafile=str(ca_file))
    for name in (NAME, "ecs-cn-hangzhou.aliyuncs.com", "127.0.0.1"):
        with (
            socket.create_connection(place(server.tls_address)) as plain,
            context.wrap_socket(plain, server_hostname=name) as one,
        ):
            assert [describe(one), describe(one)] == [200, 200]


def test_a_tunnel_through_the_proxy(named: tuple[Server, Path]) -> None:
    server, ca_file = named
    context = ssl.create_default_context(cafile=str(ca_file))
    connection = http.client.HTTPSConnection(*place(server.address), context=context)
    connection.set_tunnel(NAME, 443)
    connection.request("GET", f"/?{pairs(rpc_fields('DescribeVpcs', RegionId='cn-beijing'))}")
    assert connection.getresponse().status == 200
    connection.close()


def test_without_tls_there_is_no_tunnel(cloud: LocalCloud) -> None:
    connection = http.client.HTTPSConnection(*place(cloud.address))
    connection.set_tunnel(NAME, 443)
    with pytest.raises(OSError, match="501"):
        connection.connect()
    connection.close()


def test_clients_that_do_not_trust_us_are_no_news(named: tuple[Server, Path], capfd: pytest.CaptureFixture[str]) -> None:
    server, ca_file = named
    strict = ssl.create_default_context()
    with socket.create_connection(place(server.tls_address)) as plain, pytest.raises(ssl.SSLError):
        strict.wrap_socket(plain, server_hostname=NAME)
    test_tls_under_any_name((server, ca_file))
    assert capfd.readouterr() == ("", "")


def question(name: str, kind: int) -> bytes:
    labels = b"".join(bytes([len(one)]) + one.encode() for one in name.split("."))
    return b"\x12\x34\x01\x00\x00\x01" + bytes(6) + labels + b"\0" + kind.to_bytes(2) + b"\0\x01"


def test_dns_leads_every_name_here(named: tuple[Server, Path]) -> None:
    server, _ = named
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(question(NAME, 1), ("127.0.0.1", server.dns_port))
        reply = client.recv(512)
    assert (reply[:2], reply[-4:]) == (b"\x12\x34", IPv4Address("127.0.0.1").packed)


def test_dns_knows_nothing_else() -> None:
    here = IPv4Address("127.0.0.1")
    aaaa = answer(question(NAME, 28), address=here)
    assert aaaa[6:8] == b"\0\0"
    for nonsense in (b"", b"x" * 12, question(NAME, 1)[:-3]):
        assert answer(nonsense, address=here) == b""


def test_location(cloud: LocalCloud) -> None:
    fields = {"Version": "2015-06-12", "Id": "cn-hangzhou", "ServiceCode": "ecs"}
    (found,) = rpc(cloud.address, "DescribeEndpoints", **fields).json["Endpoints"]["Endpoint"]
    assert (found["Endpoint"], found["Id"]) == (cloud.address.removeprefix("http://"), "cn-hangzhou")
    connection = http.client.HTTPConnection(*place(cloud.address))
    target = f"/?{pairs(rpc_fields('DescribeEndpoints', **fields))}"
    connection.request("GET", target, headers={"Host": "location-readonly.aliyuncs.com"})
    assert b"ecs.cn-hangzhou.aliyuncs.com" in connection.getresponse().read()
    connection.close()


def test_the_sdk_over_tls(named: tuple[Server, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    server, ca_file = named
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    endpoint = server.tls_address.removeprefix("https://")
    config = Config(access_key_id="local", access_key_secret="local", endpoint=endpoint, protocol="https")
    assert StsClient(config).get_caller_identity().body.account_id == "1000200030004000"


def test_the_sdk_by_its_real_names_through_a_proxy(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY and protocol http: nothing else of the client changes."""
    monkeypatch.setenv("HTTP_PROXY", cloud.address)
    config = Config(access_key_id="local", access_key_secret="local", region_id="cn-beijing", protocol="http")
    client = VpcClient(config)
    vpc_id = client.create_vpc(m.CreateVpcRequest(region_id="cn-beijing")).body.vpc_id
    cloud.pass_time(5)
    client.delete_vpc(m.DeleteVpcRequest(vpc_id=vpc_id))
    assert [one["region"] for one in cloud.control("GET", "log")] == ["cn-beijing", "cn-beijing"]
