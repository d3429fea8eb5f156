"""Keeps the number of Events within bounds.

A real server forgets an Event after an hour. In cloud time that is soon over, and who looks afterwards wants the story.
"""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.kubernetes.builtin.controllers.work import Work
from acsctl.emulator.kubernetes.client import EVENTS

MOST, KEPT = 2000, 1000


class Events:
    def __init__(self, work: Work) -> None:
        self._work = work

    def reconcile(self) -> None:
        found = self._work.client.listed(EVENTS)
        if len(found) > MOST:
            oldest = sorted(found, key=_moment)[: len(found) - KEPT]
            self._work.each(oldest, lambda one: self._work.client.delete(EVENTS, one))


def _moment(event: Mapping[str, Any]) -> str:
    return str(event.get("lastTimestamp") or event["metadata"]["creationTimestamp"])
