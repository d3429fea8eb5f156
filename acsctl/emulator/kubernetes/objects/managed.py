"""Field ownership: server-side apply and the managers of every other change."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from acsctl.emulator.kubernetes.objects.catalogue import find
from acsctl.emulator.kubernetes.objects.encoding import encoded
from acsctl.emulator.kubernetes.objects.fieldset import NOTHING, FieldSet, paths_of, text
from acsctl.emulator.kubernetes.objects.fitting import mismatches
from acsctl.emulator.kubernetes.objects.managers import Entry, Identity, Managers, decode, encode, fold_oldest, is_reset
from acsctl.emulator.kubernetes.objects.merge import merged
from acsctl.emulator.kubernetes.objects.schema import ANY, Schema
from acsctl.emulator.kubernetes.objects.typed import (
    Comparison,
    SchemaMismatch,
    compare,
    fields_of,
    named_members,
    removed,
    same,
)

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
BEFORE_FIRST_APPLY = "before-first-apply"
UNMANAGED = ("name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation")
STRIPPED = paths_of(
    ("apiVersion",),
    ("kind",),
    ("metadata",),
    *(("metadata", name) for name in (*UNMANAGED, "managedFields", "resourceVersion")),
)
STATUS, SPEC = paths_of(("status",)), paths_of(("spec",))
SELF = Identity("current-operation", operation="Update")


@dataclass(frozen=True)
class Cause:
    """A field that another manager owns. manager: `"kubectl-edit" using apps/v1`, in the server's words. field: `.spec.x`."""

    manager: str
    field: str

    @property
    def message(self) -> str:
        """Of the Status' cause, whose reason is FieldManagerConflict."""
        return f"conflict with {self.manager}"


class Conflicts(Exception):
    """An apply meets fields of others (409, reason Conflict). `str()` is the message of the Status."""

    def __init__(self, causes: Sequence[Cause]) -> None:
        super().__init__(_conflict_message(causes))
        self.causes = tuple(causes)


@dataclass(frozen=True)
class Applying:
    """How a configuration is applied. now: unix seconds. schema: None when the kind has none; types are then deduced.

    status_apart: whether the status of a custom resource has a subresource; of built-in kinds it is known.
    """

    manager: str
    force: bool
    now: float
    schema: Schema | None
    subresource: str = ""
    status_apart: bool = True


@dataclass(frozen=True)
class Recording:
    """How a create, update or patch is recorded. now: unix seconds. status_apart: as in Applying."""

    manager: str
    now: float
    schema: Schema | None
    operation: Literal["Update"] = "Update"
    subresource: str = ""
    status_apart: bool = True


def apply(live: Mapping[str, Any] | None, config: Mapping[str, Any], *, how: Applying) -> dict[str, Any]:
    """The live object (None: there is none) with the configuration merged in and `metadata.managedFields` brought up to date.

    Fields that the manager applied before and left out now are removed unless others own them. Defaults are not added.
    Raises Conflicts, and SchemaMismatch when the configuration does not fit the schema (the server answers 500, no reason).
    """
    schema = how.schema or ANY
    _check_fit(config, schema)
    managers = decode(_managed_fields(live)) if live else Managers({})
    before = _without_managed(live) if live else _empty(config, schema)
    if not managers.entries:
        first = Recording(
            BEFORE_FIRST_APPLY, now=how.now, schema=schema, subresource=how.subresource, status_apart=how.status_apart
        )
        managers = _updated(managers, (_empty(config, schema), before), how=first)
    try:
        return _applied(managers, (before, config), how=how)
    except Conflicts as conflicts:
        if how.manager != "kubectl" or not _is_known_to_kubectl(conflicts, live=before, schema=schema):
            raise
        return _applied(managers, (before, config), how=replace(how, force=True))


def _check_fit(config: Mapping[str, Any], schema: Schema) -> None:
    problems = mismatches(config, schema)
    if problems:
        group, _, version = str(config["apiVersion"]).rpartition("/")
        metadata = config.get("metadata") or {}
        place = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}; {group}/{version}, Kind={config['kind']}"
        told = problems if len(problems) == 1 else ["errors:", *(f"  {one}" for one in problems)]
        raise SchemaMismatch(f"failed to create typed patch object ({place}): " + "\n".join(told))


def record(live: Mapping[str, Any] | None, new: Mapping[str, Any], *, how: Recording) -> dict[str, Any]:
    """The new object, complete with defaults, with `metadata.managedFields` brought up to date from the live object's.

    Other managers lose what was changed. A `managedFields` of the new object is taken as the client's wish, as the server
    does: `[{}]` or `[]` clears all, null or absent keeps the live ones.
    """
    wish = _managed_fields(new)
    live_managers = decode(_managed_fields(live)) if live else Managers({})
    if how.subresource:
        managers = live_managers
    elif is_reset(wish):
        managers = Managers({})
    else:
        asked = decode(wish)
        managers = asked if asked.entries else live_managers
    after = _without_managed(new)
    if not managers.entries and live:
        return after  # the server starts to track at creation or at the first apply
    before = _without_managed(live) if live else _empty(new, how.schema or ANY)
    try:
        return _with_managed(after, _updated(managers, (before, after), how=how))
    except SchemaMismatch:
        return after  # what cannot be compared has no managers, and is taken all the same


def keep_times(live: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The new object; when it differs from the live one by nothing but times of managedFields, with the live one's times: such
    a change is none and makes no new resourceVersion."""
    old, now = _managed_fields(live) or [], _managed_fields(new) or []
    timeless = [[{**one, "time": None} for one in entries] for entries in (old, now)]
    if timeless[0] != timeless[1] or not same(_without_managed(live), _without_managed(new)):
        return dict(new)
    return {**new, "metadata": {**new["metadata"], "managedFields": old}} if old else dict(new)


Both = tuple[Mapping[str, Any], Mapping[str, Any]]


def _updated(managers: Managers, both: Both, *, how: Recording) -> Managers:
    """Ownership after a change from the first object to the second by other means than apply."""
    before, after = both
    version = str(after.get("apiVersion", ""))
    reset = _reset_fields(after, how=how)
    comparison = compare(before, after, schema=how.schema or ANY).without(reset)
    entries = _settle(managers.entries, comparison, but=SELF)
    taken = comparison.modified.union(comparison.added).without_trees(reset).difference(STRIPPED)
    who = Identity(how.manager or "unknown", operation="Update", version=version, subresource=how.subresource)
    if not taken.empty:
        had = entries[who].fields if who in entries else NOTHING
        entries[who] = Entry(version, fields=taken.union(had), time=how.now)
    return fold_oldest(Managers(entries))


def _applied(managers: Managers, both: Both, *, how: Applying) -> dict[str, Any]:
    live, config = both
    schema = how.schema or ANY
    version = str(config["apiVersion"])
    who = Identity(how.manager or "unknown", operation="Apply", subresource=how.subresource)
    reset = _reset_fields(config, how=how)
    entries = dict(managers.entries)
    last = entries.get(who)
    fields = fields_of(config, schema).without_trees(reset)
    entries[who] = Entry(version, fields=fields, time=last.time if last else None)
    new = merged(live, config, schema=schema)
    if last and not last.fields.empty:
        new = _pruned(new, last=last.fields, entries=entries, schema=schema)
    comparison = compare(live, new, schema=schema).without(reset)
    if not how.force:
        _refuse_conflicts(entries, comparison, who=who)
    entries = _settle(entries, comparison, but=who)
    mine = entries[who].fields.difference(STRIPPED) if who in entries else NOTHING
    unchanged = same(live, new)
    if mine.empty:
        entries.pop(who, None)
    else:
        entries[who] = Entry(version, fields=mine, time=entries[who].time if unchanged else how.now)
    made = _with_managed(live if unchanged else new, Managers(entries))
    return _with_last_applied(made, config) if how.manager == "kubectl" else made


def _settle(entries: Mapping[Identity, Entry], comparison: Comparison, *, but: Identity) -> dict[Identity, Entry]:
    """All others lose what was changed or removed; who has nothing left goes."""
    lost = comparison.modified.union(comparison.added).union(comparison.removed)
    kept: dict[Identity, Entry] = {}
    for who, entry in entries.items():
        fields = entry.fields if who == but else entry.fields.difference(lost)
        if not fields.empty:
            kept[who] = Entry(entry.version, fields=fields, time=entry.time)
    return kept


def _refuse_conflicts(entries: Mapping[Identity, Entry], comparison: Comparison, *, who: Identity) -> None:
    changed = comparison.modified.union(comparison.added)
    others = sorted((one for one in entries if one != who), key=lambda one: one.key)
    causes = [
        Cause(manager=other.describe(), field=text(path))
        for other in others
        for path in entries[other].fields.intersection(changed).paths()
    ]
    if causes:
        raise Conflicts(causes)


def _pruned(new: Any, *, last: FieldSet, entries: Mapping[Identity, Entry], schema: Schema) -> Any:
    """Without what the manager applied last time and not now, unless another claims it."""
    last = named_members(last, schema)
    pruned = removed(new, last, schema=schema)
    owned = NOTHING
    for entry in entries.values():
        owned = owned.union(entry.fields)
    everything = named_members(fields_of(new, schema), schema)
    left = named_members(fields_of(pruned, schema), schema)
    pruned = removed(new, everything.difference(left.union(named_members(owned, schema))), schema=schema)
    left = named_members(fields_of(pruned, schema), schema)
    return removed(new, everything.difference(left).intersection(last), schema=schema)


def _is_known_to_kubectl(conflicts: Conflicts, *, live: Mapping[str, Any], schema: Schema) -> bool:
    """Whether all conflicting fields are as kubectl's client-side apply set them: then they are its own."""
    said = (live.get("metadata", {}).get("annotations") or {}).get(LAST_APPLIED)
    if not said:
        return False
    try:
        config = json.loads(said)
    except ValueError:
        return False
    if not isinstance(config, dict) or config.get("apiVersion") != live.get("apiVersion") or mismatches(config, schema):
        return False
    difference = compare(config, live, schema=schema)
    own = fields_of(config, schema)
    for part in (difference.modified, difference.added, difference.removed):
        own = own.difference(part)
    return {one.field for one in conflicts.causes} <= {text(path) for path in own.paths()}


def _with_last_applied(made: dict[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """kubectl's own annotation follows its server-side apply where it is used."""
    metadata = made["metadata"]
    if not (metadata.get("annotations") or {}).get(LAST_APPLIED):
        return made
    said = dict(config)
    annotations = {key: one for key, one in (config["metadata"].get("annotations") or {}).items() if key != LAST_APPLIED}
    said["metadata"] = {**config["metadata"], "annotations": annotations}
    if not annotations:
        del said["metadata"]["annotations"]
    written = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    return {**made, "metadata": {**metadata, "annotations": {**metadata["annotations"], LAST_APPLIED: written}}}


def _reset_fields(obj: Mapping[str, Any], *, how: Applying | Recording) -> FieldSet:
    """What an endpoint does not take: the main one no status, that of the status no spec."""
    if how.subresource:
        return SPEC if how.subresource == "status" else NOTHING
    resource = find(str(obj.get("apiVersion", "")), kind=str(obj.get("kind", "")))
    apart = how.status_apart if resource is None else "status" in resource.subresources
    return STATUS if apart else NOTHING


def _empty(obj: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """What an object of this kind is before it is created."""
    head = {key: obj[key] for key in ("apiVersion", "kind") if key in obj}
    return encoded(head, schema) | head if schema.name and schema.fields else head


def _managed_fields(obj: Mapping[str, Any] | None) -> Any:
    return (obj or {}).get("metadata", {}).get("managedFields")


def _without_managed(obj: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {key: one for key, one in (obj.get("metadata") or {}).items() if key != "managedFields"}
    return {**obj, "metadata": metadata}


def _with_managed(obj: Mapping[str, Any], managers: Managers) -> dict[str, Any]:
    written = encode(managers)
    metadata = {**obj["metadata"], "managedFields": written} if written else obj["metadata"]
    return {**obj, "metadata": metadata}


def _conflict_message(causes: Sequence[Cause]) -> str:
    if len(causes) == 1:
        return f"Apply failed with 1 conflict: {causes[0].message}: {causes[0].field}"
    by_manager: dict[str, list[str]] = {}
    for cause in causes:
        by_manager.setdefault(cause.manager, []).append(f"- {cause.field}")
    lines = [line for manager, fields in by_manager.items() for line in (f"conflicts with {manager}:", *fields)]
    return f"Apply failed with {len(causes)} conflicts: " + "\n".join(lines)
