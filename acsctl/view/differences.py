"""In what a plan that was kept differs from a new one, in words, the same for people and for programs."""

from __future__ import annotations

from acsctl.model.stale import Difference

LABELS = {
    "file": "file",
    "value": "value of",
    "variable": "variable",
    "live": "live world",
    "record": "record",
    "offer": "cloud",
    "change": "change",
    "output": "output",
}
HOW = {"new": "is new", "gone": "is gone", "different": "is another one"}
HOW_CHANGE = {"new": "was not planned", "gone": "was planned", "different": "is another one"}


def said(item: Difference) -> str:
    """What is different, in words."""
    if item.part == "change" and item.how != "different":
        return f"{item.detail} {HOW_CHANGE[item.how]}"
    return item.detail or HOW[item.how]


def sentence(item: Difference) -> str:
    """The same with its place, for a line of its own."""
    return " ".join(part for part in (LABELS[item.part], item.name, said(item)) if part)
