"""Any desired cluster, with nodes and workloads, over any live one: see test_networks.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given

from tests.properties.proof import any_over_any, examples
from tests.properties.stacks import CLUSTER, Blocks, stacks
from tests.support.lab import Lab, laboratory

LATE = frozenset({"DependencyViolation"})
"""A cluster that is slow to come holds the cloud's clock: interfaces then outlive their machines by longer than one waits, and
what they stand in is tried again."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    # Pods are driven from their nodes in the wall's time, and nobody waits for that for long.
    with pytest.MonkeyPatch.context() as patch, laboratory(tmp_path_factory.mktemp("clusters"), patch, speed=150.0) as made:
        yield made


@examples(share=50)
@given(first=stacks(CLUSTER), second=stacks(CLUSTER))
def test_any_over_any(lab: Lab, first: Blocks, second: Blocks) -> None:
    any_over_any(lab, first, second, allowed=LATE)
