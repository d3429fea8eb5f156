"""Regular expressions: what is applied, and what is refused because it could run for hours."""

from __future__ import annotations

import pytest

from acsctl.sandbox import BoundError
from acsctl.stack.regex import found, replace

LONG = "a" * 60 + "!"


@pytest.mark.parametrize(
    ("text", "pattern", "replacement", "result"),
    [
        ("a-b-c", "-", "_", "a_b_c"),
        ("a-b-c", "-(.)", r"_\1\1", "a_bb_cc"),
        ("cn-hangzhou-h", "^cn-(.*)-[a-z]$", r"\1", "hangzhou"),
        ("v1.2.3", r"^v(\d+)\.(\d+)(\.\d+)?$", r"\1.\2", "1.2"),
        ("x{2}", r"\{2\}", "", "x"),
        ("a]b", "[]]", "", "ab"),
        ("key=value", "(?P<k>[a-z]+)=(?P<v>[a-z]+)", r"\g<v>=\g<k>", "value=key"),
        ("AbC", "(?i)b", "", "AC"),
        ("[[x]]", "[[]", "(", "((x]]"),
        ("x" * 5000, "x", "y", "y" * 5000),
    ],
)
def test_it_replaces(text: str, pattern: str, replacement: str, result: str) -> None:
    assert replace(text, pattern, replacement) == result


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$", "(a*)*b", "(?:a+)+$", "(?P<n>a*)*b", "(?i:a*)*b", "((a*))*b", "((a*)b?)*c", "(a|aa)+$", "(a|a)*b",
        "(a?){50}a{50}", "(a{1,9}){1,9}b", "a?" * 40 + "a" * 40, "a*a*a*a*a*b", "(a*)(a*)(a*)(a*)(a*)b",
        "(?=(a+)+$)", "(.*)*x", "([a-z]+)*x", "(a|b|ab)*c", "(?>a+)+b", "(a*)+?b", "(#(?#))*)(a+)+$",
    ],
)  # fmt: skip
def test_what_could_take_hours_is_refused(pattern: str) -> None:
    with pytest.raises(BoundError):
        replace(LONG, pattern, "")


@pytest.mark.parametrize("pattern", ["(", "[", "*", "a{2}{3}", "(?P<n", r"\8", "(?z)", "a**"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        replace("a", pattern, "")


@pytest.mark.parametrize("replacement", [r"\9", r"\g<x>", "\\"])
def test_what_is_no_replacement_is_refused(replacement: str) -> None:
    with pytest.raises(ValueError, match="not a replacement"):
        replace("a", "a", replacement)


def test_the_result_is_bounded() -> None:
    with pytest.raises(BoundError):
        replace("a" * 5000, "a", "b" * 10_000)


def test_it_finds() -> None:
    assert found("abc", "b")
    assert not found("abc", "^b")
