"""Colour, width, control characters and the one question."""

from __future__ import annotations

import io

import pytest
from rich.text import Text

from acsctl.errors import ApprovalError
from acsctl.view.terminal import WIDTH_OF_FILES, Streams, Terminal, moves, safe, wants_color
from tests.view.compare import Screen


@pytest.mark.parametrize(
    ("choice", "env", "is_terminal", "wanted"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"CI": "true"}, True, False),
        ("auto", {"CI": "true", "FORCE_COLOR": "1"}, True, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_when_to_colour(choice: str, env: dict[str, str], is_terminal: bool, wanted: bool) -> None:
    assert wants_color(choice, env=env, is_terminal=is_terminal) is wanted


@pytest.mark.parametrize(
    ("env", "wanted"), [({}, True), ({"CI": "1"}, False), ({"TERM": "dumb"}, False), ({"NO_COLOR": "1"}, True)]
)
def test_when_to_redraw(env: dict[str, str], wanted: bool) -> None:
    assert moves(env) is wanted


def on(stream: Screen, *, env: dict[str, str] | None = None, color: str = "auto", width: int | None = None) -> Terminal:
    return Terminal(Streams(stream, stream, io.StringIO()), env=env or {}, color=color, width=width)


def test_a_file_gets_no_escape_sequences() -> None:
    stream = Screen()
    on(stream).say([Text("red", "red")])
    assert stream.getvalue() == "red\n"


def test_colour_can_be_forced_into_a_file() -> None:
    stream = Screen()
    on(stream, color="always").say([Text("red", "red")])
    assert stream.getvalue() == "\x1b[31mred\x1b[0m\n"


def test_a_file_is_never_redrawn() -> None:
    assert not on(Screen(), color="always").redraws
    assert on(Screen(is_terminal=True)).redraws


@pytest.mark.parametrize(
    ("columns", "width"), [("100", 100), ("", WIDTH_OF_FILES), ("wide", WIDTH_OF_FILES), ("1", WIDTH_OF_FILES)]
)
def test_the_width_of_a_file(columns: str, width: int) -> None:
    assert on(Screen(), env={"COLUMNS": columns}).width == width


def test_long_lines_are_not_cut_by_the_console() -> None:
    stream = Screen()
    on(stream, width=40).say(["x" * 100])
    assert stream.getvalue() == "x" * 100 + "\n"


def test_control_characters_show_as_pictures() -> None:
    assert safe("a\x1b[2Jb\x9b\u202e").plain == "a␛[2Jb\ufffd\ufffd"


def test_styles_stay_where_they_were() -> None:
    text = Text("\x1bred")
    text.stylize("red", 1, 4)
    assert [(span.start, span.end) for span in safe(text).spans] == [(1, 4)]


def test_an_encoding_without_symbols_gets_others() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Terminal(Streams(stream, stream, io.StringIO()), env={}).say(["✔ a → b · 网…"])
    stream.flush()
    assert raw.getvalue() == b"v a > b - ?.\n"


def test_markup_is_text() -> None:
    stream = Screen()
    on(stream, color="always").say(["[red]x[/red] :smile: 42"])
    assert stream.getvalue() == "[red]x[/red] :smile: 42\n"


class Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_question_is_asked_on_stderr() -> None:
    out, err = Screen(is_terminal=True), Screen(is_terminal=True)
    terminal = Terminal(Streams(out, err, Keyboard("yes \n")), env={})
    assert terminal.ask("Apply? ") == "yes"
    assert (out.getvalue(), err.getvalue()) == ("", "Apply? ")


@pytest.mark.parametrize(("err", "stdin"), [(Screen(is_terminal=True), io.StringIO("yes\n")), (Screen(), Keyboard("yes\n"))])
def test_without_a_terminal_nothing_is_asked(err: Screen, stdin: io.StringIO) -> None:
    with pytest.raises(ApprovalError):
        Terminal(Streams(Screen(), err, stdin), env={}).ask("Apply? ")
    assert err.getvalue() == ""


def test_an_end_of_input_is_no_answer() -> None:
    with pytest.raises(ApprovalError):
        Terminal(Streams(Screen(), Screen(is_terminal=True), Keyboard("")), env={}).ask("Apply? ")
