"""A canary wherever a stack may hold a secret: no command shows it, keeps it or leaves it lying about, however it ends."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oss2
import pytest
import yaml

from acsctl import emulator
from tests.scenarios.everything import CONFIG, PATIENT, RESOURCES
from tests.secrets.booth import MAIN, Booth
from tests.secrets.canary import WORD, seen
from tests.secrets.fields import HIDDEN, VARIABLES

SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "held"}, "stringData": {"password": WORD}}
ENCODED = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "encoded"},
    "data": {"password": base64.b64encode(WORD.encode()).decode()},
}
ALONE = ("net", "sub", "wall", "key", "way", "out", "node", "images")
FAILING = {
    "refused": {"kind": "error", "code": "InvalidParameter", "status": 400, "message": f"The value {WORD} is not valid."},
    "502": {"kind": "page"},
    "lost": {"kind": "drop", "when": "after"},
    "garbled": {"kind": "garbled"},
}


LOOKS = (
    ("plan", "-v", "--deep", "--out", "plan.json"),
    ("show", "-v", "--json", "--deep"),
    ("show", "-v", "--deep"),
    ("output", "--json"),
    ("drift", "-v"),
    ("status",),
    ("history",),
    ("kubeconfig", "--exec"),
)


@pytest.fixture
def booth(tmp_path: Path) -> Iterator[Booth]:
    with emulator.run(emulator.Options(speed=400.0)) as server:
        folder = tmp_path / "stack"
        folder.mkdir()
        yield Booth(folder, server.address)


def control(booth: Booth, method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{booth.address}/_emulator/{path}", data=data, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def resources(names: tuple[str, ...] = tuple(RESOURCES)) -> dict[str, dict[str, Any]]:
    """With a secret in every field that takes one and goes well with it."""
    found: dict[str, dict[str, Any]] = {name: {**RESOURCES[name], "timeout": PATIENT} for name in names}
    for name in found.keys() & {"net", "sub", "wall", "way", "out", "node"}:
        found[name]["description"] = f"of {HIDDEN}"
    if "node" in names:
        found["node"]["user_data"] = "#!/bin/sh\necho {{ secret(env('CANARY')) }}\n"
    if "web" in names:
        found["web"]["manifests"] = ["web.yaml", "held.yaml"]
        values = {"image": "web:1", "replicas": 1, "type": "ClusterIP", "secrets": {"TOKEN": HIDDEN}}
        found["app"] = {**found["web"], "template": "web-service", "values": values}
        del found["app"]["manifests"]
    return found


def write(booth: Booth, blocks: dict[str, Any], **top: Any) -> None:
    stack = {"stack": "shop", "region": "cn-hangzhou", "variables": VARIABLES, **top, "resources": blocks}
    (booth.folder / "stack.yaml").write_text(yaml.safe_dump(stack, sort_keys=False), encoding="utf-8")
    (booth.folder / "web.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    (booth.folder / "held.yaml").write_text(yaml.safe_dump_all([SECRET, ENCODED]), encoding="utf-8")


def done(booth: Booth, *arguments: str, **environ: str) -> str:
    code, said = booth.run(*arguments, **environ)
    assert code == 0, said
    return said


@pytest.mark.long
def test_every_kind_from_nothing_and_back(booth: Booth) -> None:
    outputs = {"word": {"value": HIDDEN, "secret": True}}
    write(booth, resources(), outputs=outputs)
    done(booth, "plan", "-v")
    done(booth, "apply", "--yes", "--json")
    assert seen(json.dumps(control(booth, "GET", "world"))), "the cloud has it, or the proof is none"
    for command in LOOKS:
        done(booth, *command)
    write(booth, resources(), variables={"canary": {**VARIABLES["canary"], "default": "another"}})
    done(booth, "plan", "-v", "--deep", "--json", ACSCTL_VAR_canary="another word")
    done(booth, "destroy", "--yes", "-v")


GOING = {
    "leaves the file": lambda block: {name: value for name, value in block.items() if name != "description"},
    "becomes a literal": lambda block: {**block, "description": "plain"},
}


@pytest.mark.parametrize("how", GOING)
def test_what_the_file_no_longer_calls_secret(booth: Booth, how: str) -> None:
    """Only the record tells then what the cloud has."""
    secret = resources(("net", "sub", "wall"))
    write(booth, secret)
    done(booth, "apply", "--yes")
    assert seen(json.dumps(control(booth, "GET", "world"))), "the cloud has it, or the proof is none"
    write(booth, {name: GOING[how](block) for name, block in secret.items()}, variables={})
    for command in (*LOOKS[:3], ("plan", "--json"), ("drift", "-v", "--json")):
        done(booth, *command)
    done(booth, "apply", "--yes", "--json")
    assert not seen(json.dumps(control(booth, "GET", "world")))
    done(booth, "plan", "--detailed-exitcode")


def test_a_block_with_a_secret_that_leaves_the_file(booth: Booth) -> None:
    secret = resources(("net", "sub", "wall"))
    write(booth, secret)
    done(booth, "apply", "--yes")
    write(booth, {"net": RESOURCES["net"]}, variables={})
    for command in LOOKS[:3]:
        done(booth, *command)
    done(booth, "apply", "--yes", "--json", "-v")
    assert not seen(json.dumps(control(booth, "GET", "world")))
    done(booth, "destroy", "--yes", "-v", "--json")


@pytest.mark.parametrize("how", [pytest.param(how, marks=() if how == "refused" else pytest.mark.long) for how in FAILING])
def test_what_fails(booth: Booth, how: str) -> None:
    """Every second write, so that some go well and some do not."""
    write(booth, resources(ALONE))
    pattern = ["*.Create*", "*.Run*", "*.Allocate*", "*.Authorize*", "*.Associate*"]
    control(booth, "PUT", "faults", [{"action": pattern, "every": 2, "times": 6, **FAILING[how]}])
    for flags in (("-v",), ("--json",)):
        booth.run("apply", "--yes", *flags)
        booth.run("apply", "--yes", *flags, ACSCTL_DEBUG="1")


def test_the_tool_itself_fails(booth: Booth) -> None:
    """A mistake in the tool, in the middle of a call that has a secret in it."""
    write(booth, resources(ALONE))
    broken = (
        "from acsctl.cloud.call import Cloud\n"
        "call = Cloud.call\n"
        "def wrong(self, product, action, params, *rest, **more):\n"
        "    if action.startswith(('Run', 'CreateVpc')):\n"
        "        raise KeyError('nothing of this kind')\n"
        "    return call(self, product, action, params, *rest, **more)\n"
        "Cloud.call = wrong\n"
    )
    for environ in ({}, {"ACSCTL_DEBUG": "1"}):
        code, said = booth.run("apply", "--yes", main=broken + MAIN, **environ)
        assert code and "nothing of this kind" in said


@pytest.mark.long
def test_a_record_in_a_bucket(booth: Booth) -> None:
    write(booth, resources(ALONE), record="oss://acsctl-local/team")
    done(booth, "apply", "--yes")
    bucket = oss2.Bucket(oss2.Auth("local", "local"), booth.address, "acsctl-local", is_path_style=True)
    kept = {item.key: bucket.get_object(item.key).read().decode("utf-8", "replace") for item in oss2.ObjectIterator(bucket)}
    assert kept and {key: seen(text) for key, text in kept.items() if seen(text)} == {}
