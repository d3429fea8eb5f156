"""The sandbox as templates use it, compiled by Jinja2: nothing but what is listed can be reached."""

from __future__ import annotations

from typing import Any

import jinja2
import pytest

from acsctl.sandbox import FILTERS, TESTS, BoundError, Meter, Sandbox, WorkError, check_size

ERRORS = (jinja2.TemplateError, TypeError, ValueError, AttributeError)


def rendered(text: str, **values: Any) -> str:
    return Sandbox({"double": lambda number: 2 * number}).from_string(text).render(**values)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{{ a.b }}{{ a['b'] }}{{ l[0] }}", "115"),
        ("{% for x in l %}{{ x * 2 }},{% endfor %}", "10,12,"),
        ("{{ double(4) }}", "8"),
        ("{{ t.upper() }}{{ t[:1] }}", "ABCa"),
        ("{{ a | items | list | length }}", "1"),
        ("{{ l | join('-') }}", "5-6"),
        ("{{ 'x' if t is defined else 'y' }}", "x"),
        ("{{ nothing | default('d') }}", "d"),
        ("{{ a.items }}", "items-key"),
    ],
)
def test_what_is_listed_works(text: str, result: str) -> None:
    values: dict[str, Any] = {"a": {"b": 1}, "l": [5, 6], "t": "abc"}
    if "a.items" in text:
        values["a"] = {"items": "items-key"}
    assert rendered(text, **values) == result


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ t.__class__ }}",
        "{{ t['__class__'] }}",
        "{{ t.format }}",
        "{{ t.format(1) }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ t.format_map({}) }}",
        "{{ double.__globals__ }}",
        "{{ double.__globals__['os'] }}",
        "{{ o.secret }}",
        "{{ o.method() }}",
        "{{ (o.method)() }}",
        "{{ f() }}",
        "{{ t | attr('upper') }}",
        "{{ t | map('attr', 'upper') | list }}",
        "{{ [o] | map(attribute='secret') | join }}",
        "{{ lipsum() }}",
        "{{ cycler('a') }}",
        "{{ namespace(a=1) }}",
        "{{ range(10) }}",
        "{{ dict(a=1) }}",
        "{{ joiner() }}",
        "{{ self.__init__ }}",
        "{{ t.upper.__self__ }}",
        "{{ t.upper.text }}",
        "{{ t.encode() }}",
        "{{ l.append(1) }}",
        "{{ a.pop('b') }}",
        "{{ a.clear() }}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{{ missing }}",
        "{{ a.missing }}",
    ],
)
def test_nothing_else_can_be_reached(text: str) -> None:
    class Thing:
        secret = "hunter2"

        def method(self) -> str:
            return self.secret

    with pytest.raises(ERRORS):
        rendered(text, t="abc", o=Thing(), f=lambda: "hunter2", l=[1], a={"b": 1})


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' * 99999999 }}", "{{ 2 ** 99999 }}", "{{ 9 ** 9 ** 9 ** 9 }}", "{{ 'a' | center(999999999) }}",
        "{{ t | replace('a', t) }}", "{{ [0] * 99999999 }}", "{{ t | indent(99999) }}", "{{ [t, t] | join(t) }}",
        "{{ 'a'.ljust(99999999) }}", "{{ '%9999999d' % 1 }}", "{{ 1 | round(999999999) }}",
    ],
)  # fmt: skip
def test_much_cannot_be_made_of_little(text: str) -> None:
    with pytest.raises((BoundError, TypeError)):
        rendered(text, t="a" * 900_000)


def test_filters_and_tests_that_reach_out_are_not_there() -> None:
    assert not {"attr", "random", "format", "safe", "xmlattr", "pprint", "groupby", "urlize"} & FILTERS.keys()
    assert not {"callable", "sameas", "filter", "test"} & TESTS.keys()


def test_shared_parts_count_each_time() -> None:
    part: Any = "a" * 1000
    for _ in range(4):
        part = [part] * 10
    with pytest.raises(BoundError):
        check_size(part)


def test_depth_is_bounded() -> None:
    part: Any = []
    for _ in range(100):
        part = [part]
    with pytest.raises(BoundError):
        check_size(part)


def test_filters_are_counted() -> None:
    sandbox = Sandbox({}, meter=Meter(100))
    with pytest.raises(WorkError):
        sandbox.from_string("{{ l | map('upper') | join }}").render(l=["a"] * 100)
