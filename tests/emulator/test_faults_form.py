"""The form of faults: every mistake is told with what is allowed, and in a file with its place."""

import json
from typing import Any

import pytest

from acsctl.emulator import MistakesError, read_text, read_words
from tests.emulator.conftest import LocalCloud
from tests.emulator.raw import send


@pytest.mark.parametrize(
    ("fault", "path", "words"),
    [
        ({"action": "*", "kind": "flood"}, ["kind"], "no kind 'flood'"),
        ({"action": "*", "kind": "throtle"}, ["kind"], "did you mean throttle?"),
        ({"action": "*", "kind": ["drop"]}, ["kind"], "no kind"),
        ({"colour": "red"}, ["colour"], "there are action, after, code"),
        ({"action": "*", "kind": "drop", "whn": "after"}, ["whn"], "did you mean when?"),
        ({}, [], "names an action"),
        ({"action": ""}, ["action"], "a glob"),
        ({"action": 5}, ["action"], "a glob"),
        ({"action": "vpc.CreateVcp"}, ["action"], "did you mean CreateVpc?"),
        ({"action": "vcp.CreateVpc"}, ["action"], "did you mean vpc?"),
        ({"action": ["vpc.CreateVpc", "vpc.*Nothing"]}, ["action"], "no action of vpc '*Nothing'"),
        ({"action": "CreateVpc"}, ["action"], "no product"),
        ({"action": "kube.FETCH-pods"}, ["action"], "GET, PATCH, POST, PUT"),
        ({"action": "kube.*", "kind": "quota"}, ["action"], "for the products beside OSS only"),
        ({"action": "*", "kind": "away"}, ["action"], "for requests to an API server"),
        ({"action": "oss.PutObjct"}, ["action"], "did you mean PutObject?"),
        ({"action": "oss.*", "kind": "lag"}, ["action"], "for the products beside OSS only"),
        ({"action": "*", "when": "during"}, ["when"], "when before or after only"),
        ({"action": "*", "kind": "cut", "when": "before"}, ["when"], "when after only"),
        ({"action": "*", "kind": "lag", "when": "before"}, ["when"], "no field when"),
        ({"action": "*", "skip": -1}, ["skip"], "a whole number"),
        ({"action": "*", "times": "often"}, ["times"], "or always"),
        ({"action": "*", "times": True}, ["times"], "a whole number"),
        ({"action": "*", "every": 0}, ["every"], "1 or more"),
        ({"action": "*", "share": 1.1}, ["share"], "from 0 to 1"),
        ({"action": "*", "status": 99}, ["status"], "200 to 599"),
        ({"action": "*", "code": 5}, ["code"], "a text"),
        ({"action": "*", "kind": "slow", "seconds": "1s"}, ["seconds"], "a number of seconds"),
        ({"action": "*", "parameters": ["a"]}, ["parameters"], "name -> glob"),
        ({"action": "*", "parameters": {"a": {}}}, ["parameters"], "name -> glob"),
        ({"action": "*", "kind": "lag", "types": ["vcp"]}, ["types"], "did you mean vpc?"),
        ({"action": "*", "kind": "lag", "types": "vpc"}, ["types"], "a list of texts"),
        ({"action": "*", "kind": "tokens", "keep_failed": "no"}, ["keep_failed"], "true or false"),
    ],
)
def test_mistakes(cloud: LocalCloud, fault: dict[str, Any], path: list[str], words: str) -> None:
    body = json.dumps([{"action": "*"}, fault]).encode()
    answer = send(f"{cloud.address}/_emulator/faults", method="PUT", body=body)
    assert answer.status == 400
    problem = answer.json["problems"][0]
    assert problem["path"] == [1, *path]
    assert words in problem["message"]
    assert "fault 2: " in answer.json["error"]
    assert cloud.control("GET", "faults") == []


def test_all_mistakes_at_once(cloud: LocalCloud) -> None:
    body = json.dumps([{"action": "*", "kind": "flood"}, {"share": 2, "skip": "x"}, 5]).encode()
    problems = send(f"{cloud.address}/_emulator/faults", method="POST", body=body).json["problems"]
    assert [one["path"] for one in problems] == [[0, "kind"], [1, "share"], [1, "skip"], [1], [2]]


def test_a_mistake_changes_nothing(cloud: LocalCloud) -> None:
    cloud.control("PUT", "faults", [{"action": "*"}])
    assert send(f"{cloud.address}/_emulator/faults", method="PUT", body=b'[{"kind": 1}]').status == 400
    assert len(cloud.control("GET", "faults")) == 1


FILE = """# a bad day
- action: vpc.CreateVcp
  kind: throttle
  share: 1.5
- {action: "*", kind: flood}
- action: "*"
  kind: lag
  types:
    - vcp
- 5
"""


def test_the_places_of_mistakes_in_a_file() -> None:
    with pytest.raises(MistakesError) as wrong:
        read_text(FILE)
    places = {one.path: (one.line, one.column) for one in wrong.value.mistakes}
    assert places == {(0, "share"): (4, 3), (0, "action"): (2, 3), (1, "kind"): (5, 17), (2, "types"): (8, 3), (3,): (10, 3)}


def test_files_in_yaml_and_json_and_empty_ones() -> None:
    faults = [{"action": "vpc.*", "kind": "drop", "when": "after"}]
    assert read_text("- {action: vpc.*, kind: drop, when: after}") == faults
    assert read_text(json.dumps(faults)) == faults
    assert read_text(json.dumps(faults[0])) == faults
    assert read_text("# nothing\n") == []


@pytest.mark.parametrize("text", ["- {action: vpc.*", "a: b: c", "\t- x"])
def test_files_that_are_no_yaml(text: str) -> None:
    with pytest.raises(MistakesError) as wrong:
        read_text(text)
    (mistake,) = wrong.value.mistakes
    assert mistake.message.startswith("no YAML: ")
    assert mistake.line == 1


@pytest.mark.parametrize(
    "action", ["oss.PutObject", "oss.Put*", "oss.ListObjectsV2", "kube.PATCH-deployments", "kube.P*", "*.Create*"]
)
def test_actions_that_are_known(action: str) -> None:
    assert read_words(f"{action} drop") == {"action": action, "kind": "drop"}


def test_words() -> None:
    assert read_words("vpc.Create* throttle share=0.3 seed=7") == {
        "action": "vpc.Create*",
        "kind": "throttle",
        "share": 0.3,
        "seed": 7,
    }
    assert read_words("vpc.CreateVpc") == {"action": "vpc.CreateVpc"}
    lag = read_words("* lag creates=5 types=[vpc,vswitch] parameters.VpcName=sh*")
    assert lag == {"action": "*", "kind": "lag", "creates": 5, "types": ["vpc", "vswitch"], "parameters": {"VpcName": "sh*"}}


@pytest.mark.parametrize("text", ["", "vpc.* throtle", "vpc.* drop after", "vpc.* drop whn=after"])
def test_wrong_words(text: str) -> None:
    with pytest.raises(MistakesError):
        read_words(text)


@pytest.mark.parametrize("kind", ["drop", "page", "error", "slow"])
def test_the_fields_of_one_kind_may_stand_with_another(cloud: LocalCloud, kind: str) -> None:
    fields = {"code": "ServiceUnavailable", "status": 503, "retry_after": None, "seconds": 0.0}
    fault = {"action": "vpc.CreateVpc", "kind": kind, "when": "before", "skip": 0, "times": 1, **fields}
    assert len(cloud.control("PUT", "faults", [fault])) == 1
