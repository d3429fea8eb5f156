"""The end of a run: what was done, what failed and why, what to do now, and the outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from acsctl.model.change import Action
from acsctl.model.event import RunEnded, StepFailed
from acsctl.view import errors, fields, story, style, values, wording
from acsctl.view.board import Board
from acsctl.view.page import Page
from acsctl.view.style import line

WORTH_TELLING = 1.0  # seconds
AGAIN = "run the same command again to go on."


def failures(board: Board, *, page: Page) -> Iterator[Text]:
    """A block for each failed step."""
    for event in board.failures:
        yield from failure(event, page=page)


def failure(event: StepFailed, *, page: Page) -> Iterator[Text]:
    """What failed, the cloud's code and request id, what to do, and what was not started because of it."""
    yield line(("✘ ", style.DANGER), (f"{event.step.label}   ", style.BOLD), story.sentence(event.error))
    yield from errors.details(event.error, page=page)
    if event.skipped:
        skipped = wording.names((step.address for step in event.skipped), most=12)
        for row in fields.wrapped(f"not started because of it: {skipped}", room=max(30, page.width - 4)):
            yield line(f"    {row}")


def ending(ended: RunEnded, *, page: Page, destroy: bool) -> Iterator[Text]:
    """How the run ended, and what to do if it is not complete."""
    sentence, color = _sentence(ended, destroy=destroy)
    for row in fields.wrapped(sentence, room=page.width):
        yield line((row, color))
    if ended.waited_in_all >= WORTH_TELLING:
        text = f"Waited {wording.length(ended.waited_in_all)} for: {wording.waited(ended.waited)}."
        yield from (line((row, style.DIM)) for row in fields.wrapped(text, room=page.width))


def _sentence(ended: RunEnded, *, destroy: bool) -> tuple[str, str]:
    if ended.interrupted:
        return f"Stopped: {_tally(ended)}. {AGAIN.capitalize()}", style.CARE
    if ended.failed or ended.not_started:
        return f"Ended part-way: {_tally(ended)}. Nothing is lost: {AGAIN}", style.DANGER
    if not ended.clean:
        so_far = done(ended, destroy=destroy)
        return f"Everything is done ({so_far}), but the cloud does not show all of it yet. {AGAIN.capitalize()}", style.CARE
    return (
        f"{'Destroy' if destroy else 'Apply'} complete: {done(ended, destroy=destroy)} in {wording.length(ended.at)}.",
        style.GOOD,
    )


def _tally(ended: RunEnded) -> str:
    parts = [f"{ended.done} done"]
    if ended.failed:
        parts.append(f"{ended.failed} failed")
    if ended.under_way:
        parts.append(f"{len(ended.under_way)} under way in the cloud ({wording.names(ended.under_way)})")
    return ", ".join([*parts, f"{ended.not_started} not started"])


def done(ended: RunEnded, *, destroy: bool) -> str:
    """ "8 created, 2 changed, 0 destroyed"."""
    always = (Action.DELETE,) if destroy else (Action.CREATE, Action.UPDATE, Action.DELETE)
    words = [
        f"{ended.counts.get(action, 0)} {word}"
        for action, word in wording.DONE.items()
        if _told(action, ended=ended, always=always)
    ]
    return ", ".join(words)


def _told(action: Action, *, ended: RunEnded, always: tuple[Action, ...]) -> bool:
    return action in always or ended.counts.get(action, 0) > 0


def outputs(items: Mapping[str, Any], *, reveal: bool = False) -> Iterator[Text]:
    """Outputs, aligned; several lines of text stand below their name."""
    column = max((len(name) for name in items), default=0)
    for name, value in items.items():
        text = values.shown(values.revealed(value) if reveal else value)
        if "\n" in text:
            yield line((name, style.BOLD))
            yield from (line(f"  {row}") for row in text.splitlines())
        else:
            yield line((f"{name:<{column}}", style.BOLD), "  ", text)
