"""What leaves the file of what stays goes last in its place, since something else there may take it over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from acsctl.model.address import Address
from acsctl.model.change import Action, Change, FieldChange
from acsctl.model.plan import Plan
from acsctl.model.resource import Desired, Live, Stack
from acsctl.model.unknown import UNKNOWN, Ref
from acsctl.plan.selection import Selection, select
from acsctl.plan.steps import Step, Verb, expand
from tests.plan.kinds import SCHEMAS

TIDY = {**SCHEMAS, "sub": replace(SCHEMAS["sub"], trims="net")}
STACK = Stack("shop", "cn-hangzhou")
LEAVES = (FieldChange("books", removed=("b",)),)


def steps(*changes: Change, **how: Any) -> dict[str, Step]:
    return {step.id: step for step in expand(Plan(STACK, changes), TIDY, **how)}


def sub(name: str, action: Action, *, net: Any = "net-1", fields: tuple[FieldChange, ...] = ()) -> Change:
    address = Address("sub", (name,))
    live = () if action is Action.CREATE else (Live(address, f"sub-{name}", spec={"net": "net-1"}),)
    desired = None if action is Action.DELETE else Desired(address, spec={"net": net})
    return Change(address, action, desired, live=live, spec={"net": net}, fields=fields)


def test_what_leaves_goes_after_all_of_the_kind_in_the_same_place() -> None:
    found = steps(
        sub("a", Action.UPDATE, fields=LEAVES),
        sub("b", Action.UPDATE),
        sub("c", Action.CREATE),
        sub("d", Action.CREATE, net="net-2"),
    )
    assert found["trim sub.a"].verb is Verb.TRIM
    assert found["trim sub.a"].needs == {"update sub.a", "update sub.b", "create sub.c"}
    assert [id for id in found if id.startswith("trim")] == ["trim sub.a"]


def test_what_goes_as_a_whole_goes_after_them_too() -> None:
    found = steps(sub("a", Action.DELETE), sub("b", Action.UPDATE), sub("c", Action.CREATE, net="net-2"))
    assert found["delete sub.a"].needs == {"update sub.b"}


def test_what_is_known_after_apply_only_may_leave_something() -> None:
    assert "trim sub.a" in steps(sub("a", Action.UPDATE, fields=(FieldChange("books", "2 books", UNKNOWN),)))


def test_the_step_is_called_by_what_it_takes_away() -> None:
    schemas = {**TIDY, "sub": replace(TIDY["sub"], part="book")}
    plan = Plan(STACK, (sub("a", Action.UPDATE, fields=LEAVES),))
    assert [step.id for step in expand(plan, schemas)] == ["update sub.a", "trim sub.a (old books)"]


def test_where_nothing_leaves_there_is_no_such_step() -> None:
    assert list(steps(sub("a", Action.UPDATE, fields=(FieldChange("books", added=("b",)),)))) == ["update sub.a"]
    assert "trim sub.a" not in {step.id for step in expand(Plan(STACK, (sub("a", Action.UPDATE, fields=LEAVES),)), SCHEMAS)}


def test_what_needs_what_goes_is_no_circle() -> None:
    """A thing in a place that is made anew once what stood in the old one is gone."""
    net = Address("net", ("n",))
    anew = Change(net, Action.REPLACE, Desired(net), live=(Live(net, "net-1"),))
    inside = Desired(Address("sub", ("b",)), spec={"net": Ref(net)}, edges=frozenset({net}))
    found = steps(anew, sub("a", Action.DELETE), Change(inside.address, Action.CREATE, inside, spec={}))
    assert "create sub.b" not in found["delete sub.a"].needs


def test_a_target_does_not_drag_the_others_along() -> None:
    plan = Plan(STACK, (sub("a", Action.UPDATE, fields=LEAVES), sub("b", Action.CREATE)))
    chosen = select(plan, Selection(target=frozenset({"sub.a"})), TIDY)
    assert [str(change.address) for change in chosen.changes] == ["sub.a"]
    assert "trim sub.a" in {step.id for step in expand(chosen, TIDY)}
