"""Whole screens compared with files. UPDATE_CASES=1 writes the files anew, and fails, so that somebody looks at them."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from acsctl.view.contract import Meter, Wish
from acsctl.view.human import Human
from acsctl.view.terminal import Streams, Terminal
from tests.view import samples

CASES = Path(__file__).parent / "cases"

Draw = Callable[[Human], None]


class Screen(io.StringIO):
    """A stream that says it is a terminal, or that it is none."""

    def __init__(self, *, is_terminal: bool = False) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def terminal(stream: Screen, *, width: int | None = 80, color: str = "never", env: dict[str, str] | None = None) -> Terminal:
    """A terminal whose stdout and stderr are one stream, as a person sees them."""
    return Terminal(Streams(stream, stream, io.StringIO()), env=env or {"CI": "1"}, color=color, width=width)


def drawn(draw: Draw, *, width: int = 80, color: str = "never", wish: Wish | None = None) -> str:
    """What `draw` puts onto a terminal that is not redrawn."""
    stream = Screen(is_terminal=True)
    view = Human(terminal(stream, width=width, color=color), wish=wish or Wish(schemas=samples.SCHEMAS), meter=Meter())
    draw(view)
    view.close()
    return stream.getvalue()


def same(text: str, name: str) -> None:
    """Fail unless `text` is what the file says."""
    path = CASES / name
    if os.environ.get("UPDATE_CASES") and not (path.exists() and path.read_text(encoding="utf-8") == text):
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{name} was written anew: look at it, then run again without UPDATE_CASES")
    assert text == path.read_text(encoding="utf-8")
