"""Endpoints that refuse, hang, or answer what no cloud would: exit code 1, and nothing that was done."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

import acsctl.cloud
from acsctl.cloud import transport
from tests.bad.command import Ran, run
from tests.bad.servers import HTML, Impatient, endpoint, page

STACK = "stack: bad\nregion: cn-hangzhou\nresources:\n  network: {kind: vpc, cidr: 10.0.0.0/16}\n"

ANSWERS = {
    "HTML": (page("200 OK", HTML), "something else than a JSON object, text/html"),
    "an HTML 404": (page("404 Not Found", HTML), "HTTP 404 with something else than a JSON object"),
    "an HTML 502 of a proxy": (page("502 Bad Gateway", HTML), "HTTP 502 with something else than a JSON object"),
    "nothing in the body": (page("200 OK", b""), "HTTP 200 with an empty answer"),
    "a JSON list": (page("200 OK", b"[]", "application/json"), "something else than a JSON object"),
    "half of a JSON object": (page("200 OK", b'{"Account', "application/json"), "something else than a JSON object"),
    "a JSON object of another kind": (page("200 OK", b'{"hello": 1}', "application/json"), "AccountId is missing"),
    "bytes": (page("200 OK", bytes(range(256)), "application/octet-stream"), "something else than a JSON object"),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n", "dropped the connection"),
    "a dropped connection": (b"", "dropped the connection"),
    "a dropped body": (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", "dropped the connection"),
    "an account without rights": (
        page("403 Forbidden", b'{"Code": "Forbidden.RAM", "Message": "no", "RequestId": "R-1"}', "application/json"),
        "Allow sts:GetCallerIdentity in the RAM policy",
    ),
    "its own failure": (
        page("500 Oops", b'{"Code": "InternalError", "Message": "no", "RequestId": "R-1"}', "application/json"),
        "InternalError",
    ),
    "throttling without end": (
        page("429 Too Many", b'{"Code": "Throttling.User", "Message": "no", "RequestId": "R-1"}', "application/json"),
        "Throttling.User",
    ),
}
CODES = {"an account without rights": 4}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(acsctl.cloud, "SystemClock", lambda: Impatient(time.monotonic))
    (tmp_path / "stack.yaml").write_text(STACK)
    return tmp_path


def both(address: str) -> list[Ran]:
    return [run("plan", "--cloud", address), run("apply", "--yes", "--cloud", address)]


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_none(name: str, here: Path) -> None:
    answer, sentence = ANSWERS[name]
    with endpoint(answer) as address:
        for ran in both(address):
            assert ran.code == CODES.get(name, 1), ran.text
            assert sentence in ran.text
            assert "sts.GetCallerIdentity" in ran.text or name in CODES
            assert len(ran.text) < 1000
    assert not (here / ".acsctl").exists()


def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for ran in both(address):
        assert ran.code == 1
        assert "cannot be reached" in ran.text
        assert "nothing was done" in ran.text


def test_somebody_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "READ_TIMEOUT", 0.01)
    with endpoint(None) as address:
        ran = run("plan", "--cloud", address)
    assert ran.code == 1
    assert "was silent for" in ran.text


def test_there_is_no_such_host() -> None:
    ran = run("plan", "--cloud", "http://no-such-host.invalid")
    assert (ran.code, "nothing answers at no-such-host.invalid" in ran.text) == (1, True)


@pytest.mark.parametrize(
    "address", ["nowhere", "ftp://127.0.0.1", "http://", "http://127.0.0.1:99999", "http://127.0.0.1/path"]
)
def test_no_address(address: str) -> None:
    ran = run("plan", "--cloud", address)
    assert ran.code == 3
    assert "is not the address of a cloud" in ran.text
