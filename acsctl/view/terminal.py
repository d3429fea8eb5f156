"""The one place that writes: stdout for results, stderr for diagnostics and progress, colour only where it is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.text import Text

from acsctl.errors import ApprovalError

Line = Text | str

WIDTH_OF_FILES = 120
"""Columns where the output is no terminal and COLUMNS says nothing: logs of CI show at least as many."""

# What comes from the cloud or a file must not steer the terminal: control characters show as their pictures.
_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t"} | {0x7F: 0x2421}
_PICTURES |= dict.fromkeys((*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)
# Where the encoding has no symbols; one for one, so that columns stay.
_ASCII = str.maketrans("✔✘→·…×–⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "vx>-.x-**********")


@dataclass(frozen=True)
class Streams:
    """The three streams of a process."""

    out: TextIO
    err: TextIO
    stdin: TextIO


def wants_color(choice: str, *, env: Mapping[str, str], is_terminal: bool) -> bool:
    """Whether to colour, for "auto", "always" or "never".

    A written choice wins; then NO_COLOR, then FORCE_COLOR and CLICOLOR_FORCE, then what is there.
    """
    if choice != "auto":
        return choice == "always"
    if env.get("NO_COLOR"):
        return False
    if any(env.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return is_terminal and moves(env)


def moves(env: Mapping[str, str]) -> bool:
    """Whether a terminal with this environment may be redrawn: not in CI, and not where TERM is dumb."""
    return not env.get("CI") and env.get("TERM") != "dumb"


class Terminal:
    """Stdout and stderr of the process as consoles, and stdin for the one question that is ever asked."""

    def __init__(self, streams: Streams, *, env: Mapping[str, str], color: str = "auto", width: int | None = None) -> None:
        self._streams = streams
        self._width = width
        self._env = env
        self.out = _console(streams.out, env=env, color=color, width=width)
        self.err = _console(streams.err, env=env, color=color, width=width)

    @property
    def width(self) -> int:
        """Columns of stdout, asked each time because windows change."""
        if self._width is not None:
            return self._width
        if self.out.is_terminal:
            return self.out.width
        columns = self._env.get("COLUMNS", "")
        return int(columns) if columns.isdecimal() and int(columns) >= 40 else WIDTH_OF_FILES

    @property
    def on_screen(self) -> bool:
        """Whether a person looks at stdout: ids may be shortened there."""
        return self.out.is_terminal

    @property
    def redraws(self) -> bool:
        """Whether progress may be redrawn in place."""
        return self.err.is_terminal and moves(self._env)

    def say(self, lines: Iterable[Line]) -> None:
        """Lines of a result."""
        _print(self.out, lines=lines)

    def tell(self, lines: Iterable[Line]) -> None:
        """Diagnostics and progress."""
        _print(self.err, lines=lines)

    def write(self, text: str) -> None:
        """Text as it is, onto stdout."""
        self._streams.out.write(text)
        self._streams.out.flush()

    def ask(self, question: str) -> str:
        """A line from the keyboard. Raises ApprovalError where there is no keyboard or nobody answers."""
        if not (self._streams.stdin.isatty() and self._streams.err.isatty()):
            raise ApprovalError("approval is needed and there is no terminal to ask on", remedy="add --yes")
        self._streams.err.write(question)
        self._streams.err.flush()
        answer = self._streams.stdin.readline()
        if not answer:
            raise ApprovalError("the question was not answered")
        return answer.strip()


def _console(stream: TextIO, *, env: Mapping[str, str], color: str, width: int | None) -> Console:
    is_terminal = stream.isatty()
    return Console(
        file=stream,
        color_system="standard" if wants_color(color, env=env, is_terminal=is_terminal) else None,
        force_terminal=is_terminal,
        legacy_windows=False,
        width=width,
        highlight=False,
        markup=False,
        emoji=False,
        _environ=env,
    )


def _print(console: Console, *, lines: Iterable[Line]) -> None:
    for line in lines:
        console.print(safe(line, encoding=console.encoding), soft_wrap=True)


def safe(line: Line, *, encoding: str = "utf-8") -> Text:
    """The line without characters that would steer the terminal or that its encoding has not."""
    text = line.copy() if isinstance(line, Text) else Text(line)
    plain = text.plain.translate(_PICTURES)
    if not encoding.lower().startswith("utf"):
        plain = plain.translate(_ASCII).encode(encoding, "replace").decode(encoding)
    text.plain = plain
    return text
