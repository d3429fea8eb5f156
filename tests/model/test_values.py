"""Addresses, marks, digests, secrets and what is not known yet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsctl.model import ownership
from acsctl.model.address import Address, parse
from acsctl.model.change import Action, Change, Impact
from acsctl.model.digest import digest
from acsctl.model.ownership import Mark
from acsctl.model.plan import Plan
from acsctl.model.resource import Live, Stack
from acsctl.model.types import canonical_cidr
from acsctl.model.unknown import Deferred, Secret, Unknown, hidden

WORD = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
PATHS = st.lists(WORD, min_size=1, max_size=3).map(tuple)
ADDRESSES = st.builds(Address, WORD, PATHS)
HEX = st.text("0123456789abcdef", min_size=16, max_size=16)
MARKS = st.builds(
    Mark,
    WORD,
    ADDRESSES,
    replaces=st.sampled_from(["", "vpc-1"]),
    protect=st.booleans(),
    retain=st.booleans(),
    digests=st.dictionaries(WORD, HEX, max_size=2).map(lambda found: tuple(sorted(found.items()))),
)
WEB = Address("instance", ("web",))


@given(ADDRESSES)
def test_an_address_is_read_as_it_is_written(address: Address) -> None:
    assert parse(str(address)) == address


@pytest.mark.parametrize("text", ["", "vpc", "vpc.", ".main", "vpc..main"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        parse(text)


def test_all_members_of_a_fleet_carry_one_address() -> None:
    assert str(WEB.member(2)) == "instance.web.2"
    assert WEB.member(2).tag == "instance.web"
    assert WEB.member(2).whole == WEB


def test_a_name_is_made_of_the_stack_and_the_path() -> None:
    assert Address("vswitch", ("net", "my_private", "h")).default_name("shop") == "shop-net-my-private-h"


@given(MARKS, st.dictionaries(WORD, WORD, max_size=2))
def test_a_mark_is_read_from_the_tags_that_it_makes(mark: Mark, others: dict[str, str]) -> None:
    tags = {**others, **mark.tags()}
    assert ownership.read(tags) == mark
    assert ownership.user_tags(tags) == others


@pytest.mark.parametrize("tags", [{}, {ownership.STACK: "shop"}, {ownership.STACK: "shop", ownership.ADDRESS: "nonsense"}])
def test_half_a_mark_is_none(tags: dict[str, str]) -> None:
    assert ownership.read(tags) is None


def test_tags_of_the_cloud_are_nobodys() -> None:
    assert ownership.user_tags({"acs:rm:rgId": "x", "aliyun.a": "y", "acsctl:stack": "z", "mine": "1"}) == {"mine": "1"}


def test_a_digest_depends_on_its_key_and_hides_its_value() -> None:
    assert digest(Secret("a"), key="k") == digest("a", key="k")
    assert digest({"a": 1, "b": 2}, key="k") == digest({"b": 2, "a": 1}, key="k")
    assert len({digest("a", key="k"), digest("b", key="k"), digest("a", key="l")}) == 3


def test_a_secret_does_not_show() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]} {Live(WEB, 'i-1', {'password': secret})}"
    assert secret.reveal() == "hunter2"


def test_what_is_deferred_waits_for_all_that_it_reads() -> None:
    deferred = Deferred(frozenset({WEB}), lambda known: known[WEB]["ip"], text="web.ip")
    assert deferred.value({WEB: {"ip": "10.0.0.1"}}) == "10.0.0.1"
    for known in ({}, {WEB: {}}):
        with pytest.raises(Unknown):
            deferred.value(known)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("10.0.1.0/16", "host bits set; the range is 10.0.0.0/16"), ("10.0.0/16", "not an IPv4 range"), ("x", "not an IPv4")],
)
def test_a_range_that_is_wrong(text: str, meant: str) -> None:
    with pytest.raises(ValueError, match=meant):
        canonical_cidr(text)


def test_every_action_has_a_word() -> None:
    assert {action.word for action in Action} >= {"create", "update", "delete", "replace", "read", "adopt", "forget", "none"}
    assert Impact.DATA_LOSS.word == "data loss"


def test_a_plan_counts_things_and_both_orders_of_a_replacement_as_one() -> None:
    lives = tuple(Live(WEB.member(number), f"i-{number}") for number in (1, 2))
    changes = (
        Change(WEB, Action.CREATE, numbers=(3, 4, 5)),
        Change(WEB, Action.REPLACE, live=lives, numbers=(1, 2)),
        Change(WEB, Action.CREATE_THEN_DELETE, live=lives[:1]),
        Change(WEB, Action.DELETE, live=lives),
        Change(WEB, Action.READ, live=lives[:1]),
    )
    plan = Plan(Stack("shop", "here"), changes)
    assert plan.counts() == {Action.CREATE: 3, Action.REPLACE: 3, Action.DELETE: 2, Action.READ: 1}
    assert not plan.empty
    assert Plan(Stack("shop", "here"), changes[-1:]).empty


def test_what_others_say_repeats_no_secret() -> None:
    assert Secret("a word of mine").reveal() == "a word of mine"
    said = "the value 'a word of mine' (YSB3b3JkIG9mIG1pbmU=) is not valid"
    assert hidden(said) == "the value '(secret)' ((secret)) is not valid"
    assert Secret(7).reveal() == 7 and hidden("7 of 9") == "7 of 9"
