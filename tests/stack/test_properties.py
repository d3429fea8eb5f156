"""Properties: any text gives a stack or problems and nothing else; scalars survive being written and read."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsctl.errors import StackError
from acsctl.stack import dump, graph, parts, scalars
from acsctl.stack.expression import ExpressionError, compile_code
from acsctl.stack.regex import replace
from tests.stack.helpers import head, load_text

LENIENT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

LINES = st.sampled_from(
    [
        "stack: shop", "region: cn-hangzhou", "resources:", "  a:", "    kind: vpc", "    cidr: 10.0.0.0/16", "  b:",
        "    kind: vswitch", "    vpc: a", "    zone: cn-h", '    cidr: "{{ cidrsubnet(a.cidr, 8, 1) }}"',
        "    for_each: [x, y]", "    when: false", "    count: 2", "    needs: [b]", "  n: {kind: node, vswitch: b}",
        "locals:", '  l: "{{ b.id }}"', "outputs:", '  o: "{{ n.private_ip }}"', "modules:", "  m: {source: m}",
        "variables:", "  v: {type: vpc}", "moved: [{from: a, to: b}]", "    <<: *x", "x-a: &x {a: 1}",
        "    tags: {a: b}", "    existing: vpc-1", "    adopt: vpc-1", "\t", "---", "- a", "  ? a", "!!str a",
        '  s: "{{ secret(l) }}"', "    ignore: [tags.a]", '    description: "{{ each.key }}-{{ stack.name }}"',
        "    cidr: [1, {a: 2}]",
    ]
)  # fmt: skip


def check(folder: Path, text: str) -> None:
    try:
        load_text(folder, text)
    except StackError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.message
            assert problem.width >= 1
            assert not problem.excerpt or problem.place.column <= len(problem.excerpt) + 1


@LENIENT
@given(st.text(max_size=200))
def test_any_text_is_a_stack_or_has_problems(tmp_path: Path, text: str) -> None:
    check(tmp_path, text.encode("utf-8", "replace").decode())


@LENIENT
@given(st.lists(LINES, max_size=30))
def test_any_lines_are_a_stack_or_have_problems(tmp_path: Path, lines: list[str]) -> None:
    check(tmp_path, "\n".join(lines))


@LENIENT
@given(st.text(alphabet="ab.01'\"()[]{}|~+-*/%<>=!, \\\n_", max_size=40))
def test_any_expression_has_a_value_or_a_problem(tmp_path: Path, code: str) -> None:
    check(
        tmp_path,
        head("locals:\n  a: {b: 1, a: [x]}\n  c: |\n" + "\n".join(f"    {line}" for line in f"{{{{ {code} }}}}".split("\n"))),
    )


NODES: Any = st.recursive(
    st.sampled_from(["a", "stack", "'x'", "1", "none", "a.b", "a['c']", "1.5", "true", "each"]),
    lambda inner: st.one_of(
        st.builds(
            "({} {} {})".format,
            inner,
            st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "~", "==", "<", "in", "and", "or"]),
            inner,
        ),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{'k': {}}}".format, inner),
        st.builds(
            "({} | {})".format,
            inner,
            st.sampled_from(
                ["length", "list", "upper", "sum", "join", "first", "sort", "unique", "to_json", "string", "int", "default(1)"]
            ),
        ),
        st.builds("{}.{}".format, inner, st.sampled_from(["__class__", "b", "upper()", "all", "x"])),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("secret({})".format, inner),
    ),
    max_leaves=8,
)


@LENIENT
@given(NODES)
def test_any_sound_expression_has_a_value_or_a_problem(tmp_path: Path, code: str) -> None:
    value = dump.text("{{ " + code + " }}")
    text = 'locals:\n  a: {b: [1, z], c: {d: "{{ v.id }}"}}\n  r: ' + value + "resources: {v: {kind: vpc, cidr: 10.0.0.0/8}}\n"
    check(tmp_path, head(text))


@LENIENT
@given(st.text(max_size=60))
def test_parts_joined_are_the_text(text: str) -> None:
    try:
        found = parts.cut(text)
    except parts.CutError:
        return
    assert "".join(part.raw for part in found) == text


@LENIENT
@given(st.text(max_size=60))
def test_any_code_is_an_expression_or_an_error(code: str) -> None:
    try:
        assert compile_code(code).code == code.strip()
    except ExpressionError as error:
        assert str(error)


VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"], include_characters="\n"), max_size=20)
    | st.sampled_from(["no", "010", "1e3", "0x10", "1_000", "10:20", ".inf", "~", "null", "True", "1.30", "2026-11-20"])
    | st.sampled_from(["", " a", "-", "a: b", "# a", "{{ x }}", "=", "<<"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc<01.-", max_size=5), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


@LENIENT
@given(VALUES)
def test_what_is_written_as_yaml_is_read_again(value: Any) -> None:
    assert dump.load(dump.text(value)) == value


@LENIENT
@given(VALUES)
def test_other_readers_of_yaml_read_the_same(value: Any) -> None:
    assert yaml.safe_load(dump.text(value)) == value


@LENIENT
@given(st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_text_means_the_number(number: float) -> None:
    assert scalars.resolve(scalars.as_text(number)) == number


@LENIENT
@given(st.text(max_size=30))
def test_a_plain_scalar_is_its_text_or_a_json_number(text: str) -> None:
    value = scalars.resolve(text)
    assert value is None or isinstance(value, (bool, str)) or math.isfinite(value)
    if isinstance(value, str):
        assert value == text


@LENIENT
@given(st.dictionaries(st.integers(0, 12), st.sets(st.integers(0, 12), max_size=4), max_size=12))
def test_order_and_cycles(uses: dict[int, set[int]]) -> None:
    groups = graph.components(uses)
    place = {item: number for number, group in enumerate(groups) for item in group}
    assert all(place[other] <= place[item] for item, others in uses.items() for other in others)
    for cycle in graph.cycles(uses):
        assert all(after in uses[before] for before, after in zip(cycle, [*cycle[1:], cycle[0]], strict=True))
    bad = {item for group in groups for item in group if len(group) > 1} | {
        item for item, others in uses.items() if item in others
    }
    assert bool(bad) == bool(graph.cycles(uses))


@LENIENT
@given(st.text("ab()*+?|[]{}\\1,", max_size=12), st.text("ab", max_size=30))
def test_any_pattern_is_applied_or_refused(pattern: str, text: str) -> None:
    try:
        assert isinstance(replace(text, pattern, "x"), str)
    except ValueError as error:
        assert str(error)
