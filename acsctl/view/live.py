"""A run while it goes on: redrawn in place on a terminal, otherwise a line when something begins, lasts and ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from rich.console import Group
from rich.live import Live
from rich.text import Text

from acsctl.model.event import (
    Event,
    RunEnded,
    RunStarted,
    Settling,
    StepDone,
    StepFailed,
    StepProgress,
    StepStarted,
    StepWaiting,
    Stopping,
    Throttled,
)
from acsctl.view import fields, style, wording
from acsctl.view.board import Board
from acsctl.view.contract import Meter
from acsctl.view.page import Page
from acsctl.view.progress import Drawing
from acsctl.view.style import line
from acsctl.view.terminal import Terminal, safe

FRAMES_A_SECOND = 8
EVERY = 30.0
"""Seconds of the run's clock between two lines about one step that lasts, where nothing is redrawn."""


class Progress(Protocol):
    """Shows a run; `board` is what it knows of it."""

    board: Board

    def event(self, event: Event) -> None:
        """Take one event in and show it."""
        ...

    def close(self) -> None:
        """Stop showing; may be called again."""
        ...


class InPlace:
    """The live table. What has ended scrolls up and stays; what goes on is redrawn below it, by a thread of rich.

    That thread reads one attribute, which the thread of the events replaces whole: no lock is needed.
    """

    def __init__(self, terminal: Terminal, *, page: Page, meter: Meter) -> None:
        self.board = Board()
        self._terminal = terminal
        self._page = page
        self._meter = meter
        self._began = 0.0
        self._live: Live | None = None

    def event(self, event: Event) -> None:
        """See Progress."""
        self.board = self.board.after(event)
        if isinstance(event, RunStarted):
            self._start(event)
        elif isinstance(event, RunEnded):
            self.close()
        else:
            self._terminal.tell(notable(event, board=self.board, page=self._page))

    def close(self) -> None:
        """See Progress."""
        if self._live:
            self._live.stop()
            self._live = None

    def _start(self, event: RunStarted) -> None:
        self.close()
        self._began = self._meter.now() - event.at
        self._terminal.tell([""])
        self._live = Live(
            console=self._terminal.err,
            get_renderable=self._draw,
            refresh_per_second=FRAMES_A_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def _draw(self) -> Group:
        now = self._meter.now() - self._began
        rows = max(3, self._terminal.err.height - 3)
        lines = Drawing(self.board, self._page).table(now=now, calls=self._meter.calls(), rows=rows)
        return Group(*(safe(row, encoding=self._terminal.err.encoding) for row in lines))


class Lines:
    """Plain lines, for logs: nothing is ever redrawn, so each line tells when it was written."""

    def __init__(self, terminal: Terminal, *, page: Page) -> None:
        self.board = Board()
        self._terminal = terminal
        self._page = replace(page, width=page.width - len(_clock(0.0)) - 1)
        self._told: dict[str, float] = {}

    def event(self, event: Event) -> None:
        """See Progress."""
        self.board = self.board.after(event)
        self._terminal.tell(line((f"{_clock(event.at)} ", style.DIM), text) for text in self._lines(event))

    def _lines(self, event: Event) -> Iterator[Text]:
        match event:
            case RunStarted(steps=steps):
                time = f", about {wording.rough(left)}" if (left := self.board.left(event.at)) else ""
                yield line(f"  {wording.count(len(steps), 'step')}{time}")
            case StepStarted(step=step):
                self._told[step.id] = event.at
                yield Drawing(self.board, self._page).begun(self.board.row(step))
            case StepProgress(step=step) | StepWaiting(step=step) if event.at - self._told.get(step.id, 0.0) >= EVERY:
                self._told[step.id] = event.at
                if self.board.row(step).state == "running":
                    yield Drawing(self.board, self._page).running(self.board.row(step), now=event.at)
            case Settling(message=message):
                yield line(f"  · {message}")
            case Throttled(action=action, seconds=seconds) if event.at - self._told.get(action, -EVERY) >= EVERY:
                self._told[action] = event.at
                yield line(f"  · throttled {wording.length(seconds)} ({action.replace('.', ' ')})")
            case _:
                yield from notable(event, board=self.board, page=self._page)

    def close(self) -> None:
        """Nothing is left open."""


def notable(event: Event, *, board: Board, page: Page) -> Iterator[Text]:
    """The line that an event leaves for good, if it leaves one."""
    match event:
        case StepDone(step=step):
            yield Drawing(board, page).finished(board.row(step))
        case StepFailed():
            yield Drawing(board, page).failed(event)
        case Stopping(in_flight=in_flight, why=why):
            awaited = f"{wording.count(in_flight, 'call')} in flight {'is' if in_flight == 1 else 'are'} awaited, "
            once_more = "" if why else " Once more leaves at once (safe too)."
            text = f"Stopping{f', {why}' if why else ''}: {awaited if in_flight else ''}nothing new is started.{once_more}"
            yield from (line("  ", (row, style.CARE)) for row in fields.wrapped(text, room=page.width - 2))
        case _:
            return


def _clock(seconds: float) -> str:
    """Minutes and seconds since the run began, as a log's first column."""
    return f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"
