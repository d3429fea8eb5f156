"""The stacks that are made are worth something: most are stacks, and every kind is in some of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml
from hypothesis import Phase, given, settings

from acsctl.errors import StackError
from acsctl.kinds import registry
from acsctl.stack.loading import load
from acsctl.stack.session import Inputs
from tests.properties.proof import LASTING
from tests.properties.stacks import CLUSTER, NETWORK, Blocks, stacks
from tests.properties.words import FILES


def test_every_kind_is_in_one() -> None:
    assert {*NETWORK, *CLUSTER} == set(registry.KINDS)


@pytest.mark.parametrize("kinds", [NETWORK, CLUSTER], ids=["network", "cluster"])
def test_most_are_stacks(tmp_path: Path, kinds: tuple[str, ...]) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    seen: Counter[str] = Counter()

    @settings(max_examples=30, phases=(Phase.generate,), suppress_health_check=LASTING, derandomize=True, database=None)
    @given(blocks=stacks(kinds))
    def look(blocks: Blocks) -> None:
        stack = {"stack": "shop", "region": "cn-hangzhou", "resources": blocks}
        (tmp_path / "stack.yaml").write_text(yaml.safe_dump(stack), encoding="utf-8")
        seen.update({"stack": int(is_stack(tmp_path)), "made": 1})
        seen.update({block["kind"] for block in blocks.values()})

    look()
    assert seen["stack"] > 0.5 * seen["made"]
    assert {kind for kind in kinds if seen[kind] < 0.1 * seen["made"]} == set()


def is_stack(folder: Path) -> bool:
    """Whether its stack file is one."""
    try:
        load(folder, Inputs(), registry.schemas())
    except StackError:
        return False
    return True
