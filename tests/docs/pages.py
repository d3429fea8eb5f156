"""Reads the Markdown of the project: fenced blocks, headings, links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SKIPPED = {".git", ".venv", ".pytest_cache", "build", "dist"}
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Fence:
    """A fenced block: its language, its text, and the line of the page that it begins in."""

    language: str
    text: str
    line: int


def pages() -> list[Path]:
    """Every page of the project."""
    return sorted(path for path in ROOT.rglob("*.md") if not _SKIPPED.intersection(path.relative_to(ROOT).parts))


def fences(page: Path) -> list[Fence]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [Fence(found[1], found[2], text.count("\n", 0, found.start()) + 1) for found in _FENCE.finditer(text)]


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def headings(page: Path) -> list[str]:
    """The headings of a page with their marks: `## Kinds`."""
    return [line.strip() for line in prose(page).splitlines() if re.match(r"#{1,6} ", line)]


def anchors(page: Path) -> set[str]:
    """What a link can point to inside of a page, as GitHub makes it."""
    titles = (heading.lstrip("# ") for heading in headings(page))
    return {re.sub(r"[^\w\- ]", "", title.replace("`", "").lower()).replace(" ", "-") for title in titles}


def links(page: Path) -> list[str]:
    """The targets of all links and pictures of a page."""
    return _LINK.findall(re.sub(r"`[^`\n]*`", "", prose(page)))
