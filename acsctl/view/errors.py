"""What is said of an error: our sentence first, the cloud's code and request id always, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from acsctl.errors import AcsctlError, RefusedError
from acsctl.view import fields, story, style
from acsctl.view.page import Page
from acsctl.view.style import line


def block(error: AcsctlError, *, page: Page) -> Iterator[Text]:
    """An error that ends a command."""
    if isinstance(error, RefusedError):
        rows = [row for reason in error.reasons for row in _hanging(reason, page=page)]
    else:
        rows = _hanging(story.sentence(error), page=page)
    for sign, row in rows:
        yield line((f"{sign:<3}", style.DANGER), row)
    yield from details(error, page=page)


def _hanging(text: str, *, page: Page) -> list[tuple[str, str]]:
    rows = [row for part in text.splitlines() or [""] for row in fields.wrapped(part, room=max(30, page.width - 3))]
    return [("✘" if number == 0 else "", row) for number, row in enumerate(rows)]


def details(error: AcsctlError, *, page: Page) -> Iterator[Text]:
    """The lines below the sentence, indented by four."""
    room = max(30, page.width - 4)
    if cloud := story.cause(error):
        request = f", request {cloud.request_id}" if cloud.request_id else ""
        yield line("    ", (f"{cloud.code or f'status {cloud.status}'}{request}", style.BOLD))
        for row in fields.wrapped(" ".join(cloud.said.split()), room=room) if cloud.said else ():
            yield line("    ", (row, style.DIM))
    if error.remedy:
        rows = fields.wrapped(error.remedy, room=room - 6)
        for number, row in enumerate(rows):
            yield line("    ", (f"{'do' if number == 0 else '':<6}", style.NOTE), row)
