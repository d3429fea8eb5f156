"""What a server answered to an intent, so that one run does not ask the same of an object that is still as the answer said.

Server-side apply of the same intent changes nothing where the object is as that intent left it and we own what we owned then.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.kube.difference import GONE, differences, value_at
from acsctl.kube.manifest import Key, Manifest, key_of, revealed


@dataclass(frozen=True)
class _Answer:
    sent: Manifest
    object: Mapping[str, Any]


class Memory:
    """The last answer to each intent. Thread-safe."""

    def __init__(self, manager: str) -> None:
        self._manager = manager
        self._lock = threading.Lock()
        self._answers: dict[Key, _Answer] = {}

    def keep(self, sent: Manifest, answer: Mapping[str, Any]) -> None:
        """An apply of `sent`, real or a dry run, would make the object or has made it `answer`."""
        with self._lock:
            self._answers[key_of(sent)] = _Answer(revealed(sent), answer)

    def settles(self, sent: Manifest, listed: Mapping[str, Any]) -> bool:
        """Whether `sent` is known to change nothing in the object that a list showed.

        What others add to its metadata beside what is sent (a revision, a finalizer) makes no difference; the rest does.
        """
        with self._lock:
            found = self._answers.get(key_of(sent))
        if found is None or found.sent != revealed(sent) or listed["metadata"].get("deletionTimestamp"):
            return False
        if any(of(found.object) != of(listed) for of in (self._owned, _uid)):
            return False
        paths = [one.path for one in differences(found.object, listed)]
        return all(path[0] == "metadata" and value_at(sent, path) is GONE for path in paths)

    def _owned(self, item: Mapping[str, Any]) -> list[Any]:
        rows = item["metadata"].get("managedFields") or ()
        ours = [row for row in rows if row.get("manager") == self._manager and row.get("operation") == "Apply"]
        return [(row.get("apiVersion"), row.get("fieldsV1")) for row in ours if not row.get("subresource")]


def _uid(item: Mapping[str, Any]) -> Any:
    return item["metadata"].get("uid")
