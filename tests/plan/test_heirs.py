"""What is taken over in parts goes after it was taken over, unless that would go round in a circle."""

from __future__ import annotations

from dataclasses import replace

from acsctl.model.address import Address
from acsctl.model.change import Action, Change
from acsctl.model.plan import Plan
from acsctl.model.resource import Live, Part, Stack
from acsctl.plan.steps import expand
from tests.plan.kinds import SCHEMAS

SHELVES = {
    **SCHEMAS,
    "room": replace(SCHEMAS["room"], parts=lambda spec: [Part(title) for title in spec["books"]], part="book"),
}


def order(*changes: Change) -> list[str]:
    return [step.id for step in expand(Plan(Stack("shop", "cn-hangzhou"), changes), SHELVES)]


def goes(name: str, *books: str) -> Change:
    address = Address("room", (name,))
    live = Live(address, f"room-{name}", spec={"books": books}, parts=tuple(Part(title) for title in books))
    return Change(address, Action.DELETE, live=(live,))


def comes(name: str, *books: str) -> Change:
    return Change(Address("room", (name,)), Action.CREATE, spec={"books": books})


def test_what_something_else_takes_a_part_of_goes_last() -> None:
    assert order(goes("old", "b", "c"), comes("new", "a", "b")) == ["create room.new", "delete room.old"]


def test_what_shares_nothing_need_not_wait() -> None:
    assert order(goes("old", "c"), comes("new", "a", "b")) == ["delete room.old", "create room.new"]


def test_two_that_exchange_their_parts_are_no_circle() -> None:
    found = order(goes("one", "a"), comes("one", "b"), goes("two", "b"), comes("two", "a"))
    assert found.index("create room.two") < found.index("delete room.one")
    assert found.index("create room.one") < found.index("delete room.two")
