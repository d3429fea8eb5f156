"""Objects, their revisions and their history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from acsctl.emulator.kubernetes.builtin.storage import HISTORY, Key, Storage

KIND = ("", "configmaps")


def key(name: str, namespace: str = "a") -> Key:
    return Key(KIND, namespace, name)


def thing(name: str, namespace: str = "a", **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace}, **more}


def names(objects: list[dict[str, Any]]) -> list[str]:
    return [f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in objects]


def test_every_write_has_a_revision_of_its_own() -> None:
    storage = Storage(None)
    made = [storage.put(key(name), obj=thing(name)) for name in "xyx"]
    assert [one["metadata"]["resourceVersion"] for one in made] == ["1", "2", "3"]
    gone = storage.remove(key("y"), last=made[1])
    assert gone["metadata"]["resourceVersion"] == "4" == str(storage.revision)
    assert storage.get(key("y")) is None


def test_all_are_sorted_by_namespace_and_name() -> None:
    storage = Storage(None)
    for namespace, name in (("b", "1"), ("a", "2"), ("a", "1")):
        storage.put(key(name, namespace), obj=thing(name, namespace))
    assert names(storage.all(KIND)) == ["a/1", "a/2", "b/1"]
    assert names(storage.all(KIND, namespace="b")) == ["b/1"]


def test_history_tells_old_and_new() -> None:
    storage = Storage(None)
    storage.put(key("x"), obj=thing("x", v=1))
    storage.put(key("x"), obj=thing("x", v=2))
    storage.remove(key("x"), last=thing("x", v=2))
    changes = storage.since(0)
    assert [(one.type, one.old and one.old["v"], one.new["v"]) for one in changes] == [
        ("ADDED", None, 1),
        ("MODIFIED", 1, 2),
        ("DELETED", 2, 2),
    ]
    assert storage.since(2) == changes[2:]


def test_the_past_can_be_read_again() -> None:
    storage = Storage(None)
    storage.put(key("x"), obj=thing("x", v=1))
    storage.put(key("y"), obj=thing("y", v=1))
    then = storage.revision
    storage.put(key("x"), obj=thing("x", v=2))
    storage.remove(key("y"), last=thing("y"))
    storage.put(key("z"), obj=thing("z", v=1))
    assert [(one["metadata"]["name"], one["v"]) for one in storage.at(then, kind=KIND)] == [("x", 1), ("y", 1)]
    assert names(storage.at(storage.revision, kind=KIND)) == ["a/x", "a/z"]


def test_a_long_past_is_forgotten() -> None:
    storage = Storage(None)
    for number in range(HISTORY + 5):
        storage.put(key("x"), obj=thing("x", v=number))
    assert storage.oldest == 5
    assert len(storage.since(5)) == HISTORY
    with pytest.raises(LookupError):
        storage.since(4)


def test_objects_and_revision_outlive_the_process(tmp_path: Path) -> None:
    first = Storage(tmp_path)
    first.put(key("x"), obj=thing("x", v=1))
    first.put(key("y"), obj=thing("y"))
    first.remove(key("y"), last=thing("y"))
    first.close()
    again = Storage(tmp_path)
    assert (again.revision, names(again.all(KIND))) == (3, ["a/x"])
    with pytest.raises(LookupError):
        again.since(2)  # what was before the start is not known any more
    again.close()


def test_one_process_at_a_time(tmp_path: Path) -> None:
    first = Storage(tmp_path)
    first.put(key("x"), obj=thing("x"))
    with pytest.raises(BlockingIOError):
        Storage(tmp_path)
    first.close()


def test_nothing_is_written_once_it_is_closed() -> None:
    storage = Storage(None)
    storage.close()
    with pytest.raises(OSError, match="closed"):
        storage.put(key("x"), obj=thing("x"))
    assert storage.revision == 0
