"""Reading strictly, and parameters on the wire."""

from __future__ import annotations

import pytest

from acsctl.cloud import dicts, dig, strings
from acsctl.cloud.flatten import flatten
from acsctl.errors import UnknownOutcomeError

ANSWER = {
    "RequestId": "R-7",
    "Vpc": {"VpcId": "v", "Count": 3, "IsDefault": True},
    "Ids": {"Id": ["a", "b"]},
    "Sets": {"Set": [{}]},
}


def test_what_is_there_is_returned():
    assert dig(ANSWER, "Vpc.VpcId", str) == "v"
    assert dig(ANSWER, "Vpc.Count", int) == 3
    assert dig(ANSWER, "Vpc.IsDefault", bool) is True
    assert strings(ANSWER, "Ids.Id") == ["a", "b"]
    assert dicts(ANSWER, "Sets.Set") == [{}]


@pytest.mark.parametrize(
    "look",
    [
        lambda: dig(ANSWER, "Vpc.Name", str),
        lambda: dig(ANSWER, "Vpc.VpcId.More", str),
        lambda: dig(ANSWER, "Vpc.VpcId", int),
        lambda: dig(ANSWER, "Vpc.IsDefault", int),
        lambda: dig(ANSWER, "Vpc", list),
        lambda: strings(ANSWER, "Sets.Set"),
        lambda: dicts(ANSWER, "Ids.Id"),
    ],
)
def test_what_is_missing_or_of_another_type_is_an_error(look):
    with pytest.raises(UnknownOutcomeError) as caught:  # a write that was answered so has likely had its effect
        look()
    assert (caught.value.code, caught.value.request_id) == ("acsctl.UnexpectedAnswer", "R-7")


def test_lists_and_objects_are_flattened_from_one():
    assert flatten({"A": [{"B": [1, 2]}, {"B": []}], "C": {"D": True, "E": None}, "F": "", "G": 1.5}) == {
        "A.1.B.1": "1",
        "A.1.B.2": "2",
        "C.D": "true",
        "F": "",
        "G": "1.5",
    }


@pytest.mark.parametrize("value", [b"x", object(), {1, 2}])
def test_what_has_no_form_on_the_wire_is_refused(value):
    with pytest.raises(TypeError, match="A"):
        flatten({"A": value})
