"""Workloads of a cluster that has gone, or is going, while something still answers for its API server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from acsctl.errors import CloudError, UnknownOutcomeError, UnreachableError
from acsctl.kinds import workload
from acsctl.kinds.contract import Scope
from acsctl.kinds.objects import progress
from acsctl.model.address import parse
from acsctl.model.resource import Desired, Live
from acsctl.model.schema import FileText
from tests.kinds.door import Door, refusal

KIND = workload.Workload()
CLUSTER = "c" + "1" * 32
ID = f"{CLUSTER}/shop/workload.web"
BROKEN = [UnreachableError("acsctl.Unreachable", action="list"), UnknownOutcomeError("acsctl.Dropped", action="list")]
TEXT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
GOING = [refusal("ErrorClusterNotFound"), {"state": "deleting"}, {"state": "deleted"}]


@dataclass
class Silent:
    """A connection that brings no answer."""

    error: CloudError

    def list(self, *what: str, **how: str) -> Any:
        raise self.error

    get = list


class Kept(Door):
    """A cloud with a connection to a cluster that was made while that was there."""

    def __init__(self, error: CloudError, detail: Any) -> None:
        super().__init__({"DescribeClusterDetail": detail})
        self._kube = Silent(error)

    def kept(self, key: str, make: Any) -> Any:
        return self._kube


def scope() -> Scope:
    """The list of clusters lags: the cluster shows as running."""
    address = parse("workload.web")
    cluster = Live(parse("cluster.kube"), CLUSTER, state="ready", reason="running")
    spec = {"cluster": CLUSTER, "manifests": [FileText("web.yaml", TEXT, "shop", "workload.web")]}
    return Scope(
        "shop", "cn-hangzhou", {address: Desired(address, spec=spec)}, live={"cluster": [cluster]}, wanted=lambda at: spec
    )


@pytest.mark.parametrize("error", BROKEN, ids=lambda error: error.code)
@pytest.mark.parametrize("detail", GOING, ids=["not-found", "deleting", "deleted"])
def test_they_are_gone_with_it(error: CloudError, detail: Any) -> None:
    cloud = Kept(error, detail)
    assert list(KIND.list(cloud, scope())) == []
    assert progress.ready(cloud, [ID])[ID].absent


@pytest.mark.parametrize("error", BROKEN, ids=lambda error: error.code)
def test_a_cluster_that_is_there_and_silent_is_no_empty_one(error: CloudError) -> None:
    cloud = Kept(error, {"state": "running"})
    with pytest.raises(type(error)):
        list(KIND.list(cloud, scope()))
    with pytest.raises(type(error)):
        progress.ready(cloud, [ID])
