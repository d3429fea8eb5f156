"""A word that must not be seen, and every way in which it could be written."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

WORD = "kanarie/vogel+7Q9=zwitschert&hell"
"""With signs that base64, URLs, JSON and XML write otherwise."""


def _in_base64(word: bytes) -> Iterator[str]:
    """What base64 makes of the word wherever in a text it stands: three ways, without the digits that its neighbours change."""
    for before in range(3):
        digits = base64.b64encode(b"." * before + word + b"...").decode()
        yield digits[-(-before * 8 // 6) : (before + len(word)) * 8 // 6]


FORMS = {
    WORD,
    json.dumps(WORD)[1:-1],
    quote(WORD, safe=""),
    quote(WORD),
    quote_plus(WORD),
    quote(quote(WORD, safe=""), safe=""),
    WORD.replace("&", "&amp;"),
    WORD.encode().hex(),
    *_in_base64(WORD.encode()),
    *(quote(text, safe="") for text in _in_base64(WORD.encode())),
    *(text.replace("+", "-").replace("/", "_") for text in _in_base64(WORD.encode())),
}


def seen(text: str) -> str:
    """The line in which the canary is, in whatever form; empty where it is in none. Lines that a terminal breaks are joined."""
    for line in (*text.splitlines(), "".join(text.split())):
        for form in FORMS:
            if form in line:
                place = line.index(form)
                return f"…{line[max(0, place - 200) : place]}<<{form}>>{line[place + len(form) :][:60]}…"
    return ""


def found(folder: Path, *, besides: tuple[Path, ...] = ()) -> list[str]:
    """The files under a folder that have it."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path not in besides)
    told = ((path, seen(path.read_bytes().decode("utf-8", "replace"))) for path in files)
    return [f"{path.relative_to(folder)}: {line}" for path, line in told if line]
