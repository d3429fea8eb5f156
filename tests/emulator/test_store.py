"""The store: transitions in time, undo, lag."""

import pytest

from acsctl.emulator.resource import Scope, declare
from acsctl.emulator.store import Store

THING = declare("test_thing", prefix="t-")
HERE = Scope("1", "cn-hangzhou")


@pytest.fixture
def store() -> Store:
    made = Store(None)
    made.begin(100.0)
    return made


def test_transitions_come_in_their_order(store: Store) -> None:
    thing = store.create(THING, scope=HERE, attributes={"Status": "A"})
    thing.later(10, Status="C")
    thing.later(5, Status="B")
    seen = []
    for now in (104.9, 105, 110):
        store.begin(now)
        seen.append(thing["Status"])
    assert seen == ["A", "B", "C"]


def test_a_long_pause_applies_all_of_them(store: Store) -> None:
    thing = store.create(THING, scope=HERE, attributes={"Status": "A", "N": 0})
    thing.later(5, Status="B", N=1)
    thing.later(10, Status="C")
    thing.remove(after=20)
    store.begin(119.0)
    assert (thing["Status"], thing["N"]) == ("C", 1)
    store.begin(1000.0)
    assert store.all(THING, scope=HERE) == []


def test_what_is_removed_changes_no_more(store: Store) -> None:
    thing = store.create(THING, scope=HERE, attributes={"Status": "A"})
    thing.later(5, Status="B")
    thing.remove()
    store.begin(110.0)
    assert thing["Status"] == "A"
    assert store.find(THING, scope=HERE, id=thing.id) is None


def test_rollback_undoes_everything(store: Store) -> None:
    kept = store.create(THING, scope=HERE, attributes={"N": 1})
    store.commit()
    store.begin(101.0)
    kept.set(N=2)
    kept.retag({"a": "b"})
    kept.later(5, N=3)
    kept.remove()
    store.create(THING, scope=HERE, attributes={})
    store.rollback()
    store.begin(200.0)
    assert store.all(THING, scope=HERE) == [kept]
    assert (kept["N"], kept.tags) == (1, {})


def test_time_is_not_undone(store: Store) -> None:
    thing = store.create(THING, scope=HERE, attributes={"N": 1})
    thing.later(5, N=2)
    store.begin(105.0)
    store.rollback()
    assert thing["N"] == 2


def test_lag_of_lists(store: Store) -> None:
    store.list_lag = 10.0
    thing = store.create(THING, scope=HERE, attributes={})
    counts = []
    for now in (100.0, 109.0, 110.0):
        store.begin(now)
        counts.append((len(store.all(THING, scope=HERE)), len(store.listed(THING, scope=HERE))))
    assert counts == [(1, 0), (1, 0), (1, 1)]
    thing.remove(after=5)
    for now in (114.0, 115.0, 124.0, 125.0):
        store.begin(now)
        counts.append((len(store.all(THING, scope=HERE)), len(store.listed(THING, scope=HERE))))
    assert counts[3:] == [(1, 1), (0, 1), (0, 1), (0, 0)]


def test_lists_are_late_by_time_that_is_never_held(store: Store) -> None:
    """A client that has waited for the lag sees what there is, however long the cloud's own work has held its clock."""
    store.list_lag = store.tag_lag = 10.0
    store.begin(101.0, unheld=131.0)
    thing = store.create(THING, scope=HERE, attributes={})
    thing.retag({"n": "1"})
    thing.later(2, Status="B")
    thing.remove(after=3)
    seen = []
    for now, unheld in ((102.0, 140.0), (102.0, 141.0), (103.0, 142.0), (104.0, 150.0), (104.0, 160.0)):
        store.begin(now, unheld=unheld)
        seen.append((thing.gone, thing.visible, thing.get("Status"), thing.seen_tags.get("n")))
    assert seen == [
        (False, False, None, None),
        (False, True, None, "1"),
        (False, True, "B", "1"),
        (True, True, "B", "1"),
        (True, False, "B", "1"),
    ]
    store.begin(104.5, unheld=160.5)
    assert store.listed(THING, scope=HERE) == []


def test_lag_of_tags_keeps_every_step(store: Store) -> None:
    store.tag_lag = 10.0
    thing = store.create(THING, scope=HERE, attributes={})
    thing.retag({"n": "1"})
    store.begin(104.0)
    thing.retag({"n": "2"})
    seen = []
    for now in (109.0, 110.0, 113.0, 114.0):
        store.begin(now)
        seen.append(thing.seen_tags.get("n"))
    assert (seen, thing.tags) == ([None, "1", "1", "2"], {"n": "2"})


def test_an_id_is_taken_once(store: Store) -> None:
    thing = store.create(THING, scope=HERE, attributes={}, id="pair")
    with pytest.raises(ValueError, match="exists"):
        store.create(THING, scope=HERE, attributes={}, id="pair")
    thing.remove()
    assert store.create(THING, scope=HERE, attributes={}, id="pair") is not thing


def test_types_are_declared_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        declare("test_thing")
