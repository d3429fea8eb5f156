"""Fields that bring a comparison of their own, what a dry run adds to a plan, and the look ahead that it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from acsctl.model.address import parse
from acsctl.model.change import Action, FieldChange, Impact, Reason
from acsctl.model.foresight import Compared, Foresight
from acsctl.model.history import Applied, History
from acsctl.model.ownership import Mark
from acsctl.model.plan import Finding, Observation, Plan
from acsctl.model.resource import Desired, Live, Stack
from acsctl.model.schema import Meta, Reference, Schema, SpecModel, attr
from acsctl.model.unknown import UNKNOWN, Deferred, Ref
from acsctl.plan.diff import diff
from acsctl.plan.expected import expected
from acsctl.plan.guard import guard
from acsctl.plan.work import Asked

HOME = Reference(("home",), r"h-\d+")


def compare(found: Compared) -> Iterable[FieldChange]:
    """What the hook was given is what differs."""
    said = (found.want, found.live.id, found.foreseen, found.last, found.recorded, found.unfinished)
    if found.want != found.live.spec.get("things"):
        holder = "somebody" if found.foreseen == "held" else ""
        asks = found.foreseen in ("asks", "held")
        impact = Impact.OUTAGE if found.foreseen == "asks" else Impact.NONE
        change = FieldChange("a.b c", said, found.want, reason=Reason.DRIFT, field="things", holder=holder)
        yield replace(change, asks=asks, impact=impact)


class HomeSpec(SpecModel):
    size: int = attr(doc="a size")


class CrateSpec(SpecModel):
    home: Any = attr(..., doc="where it stands", meta=Meta(immutable=True, reference=HOME))
    things: Any = attr(doc="what is in it", meta=Meta(compare=compare))


SCHEMAS = {
    "home": Schema("home", HomeSpec, "a home", {"key": "its key"}, r"h-\d+", derive=lambda spec: {"door": f"d{spec['size']}"}),
    "crate": Schema("crate", CrateSpec, "a crate", {}, ""),
}
HOUSE, BOX = parse("home.house"), parse("crate.box")


def stack(things: Any = "new", **more: Any) -> Stack:
    home = Desired(HOUSE, spec={"size": 3}, written=frozenset({"size"}))
    spec = {"home": Ref(HOUSE), "things": things}
    box = Desired(BOX, spec=spec, written=frozenset(spec), edges=frozenset({HOUSE}), **more)
    return Stack("shop", "cn-hangzhou", resources={HOUSE: home, BOX: box})


def seen(*, box: str | None = "old", foresight: Foresight | None = None) -> Observation:
    home = Live(HOUSE, "h-1", spec={"size": 3}, outputs={"key": "k1"}, mark=Mark("shop", HOUSE))
    crate = Live(BOX, "c-1", spec={"home": "h-1", "things": box}, mark=Mark("shop", BOX))
    lives = {HOUSE: (home,)} | ({BOX: (crate,)} if box is not None else {})
    return Observation(live=lives, foreseen={BOX: foresight} if foresight else {})


def planned(what: Stack, sight: Observation, history: History | None = None) -> Plan:
    return diff(what, seen=sight, history=history or History(), schemas=SCHEMAS, asked=Asked())


WANTED = {"home": "h-1", "things": "new"}


def test_a_field_with_its_own_comparison_is_compared_by_nothing_else():
    history = History(applied={BOX: Applied({"home": "h-1", "things": "last"})}, clean=True)
    (change,) = planned(stack(), seen(foresight=Foresight(WANTED, details="d")), history).changes
    (field,) = change.fields
    assert (change.action, change.reason, field.path, field.top) == (Action.UPDATE, Reason.DRIFT, "a.b c", "things")
    assert field.before == ("new", "c-1", "d", "last", True, False)
    assert planned(stack("old"), seen()).changes == ()


def test_what_a_dry_run_says_of_a_create_counts_for_just_that_spec():
    finding = Finding("error", "it would be refused", BOX)
    foresight = Foresight(WANTED, findings=(finding,), takes=("x is theirs",), note="1 unverified")
    plan = planned(stack(), seen(box=None, foresight=foresight))
    assert (plan.changes[0].note, plan.changes[0].takes, plan.findings) == ("1 unverified", ("x is theirs",), (finding,))
    other = planned(stack("another"), seen(box=None, foresight=foresight))
    assert (other.changes[0].note, other.changes[0].takes, other.findings) == ("", (), ())


def test_what_others_hold_is_taken_with_consent_only():
    held = planned(stack(), seen(foresight=Foresight(WANTED, details="held")))
    taken = planned(stack(), seen(box=None, foresight=Foresight(WANTED, takes=("x is theirs",))))
    assert [finding.message for finding in guard(held, frozenset())] == ["crate.box: a.b c is held by somebody"]
    asks = planned(stack(), seen(foresight=Foresight(WANTED, details="asks")))
    assert [finding.message for finding in guard(asks, frozenset())] == ["crate.box: a.b c is new, which means outage"]
    assert [finding.message for finding in guard(taken, frozenset())] == ["crate.box: x is theirs"]
    for plan in (held, taken, asks):
        assert "--allow crate.box" in guard(plan, frozenset())[0].remedy
        assert guard(plan, frozenset({"crate.box"})) == ()
        assert guard(replace(plan, destroy=True), frozenset()) == ()


def test_the_look_ahead_knows_ids_fields_outputs_and_what_can_be_derived():
    def read(name: str) -> Deferred:
        return Deferred(frozenset({HOUSE}), lambda known: known[HOUSE][name])

    things = [read("size"), read("key"), read("door"), read("none")]
    specs = expected(stack(things), seen(box=None), SCHEMAS)
    assert specs[BOX] == {"home": "h-1", "things": [3, "k1", "d3", UNKNOWN]}
    nothing = expected(stack(things), Observation(), SCHEMAS)
    assert nothing[BOX] == {"home": UNKNOWN, "things": [3, UNKNOWN, "d3", UNKNOWN]}
