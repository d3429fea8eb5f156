"""When an intent needs no second question, and when it does."""

from __future__ import annotations

from typing import Any

import pytest

from acsctl.kube.memory import Memory
from acsctl.model.unknown import Secret

SENT = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}, "data": {"x": "1"}}
OURS = {"manager": "acsctl", "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:x": {}}}}
THEIRS = {"manager": "other", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:x": {}}}}


def live(*, data: dict[str, str] | None = None, owned: Any = (OURS,), **meta: Any) -> dict[str, Any]:
    metadata = {"name": "a", "namespace": "n", "uid": "1", "managedFields": list(owned), **meta}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data or {"x": "1"}}


@pytest.fixture
def memory() -> Memory:
    made = Memory("acsctl")
    made.keep(SENT, live(resourceVersion="1"))
    return made


@pytest.mark.parametrize(
    "listed",
    [
        live(resourceVersion="2"),
        live(annotations={"deployment.kubernetes.io/revision": "1"}),
        live(finalizers=["service.k8s.alibaba/resources"]),
        live(owned=(THEIRS, OURS)),
        {**live(), "status": {"phase": "Active"}},
    ],
    ids=["the same", "a revision", "a finalizer", "another owner, too", "a status"],
)
def test_what_is_as_it_was_answered_is_settled(memory: Memory, listed: dict[str, Any]) -> None:
    assert memory.settles(SENT, listed)


@pytest.mark.parametrize(
    "listed",
    [
        live(data={"x": "2"}),
        live(data={"x": "1", "y": "2"}),
        live(owned=(THEIRS,)),
        live(owned=()),
        live(uid="2"),
        live(deletionTimestamp="2026-11-26T00:00:00Z"),
    ],
    ids=["another value", "a value more", "no longer ours", "nobody's", "another object", "going"],
)
def test_what_has_changed_is_asked_about(memory: Memory, listed: dict[str, Any]) -> None:
    assert not memory.settles(SENT, listed)


def test_another_intent_is_asked_about(memory: Memory) -> None:
    assert not memory.settles({**SENT, "data": {}}, live())
    labelled = {**SENT, "metadata": {**SENT["metadata"], "labels": {"a": "b"}}}
    assert not memory.settles(labelled, live())
    assert not memory.settles({**SENT, "metadata": {"name": "b", "namespace": "n"}}, live())


def test_a_label_that_is_sent_and_was_changed_is_asked_about() -> None:
    memory = Memory("acsctl")
    sent = {**SENT, "metadata": {**SENT["metadata"], "labels": {"a": "b"}}}
    memory.keep(sent, live(labels={"a": "b"}))
    assert memory.settles(sent, live(labels={"a": "b", "theirs": "x"}))
    assert not memory.settles(sent, live(labels={"a": "c"}))
    assert not memory.settles(sent, live())


def test_the_data_of_a_secret_is_what_its_text_was() -> None:
    """`stringData` is sent, and `data` is what there is."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "n"}, "stringData": {"x": "1"}}
    memory = Memory("acsctl")
    memory.keep(secret, {**live(data={"x": "MQ=="}), "kind": "Secret"})
    assert memory.settles(secret, {**live(data={"x": "MQ=="}), "kind": "Secret"})
    assert not memory.settles(secret, {**live(data={"x": "Mg=="}), "kind": "Secret"})
    assert memory.settles({**secret, "stringData": {"x": Secret("1")}}, {**live(data={"x": "MQ=="}), "kind": "Secret"})
    assert not memory.settles({**secret, "stringData": {"x": Secret("2")}}, {**live(data={"x": "MQ=="}), "kind": "Secret"})
