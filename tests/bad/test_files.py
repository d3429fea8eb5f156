"""Bad stack files and flags: what is said, exit code 3, and no call."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from acsctl import emulator
from tests.bad.command import run

CASES: list[Mapping[str, Any]] = yaml.safe_load(Path(__file__).with_name("cases.yaml").read_text(encoding="utf-8"))
HEAD = "stack: bad\nregion: cn-hangzhou\nresources:\n"


@pytest.fixture(scope="module")
def cloud() -> Iterator[emulator.Server]:
    with emulator.run(emulator.Options()) as server:
        yield server


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def calls(cloud: emulator.Server) -> int:
    return cloud.world.ledger.actions.total()


def text_of(case: Mapping[str, Any]) -> str:
    if "text" in case:
        return str(case["text"])
    return HEAD + "".join(f"  {line}\n" for line in case["resources"].splitlines())


@pytest.mark.parametrize("command", ["plan", "apply"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_bad_file_is_told_with_its_place(case: Mapping[str, Any], command: str, here: Path, cloud: emulator.Server) -> None:
    (here / "stack.yaml").write_text(text_of(case), encoding="utf-8")
    yes = ["--yes"] if command == "apply" else []
    ran = run(command, *yes, "-f", "stack.yaml", "--cloud", cloud.address, *case.get("flags", ()))
    assert ran.code == 3
    for sentence in case["says"]:
        assert " ".join(sentence.split()) in ran.text
    assert calls(cloud) == 0
    assert not (here / ".acsctl").exists()


def test_there_are_many_cases() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES) >= 40


MADE = {
    "a bomb": (
        "stack: bad\nregion: cn-hangzhou\nx-0: &x0 [a, a, a, a, a, a, a, a, a]\n"
        + "".join(f"x-{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 12))
        + "resources: {a: {kind: vpc, cidr: *x11}}\n",
        "aliases",
    ),
    "deep lists": ("x-a: " + "[" * 100_000 + "]" * 100_000 + "\n", "deep"),
    "deep mappings": ("".join(" " * n + "a:\n" for n in range(300)), "deep"),
    "a huge file": ("stack: bad\nregion: cn-hangzhou\nx-a: " + "a" * 2_000_000 + "\n", "MB"),
    "a deep expression": (HEAD + '  a: {kind: vpc, cidr: "{{ ' + "(" * 5000 + "1" + ")" * 5000 + ' }}"}\n', "stack.yaml:4:"),
    "a long expression": (HEAD + '  a: {kind: vpc, cidr: "{{ ' + " + ".join(["1"] * 100_000) + ' }}"}\n', "stack.yaml:4:"),
    "a long chain": (HEAD + '  a: {kind: vpc, cidr: "{{ ' + "x" + ".x" * 50_000 + ' }}"}\n', "stack.yaml:4:"),
}


@pytest.mark.parametrize("name", MADE)
def test_a_file_that_is_meant_to_exhaust_is_refused_soon(name: str, here: Path, cloud: emulator.Server) -> None:
    text, sentence = MADE[name]
    (here / "stack.yaml").write_text(text, encoding="utf-8")
    before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ran = run("plan", "--cloud", cloud.address)
    assert ran.code == 3, ran.text[:1000]
    assert sentence in ran.text
    assert time.process_time() - before[0] < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before[1] < 500_000
    assert len(ran.text) < 10_000
    assert calls(cloud) == 0


@pytest.mark.parametrize(
    "content",
    [b"\x7fELF\x02\x01\x01\x00\x00\xff\xfe", b"\xff\xfe\x00s", b"stack: b\x00d\n", b"stack: \xe9\n", bytes(range(256))],
    ids=["a program", "half a UTF-16", "a zero byte", "latin-1", "every byte"],
)
def test_a_binary_file(content: bytes, here: Path, cloud: emulator.Server) -> None:
    (here / "stack.yaml").write_bytes(content)
    ran = run("plan", "--cloud", cloud.address)
    assert ran.code == 3
    assert "stack.yaml" in ran.text
    assert calls(cloud) == 0


def test_a_file_that_is_missing(here: Path) -> None:
    ran = run("plan", "-f", "nowhere.yaml")
    assert (ran.code, "nowhere.yaml: there is no such file" in ran.text) == (3, True)
    (here / "empty").mkdir()
    ran = run("plan", "-f", "empty")
    assert (ran.code, "there is no stack.yaml in this folder" in ran.text) == (3, True)


def test_a_file_that_is_no_file(here: Path) -> None:
    (here / "stack.yaml").mkdir()
    ran = run("plan", "-f", "stack.yaml")
    assert (ran.code, "stack.yaml" in ran.text) == (3, True)


def test_problems_are_json_where_it_is_asked_for(here: Path) -> None:
    (here / "stack.yaml").write_text(HEAD + "  network: {kind: vcp}\n")
    ran = run("plan", "--json")
    assert ran.code == 3
    diagnostics = [line for line in map(yaml.safe_load, ran.out.splitlines()) if line["type"] == "diagnostic"]
    assert "there is no kind 'vcp'" in diagnostics[0]["diagnostic"]["summary"]
