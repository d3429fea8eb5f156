"""Splicing: the value is there, all else means what it meant, and every comment is still there."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from acsctl.stack import dump
from acsctl.stack.splice import SpliceError, drop, insert, put
from tests.stack.yamls import NAMES, VALUES, Writer, got, paths

QUICK = settings(max_examples=150, deadline=None)


def texts(data: st.DataObject, value: Any) -> tuple[str, list[str]]:
    writer = Writer(data.draw)
    text = writer.document(value)
    assert same(dump.load(text), value), text
    return text, writer.comments


def same(a: Any, b: Any) -> bool:
    """The order of keys means nothing; 1, 1.0, true and "1" are four values."""
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


def kept(text: str, comments: list[str]) -> bool:
    return all(comment in text for comment in comments)


DOCUMENTS = st.dictionaries(NAMES, VALUES, min_size=1, max_size=4)


@QUICK
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


@QUICK
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


@QUICK
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


@QUICK
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
