"""What differs between the objects that a workload wants and those that it has, field by field, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from acsctl.kinds.objects.seen import Seen
from acsctl.kinds.objects.wanted import titled
from acsctl.kube import summary
from acsctl.kube.applyset import set_of
from acsctl.kube.client import MANAGER
from acsctl.kube.difference import GONE, Difference, differences, holders, path_text, value_at, wanting
from acsctl.kube.forecast import Verdict
from acsctl.kube.manifest import ADDRESS, PART_OF, Key, Manifest, key_of
from acsctl.model.change import FieldChange, Impact, Reason
from acsctl.model.foresight import Compared
from acsctl.model.unknown import UNKNOWN, Secret

FIELD = "manifests"
OBJECTS = "objects"
MOVED = "objects that move"
STAYING = "objects that stay"
READY = "ready"
ANEW = "made anew"
GOING = "being deleted"
SET = ("metadata", "labels", PART_OF)
OWNER = ("metadata", "labels", ADDRESS)
LOSES_DATA = frozenset({"StatefulSet", "PersistentVolumeClaim", "PersistentVolume", "Namespace", "CustomResourceDefinition"})
GOES_OUT = frozenset({"Deployment", "DaemonSet", "Service", "Ingress"})
ROLLS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})


@dataclass(frozen=True)
class Outlook:
    """What dry runs said of wanted objects, and which objects another workload of the stack takes over."""

    verdicts: Mapping[Key, Verdict] = field(default_factory=dict[Key, Verdict])
    moves: Mapping[Key, str] = field(default_factory=dict[Key, str])


def compare(found: Compared) -> Iterable[FieldChange]:
    """The changes of a workload."""
    return _Comparison(found).changes()


class _Comparison:
    def __init__(self, found: Compared) -> None:
        self._found = found
        seen = found.live.raw
        self._seen = seen if isinstance(seen, Seen) else None
        self._outlook = found.foreseen if isinstance(found.foreseen, Outlook) else Outlook()
        self._last = {key_of(item): item for item in found.last.values()} if isinstance(found.last, Mapping) else {}

    def changes(self) -> Iterator[FieldChange]:
        """Objects that come and go, those that move, then what differs of each that stays."""
        have: Mapping[Key, Manifest] = self._seen.objects if self._seen else {}
        if self._found.unknown:
            note = "the template tests what is known after apply"
            before = f"{len(have)} objects"
            yield FieldChange(OBJECTS, before, UNKNOWN, reason=self._unsure(Reason.EDIT), note=note, field=FIELD)
            return
        want = {key_of(item): item for item in self._found.want.values()}
        named = self._named()
        current = {key: row for key in want if (row := self._current(key, want[key])) is not None}
        yield from self._coming_and_going(want, current, named)
        kept = {key: want[key] for key in current if self._seen and key in self._seen.inventory.leaving}
        if kept:
            note = "an unfinished run was taking them away"
            yield FieldChange(STAYING, added=tuple(titled(kept)), reason=Reason.UNFINISHED, note=note, field=FIELD)
        moving = {key: self._outlook.moves[key] for key in named if key not in want and key in self._outlook.moves}
        if moving:
            targets = ", ".join(sorted(set(moving.values())))
            gone = tuple(titled(dict.fromkeys(sorted(moving))))
            yield FieldChange(MOVED, removed=gone, reason=self._unsure(Reason.EDIT), note=f"now of {targets}", field=FIELD)
        titles = {key: title for title, key in titled({key: key for key in want}).items()}
        for key, row in current.items():
            yield from self._object(titles[key], want[key], row)
        if self._found.unfinished and self._found.live.state != READY:
            reason = self._found.live.reason or self._found.live.state
            yield FieldChange(READY, reason, READY, reason=Reason.UNFINISHED, field=FIELD)

    def _named(self) -> set[Key]:
        """Every object that is ours or may be: what bears our label, and what an unfinished run has left in the inventory."""
        if self._seen is None:
            return set()
        members = {member.key for member in self._seen.inventory.every}
        return set(self._seen.objects) | members

    def _current(self, key: Key, want: Manifest) -> Manifest | None:
        verdict = self._verdict(key, want)
        if verdict is not None and verdict.current is not None:
            return verdict.current
        return self._seen.objects.get(key) if self._seen else None

    def _verdict(self, key: Key, want: Manifest) -> Verdict | None:
        """What the dry run said, if it was of just this."""
        found = self._outlook.verdicts.get(key)
        return found if found is not None and found.asked == want else None

    def _coming_and_going(
        self, want: Mapping[Key, Manifest], current: Mapping[Key, Manifest], named: set[Key]
    ) -> Iterator[FieldChange]:
        new = {key: want[key] for key in want if key not in current}
        old = sorted(key for key in named if key not in want and key not in self._outlook.moves)
        if not new and not old:
            return
        added = tuple(" ".join(part for part in (title, self._short(item)) if part) for title, item in titled(new).items())
        reasons = {self._came_and_went(key, gone=True) for key in new} | {self._came_and_went(key) for key in old}
        impact = Impact.DATA_LOSS if any(key.kind in LOSES_DATA for key in old) else Impact.NONE
        yield FieldChange(
            OBJECTS,
            added=added,
            removed=tuple(titled(dict.fromkeys(old))),
            reason=self._unsure(Reason.BOTH if len(reasons) > 1 else next(iter(reasons))),
            impact=impact,
            field=FIELD,
        )

    def _came_and_went(self, key: Key, *, gone: bool = False) -> Reason:
        """Why an object is missing, or one too many: the cloud's doing is what was applied and is gone, and what never was."""
        if not isinstance(self._found.last, Mapping):
            return Reason.EDIT
        return Reason.DRIFT if (key in self._last) is gone else Reason.EDIT

    def _short(self, item: Manifest) -> str:
        verdict = self._verdict(key_of(item), item)
        unsure = "(unverified)" if verdict is not None and verdict.outcome == "unverified" else ""
        return " ".join(part for part in (summary.detail(item), unsure) if part)

    def _unsure(self, reason: Reason) -> Reason:
        if self._found.unfinished:
            return Reason.UNFINISHED
        return reason if self._found.recorded else Reason.UNKNOWN

    def _object(self, title: str, want: Manifest, current: Manifest) -> Iterator[FieldChange]:
        verdict = self._verdict(key_of(want), want)
        if current["metadata"].get("deletionTimestamp"):
            held = ", ".join(current["metadata"].get("finalizers") or ())
            note = "what was applied to it now would go with it" + (f"; held by {held}" if held else "")
            reason = self._unsure(Reason.DRIFT)
            yield FieldChange(title, GOING, ANEW, reason=reason, note=note, field=FIELD, part=title)
            return
        if verdict is not None and verdict.predicted is not None:
            found = [row for row in differences(current, verdict.predicted) if row.path != SET]
            yield from (self._leaf(title, want, current, row) for row in found)
            yield from self._set(title, current, verdict)
            return
        rows = [self._leaf(title, want, current, found) for found in wanting(want, current)]
        if verdict is not None and verdict.outcome == "anew":
            yield FieldChange(
                title,
                "there",
                ANEW,
                reason=rows[0].reason if rows else self._unsure(Reason.EDIT),
                impact=_anew(want),
                asks=_anew(want) is Impact.OUTAGE,
                note=verdict.said,
                field=FIELD,
                part=title,
            )
        yield from rows

    def _set(self, title: str, current: Manifest, verdict: Verdict) -> Iterator[FieldChange]:
        """The ApplySet that an object is in: silent where it moves, which its address tells, or had none in an older acsctl."""
        before, after = set_of(current), set_of(verdict.predicted or current)
        moves = value_at(current, OWNER) != value_at(verdict.predicted or current, OWNER) and not verdict.owner
        old = self._seen is not None and self._seen.inventory.legacy and not before
        if before == after or moves or old:
            return
        note = f"held by {verdict.owner}" if verdict.owner else ""
        path, reason = f"{title} {path_text(SET)}", self._unsure(Reason.DRIFT)
        yield FieldChange(path, before or None, after, reason=reason, note=note, field=FIELD, part=title, holder=verdict.owner)

    def _leaf(self, title: str, want: Manifest, current: Manifest, found: Difference) -> FieldChange:
        ours = value_at(want, found.path) is not GONE
        others = holders(current, found.path, besides=MANAGER) if ours else ()
        foreign = bool(others) and value_at(current, found.path) is not GONE
        reason = self._reason(want, current, found, foreign=foreign)
        by = ", ".join(other.name for other in others)
        note = f"changed by {by}" if foreign and reason in (Reason.DRIFT, Reason.BOTH) else f"held by {by}" if foreign else ""
        rolls = want.get("kind") in ROLLS and found.path[:2] == ("spec", "template")
        return FieldChange(
            f"{title} {found.text}",
            found.before,
            found.after,
            reason=reason,
            impact=Impact.ROLLING if rolls else Impact.NONE,
            note=note,
            field=FIELD,
            part=title,
            holder=by if foreign else "",
            # What we had set, and somebody has changed once, is repaired like any drift.
            asks=foreign and (reason is not Reason.DRIFT or any(other.lasting for other in others)),
        )

    def _reason(self, want: Manifest, current: Manifest, found: Difference, *, foreign: bool) -> Reason:
        last = self._last.get(key_of(want))
        if self._found.unfinished or not self._found.recorded:
            return self._unsure(Reason.EDIT)
        if last is None:
            return Reason.EDIT
        was, wants = value_at(last, found.path), value_at(want, found.path)
        if isinstance(found.after, Secret):  # the record has no secrets
            return Reason.DRIFT if foreign else Reason.EDIT
        if was == wants:
            return Reason.DRIFT
        return Reason.BOTH if foreign and was not in (GONE, value_at(current, found.path)) else Reason.EDIT


def _anew(item: Manifest) -> Impact:
    kind = str(item.get("kind"))
    if kind in LOSES_DATA:
        return Impact.DATA_LOSS
    return Impact.OUTAGE if kind in GOES_OUT else Impact.RESTART
