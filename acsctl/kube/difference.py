"""What differs between two forms of one object, leaf by leaf, and who holds a leaf according to managedFields."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acsctl.kube.manifest import Manifest
from acsctl.model.unknown import UNKNOWN, Secret

Step = str | int | Mapping[str, Any]
"""A key of a mapping, a place in a list, or what tells an item of a list: {"name": "web"}."""

Path = tuple[Step, ...]
GONE: Any = type("_Gone", (), {"__repr__": lambda self: "GONE"})()
"""Stands for what is not there, which null may not."""

SERVERS_OWN = ("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink")
_TELLING = (("name",), ("containerPort", "protocol"), ("port", "protocol"), ("mountPath",), ("ip",), ("key",), ("type",))

CONTROLLERS = frozenset({"kube-controller-manager", "cloud-controller-manager"})
"""Managers of fields that Kubernetes itself sets again: the replicas under an autoscaler."""


@dataclass(frozen=True)
class Difference:
    """One leaf, before and after; None stands for what is not there."""

    path: Path
    before: Any = None
    after: Any = None

    @property
    def text(self) -> str:
        """The path as people write it: `spec.template.spec.containers[web].image`."""
        return path_text(self.path)


def path_text(path: Path) -> str:
    """A path in one line."""
    text = ""
    for step in path:
        if isinstance(step, Mapping):
            text += f"[{'/'.join(str(value) for value in step.values())}]"
        elif isinstance(step, int) or "." in step or "/" in step:
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def bare(item: Manifest) -> dict[str, Any]:
    """The object without what the server keeps for itself."""
    meta = {key: value for key, value in item["metadata"].items() if key not in SERVERS_OWN}
    return {key: meta if key == "metadata" else value for key, value in item.items() if key != "status"}


def differences(before: Manifest, after: Manifest) -> Iterator[Difference]:
    """Every leaf that differs. Of a Secret's data it is told only that it differs."""
    for found in _compared(bare(before), bare(after), path=()):
        hidden = before.get("kind") == "Secret" and found.path[0] in ("data", "stringData")
        yield Difference(found.path, _secret(found.before), _secret(found.after)) if hidden else found


def _secret(value: Any) -> Any:
    return None if value is None else value if isinstance(value, Secret) else Secret(value)


def _compared(before: Any, after: Any, *, path: Path) -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in (*after, *(key for key in before if key not in after)):
            yield from _compared(before.get(key, GONE), after.get(key, GONE), path=(*path, str(key)))
    elif isinstance(before, list) and isinstance(after, list) and (pairs := _paired(before, after)) is not None:
        for step, old, new in pairs:
            yield from _compared(old, new, path=(*path, step))
    elif before != after:
        yield Difference(path, None if before is GONE else before, None if after is GONE else after)


def _paired(before: list[Any], after: list[Any]) -> list[tuple[Step, Any, Any]] | None:
    """Items of two lists that belong together; None where a list is one value."""
    if not all(isinstance(item, Mapping) for item in (*before, *after)):
        return None
    for words in _TELLING:
        old, new = _by(before, words), _by(after, words)
        if old is not None and new is not None:
            if [key for key in old if key in new] != [key for key in new if key in old]:
                return None  # the order counts
            keys = (*new, *(key for key in old if key not in new))
            return [(dict(key), old.get(key, GONE), new.get(key, GONE)) for key in keys]
    if len(before) == len(after):
        return [(index, old, new) for index, (old, new) in enumerate(zip(before, after, strict=True))]
    return None


def _by(items: list[Any], words: Sequence[str]) -> dict[tuple[tuple[str, Any], ...], Any] | None:
    """Items by the words that tell them apart; None where these do not."""
    found = {
        tuple((word, item[word]) for word in words if isinstance(item.get(word), (str, int))): item
        for item in items
        if isinstance(item.get(words[0]), (str, int))
    }
    return found if len(found) == len(items) else None


def wanting(intent: Manifest, current: Manifest) -> Iterator[Difference]:
    """What of an intent is not so in the live object: where no dry run could say more. Defaults are no difference."""
    yield from _lacking(_encoded(bare(intent)), bare(current), path=())


def _encoded(intent: dict[str, Any]) -> dict[str, Any]:
    """A Secret's `stringData` as the `data` that it becomes."""
    if intent.get("kind") != "Secret" or not isinstance(intent.get("stringData"), Mapping):
        return intent
    data = {key: _base64(value) for key, value in intent["stringData"].items()}
    return {key: value for key, value in intent.items() if key != "stringData"} | {"data": {**intent.get("data", {}), **data}}


def _base64(value: Any) -> Any:
    if value is UNKNOWN:
        return value
    return Secret(base64.b64encode(str(value.reveal() if isinstance(value, Secret) else value).encode()).decode())


def _lacking(want: Any, have: Any, *, path: Path) -> Iterator[Difference]:
    if isinstance(want, Mapping) and isinstance(have, Mapping):
        for key, value in want.items():
            yield from _lacking(value, have.get(key, GONE), path=(*path, str(key)))
    elif isinstance(want, list) and isinstance(have, list) and (pairs := _paired(have, want)) is not None:
        for step, old, new in pairs:
            yield from _compared(old, new, path=(*path, step)) if GONE in (old, new) else _lacking(new, old, path=(*path, step))
    elif isinstance(want, Secret):
        if want != (have if isinstance(have, Secret) else Secret(have)):
            yield Difference(path, None if have is GONE else Secret(None), want)
    elif want is UNKNOWN or want != have:
        yield Difference(path, None if have is GONE else have, want)


def value_at(item: Any, path: Path) -> Any:
    """The value at a path; GONE where there is none."""
    for step in path:
        if isinstance(step, Mapping):
            rows = item if isinstance(item, list) else []
            item = next((row for row in rows if isinstance(row, Mapping) and _tells(step, row)), GONE)
        elif isinstance(step, int):
            item = item[step] if isinstance(item, list) and step < len(item) else GONE
        else:
            item = item.get(step, GONE) if isinstance(item, Mapping) else GONE
        if item is GONE:
            return GONE
    return item


def _tells(step: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return all(row.get(key) == value for key, value in step.items())


@dataclass(frozen=True)
class Holder:
    """A manager that holds a value. `lasting`: it will set it again, since it applies a whole intent as we do, or is a
    controller; who only updated the value once has let go of it."""

    name: str
    lasting: bool = False


def holders(current: Manifest, path: Path, *, besides: str) -> tuple[Holder, ...]:
    """The managers that hold the value at `path`, or something below it, short of `besides`."""
    found: dict[str, Holder] = {}
    for entry in current["metadata"].get("managedFields") or ():
        applies = entry.get("operation") == "Apply"
        mine = entry.get("manager") == besides and applies
        if not mine and entry.get("subresource") != "status" and _holds(entry.get("fieldsV1") or {}, path):
            name = str(entry.get("manager") or "somebody")
            before = found.get(name, Holder(name))
            found[name] = Holder(name, before.lasting or applies or name in CONTROLLERS)
    return tuple(found.values())


def _holds(fields: Mapping[str, Any], path: Path) -> bool:
    if not path:
        return True
    step, *rest = path
    if isinstance(step, Mapping):
        below = [value for key, value in fields.items() if key.startswith("k:") and _same_item(key, step)]
    elif isinstance(step, int):
        below = [fields[f"i:{step}"]] if f"i:{step}" in fields else []
    else:
        below = [fields[f"f:{step}"]] if f"f:{step}" in fields else []
    # A leaf that holds all below it (an atomic list or mapping) ends the way early.
    return any(not value or _holds(value, tuple(rest)) for value in below)


def _same_item(key: str, step: Mapping[str, Any]) -> bool:
    try:
        told: Mapping[str, Any] = json.loads(key[2:])
    except ValueError:
        return False
    return all(told.get(word, value) == value for word, value in step.items()) and bool(told.keys() & step.keys())
