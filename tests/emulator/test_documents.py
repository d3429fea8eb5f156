"""JSON bodies of the ROA style, and the answers that are no objects."""

from typing import Any

import pytest

from acsctl.emulator import answers, api, documents, parameters
from acsctl.emulator.api import Action, Parameter
from acsctl.emulator.errors import ApiError
from acsctl.emulator.render import as_body

WHOLE = Parameter(
    "body",
    "object",
    place="body",
    properties=(
        Parameter("name", "string", required=True),
        Parameter("count", "int64"),
        Parameter("on", "boolean"),
        Parameter("share", "float"),
        Parameter("kind", "string", enum=("a", "b")),
        Parameter("labels", "object", free_keys=True),
        Parameter("rows", "array", items=Parameter("", "object", properties=(Parameter("encrypted", "string"),))),
    ),
)


def action(name: str) -> Action:
    product = api.product("2015-12-15")
    assert product is not None
    return product.actions[name]


def read(body: Any, unknown: list[str] | None = None) -> Any:
    return documents.read(body, parameter=WHOLE, action=action("CreateCluster"), unknown=[] if unknown is None else unknown)


def test_a_body_is_kept_as_it_is() -> None:
    body = {"name": "n", "count": 2, "on": False, "share": 1, "kind": "a", "labels": {"x": 1}, "rows": [{"encrypted": "true"}]}
    assert read(body) == body


def test_null_is_absent() -> None:
    assert read({"name": "n", "count": None}) == {"name": "n"}


def test_unknown_fields_are_kept_and_told() -> None:
    unknown: list[str] = []
    body = {"name": "n", "odd": 1, "rows": [{"more": 1}], "labels": {"free": 1}}
    assert read(body, unknown) == body
    assert unknown == ["odd", "rows[0].more"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": 7}, "InvalidParameter"),
        ({"name": "n", "count": "2"}, "InvalidParameter"),
        ({"name": "n", "count": True}, "InvalidParameter"),
        ({"name": "n", "on": "true"}, "InvalidParameter"),
        ({"name": "n", "rows": {}}, "InvalidParameter"),
        ({"name": "n", "rows": [{"encrypted": True}]}, "InvalidParameter"),
        ([], "InvalidParameter"),
        ({}, "MissingParameter.Name"),
        ({"name": ""}, "MissingParameter.Name"),
        ({"name": "n", "kind": "c"}, "InvalidParameter.Kind"),
    ],
)
def test_types_are_strict(body: Any, code: str) -> None:
    with pytest.raises(ApiError) as failure:
        read(body)
    assert failure.value.code == code


def test_a_body_that_was_not_sent_misses_its_fields() -> None:
    with pytest.raises(ApiError) as failure:
        parameters.parse({}, action=action("CreateCluster"))
    assert failure.value.code == "MissingParameter.Name"
    assert parameters.parse({"ClusterId": "c"}, action=action("DescribeClusterDetail")).values == {"ClusterId": "c"}


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("CreateCluster", ["request_id"]),
        ("DescribeClusterTasks", ["requestId"]),
        ("TagResources", ["RequestId"]),
        ("DescribeClusterDetail", []),
    ],
)
def test_the_request_id_is_spelled_as_the_action_does(name: str, spelled: list[str]) -> None:
    assert answers.signed({}, action=action(name), request_id="R") == dict.fromkeys(spelled, "R")


def test_lists_and_texts_have_no_request_id() -> None:
    assert answers.signed([1], action=action("DescribeClusterResources"), request_id="R") == [1]
    assert as_body([1], action=action("DescribeClusterResources"))[0] == b"[1]"
    assert as_body("curl", action=action("DescribeClusterAttachScripts")) == (b"curl", "text/plain;charset=utf-8")
    assert as_body({}, action=action("ModifyClusterTags"))[0] == b""
    assert (action("PauseTask").status, action("CreateCluster").status) == (202, 200)
