"""From the data of a case to the values of a diff, and from a plan back to data.

In `resources`, `@kind.name` is a reference and `${kind.name.output}` an expression. A live thing is what the file says of its
address with references resolved, but for what the case writes of it; so is what the record has, if there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from acsctl.model import address as addresses
from acsctl.model.address import Address
from acsctl.model.change import Change, FieldChange, Impact
from acsctl.model.history import Applied, History
from acsctl.model.ownership import Mark
from acsctl.model.plan import Finding, Observation, Plan
from acsctl.model.resource import Desired, Live, Lookup, Spec, Stack
from acsctl.model.schema import references
from acsctl.model.unknown import UNKNOWN, Deferred, Ref, Secret
from acsctl.plan.diff import diff
from acsctl.plan.difference import wanted_mark
from acsctl.plan.fleet import member_name, number_of
from acsctl.plan.guard import guard
from acsctl.plan.selection import Selection, select
from acsctl.plan.steps import Step, expand
from acsctl.plan.values import resolve
from acsctl.plan.work import Asked
from tests.plan.kinds import SCHEMAS

STACK = "shop"
WORDS = ("count", "existing", "adopt", "protect", "retain", "ignore", "absent", "tags", "needs")
ABOUT = ("at", "number", "name", "tags", "mark", "state", "created", "outputs", "bare", "without")
EXPRESSION = re.compile(r"\$\{(.+)\.(\w+)\}")


def at(text: str) -> Address:
    """An address; a last part of digits is a member's number."""
    address = addresses.parse(text)
    *path, last = address.path
    return Address(address.kind, tuple(path), int(last)) if last.isdecimal() else address


def value(item: Any) -> Any:
    """A value as the loader would leave it."""
    if isinstance(item, dict):
        return {key: value(inner) for key, inner in item.items()}
    if isinstance(item, list):
        return [value(inner) for inner in item]
    if not isinstance(item, str):
        return item
    if item.startswith("@"):
        return Ref(at(item[1:]))
    if found := EXPRESSION.fullmatch(item):
        return deferred(at(found[1]), found[2])
    return Secret(item.removeprefix("secret ")) if item.startswith("secret ") else item


def outputs_of(id: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """What the cloud tells of a thing: the last part of its address is the number in its id."""
    has = SCHEMAS[at(body["at"]).kind].outputs
    return body.get("outputs", {"ip": f"10.0.0.{id.rpartition('-')[2]}"} if "ip" in has else {})


def deferred(address: Address, output: str) -> Deferred:
    """What the loader makes of an expression that reads one output."""
    return Deferred(frozenset({address.whole}), lambda known: known[address][output], text=f"{address}.{output}")


def reads(item: Any) -> Iterator[Address]:
    """The resources that expressions inside read."""
    if isinstance(item, Deferred):
        yield from item.reads
    elif isinstance(item, dict | list):
        for inner in item.values() if isinstance(item, dict) else item:
            yield from reads(inner)


def wanted(text: str, body: Mapping[str, Any]) -> Desired:
    """One resource of the file."""
    address = at(text)
    schema = SCHEMAS[address.kind]
    written = {name: value(item) for name, item in body.items() if name not in WORDS}
    defaults = {name: item.default for name, item in schema.fields.items() if isinstance(item.default, int | str)}
    spec = {} if "existing" in body else {**defaults, **written}
    edges = {
        target.address.whole
        for item, target in references(schema.fields, spec)
        if isinstance(target, Ref) and item.meta.reference and not item.meta.reference.late
    }
    adopt = body.get("adopt", ())
    return Desired(
        address,
        spec,
        frozenset(written),
        tags=value(body.get("tags", {})),
        edges=frozenset(edges | set(reads(spec)) | {at(need) for need in body.get("needs", ())}),
        count=body.get("count"),
        existing=Lookup({"id": body["existing"]}) if "existing" in body else None,
        adopt=(adopt,) if isinstance(adopt, str) else tuple(adopt),
        protect=body.get("protect", False),
        retain=body.get("retain", False),
        ignore=tuple(body.get("ignore", ())),
        absent=body.get("absent", ""),
    )


@dataclass
class Scene:
    """A case: of `data` this reads resources, live, existing, candidates, record, moved, outputs and asked."""

    data: Mapping[str, Any]

    @cached_property
    def stack(self) -> Stack:
        resources = [wanted(text, body or {}) for text, body in self.data.get("resources", {}).items()]
        moved = tuple((self._end(old), self._end(new)) for old, new in self.data.get("moved", ()))
        outputs = {name: value(item) for name, item in self.data.get("outputs", {}).items()}
        return Stack(STACK, "here", resources={item.address: item for item in resources}, moved=moved, outputs=outputs)

    def _end(self, text: str) -> Address:
        """An end of `moved`; a module has no kind."""
        return Address("", (text.removeprefix("module "),)) if text.startswith("module ") else at(text)

    @cached_property
    def ids(self) -> dict[Address, dict[str, Any]]:
        """What a reference to a live thing means: the id of a thing, those of a fleet, that of a member."""
        found: dict[Address, dict[str, Any]] = {}
        for id, body in {**self.data.get("existing", {}), **self.data.get("live", {})}.items():
            address = at(body["at"])
            if SCHEMAS[address.kind].fleet:
                found.setdefault(address.whole, {}).setdefault("ids", []).append(id)
            found.setdefault(address, {}).update(id=id, **outputs_of(id, body))
        return found

    def live(self, id: str, body: Mapping[str, Any]) -> Live:
        address = at(body["at"])
        desired = self.stack.resources.get(address.whole) or self._before_move(address)
        schema = SCHEMAS[address.kind]
        spec: dict[str, Any] = {}
        if desired and not desired.existing and not body.get("bare"):
            spec = dict(schema.normalise(resolve(desired.spec, self.ids)))
            spec = {name: item[0] if schema.fields[name].meta.choice else item for name, item in spec.items()}
            spec = {name: item.reveal() if isinstance(item, Secret) else item for name, item in spec.items()}
        mark = self._mark(address, desired, body, spec)
        each = [name for name, item in schema.fields.items() if item.meta.read == "each"]
        without = {*body.get("without", ()), *each} - body.keys()
        changed = {name: resolve(value(item), self.ids) for name, item in body.items() if name not in ABOUT}
        name = body.get("name", member_name(address.default_name(STACK), address.number))
        return Live(
            Address(address.kind, address.path, address.number if "name" not in body else number_of(name)),
            id,
            {key: item for key, item in {**spec, **changed}.items() if key not in without},
            outputs=outputs_of(id, body),
            tags=body.get("tags", dict(desired.tags) if desired else {}),
            mark=mark,
            state=body.get("state", "ready"),
            created=body.get("created", ""),
            name=name,
        )

    def _before_move(self, address: Address) -> Desired | None:
        return next((self.stack.resources.get(new) for old, new in self.stack.moved if old == address), None)

    def _mark(self, address: Address, desired: Desired | None, body: Mapping[str, Any], spec: Spec) -> Mark | None:
        said = body.get("mark", {})
        if said is None:
            return None
        base = wanted_mark(STACK, desired, SCHEMAS[address.kind], spec) if desired else Mark(STACK, address.whole)
        return Mark(
            said.get("stack", STACK),
            at(said["address"]) if "address" in said else address.whole,
            replaces=said.get("replaces", ""),
            protect=said.get("protect", base.protect),
            retain=said.get("retain", base.retain),
            digests=tuple(said["digests"].items()) if "digests" in said else base.digests,
        )

    def _fleets(self) -> dict[str, dict[str, str]]:
        """`live_fleet`: whole fleets by their size."""
        sizes = self.data.get("live_fleet", {})
        members = [(text, number) for text, size in sizes.items() for number in range(1, size + 1)]
        return {f"{at(text).kind}-{number}": {"at": f"{text}.{number}"} for text, number in members}

    def _lives(self, key: str) -> dict[Address, tuple[Live, ...]]:
        found: dict[Address, tuple[Live, ...]] = {}
        bodies = {**(self._fleets() if key == "live" else {}), **self.data.get(key, {})}
        for id, body in bodies.items():
            live = self.live(id, body)
            found[live.address.whole] = (*found.get(live.address.whole, ()), live)
        return found

    @cached_property
    def seen(self) -> Observation:
        return Observation(self._lives("live"), self._lives("existing"), self._lives("candidates"))

    @cached_property
    def history(self) -> History:
        record = self.data.get("record")
        if record is None:
            return History()
        applied: dict[Address, Applied] = {}
        for address, lives in self.seen.live.items():
            desired = self.stack.resources.get(address) or self._before_move(address)
            if desired and desired.existing is None:
                spec = SCHEMAS[address.kind].normalise(resolve(desired.spec, self.ids))
                kept = {key: item for key, item in spec.items() if not isinstance(item, Secret)}
                applied[address] = Applied(kept, dict(desired.tags), tuple(live.id for live in lives))
            else:
                applied[address] = Applied(lives[0].spec, lives[0].tags, tuple(live.id for live in lives))
        for text in record.get("never_saw", ()):
            applied.pop(at(text), None)
        for text, body in record.get("last", {}).items():
            before = applied.get(at(text), Applied({}))
            spec = {**before.spec, **resolve(value(body.get("spec", {})), self.ids)}
            spec = {key: item for key, item in spec.items() if key not in body.get("without", ())}
            secrets = tuple(body.get("secrets", ()))
            applied[at(text)] = Applied(spec, body.get("tags", before.tags), tuple(body.get("ids", before.ids)), secrets)
        unfinished = frozenset(map(at, record.get("unfinished", ())))
        made = {id: address for address, item in applied.items() for id in item.ids}
        return History(applied, made, unfinished=unfinished, clean=record.get("clean", not unfinished))

    @cached_property
    def asked(self) -> Asked:
        asked = self.data.get("asked", {})
        only = frozenset(map(at, asked["only"])) if "only" in asked else None
        selection = Selection(frozenset(asked.get("target", ())), frozenset(asked.get("exclude", ())), only)
        replace, allow = frozenset(asked.get("replace", ())), frozenset(asked.get("allow", ()))
        return Asked(asked.get("destroy", False), replace=replace, allow=allow, selection=selection)

    def plan(self) -> Plan:
        plan = diff(self.stack, seen=self.seen, history=self.history, schemas=SCHEMAS, asked=self.asked)
        return select(plan, self.asked.selection, SCHEMAS)

    def result(self) -> dict[str, Any]:
        """Everything that a case may expect, empty parts left out."""
        plan = self.plan()
        findings = [*plan.findings, *guard(plan, self.asked.allow)]
        result = {
            "changes": [told(change) for change in plan.changes],
            "unchanged": [live.id for live in plan.unchanged],
            "left": [live.id for live in plan.left_standing],
            "left_out": [f"{told(change)['do']}{_ranged(change)}" for change in plan.left_out],
            "findings": [sentence(finding) for finding in findings],
            "shows": {name: plain(item) for name, item in plan.outputs.items()},
        }
        return {key: item for key, item in result.items() if item}

    def steps(self) -> tuple[Step, ...]:
        return expand(self.plan(), SCHEMAS)


def _ranged(change: Change) -> str:
    """The members of a fleet that a change is about."""
    return f" {','.join(map(str, change.numbers))}" if change.numbers else ""


def told(change: Change) -> dict[str, Any]:
    """A change as data, what is empty or usual left out."""
    reason = change.reason.value if change.reason else None
    rows: dict[str, Any] = {
        "do": f"{change.action.value} {change.address}",
        "live": [live.id for live in change.live],
        "numbers": list(change.numbers),
        "reason": reason,
        "impact": change.impact.word if change.impact is not Impact.NONE else "",
        "fields": {field.path: drawn(field, reason) for field in change.fields},
        "note": change.note,
    }
    return {key: item for key, item in rows.items() if item}


def drawn(field: FieldChange, reason: str | None) -> str:
    """A field as one line: `before -> after`, or the items of a set; then what is not as in the rest of the change."""
    if field.added or field.removed:
        text = " ".join([*(f"+{plain(item)}" for item in field.added), *(f"-{plain(item)}" for item in field.removed)])
    else:
        text = f"{plain(field.before)} -> {plain(field.after)}"
    odd = [field.reason.value] if field.reason.value != reason else []
    odd += ["forces"] if field.forces else []
    odd += [field.note] if field.note else []
    return f"{text} ({', '.join(odd)})" if odd else text


def sentence(finding: Finding) -> str:
    """A finding as one line."""
    return f"{finding.severity}: {finding.message}" + (f" [{finding.remedy}]" if finding.remedy else "")


def plain(item: Any) -> Any:
    """A value as YAML can hold it."""
    if item is UNKNOWN:
        return "later"
    if isinstance(item, Secret):
        return "***"
    if isinstance(item, list | tuple):
        return [plain(inner) for inner in item]
    return {key: plain(inner) for key, inner in item.items()} if isinstance(item, Mapping) else item
