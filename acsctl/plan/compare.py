"""One wanted spec against one live thing, field by field. Pure; knows schemas, no kind."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from acsctl.model.change import FieldChange, Impact, Reason
from acsctl.model.schema import MISSING, Field
from acsctl.model.unknown import UNKNOWN, Secret

Path = tuple[str, ...]


@dataclass(frozen=True)
class Past:
    """What the record says of the thing: the spec last applied (None: no record), and whether it was left unfinished.

    `anew` are ids of what the cloud changed and what is therefore made anew: who names it says the same as before. `asked` are
    those of what is replaced because somebody asked for it.
    """

    spec: Mapping[str, Any] | None = None
    unfinished: bool = False
    anew: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()

    def reason(self, path: Path, *, want: Any, have: Any, field: Field | None = None) -> Reason:
        """Why `want` and `have` differ at `path`; `field` says what counts as equal."""
        if self.unfinished:
            return Reason.UNFINISHED
        if self.spec is None:
            return Reason.UNKNOWN
        last = self._last(path)
        if last is MISSING:
            # The record holds no secrets: what was there before cannot be told.
            return Reason.UNKNOWN if isinstance(want, Secret) else Reason.EDIT
        if _rewritten(field, last, want) or (self.anew and _rewritten(field, _renewed(last, self.anew), want)):
            return Reason.DRIFT
        if self.asked and _rewritten(field, _renewed(last, self.asked), want):
            return Reason.ASKED
        return Reason.EDIT if _untouched(field, last, have) else Reason.BOTH

    def dropped(self, path: Path, *, have: Any, field: Field | None = None) -> Reason:
        """Why something is to go that the last apply set, and that the file has no more."""
        if self.unfinished:
            return Reason.UNFINISHED
        last = self._last(path)  # the record holds no secrets
        return Reason.EDIT if last is MISSING or _untouched(field, last, have) else Reason.BOTH

    def _last(self, path: Path) -> Any:
        last: Any = self.spec
        for name in path:
            last = last.get(name, MISSING) if isinstance(last, Mapping) else MISSING
        return last


def canonical(value: Any) -> str:
    """A text that is equal for equal values; the order of a mapping's keys does not matter."""
    return json.dumps(value, sort_keys=True, default=repr)


def fields(
    schema: Mapping[str, Field], want: Mapping[str, Any], *, have: Mapping[str, Any], past: Past, prefix: Path = ()
) -> Iterator[FieldChange]:
    """What differs, for each field that `want` has. Fields that no call reads back are left to `Past`."""
    for name, value in want.items():
        field = schema[name]
        path = (*prefix, name)
        if field.shape == "object" and isinstance(value, Mapping):
            inner = have.get(name) or {}
            nested = fields(field.fields, value, have=inner, past=past, prefix=path)
            yield from (replace(change, forces=change.forces or field.meta.immutable) for change in nested)
        elif name in have or field.meta.read == "bulk":
            yield from _field(field, value, have=have.get(name), past=past, path=path)
        elif field.meta.read == "never" and past.spec is not None and canonical(past.spec.get(name)) != canonical(value):
            yield _change(field, path, before=None, after=value, reason=Reason.EDIT)


def _renewed(value: Any, anew: frozenset[str]) -> Any:
    """A value as it is wanted while things that it names are made anew."""
    if isinstance(value, Mapping):
        return {key: _renewed(item, anew) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_renewed(item, anew) for item in value]
    return UNKNOWN if value in anew else value


def _untouched(field: Field | None, last: Any, have: Any) -> bool:
    """Whether the cloud has what was applied."""
    return same(field, last, have) if field else canonical(last) == canonical(have)


def _rewritten(field: Field | None, last: Any, want: Any) -> bool:
    """Whether the file says what it said, perhaps in another order."""
    if field and field.meta.as_set and isinstance(last, (list, tuple)) and isinstance(want, (list, tuple)):
        return not any(_sets(last, want))
    return canonical(last) == canonical(want)


def _field(field: Field, want: Any, *, have: Any, past: Past, path: Path) -> Iterator[FieldChange]:
    if same(field, want, have):
        return
    reason = past.reason(path, want=want, have=have, field=field)
    if field.meta.as_set and isinstance(want, (list, tuple)):
        added, removed = _sets(want, have or [])
        change = _change(field, path, before=have, after=want, reason=reason)
        lost = field.meta.holds and bool(_named(field, removed) - _named(field, added))
        impact = Impact.DATA_LOSS if lost else change.impact
        yield replace(change, added=added, removed=removed, impact=impact)
    elif field.shape == "mapping" and isinstance(want, Mapping):
        for key, value in want.items():
            if (have or {}).get(key) != value:
                before = (have or {}).get(key)
                yield _change(
                    field, (*path, key), before=before, after=value, reason=past.reason((*path, key), want=value, have=before)
                )
    else:
        yield _change(field, path, before=have, after=want, reason=reason)


def _named(field: Field, items: Iterable[Any]) -> set[str]:
    """What the items of a list of objects are called."""
    return {str(item[field.meta.key]) for item in items if isinstance(item, Mapping) and field.meta.key in item}


def same(field: Field, want: Any, have: Any) -> bool:
    """Whether a live value is as wanted. What is not known yet never is."""
    if isinstance(want, Secret):
        want = want.reveal()
    if want is UNKNOWN:
        return False
    if field.meta.choice:
        return any(_equal(field, entry, have) for entry in (want if isinstance(want, (list, tuple)) else [want]))
    if field.meta.as_set and isinstance(want, (list, tuple)):
        return not any(_sets(want, have or []))
    if field.shape == "mapping" and isinstance(want, Mapping):
        return all((have or {}).get(key) == value for key, value in want.items())
    return _equal(field, want, have)


def _equal(field: Field, want: Any, have: Any) -> bool:
    if field.meta.same and want is not UNKNOWN and have is not None:
        return field.meta.same(want, have)
    return bool(want == have)


def _sets(want: Iterable[Any], have: Iterable[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    wanted = {canonical(item): item for item in want}
    had = {canonical(item): item for item in have}
    added = tuple(item for key, item in wanted.items() if key not in had)
    return added, tuple(item for key, item in had.items() if key not in wanted)


def _change(field: Field, path: Path, *, before: Any, after: Any, reason: Reason) -> FieldChange:
    secret = field.meta.secret or isinstance(after, Secret)
    return FieldChange(
        ".".join(path),
        before=Secret(before) if secret and before is not None else before,
        after=Secret(after) if secret and not isinstance(after, Secret) else after,
        reason=reason,
        forces=field.meta.immutable,
        impact=Impact.REPLACE if field.meta.immutable else field.meta.impact,
    )
