"""The queues of a step: of what it makes, and of what it changes as that is now. And the tokens of its tries."""

from __future__ import annotations

import pytest

from acsctl.errors import CloudError
from acsctl.kinds import registry
from acsctl.model.address import Address
from acsctl.model.change import Action, Change
from acsctl.model.resource import Live
from acsctl.plan.steps import Step, Verb
from acsctl.run.step import Try, _keys

GATEWAY = Address("nat_gateway", "exit")


def step(verb: Verb, *lives: Live) -> Step:
    return Step(f"{verb.value} it", verb, Change(lives[0].address, Action.UPDATE), lives=lives)


def test_an_address_that_a_gateway_lets_go_of_is_written_to_as_well() -> None:
    live = Live(GATEWAY, "ngw-1", spec={"vpc": "vpc-1", "eips": ["eip-1", "eip-2"]})
    own = {"vpc": "vpc-1", "eips": ["eip-2", "eip-3"], "id": "ngw-1"}
    found = _keys(registry.KINDS["nat_gateway"].schema, step(Verb.UPDATE, live), own)
    assert found == {"nat:ngw-1", "eip:eip-1", "eip:eip-2", "eip:eip-3"}


def test_each_member_of_a_fleet_is_written_to() -> None:
    lives = [Live(Address("instance", "node"), f"i-{number}", spec={}) for number in (1, 2)]
    found = _keys(registry.KINDS["instance"].schema, step(Verb.UPDATE, *lives), {"id": "i-1"})
    assert found == {"instance:i-1", "instance:i-2"}


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.UPDATE, Verb.DELETE])
def test_writes_to_vswitches_of_one_vpc_share_a_queue(verb: Verb) -> None:
    schema = registry.KINDS["vswitch"].schema
    lives = [Live(Address("vswitch", name), f"vsw-{name}", spec={"vpc": "vpc-1"}) for name in "ab"]
    one, other = (_keys(schema, step(verb, live), {"vpc": "vpc-1"}) for live in lives)
    assert one & other == {"vpc:vpc-1"}


def test_only_a_token_that_is_spent_is_given_up() -> None:
    first = Try(gone=("i-1",))
    throttled, busy = (CloudError(code, action="vpc.CreateVSwitch") for code in ("Throttling.User", "TaskConflict"))
    assert first.after(throttled, settled=True) == Try(gone=("i-1",), throttled=1)
    assert first.after(busy, settled=True) == Try(gone=("i-1",), attempt=1)
    assert first.after(busy, settled=False) == Try(gone=("i-1",), throttled=1)
