"""Splicing: the value is there, all else means what it meant, and every comment is still there."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from acsctl.stack import dump
from acsctl.stack.splice import SpliceError, drop, insert, put
from tests.stack.yamls import NAMES, VALUES, Writer, got, paths


def texts(data: st.DataObject, value: Any) -> tuple[str, list[str]]:
    writer = Writer(data.draw, newline=data.draw(st.sampled_from(["\n", "\n", "\r\n"])))
    text = writer.document(value)
    assert same(dump.load(text), value), text
    return text, writer.comments


def same(a: Any, b: Any) -> bool:
    """The order of keys means nothing; 1, 1.0, true and "1" are four values."""
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


def kept(text: str, comments: list[str]) -> bool:
    return all(comment in text for comment in comments)


DOCUMENTS = st.dictionaries(NAMES, VALUES, min_size=1, max_size=4)


@given(st.data(), DOCUMENTS, VALUES)
def test_a_value_is_put_where_another_was(data: st.DataObject, document: dict[str, Any], value: Any) -> None:
    text, comments = texts(data, document)
    path = data.draw(st.sampled_from(paths(document)))
    old = got(document, path)
    try:
        new = put(text, path, value)
    except SpliceError as error:
        event(f"refused: {error}")
        assert isinstance(old, dict | list)
        return
    wanted = copy.deepcopy(document)
    got(wanted, path[:-1])[path[-1]] = value
    assert same(dump.load(new), wanted), new
    assert kept(new, comments), new


@given(st.data(), DOCUMENTS, NAMES, VALUES)
def test_a_key_is_added(data: st.DataObject, document: dict[str, Any], name: str, value: Any) -> None:
    text, comments = texts(data, document)
    maps = [(), *(path for path in paths(document) if isinstance(got(document, path), dict))]
    path = data.draw(st.sampled_from(maps))
    assume(name not in got(document, path))
    new = put(text, (*path, name), value)
    wanted = copy.deepcopy(document)
    got(wanted, path)[name] = value
    assert same(dump.load(new), wanted), new
    assert kept(new, comments), new


@given(st.data(), DOCUMENTS)
def test_a_key_or_an_item_is_dropped(data: st.DataObject, document: dict[str, Any]) -> None:
    text, comments = texts(data, document)
    path = data.draw(st.sampled_from(paths(document)))
    assume(len(path) > 1 or len(document) > 1)
    try:
        new = drop(text, path)
    except SpliceError as error:
        event(f"refused: {error}")
        return
    wanted = copy.deepcopy(document)
    del got(wanted, path[:-1])[path[-1]]
    assert same(dump.load(new), wanted), new
    assert kept(new, comments), new


@given(st.data(), DOCUMENTS, VALUES)
def test_an_item_is_inserted(data: st.DataObject, document: dict[str, Any], value: Any) -> None:
    text, comments = texts(data, document)
    lists = [path for path in paths(document) if isinstance(got(document, path), list)]
    assume(lists)
    path = data.draw(st.sampled_from(lists))
    number = data.draw(st.integers(0, len(got(document, path))))
    try:
        new = insert(text, (*path, number), value)
    except SpliceError as error:
        event(f"refused: {error}")
        assert "line of its own" in str(error)
        return
    wanted = copy.deepcopy(document)
    got(wanted, path).insert(number, value)
    assert same(dump.load(new), wanted), new
    assert kept(new, comments), new


@given(st.data(), DOCUMENTS, VALUES, VALUES)
def test_what_others_share_is_never_changed(data: st.DataObject, document: dict[str, Any], shared: Any, value: Any) -> None:
    writer = Writer(data.draw)
    merges = isinstance(shared, dict)
    third = ["  <<: *one", "  own: 1   # ours"] if merges else ["  - *one", "  - own"]
    head = ["first: &one " + writer.flow(shared), "second: *one   # the same", "third:", *third]
    rest = {f"k {key}": item for key, item in document.items()}
    text = "\n".join(head) + "\n" + writer.rows(rest)
    before = dump.load(text)
    path = data.draw(st.sampled_from(paths(before)))
    wanted = copy.deepcopy(before)
    got(wanted, path[:-1])[path[-1]] = value
    try:
        new = put(text, path, value)
    except SpliceError as error:
        event(f"refused: {str(error)[:30]}")
        return
    assert same(dump.load(new), wanted), new
    assert kept(new, [*writer.comments, "# the same", *(["# ours"] if merges else [])]), new


WRITTEN = """\
# head
top:
  plain: a word   # one
  single: 'a word'
  double: "a word"
  many: |
    line
    line
  none:
  flow: {a: [1, 2], b: x}   # two
  rows:
    # above
    - one   # three
    - two
  objects:
    - {a: 1, b: x}
    - a: 2
      b: y
"""


ROWS = "    # above\n    - one   # three\n    - two\n"


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("top", "plain"), "another", "plain: a word", "plain: another"),
        (("top", "plain"), "it: #1", "plain: a word", 'plain: "it: #1"'),
        (("top", "plain"), 'say "no"', "plain: a word", 'plain: say "no"'),
        (("top", "plain"), "two\nlines\n", "plain: a word", 'plain: "two\\nlines\\n"'),
        (("top", "single"), "it's", "'a word'", "'it''s'"),
        (("top", "single"), "1.30", "'a word'", "'1.30'"),
        (("top", "double"), 5, '"a word"', "5"),
        (("top", "double"), "back\\slash", '"a word"', '"back\\\\slash"'),
        (("top", "many"), "other\n\nlines\n", "    line\n    line\n", "    other\n\n    lines\n"),
        (("top", "many"), "short", "|\n    line\n    line\n", "|-\n    short\n"),
        (("top", "none"), "yes", "none:\n", 'none: "yes"\n'),
        (("top", "flow", "a", 1), 3, "[1, 2]", "[1, 3]"),
        (("top", "flow", "c"), True, "[1, 2], b: x}", "[1, 2], b: x, c: true}"),
        (("top", "rows"), ["one", "three"], "- two", "- three"),
        (("top", "rows"), ["two"], "    # above\n    - one   # three\n", "    # above\n    # three\n"),
        (("top", "rows"), [], f"  rows:\n{ROWS}", "  rows: []\n    # above\n    # three\n"),
        (("top", "rows"), ["one", "two", "more"], "    - two\n", "    - two\n    - more\n"),
        (("top", "objects", 1, "b"), "z", "b: y", "b: z"),
        (("top", "objects"), [{"a": 1, "b": "x"}], "    - a: 2\n      b: y\n", ""),
        (("top", "objects"), [{"a": 1, "b": "x"}, {"b": "y"}], "    - a: 2\n      b: y\n", "    - b: y\n"),
        (("top", "new"), "last", "      b: y\n", "      b: y\n  new: last\n"),
        (("top", "new", "deep"), ["a", "b"], "      b: y\n", "      b: y\n  new: {deep: [a, b]}\n"),
    ],
)  # fmt: skip
def test_what_a_splice_looks_like(path: tuple[str | int, ...], value: Any, old: str, new: str) -> None:
    assert WRITTEN.count(old) == 1
    assert put(WRITTEN, path, value) == WRITTEN.replace(old, new)


@pytest.mark.parametrize("value", ["{{ a }}", "{% a %}", "{# a #}", "\ud800", float("inf"), 1e400, object()])
def test_what_no_literal_can_say(value: Any) -> None:
    with pytest.raises(SpliceError):
        put(WRITTEN, ("top", "plain"), value)
