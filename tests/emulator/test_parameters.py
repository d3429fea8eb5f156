"""Flat text parameters to typed values."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsctl.emulator import api, parameters
from acsctl.emulator.errors import ApiError

ECS = api.product("2014-05-26")
assert ECS is not None
RUN = ECS.actions["RunInstances"]
REQUIRED = {"RegionId": "cn-hangzhou"}


def parse(fields: dict[str, str]) -> dict[str, Any]:
    values = parameters.parse({**REQUIRED, **fields}, action=RUN).values
    return {name: value for name, value in values.items() if name not in REQUIRED}


def code(fields: dict[str, str]) -> str:
    with pytest.raises(ApiError) as failure:
        parse(fields)
    return failure.value.code


@pytest.mark.parametrize(
    ("fields", "values"),
    [
        ({"Amount": "2"}, {"Amount": 2}),
        ({"DryRun": "TRUE"}, {"DryRun": True}),
        ({"SpotPriceLimit": "0.5"}, {"SpotPriceLimit": 0.5}),
        ({"SecurityGroupIds.1": "a", "SecurityGroupIds.2": "b"}, {"SecurityGroupIds": ["a", "b"]}),
        ({"SecurityGroupIds.10": "b", "SecurityGroupIds.9": "a"}, {"SecurityGroupIds": ["a", "b"]}),
        ({"SecurityGroupIds": '["a", "b"]'}, {"SecurityGroupIds": ["a", "b"]}),
        ({"SecurityGroupIds": "['a']"}, {"SecurityGroupIds": ["a"]}),
        ({"Tag.1.Key": "k", "Tag.1.Value": "v"}, {"Tag": [{"Key": "k", "Value": "v"}]}),
        ({"Tag.1.key": "k", "Tag.1.value": "v"}, {"Tag": [{"Key": "k", "Value": "v"}]}),
        ({"SystemDisk.Size": "40", "SystemDisk.Category": "c"}, {"SystemDisk": {"Size": "40", "Category": "c"}}),
        ({"DataDisk.1.DeleteWithInstance": "False"}, {"DataDisk": [{"DeleteWithInstance": False}]}),
        (
            {"NetworkInterface.1.SecurityGroupIds.1": "sg"},
            {"NetworkInterface": [{"SecurityGroupIds": ["sg"]}]},
        ),
    ],
)
def test_values_get_their_types(fields: dict[str, str], values: dict[str, Any]) -> None:
    assert parse(fields) == values


@pytest.mark.parametrize(
    "fields",
    [
        {"MinAmount": "two"},
        {"MinAmount": "0"},
        {"MinAmount": str(2**40)},
        {"DryRun": "yes"},
        {"SpotPriceLimit": "cheap"},
        {"Tag.x.Key": "k"},
        {"Tag.0.Key": "k"},
        {"Tag.1": "k"},
        {"ImageId.1": "i"},
    ],
)
def test_wrong_values(fields: dict[str, str]) -> None:
    assert code(fields).startswith("Invalid")


def test_a_limit_of_the_sheets_goes_over_that_of_the_metadata() -> None:
    assert parse({"Amount": "100"}) == {"Amount": 100}
    assert code({"Amount": "101"}) == "InvalidParam.Amount"
    assert api.status_of("InvalidParam.Amount", action=RUN) == 403


def test_what_is_empty_is_missing() -> None:
    with pytest.raises(ApiError) as failure:
        parameters.parse({"RegionId": ""}, action=RUN)
    assert failure.value.code.startswith("Missing")


texts = st.text(st.characters(codec="utf-8"), max_size=20)


@given(st.lists(st.fixed_dictionaries({"Key": texts, "Value": texts}), min_size=1, max_size=12))
def test_lists_of_objects_survive_flattening(tags: list[dict[str, str]]) -> None:
    fields = {f"Tag.{number}.{key}": value for number, tag in enumerate(tags, start=1) for key, value in tag.items()}
    assert parse(fields) == {"Tag": tags}
