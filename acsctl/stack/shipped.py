"""Where the modules and templates are that come with acsctl."""

from __future__ import annotations

from pathlib import Path

import acsctl


def templates() -> Path | None:
    """The shipped `templates` folder: in an installed package, or beside it in a checkout."""
    return _folder("templates")


def stacks() -> Path | None:
    """The shipped reference stacks, found likewise."""
    return _folder("stacks")


def _folder(name: str) -> Path | None:
    package = Path(acsctl.__file__).resolve().parent
    candidates = (package / "_shipped" / name, package.parent / name)
    return next((folder for folder in candidates if folder.is_dir()), None)
