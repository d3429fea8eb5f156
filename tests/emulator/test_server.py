"""The HTTP server: connections that die, and closing."""

import socket
import threading

import pytest

from acsctl.emulator import Options, run
from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.raw import rpc


def connect(address: str) -> socket.socket:
    host, port = address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)))


def test_clients_that_die_are_no_news(cloud: LocalCloud, capfd: pytest.CaptureFixture[str]) -> None:
    for sent in (
        b"",
        b"GET",
        b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf",
        b"\x16\x03\x01\x00 not http\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ):
        with connect(cloud.address) as one:
            one.sendall(sent)
    assert rpc(cloud.address, "DescribeVpcs", RegionId=REGION).status == 200
    assert capfd.readouterr() == ("", "")


def test_an_answer_is_one_write(cloud: LocalCloud) -> None:
    """Head and body arrive together: two writes would wait for a delayed ACK."""
    with connect(cloud.address) as one:
        one.sendall(b"GET /_emulator/health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert one.recv(65536).endswith(b"}")


def test_parallel_calls_each_get_their_own_answer(cloud: LocalCloud) -> None:
    statuses: list[int] = []

    def call() -> None:
        for _ in range(5):
            statuses.append(rpc(cloud.address, "DescribeVpcs", RegionId=REGION).status)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert statuses == [200] * 40
    assert cloud.control("GET", "calls")["total"] == 40


def test_closing_hangs_up_idle_connections() -> None:
    with run(Options()) as server:
        idle = connect(server.address)
        idle.sendall(b"GET /_emulator/health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(65536).startswith(b"HTTP/1.1 200")
    assert idle.recv(1) == b""
    idle.close()
    server.wait()


def test_a_taken_port_is_an_error() -> None:
    with run(Options()) as server:
        port = int(server.address.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"), run(Options(port=port)):
            pass


def test_a_client_that_waits_for_100_continue(cloud: LocalCloud) -> None:
    with connect(cloud.address) as one:
        one.sendall(b"POST /_emulator/reset HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        one.settimeout(5)
        assert one.recv(65536).startswith(b"HTTP/1.1 100 ")
        one.sendall(b"{}")
        assert one.recv(65536).startswith(b"HTTP/1.1 200 ")
