"""Writing `adopt:` into a stack file: the rest of the text stays as it is."""

import pytest

from acsctl.errors import Place, UsageError
from acsctl.stack.edit import with_adopt

BLOCK = """\
resources:
  # the network
  network:
    kind: vpc   # a comment
    cidr: 10.0.0.0/16

  subnet: {kind: vswitch, vpc: network}
"""


def test_a_block_gets_a_line_after_its_kind():
    assert with_adopt(BLOCK, Place("f", 3, 3), ["vpc-1"]) == BLOCK.replace("a comment\n", "a comment\n    adopt: vpc-1\n")


def test_several_ids_are_a_list():
    assert "\n    adopt: [i-1, i-2]\n" in with_adopt(BLOCK, Place("f", 3, 3), ["i-1", "i-2"])


def test_a_flow_mapping_gets_a_pair():
    assert "{adopt: vsw-1, kind: vswitch, vpc: network}" in with_adopt(BLOCK, Place("f", 7, 3), ["vsw-1"])


def test_a_block_at_the_end_without_a_line_end():
    assert with_adopt("a:\n  kind: vpc", Place("f", 1, 1), ["vpc-1"]) == "a:\n  kind: vpc\n  adopt: vpc-1\n"


def test_nothing_is_adopted_twice():
    with pytest.raises(UsageError, match="has `adopt` already"):
        with_adopt(with_adopt(BLOCK, Place("f", 3, 3), ["vpc-1"]), Place("f", 3, 3), ["vpc-2"])


def test_a_place_without_a_block():
    with pytest.raises(UsageError, match="no block"):
        with_adopt(BLOCK, Place("f", 1, 1 + 20), ["vpc-1"])
