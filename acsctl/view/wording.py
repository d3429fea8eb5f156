"""Lengths, counts and reasons in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from acsctl.model.change import Action, Reason
from acsctl.model.event import Cause, StepWaiting

WHY = {
    Reason.EDIT: "",
    Reason.DRIFT: "the cloud was changed, the file was not",
    Reason.BOTH: "both the file and the cloud were changed",
    Reason.UNKNOWN: "no record of the last apply tells why",
    Reason.UNFINISHED: "the last run did not finish it",
    Reason.ASKED: "",
}

DOING = {Action.CREATE: "creating", Action.UPDATE: "changing", Action.DELETE: "destroying", Action.ADOPT: "adopting"}
DONE = {
    Action.CREATE: "created",
    Action.UPDATE: "changed",
    Action.REPLACE: "replaced",
    Action.DELETE: "destroyed",
    Action.ADOPT: "adopted",
    Action.FORGET: "forgotten",
}


def length(seconds: float) -> str:
    """A measured time: "2.1 s", "23 s", "3 min 12 s", "1 h 5 min"."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def rough(seconds: float) -> str:
    """An expected time, no more exact than it is: "5 s", "40 s", "14 min", "2 h"."""
    if seconds < 10:
        return f"{max(1, round(seconds))} s"
    if seconds < 57.5:
        return f"{5 * round(seconds / 5)} s"
    if seconds < 5400:
        return f"{max(1, round(seconds / 60))} min"
    return f"{round(seconds / 3600)} h"


def ago(seconds: float) -> str:
    """How long something lies back: "6 min ago", "2 days ago"."""
    for unit, size in (("day", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''} ago"
    return "just now" if seconds < 10 else f"{int(seconds)} s ago"


def count(number: int, noun: str) -> str:
    """ "1 rule", "3 rules"."""
    return f"{number} {noun if number == 1 else noun + 's'}"


def names(items: Iterable[object], *, most: int = 8) -> str:
    """Names in a row, each once; those beyond `most` are counted."""
    rows = list(dict.fromkeys(str(item) for item in items))
    rest = len(rows) - most
    return ", ".join(rows) if rest <= 0 else f"{', '.join(rows[:most])} and {rest} more"


def ranges(numbers: Sequence[int]) -> str:
    """ "2", "2, 3", "4–9, 12"."""
    spans: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if spans and spans[-1][1] == number - 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return ", ".join(str(low) if low == high else f"{low}–{high}" for low, high in spans)


WAITS = {
    Cause.NONE: "",
    Cause.THROTTLED: "waits for the cloud: {code} ({what})",
    Cause.IN_WORK: "waits for the cloud: an earlier {what} is still in work",
    Cause.UNANSWERED: "waits for the cloud: no answer to {what}",
    Cause.BUSY: "waits for the cloud: {code} ({what})",
    Cause.QUEUE: "waits for the {what} queue",
}


def waits(event: StepWaiting) -> str:
    """What a step waits for that cannot go on: "waits for the cloud: Throttling.User (ecs RunInstances)"."""
    return WAITS[event.cause].format(code=event.code, what=event.what.replace(".", " "))


def waited(causes: Mapping[str, float], *, most: int = 4) -> str:
    """Causes and how long each was waited for, the longest first: "throttling ecs.RunInstances 9.0 s, lists that lag 5.0 s"."""
    longest = [item for item in sorted(causes.items(), key=lambda item: -item[1]) if item[1] >= 0.05]
    rest = [f"{len(longest) - most} more"] if len(longest) > most else []
    return ", ".join([*(f"{cause} {length(seconds)}" for cause, seconds in longest[:most]), *rest])
