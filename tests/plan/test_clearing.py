"""What has made things in the cloud by itself is cleared of them before that goes with which it does so."""

from __future__ import annotations

from dataclasses import replace

from acsctl.model.address import Address
from acsctl.model.change import Action, Change, FieldChange, Impact, Reason
from acsctl.model.history import Applied, History
from acsctl.model.ownership import Mark
from acsctl.model.plan import Observation, Plan
from acsctl.model.resource import Desired, Live, Stack
from acsctl.model.schema import Meta, Schema, SpecModel, attr
from acsctl.plan.diff import diff
from acsctl.plan.selection import Selection, select
from acsctl.plan.steps import expand
from acsctl.plan.work import Asked
from tests.plan.kinds import SCHEMAS

CLEARED = {**SCHEMAS, "net": replace(SCHEMAS["net"], clears=("sub",))}


def goes(kind: str, id: str, action: Action = Action.DELETE, **spec: object) -> Change:
    address = Address(kind, (id.partition("-")[2],))
    return Change(address, action, live=(Live(address, id, spec=spec),), spec=spec)


NET, SUB, GROUP = goes("net", "net-1"), goes("sub", "sub-1", net="net-1"), goes("group", "group-1", net="net-1")


def plan(*changes: Change) -> Plan:
    return Plan(Stack("shop", "cn-hangzhou"), changes)


def order(*changes: Change) -> list[str]:
    return [step.id for step in expand(plan(*changes), CLEARED)]


def test_what_else_stands_on_it_goes_before_and_what_helps_goes_after() -> None:
    assert order(NET, SUB, GROUP) == ["delete group.1", "clear net.1", "delete sub.1", "delete net.1"]


def test_it_is_cleared_where_nothing_helps_and_when_it_is_replaced() -> None:
    assert order(NET) == ["clear net.1", "delete net.1"]
    assert order(replace(NET, action=Action.REPLACE)) == ["clear net.1", "delete net.1", "create net.1"]


def test_what_stays_is_not_cleared() -> None:
    assert order(SUB, GROUP) == ["delete sub.1", "delete group.1"]


def test_what_helps_may_go_alone() -> None:
    kept = select(plan(NET, SUB), Selection(target=frozenset({"sub.1"})), CLEARED)
    assert [str(change.address) for change in kept.changes] == ["sub.1"]
    kept = select(plan(NET, SUB, GROUP), Selection(target=frozenset({"net.1"})), CLEARED)
    assert {str(change.address) for change in kept.changes} == {"net.1", "sub.1", "group.1"}


class _Spec(SpecModel):
    version: str = attr(doc="what takes long", meta=Meta(lasting=True, impact=Impact.ROLLING))


ADDRESS = Address("engine", ("it",))
ENGINE = {"engine": Schema("engine", _Spec, doc="an engine", outputs={}, ids=r"engine-\d+")}


def fields(last: str | None, have: str, *, want: str = "2", clean: bool = False) -> list[FieldChange]:
    live = Live(ADDRESS, "engine-1", spec={"version": have}, mark=Mark("shop", ADDRESS))
    applied = {ADDRESS: Applied({"version": last}, {}, ("engine-1",))} if last else {}
    history = History(applied, {"engine-1": ADDRESS}, clean=clean, unfinished=frozenset() if clean else frozenset({ADDRESS}))
    stack = Stack("shop", "cn-hangzhou", resources={ADDRESS: Desired(ADDRESS, spec={"version": want})})
    found = diff(stack, seen=Observation(live={ADDRESS: (live,)}), history=history, schemas=ENGINE, asked=Asked())
    return [field for change in found.changes for field in change.fields]


def test_what_goes_on_after_it_shows_is_taken_up_again() -> None:
    (change,) = fields("1", "2")
    assert (change.path, change.reason, change.impact) == ("version", Reason.UNFINISHED, Impact.ROLLING)


def test_what_was_recorded_as_done_is_done() -> None:
    assert fields("2", "2") == fields(None, "2") == fields("1", "2", clean=True) == []
    assert [change.reason for change in fields("1", "1")] == [Reason.UNFINISHED]
