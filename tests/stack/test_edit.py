"""Writing `adopt:` into a stack file: the rest of the text stays as it is."""

import pytest

from acsctl.errors import Place, UsageError
from acsctl.stack.edit import replace_text, text_of, with_adopt

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


def test_a_file_is_replaced_whole_with_its_rights_and_through_a_link(tmp_path):
    path, link = tmp_path / "real.yaml", tmp_path / "stack.yaml"
    path.write_bytes("\ufeffa: 1\r\n".encode())
    path.chmod(0o640)
    link.symlink_to(path)
    old = text_of(link)
    replace_text(link, old, old.replace("1", "2"))
    assert path.read_bytes() == "\ufeffa: 2\r\n".encode()
    assert path.stat().st_mode & 0o777 == 0o640 and link.is_symlink()
    assert sorted(tmp_path.iterdir()) == [path, link]


def test_a_file_that_changed_meanwhile_stays(tmp_path):
    path = tmp_path / "stack.yaml"
    path.write_text("a: 2\n")
    with pytest.raises(UsageError, match="changed meanwhile"):
        replace_text(path, "a: 1\n", "a: 3\n")
    assert path.read_text() == "a: 2\n"
