"""Our mark in the summary of a repository, which has no tags: `text [acsctl shop registry.images]` (API CreateRepository)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from acsctl.model import ownership
from acsctl.model.ownership import Mark

LENGTH = 100
ROOM = 40
"""How much of a summary is the user's: a mark has a stack's name and an address."""
_FORM = re.compile(r"(?P<text>.*?)\s?\[acsctl (?P<stack>\S+) (?P<address>\S+)(?P<words>( protect| retain)*)\]", re.DOTALL)


def text_of(summary: str) -> str:
    """A summary without our mark."""
    found = _FORM.fullmatch(summary)
    return found["text"] if found else summary


def mark_of(summary: str) -> Mark | None:
    """The mark in a summary, or None."""
    found = _FORM.fullmatch(summary)
    if not found:
        return None
    words = found["words"].split()
    flags = {key: "true" for word, key in (("protect", ownership.PROTECT), ("retain", ownership.RETAIN)) if word in words}
    return ownership.read({ownership.STACK: found["stack"], ownership.ADDRESS: found["address"], **flags})


def is_owned(row: Mapping[str, Any], stack: str) -> bool:
    """Whether a repository bears the mark of `stack`."""
    mark = mark_of(str(row.get("Summary") or ""))
    return mark is not None and mark.stack == stack


def written(text: str, mark: Mark | None) -> str:
    """The summary that says both, cut to what fits; the API takes no empty one."""
    if mark is None:
        return text or "-"
    words = [word for word, said in (("protect", mark.protect), ("retain", mark.retain)) if said]
    sign = f"[{' '.join((comment(mark), *words))}]"
    return f"{text[: LENGTH - len(sign) - 1]} {sign}".strip()


def comment(mark: Mark | None) -> str:
    """What an entry of the access list says of whose it is."""
    return f"acsctl {mark.stack} {mark.address.tag}" if mark else ""
