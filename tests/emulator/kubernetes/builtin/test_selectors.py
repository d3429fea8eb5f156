"""Label and field selectors."""

from __future__ import annotations

import pytest

from acsctl.emulator.kubernetes.builtin import selectors
from acsctl.emulator.kubernetes.builtin.status import StatusError

LABELS = {"app": "web", "tier": "front", "size": "3"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("app=web", True),
        ("app==web,tier=front", True),
        ("app=other", False),
        ("app!=other", True),
        ("absent!=x", True),
        ("app in (web, db)", True),
        ("app in (db),tier", False),
        ("app notin (db)", True),
        ("absent notin (db)", True),
        ("tier", True),
        ("!tier", False),
        ("!absent", True),
        ("size>2", True),
        ("size<3", False),
        ("app>2", False),
        ("app=web,tier in (a,front),!absent", True),
    ],
)
def test_labels(text: str, expected: bool) -> None:
    assert selectors.labels(text)({"metadata": {"labels": LABELS}}) is expected


@pytest.mark.parametrize("text", ["a b", "app in", "size>x", "=x"])
def test_labels_that_cannot_be_read(text: str) -> None:
    with pytest.raises(StatusError) as caught:
        selectors.labels(text)
    assert caught.value.code == 400


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metadata.name=p", True),
        ("metadata.name!=p", False),
        ("spec.nodeName=", True),
        ("status.phase=Running,metadata.namespace=n", True),
        ("spec.hostNetwork=false", True),
    ],
)
def test_fields(text: str, expected: bool) -> None:
    pod = {"metadata": {"name": "p", "namespace": "n"}, "spec": {}, "status": {"phase": "Running"}}
    assert selectors.fields(text, kind=("", "pods"))(pod) is expected


def test_fields_that_a_kind_has_not() -> None:
    with pytest.raises(StatusError, match="not a known field selector"):
        selectors.fields("spec.nodeName=a", kind=("", "configmaps"))


def test_selectors_in_objects() -> None:
    wanted = {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "In", "values": ["front"]}]}
    assert selectors.by_selector(wanted)(LABELS)
    assert not selectors.by_selector(wanted)({"app": "web"})
    assert selectors.by_selector({})({})
    assert not selectors.by_selector(None)({})
