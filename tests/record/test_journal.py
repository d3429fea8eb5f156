"""The journal: whatever prefix of it is left, cut in the middle of a line or not, says the truth as far as it goes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from acsctl.model.address import Address, parse
from acsctl.model.history import Applied, History
from acsctl.model.unknown import UNKNOWN, Secret
from acsctl.plan.values import without_secrets
from acsctl.record import journal

ADDRESSES = ("net.main", "sub.private.h", "host.web")
addresses = st.sampled_from(ADDRESSES)
ids = st.lists(st.integers(1, 6).map(lambda number: f"id-{number}"), max_size=3, unique=True)
texts = st.text(max_size=8)  # any character, line separators of Unicode and lone halves of pairs too
specs = st.dictionaries(texts, texts | st.integers() | st.none() | st.lists(texts, max_size=2), max_size=3)
entries = st.one_of(
    st.fixed_dictionaries({"what": st.just("begin"), "run": texts}),
    st.fixed_dictionaries({"what": st.just("end"), "clean": st.booleans()}),
    st.fixed_dictionaries({"what": st.just("plan"), "digest": texts}),
    st.fixed_dictionaries({"what": st.just("doing"), "address": addresses}),
    st.fixed_dictionaries({"what": st.sampled_from(["made", "destroyed", "forgot"]), "address": addresses, "ids": ids}),
    st.fixed_dictionaries(
        {"what": st.just("applied"), "address": addresses, "spec": specs, "ids": ids}, optional={"tags": specs}
    ),
    st.fixed_dictionaries({"what": st.just("a word of a later version")}),
)
journals = st.lists(entries, max_size=20)

NET = Address("net", ("main",))
OTHER = Address("net", ("other",))


def said(*rows: dict[str, Any]) -> History:
    return journal.replay(rows)


@given(journals, st.data())
def test_any_prefix_replays(rows: list[journal.Entry], data: st.DataObject) -> None:
    text = "".join(map(journal.dump, rows))
    cut = data.draw(st.integers(0, len(text)))
    prefix = text.encode()[:cut].decode()
    whole = [row for index, row in enumerate(rows) if len("".join(map(journal.dump, rows[: index + 1]))) - 1 <= cut]
    assert journal.replay(journal.lines(prefix)) == journal.replay(whole)


@given(journals)
def test_a_snapshot_says_the_same(rows: list[journal.Entry]) -> None:
    history = journal.replay(rows)
    assert journal.replay(journal.snapshot(history)) == history


@given(journals)
def test_an_id_is_at_one_address(rows: list[journal.Entry]) -> None:
    found = [id for applied in journal.replay(rows).applied.values() for id in applied.ids]
    assert len(found) == len(set(found))


@given(journals)
def test_what_was_begun_is_unfinished_until_a_clean_end(rows: list[journal.Entry]) -> None:
    clean = [index for index, row in enumerate(rows) if row["what"] == "end" and row["clean"]]
    since = rows[clean[-1] :] if clean else rows
    begun = {parse(row["address"]) for row in since if row["what"] == "doing"}
    began_again = any(row["what"] in ("begin", "end") and not row.get("clean") for row in since)
    assert journal.replay(rows).unfinished == (begun if began_again or not clean else frozenset())


def test_a_plan_is_carried_out_until_a_clean_end() -> None:
    begun = ({"what": "begin"}, {"what": "plan", "digest": "d"})
    assert said(*begun).plan == said(*begun, {"what": "end", "clean": False}, {"what": "begin"}).plan == "d"
    assert said(*begun, {"what": "end", "clean": True}, {"what": "begin"}).plan == ""


def test_no_record_is_no_clean_end() -> None:
    assert said() == History()
    assert said().clean is None
    assert said({"what": "begin"}).clean is False
    assert said({"what": "begin"}, {"what": "end", "clean": True}).clean is True


def test_a_member_that_is_destroyed_leaves_the_others() -> None:
    history = said(
        {"what": "applied", "address": "net.main", "spec": {"a": 1}, "ids": ["id-1", "id-2"]},
        {"what": "destroyed", "address": "net.main", "ids": ["id-1"]},
    )
    assert history.applied == {NET: Applied({"a": 1}, {}, ("id-2",))}
    assert (history.made, history.destroyed) == ({"id-2": NET}, {"id-1": NET})


def test_an_id_that_is_a_name_can_come_back() -> None:
    lives = [{"what": what, "address": "net.main", "ids": ["name"]} for what in ("made", "destroyed", "made")]
    history = said(*lives)
    assert (history.made, history.destroyed) == ({"name": NET}, {})
    assert journal.replay(journal.snapshot(history)) == history
    history = said(*lives, {"what": "destroyed", "address": "net.main", "ids": ["name"]})
    assert (history.made, history.destroyed, history.knows(NET)) == ({}, {"name": NET}, True)


def test_what_is_forgotten_was_never_ours() -> None:
    history = said(
        {"what": "applied", "address": "net.main", "spec": {}, "ids": ["id-1"]},
        {"what": "forgot", "address": "net.main", "ids": ["id-1"]},
    )
    assert not history.knows(NET)
    assert history.destroyed == {}


def test_what_was_moved_is_no_longer_at_its_old_address() -> None:
    history = said(
        {"what": "applied", "address": "net.main", "spec": {}, "ids": ["id-1"]},
        {"what": "applied", "address": "net.other", "spec": {}, "ids": ["id-1"]},
        {"what": "end", "clean": True},
    )
    assert history.applied.keys() == {OTHER}
    assert history.made == {"id-1": OTHER}
    assert history.lost(NET, frozenset()) == ()
    assert history.lost(OTHER, frozenset()) == ("id-1",)


def test_what_a_run_took_to_be_gone_is_kept_until_a_clean_end() -> None:
    """So that what a killed run had sent is sent again with the same token."""
    begun = (
        {"what": "destroyed", "address": "net.main", "ids": ["id-1"]},
        {"what": "end", "clean": True},
        {"what": "begin"},
        {"what": "doing", "address": "net.main", "gone": ["id-1"]},
        {"what": "doing", "address": "net.main", "gone": []},
    )
    unclean = said(*begun)
    assert unclean.before(NET, frozenset()) == ("id-1",)
    assert journal.replay(journal.snapshot(unclean)) == unclean
    clean = said(*begun, {"what": "end", "clean": True})
    assert clean.gone == {}
    assert clean.before(NET, frozenset()) == said(*begun[:2]).before(NET, frozenset()) != ()
    assert clean.before(OTHER, frozenset()) == ()


LEAVES = texts | st.integers() | st.just(UNKNOWN) | st.just(Secret("hunter2"))


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(texts, inner)))
def test_no_secret_gets_into_a_line(value: Any) -> None:
    line = journal.dump({"what": "applied", "spec": without_secrets({"field": value})})
    assert "hunter2" not in line
    assert next(journal.lines(line))["what"] == "applied"
