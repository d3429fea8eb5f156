"""What is refused before anything looks inside, and bombs: each ends soon, with a place and a remedy."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import FrameType

import pytest

from acsctl.errors import Problem, StackError
from acsctl.stack import Inputs, load
from tests.stack.helpers import head, load_text
from tests.stack.kinds import SCHEMAS
from tests.support.sample import sampled

BOMBS = {
    "flow lists": "[" * 100_000,
    "flow mappings": "{a: " * 100_000,
    "dashes": "- " * 100_000,
    "questions": "? " * 100_000,
    "indentation": "\n".join(" " * depth + "a:" for depth in range(1000)),
    "laughs": "x-a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"x-{n}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)),
    "merges": f"x-a: &a {{{', '.join(f'k{n}: 1' for n in range(10_000))}}}\nx-b:\n" + "- {<<: *a}\n" * 10_000,
    "braces": head(f'locals: {{a: "{"{{ " * 100_000}"}}\n'),
    "parentheses": head(f'locals: {{a: "{{{{ {"(" * 4000}1{")" * 4000} }}}}"}}\n'),
    "nots": head(f'locals: {{a: "{{{{ {"not " * 900}1 }}}}"}}\n'),
    "sums": head(f'locals: {{a: "{{{{ {"1 + " * 450}1 }}}}"}}\n'),
    "a long sum": head(f'locals: {{a: "{{{{ {"1 + " * 100_000}1 }}}}"}}\n'),
    "work": head("locals:\n" + "".join(f"  a{n}: \"{{{{ 'ab' * 499999 }}}}\"\n" for n in range(5000))),
    "filters in filters": head(
        "locals:\n  l: \"{{ ('a,' * 3000).split(',') }}\"\n  m: \"{{ [l, l, l, l, l, l, l, l, l] }}\"\n"
        + "".join(f"  a{n}: \"{{{{ m | map('map', 'upper') | map('list') | list }}}}\"\n" for n in range(500))
    ),
    "YAML in YAML": head(
        "locals:\n  l: \"{{ '- a\\n' * 200000 }}\"\n" + "".join(f'  a{n}: "{{{{ from_yaml(l) }}}}"\n' for n in range(50))
    ),
    "resources": head(f"resources: {{a: {{kind: vpc, cidr: 10.0.0.0/8, for_each: [{', '.join(map(str, range(11_000)))}]}}}}\n"),
    "edges": head(
        f"resources:\n  a: {{kind: vpc, cidr: 10.0.0.0/8, for_each: [{', '.join(map(str, range(4900)))}]}}\n"
        f"  b: {{kind: vpc, cidr: 10.0.0.0/8, for_each: [{', '.join(map(str, range(4900)))}], needs: a}}\n"
    ),
    "problems": head("locals:\n" + "".join(f"  a{n}: '{{{{ z{n} }}}}'\n" for n in range(5000))),
    "a long number": head(f"locals: {{a: {'9' * 100_000}}}\nresources: {{a: {{kind: x}}}}\n"),
}


def problems(folder: Path, text: str | bytes) -> list[Problem]:
    with pytest.raises(StackError) as caught:
        load_text(folder, text)
    return list(caught.value.problems)


@pytest.mark.parametrize("name", sampled(BOMBS, every=2))
def test_a_bomb_ends_soon_and_is_named(name: str, tmp_path: Path) -> None:
    begin = time.process_time()
    found = problems(tmp_path, BOMBS[name])
    assert time.process_time() - begin < 15
    assert found[0].place.line
    assert found[0].hint or "expression fails" in found[0].message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n\n# nothing\n", "the file is empty"),
        (b"null\n", "the file is empty"),
        (b"- a\n", "a stack file is a mapping"),
        (b"just words\n", "a stack file is a mapping"),
        (b"stack: a\x00b\n", "this is a binary file, not a text"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "this is a binary file, not a text"),
        (b"stack: caf\xe9\n", "line 1 is not UTF-8"),
        (b"a: " + b"b" * 1_000_001, "the file is larger than 1 MB"),
        ("stack: a\nregion: \u0007\n".encode(), "the character '\\x07' is not allowed in YAML"),
    ],
)
def test_what_is_no_text_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, content)
    assert problem.message == message
    assert problem.hint


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    assert load_text(tmp_path, b"\xef\xbb\xbfstack: shop\r\nregion: cn-hangzhou\r\n").name == "shop"


@pytest.mark.parametrize(
    ("path", "message"),
    [("nowhere.yaml", "there is no such file"), (".", "there is no stack.yaml in this folder"), ("a\0b", "this is not a path")],
)
def test_a_path_that_is_no_stack(path: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(StackError) as caught:
        load(tmp_path / path, Inputs(), SCHEMAS)
    (problem,) = caught.value.problems
    assert problem.message == message
    assert problem.hint
    assert str(tmp_path) in str(problem.place)


def test_a_folder_without_a_stack_names_the_file_that_could_be_meant(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("stack: shop\n")
    with pytest.raises(StackError) as caught:
        load(tmp_path, Inputs(), SCHEMAS)
    assert "shop.yaml" in caught.value.problems[0].hint


def test_a_folder_means_its_stack_file(tmp_path: Path) -> None:
    load_text(tmp_path, head(""))
    assert load(tmp_path, Inputs(), SCHEMAS).file == str(tmp_path / "stack.yaml")


def test_links_do_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2")
    folder = tmp_path / "stack"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    (problem,) = problems(folder, head("locals: {a: \"{{ file('link') }}\"}\n"))
    assert "outside of the stack's folder" in problem.message


def work(folder: Path, machines: int) -> int:
    """How many calls of functions it takes to load a stack with so many machines."""
    rows = [
        f"  n{n}: {{kind: node, vswitch: s, groups: [g], types: [a, b], disk: {{size: 40}},"
        f" image: 'x-{{{{ stack.name }}}}-{n}', needs: [v],"
        f" labels: {{v: '{{{{ v.id }}}}', c: '{{{{ cidrsubnet(v.cidr, 16, {n}) }}}}'}}}}\n"
        for n in range(machines)
    ]
    text = (
        "resources:\n  v: {kind: vpc, cidr: 10.0.0.0/8}\n  g: {kind: group, vpc: v}\n"
        "  s: {kind: vswitch, vpc: v, zone: cn-h, cidr: 10.0.0.0/16}\n"
    )
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        stack = load_text(folder, head(text + "".join(rows)))
    finally:
        sys.setprofile(None)
    assert len(stack.resources) == machines + 3
    return calls


def test_the_work_of_loading_grows_with_the_stack_and_no_faster(tmp_path: Path) -> None:
    work(tmp_path, 1)  # what is made once
    small, large = work(tmp_path, 100), work(tmp_path, 500)
    assert large < 5.5 * small
    assert large < 500 * 2000


def test_a_long_chain_needs_no_deep_stack(tmp_path: Path) -> None:
    rows = [f"  a{n}: '{{{{ a{n - 1} }}}}'\n" for n in range(1, 5000)]
    stack = load_text(tmp_path, head(f"locals:\n  a0: end\n{''.join(rows)}outputs: {{a: '{{{{ a4999 }}}}'}}\n"))
    assert stack.outputs == {"a": "end"}
