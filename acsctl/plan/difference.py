"""What differs between one resource as the file wants it and one live thing: fields, tags and marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from acsctl.model.address import Address
from acsctl.model.change import FieldChange, Impact, Reason
from acsctl.model.digest import digest
from acsctl.model.foresight import Compared, Foresight
from acsctl.model.history import Applied, History
from acsctl.model.ownership import Mark
from acsctl.model.resource import Desired, Live, Spec
from acsctl.model.schema import MISSING, Schema, SpecOf
from acsctl.model.unknown import UNKNOWN, Secret
from acsctl.plan import compare, values

STATE = "state"
OWNERSHIP = "ownership"
"""The path under which a thing that is not ready differs; no field of a schema has this name."""
NOT_READ = "(only its digest is known)"


@dataclass(frozen=True)
class Wanted:
    """A desired resource with everything resolved as far as it is known.

    `mark` is what its ownership tags should say; `gone` are ids that are destroyed before their replacement is made, `anew`
    those of what is made anew because the cloud changed it, `asked` because somebody asked for it.
    """

    desired: Desired
    schema: Schema
    spec: Spec
    tags: Mapping[str, Any]
    mark: Mark
    past: Applied | None
    unfinished: bool
    gone: frozenset[str]
    spec_of: SpecOf
    foresight: Foresight | None = None
    anew: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()


def wanted_mark(stack: str, desired: Desired, schema: Schema, spec: Spec) -> Mark:
    """The mark that a thing made for `desired` bears, with digests of the fields that no list gives back."""
    key = f"{stack}/{desired.address.tag}"
    digests = tuple(
        (name, digest(spec[name], key=key))
        for name, field in schema.fields.items()
        if field.meta.read == "each" and spec.get(name) is not None and not values.unresolved(spec[name])
    )
    return Mark(stack, desired.address, protect=desired.protect, retain=desired.retain, digests=digests)


def differences(want: Wanted, live: Live) -> tuple[FieldChange, ...]:
    """Everything that differs and is not ignored, in the order of the schema, then tags, then marks."""
    past = compare.Past(want.past.spec if want.past else None, want.unfinished, want.anew, want.asked)
    known = {name: value for name, value in want.spec.items() if _compared(want, name)}
    changes = [
        *compare.fields(want.schema.fields, known, have=live.spec, past=past),
        *_own(want, live, past),
        *_lasting(want, live),
        *_resets(want, live, past),
        *_dropped(want, live, past),
        *_digests(want, live, past),
        *_tags(want, live, past),
        *_marks(want, live, past),
        *_state(want, live),
    ]
    forced = set(want.schema.forces(live, _with_names(want), want.spec_of))
    shown = (change for change in changes if not _ignored(want.desired, change.path))
    return tuple(_veiled(want.past, _forced(want, change, forced)) for change in shown)


def _with_names(want: Wanted) -> Spec:
    """The spec with names of the stack where ids are not known yet: `spec_of` tells what they will be."""
    written = want.desired.spec
    return {name: written.get(name, value) if values.unresolved(value) else value for name, value in want.spec.items()}


def _own(want: Wanted, live: Live, past: compare.Past) -> Iterator[FieldChange]:
    """Fields that bring a comparison of their own."""
    for name, field in want.schema.fields.items():
        if field.meta.compare and name in want.spec:
            last = past.spec.get(name) if past.spec is not None else None
            yield from field.meta.compare(
                Compared(
                    want.spec[name],
                    live,
                    foreseen=want.foresight.details if want.foresight else None,
                    last=last,
                    recorded=past.spec is not None,
                    unfinished=past.unfinished,
                )
            )


def _lasting(want: Wanted, live: Live) -> Iterator[FieldChange]:
    """What the cloud shows as wanted although the run that was to change it broke off: more than the field goes with it."""
    for name, field in want.schema.fields.items():
        last = want.past.spec.get(name) if want.past else None
        begun = field.meta.lasting and want.unfinished and last is not None and name in want.spec
        have = live.spec.get(name)
        if begun and compare.same(field, want.spec[name], have) and not compare.same(field, last, have):
            note = "an unfinished run was changing it"
            yield FieldChange(name, last, have, reason=Reason.UNFINISHED, impact=field.meta.impact, note=note)


def _compared(want: Wanted, name: str) -> bool:
    """A fleet's names are compared with their numbers, by `fleet`; what is read one by one by its digest."""
    if name == "name":
        return not want.schema.fleet
    meta = want.schema.fields[name].meta
    return meta.read != "each" and meta.compare is None


def _ignored(desired: Desired, path: str) -> bool:
    return any(path == entry or path.startswith(f"{entry}.") for entry in desired.ignore)


def _veiled(past: Applied | None, change: FieldChange) -> FieldChange:
    """Without what the cloud has of a secret that the file had there once, whatever it has there now."""
    if past is None or not past.is_secret(change.path):
        return change
    before = change.before if change.before is None or isinstance(change.before, Secret) else Secret(change.before)
    return replace(change, before=before, removed=tuple(map(Secret, change.removed)))


def _forced(want: Wanted, change: FieldChange, forced: set[str]) -> FieldChange:
    top = change.top
    field = want.schema.fields.get(top)
    reference = field.meta.reference if field else None
    before = set(change.before) if isinstance(change.before, list) and reference else {change.before} if reference else set()
    swept = reference and not reference.late and not reference.detachable and bool(before & want.gone)
    if change.path in forced or top in forced or swept:
        note = change.note or ("what it stands on is replaced" if swept and not change.forces else "")
        return replace(change, forces=True, impact=Impact.REPLACE, note=note)
    return change


def _resets(want: Wanted, live: Live, past: compare.Past) -> Iterator[FieldChange]:
    """Fields that the last apply set and the file no longer has go back to the cloud's default."""
    for name in want.past.names if want.past else ():
        field = want.schema.fields.get(name)
        if not field or name in want.spec or field.meta.reset is MISSING or field.meta.read == "each":
            continue
        if not compare.same(field, field.meta.reset, live.spec.get(name)):
            before = live.spec.get(name)
            reason = past.dropped((name,), have=before, field=field)
            change = FieldChange(name, before, field.meta.reset, reason=reason, note="no longer in the file: reset")
            removed = tuple(before) if field.meta.as_set and isinstance(before, list) else ()
            yield replace(change, impact=field.meta.impact, forces=field.meta.immutable, removed=removed)


def _dropped(want: Wanted, live: Live, past: compare.Past) -> Iterator[FieldChange]:
    """Keys of a mapping that the last apply set and the file no longer has go, where the cloud has none by default."""
    for name, last in (want.past.spec if want.past else {}).items():
        field = want.schema.fields.get(name)
        if not field or field.shape != "mapping" or field.meta.reset is MISSING or not isinstance(last, Mapping):
            continue
        kept, have = want.spec.get(name) or {}, live.spec.get(name) or {}
        for key in [*last, *_keys(want.past, name)]:
            if key not in kept and key in have:
                reason = past.dropped((name, key), have=have[key])
                yield FieldChange(f"{name}.{key}", have[key], None, reason=reason, impact=field.meta.impact)


def _keys(past: Applied | None, name: str) -> list[str]:
    """The keys of a mapping whose values were secrets."""
    return [path.removeprefix(f"{name}.") for path in (past.secrets if past else ()) if path.startswith(f"{name}.")]


def _digests(want: Wanted, live: Live, past: compare.Past) -> Iterator[FieldChange]:
    wanted = dict(want.mark.digests)
    marked = dict(live.mark.digests) if live.mark else {}
    if live.mark and not live.mark.shown:
        marked = wanted  # gone with the tags, which tells nothing of the fields
    for name, field in want.schema.fields.items():
        if field.meta.read != "each" or (want.spec.get(name) is None and name not in marked):
            continue
        value = want.spec.get(name)
        deep = name in live.spec and value is not None and not compare.same(field, value, live.spec[name])
        if wanted.get(name) != marked.get(name) or deep:
            after = UNKNOWN if values.unresolved(value) else value if value is not None else field.meta.reset
            reason = past.reason((name,), want=value, have=None)
            if not past.unfinished and past.spec is not None:
                # The tag tells of the value as it was written: where neither it nor the file has changed, the cloud has.
                same = wanted.get(name) == marked.get(name) or (value is not None and reason is Reason.DRIFT)
                reason = Reason.DRIFT if same else Reason.EDIT
            before = live.spec.get(name, NOT_READ if name in marked else None)
            yield FieldChange(
                name,
                Secret(before) if isinstance(after, Secret) and name in live.spec else before,
                after,
                reason=reason,
                impact=field.meta.impact,
                forces=field.meta.immutable,
            )


def _tags(want: Wanted, live: Live, past: compare.Past) -> Iterator[FieldChange]:
    if want.schema.markless or want.schema.untagged:
        return
    last: Mapping[str, str] = want.past.tags if want.past else {}
    tagged = replace(past, spec={"tags": last} if past.spec is not None else None)
    for key, value in want.tags.items():
        have = live.tags.get(key)
        if have != value:
            yield FieldChange(f"tags.{key}", have, value, reason=tagged.reason(("tags", key), want=value, have=have))
    for key in last:
        if key not in want.tags and key in live.tags:
            reason = tagged.dropped(("tags", key), have=live.tags[key])
            yield FieldChange(f"tags.{key}", live.tags[key], None, reason=reason)


def _marks(want: Wanted, live: Live, past: compare.Past) -> Iterator[FieldChange]:
    mark = live.mark
    if mark is None or mark.stack != want.mark.stack:
        return
    if not mark.shown:
        tag = want.mark.address.tag
        yield FieldChange(OWNERSHIP, None, tag, reason=Reason.DRIFT, note="somebody took the tags of the stack off")
        return
    if mark.address.tag != want.mark.address.tag:
        yield FieldChange("address", mark.address.tag, want.mark.address.tag, note="moved")
    guarded = replace(past, spec=want.past.guards if want.past else None)
    for name, have, value in (
        ("protect", mark.protect, want.mark.protect),
        ("retain", mark.retain, want.mark.retain),
    ):
        if have != value:
            yield FieldChange(name, have, value, reason=guarded.reason((name,), want=value, have=have))


def _state(want: Wanted, live: Live) -> Iterator[FieldChange]:
    """What the cloud calls failed is made again: no change helps it. What an unclean run left on its way is waited for."""
    if live.state == "failed":
        note = "what failed is made again"
        yield FieldChange(STATE, live.reason, "ready", reason=Reason.DRIFT, forces=True, impact=Impact.REPLACE, note=note)
    elif live.state == "pending" and want.schema.waits and want.unfinished:
        yield FieldChange(STATE, live.reason, "ready", reason=Reason.UNFINISHED, note="still on its way")


def reason_of(changes: tuple[FieldChange, ...]) -> Reason | None:
    """One word for several reasons. What follows from something that was asked for adds nothing to others."""
    found = {change.reason for change in changes}
    found = found - {Reason.ASKED} or found
    for strong in (Reason.UNFINISHED, Reason.UNKNOWN, Reason.BOTH):
        if strong in found:
            return strong
    return Reason.BOTH if len(found) > 1 else next(iter(found), None)


def is_unfinished(history: History, address: Address) -> bool:
    """Whether the last, unclean run had begun to change `address`."""
    return not history.clean and address in history.unfinished


def why_surplus(history: History, lives: Sequence[Live]) -> Reason:
    """Why things are one too many: somebody else made what a clean record of the address has not seen."""
    strange = [bool(history.clean) and history.knows(live.address.whole) and live.id not in history.made for live in lives]
    if all(strange):
        return Reason.DRIFT
    return Reason.BOTH if any(strange) else Reason.EDIT
