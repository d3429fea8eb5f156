"""Verdicts on objects of which something is known after apply only."""

from __future__ import annotations

from typing import Any, cast

import pytest

from acsctl.kube.client import Kube
from acsctl.kube.forecast import Verdict, forecast
from acsctl.kube.manifest import STACK, key_of
from acsctl.model.unknown import UNKNOWN

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {"containers": [{"name": "web", "image": UNKNOWN}]},
}


class There:
    """A cluster with one object at most, that is asked to try nothing."""

    def __init__(self, current: dict[str, Any] | None) -> None:
        self._current = current

    def get(self, api_version: str, kind: str, *, name: str, namespace: str) -> dict[str, Any] | None:
        assert (api_version, kind, name, namespace) == ("v1", "Pod", "web", "default")
        return self._current


def verdict(current: dict[str, Any] | None) -> Verdict:
    return forecast(cast("Kube", cast("Any", There(current))), [POD], seen={}, stack="shop")[key_of(POD)]


def test_what_is_not_there_would_be_made() -> None:
    assert verdict(None) == Verdict(POD, "made")


@pytest.mark.parametrize(
    ("labels", "owner"), [({STACK: "shop"}, ""), ({STACK: "other"}, "a workload of stack other"), ({}, "ci")]
)
def test_what_is_there_has_its_owner(labels: dict[str, str], owner: str) -> None:
    current = {"metadata": {"labels": labels, "managedFields": [{"manager": "ci"}]}, "spec": {}}
    assert verdict(current) == Verdict(POD, "there", current, owner=owner)
