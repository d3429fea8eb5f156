"""The canary is recognised."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from tests.secrets.canary import WORD, seen


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "abcd"])
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz"])
def test_in_base64_wherever_it_stands(before: str, after: str) -> None:
    text = base64.b64encode(f"{before}{WORD}{after}".encode()).decode()
    assert seen(f"data: {text}")
    assert seen(f"Data={quote(text, safe='')}&x")


def test_written_otherwise() -> None:
    assert seen(json.dumps({"a": WORD}))
    assert seen(f"https://x/?a={quote(WORD, safe='')}")
    assert seen(f"a {WORD[:10]}\n  {WORD[10:]}")
    assert not seen("a quiet text")
