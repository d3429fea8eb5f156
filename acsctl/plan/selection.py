"""The part of a plan that is carried out: what is chosen and what that needs, without what is left out and what needs that.

What needs what is told by the steps: what is to be made first, and what has to go before a thing that goes. So what is kept can
be carried out, and the rest stays as it is for another plan.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from acsctl.model.address import Address
from acsctl.model.change import Action, Change, Impact
from acsctl.model.plan import Finding, Plan
from acsctl.model.schema import Schemas
from acsctl.model.unknown import Deferred
from acsctl.plan import fleet, graph
from acsctl.plan.steps import Verb, expand

GOING = (Verb.DELETE, Verb.UNLINK, Verb.CLEAR)
QUIET = (Action.READ, Action.NONE)


@dataclass(frozen=True)
class Selection:
    """What is chosen: `target` and `exclude` hold addresses as they are typed, `only` addresses to which nothing is added.

    A typed address covers its members and keys; `vswitch.*` is a kind and `net.*` a module. Nothing chosen is everything.
    """

    target: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    only: frozenset[Address] | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.target and not self.exclude and self.only is None

    def chooses(self, address: Address) -> bool:
        """Whether it is asked for by name, where anything is."""
        return not self.target or any(covers(pattern, address) for pattern in self.target)

    def excludes(self, address: Address) -> bool:
        """Whether it is named as one to be left out."""
        return any(covers(pattern, address) for pattern in self.exclude)

    def leaves(self, address: Address) -> bool:
        """Whether it is to be left out by its own address."""
        beside = self.only is not None and not {address, address.whole} & self.only
        return beside or self.excludes(address)


EVERYTHING = Selection()


def covers(pattern: str, address: Address) -> bool:
    """Whether an address that somebody typed means this one."""
    text = str(address)
    if "*" in pattern:
        return fnmatchcase(text, pattern) or fnmatchcase(".".join(address.path), pattern)
    return text == pattern or text.startswith(f"{pattern}.")


@dataclass
class _Web:
    """Changes, and by their places what each needs: `builds` must be there first, `waits` must have gone or let go first."""

    changes: list[Change]
    builds: dict[int, set[int]] = field(default_factory=dict[int, set[int]])
    waits: dict[int, set[int]] = field(default_factory=dict[int, set[int]])

    def closed(self, some: Collection[int]) -> set[int]:
        """These and all that they need."""
        needs: dict[int, Collection[int]] = {place: self.builds[place] | self.waits[place] for place in self.builds}
        return graph.reach({**needs, -1: some}, -1)


def select(plan: Plan, selection: Selection, schemas: Schemas) -> Plan:
    """The plan with the chosen changes alone; the others are `left_out`.

    A replacement that would take along what is left out is refused, and so is a target that needs it: findings of severity
    "error". Findings on what is left out are dropped.
    """
    if selection.everything:
        return plan
    web = _web(plan, selection, schemas)
    loud = [place for place, change in enumerate(web.changes) if change.action not in QUIET]
    named = {place for place in loud if any(map(selection.chooses, units(web.changes[place])))}
    wanted = web.closed(named)
    above = _above(plan, selection)
    out = {place for place in wanted & set(loud) if _left(web.changes[place], above=above, selection=selection)}
    refused = _spread(web, out, among=wanted)
    kept = [place for place in range(len(web.changes)) if place not in loud or (place in wanted and place not in out)]
    findings = [*_refusals(web, refused), *_unreachable(web, out & named, selection=selection, refused=refused)]
    if selection.target:
        findings += _along(web, [place for place in kept if place in loud], named=named)
    left = tuple(web.changes[place] for place in loud if place not in kept)
    return _restricted(plan, tuple(web.changes[place] for place in kept), left=left, findings=findings)


def units(change: Change) -> list[Address]:
    """What a change is about: members of a fleet one by one."""
    return [change.address.member(number) for number in change.numbers] or [change.address]


def _web(plan: Plan, selection: Selection, schemas: Schemas) -> _Web:
    web = _Web([part for change in plan.changes for part in _parts(change, selection)])
    places = {id(change): place for place, change in enumerate(web.changes)}
    web.builds = {place: set() for place in places.values()}
    web.waits = {place: set() for place in places.values()}
    steps = {step.id: step for step in expand(replace(plan, changes=tuple(web.changes)), schemas, trims=False)}
    for step in steps.values():
        place = places[id(step.change)]
        # What helps to clear a thing may go without it; then it is not cleared.
        needs = {places[id(steps[need].change)] for need in step.needs if steps[need].verb is not Verb.CLEAR} - {place}
        (web.waits if step.verb in GOING else web.builds)[place] |= needs
    return web


def _parts(change: Change, selection: Selection) -> Iterator[Change]:
    """A change of several members, in parts where not all of them are chosen."""
    groups: dict[tuple[bool, bool], list[int]] = {}
    for place, address in enumerate(units(change)):
        groups.setdefault((selection.chooses(address), selection.leaves(address)), []).append(place)
    if len(groups) == 1:
        yield change
        return
    for places in groups.values():
        yield part(change, places)


def part(change: Change, places: list[int]) -> Change:
    """The same change of some of its members, those at `places`."""
    numbers = tuple(change.numbers[place] for place in places)
    lives = tuple(change.live[place] for place in places) if change.live else ()
    fields = tuple(
        replace(item, before=lives[0].name, after=fleet.member_name(str(item.after).rpartition("-")[0], numbers[0]))
        if item.path == "name" and lives
        else item
        for item in change.fields
    )
    alone = change.impact is Impact.ROLLING and len(lives) == 1
    impact = max((item.impact for item in fields), default=change.impact) if alone else change.impact
    spec = lives[0].spec if change.action is Action.DELETE else change.spec
    return replace(change, numbers=numbers, live=lives, fields=fields, impact=impact, spec=spec)


def _left(change: Change, *, above: Collection[Address], selection: Selection) -> bool:
    """Whether a change is left out by its address, or because the file builds it on something that is."""
    built_on = change.address in above and change.action is not Action.DELETE
    return built_on or any(map(selection.leaves, units(change)))


def _above(plan: Plan, selection: Selection) -> set[Address]:
    """What the file builds on what is excluded."""
    edges = {address: {edge.whole for edge in desired.edges} for address, desired in plan.stack.resources.items()}
    users = graph.reverse(edges)
    return {user for address in users if selection.excludes(address) for user in graph.reach(users, address)}


def _spread(web: _Web, out: set[int], *, among: Collection[int]) -> dict[int, int]:
    """Add to `out` what cannot be done without it. Returns the replacements that would take some of it along, with what."""
    refused: dict[int, int] = {}
    todo = True
    while todo:
        rest = [place for place in sorted(among) if place not in out]
        blocked = {place for place in rest if (web.builds[place] | _given_up(web, place)) & out}
        taking = {} if blocked else {place: min(web.waits[place] & out) for place in rest if web.waits[place] & out}
        refused |= taking
        out |= blocked | taking.keys()
        todo = bool(blocked or taking)
    return refused


def _given_up(web: _Web, place: int) -> set[int]:
    """What a destruction waits for: where that stays, it stays too."""
    return web.waits[place] if web.changes[place].action is Action.DELETE else set()


def _refusals(web: _Web, refused: Mapping[int, int]) -> Iterator[Finding]:
    for place, taken in refused.items():
        address = web.changes[place].address
        message = f"{address} would be replaced and take along {web.changes[taken].address}, which is left out"
        yield Finding("error", message, address, f"leave out both:  --exclude {address}")


def _unreachable(web: _Web, places: Collection[int], *, selection: Selection, refused: Mapping[int, int]) -> Iterator[Finding]:
    """What is asked for by its whole address, and cannot be done because it needs something that is left out."""
    exact = {pattern for pattern in selection.target if "*" not in pattern}
    for place in sorted(set(places) - refused.keys()):
        change = web.changes[place]
        excluded = any(map(selection.leaves, units(change)))
        if not excluded and any(str(address) in exact for address in (change.address, *units(change))):
            message = f"{change.address} is asked for, and needs what is left out"
            yield Finding("error", message, change.address, "take one of --target and --exclude away")


def _along(web: _Web, kept: Collection[int], *, named: Collection[int]) -> Iterator[Finding]:
    """What comes along with the targets, and why."""
    brought = [place for place in kept if place not in named]
    first = {need for place in kept for need in web.waits[place]}
    for why, places in (
        ("needed first", [place for place in brought if place not in first]),
        ("in the way of what is replaced or goes", [place for place in brought if place in first]),
    ):
        names = ", ".join(dict.fromkeys(str(web.changes[place].address) for place in places))
        if names:
            yield Finding("note", f"comes along with the target, because it is {why}: {names}")


def _restricted(plan: Plan, kept: tuple[Change, ...], *, left: tuple[Change, ...], findings: list[Finding]) -> Plan:
    """The plan with what is kept. What the record is to keep, the outputs and the findings go the same way."""
    left_out = {change.address for change in left}
    gone = left_out - {change.address for change in kept}
    about = {change.address.whole for change in left if change.address in gone}
    told = [finding for finding in plan.findings if finding.address is None or finding.address.whole not in about]
    outputs = {name: value for name, value in plan.outputs.items() if not _reads(plan.stack.outputs.get(name), left_out)}
    wanted = {address: applied for address, applied in plan.wanted.items() if address not in gone}
    return replace(plan, changes=kept, left_out=left, findings=(*told, *findings), wanted=wanted, outputs=outputs)


def _reads(value: Any, addresses: Collection[Address]) -> bool:
    """Whether an output depends on one of these."""
    if isinstance(value, Deferred):
        return any(address.whole in addresses for address in value.reads)
    if isinstance(value, Mapping):
        return any(_reads(item, addresses) for item in value.values())
    return isinstance(value, (list, tuple)) and any(_reads(item, addresses) for item in value)
