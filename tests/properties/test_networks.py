"""Any desired network over any live one: an apply converges and the second plan is empty; a destroy leaves nothing.

The live world is what an apply of another stack has left. What is no stack is refused, and then nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given

from tests.properties.proof import any_over_any, examples
from tests.properties.stacks import NETWORK, Blocks, stacks
from tests.support.lab import Lab, laboratory


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with pytest.MonkeyPatch.context() as patch, laboratory(tmp_path_factory.mktemp("networks"), patch) as made:
        yield made


@examples(share=15)
@given(first=stacks(NETWORK), second=stacks(NETWORK))
def test_any_over_any(lab: Lab, first: Blocks, second: Blocks) -> None:
    any_over_any(lab, first, second)
