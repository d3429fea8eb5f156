"""What a stack was made from, as a saved plan is tied to it: the same in every checkout, however the file is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from acsctl.model.resource import Stack
from acsctl.model.unknown import Secret
from acsctl.stack import Inputs, load
from tests.stack.kinds import SCHEMAS

FILE = """
stack: shop
region: cn-hangzhou
variables:
  nodes: {type: integer, default: 3}
  password: {type: string, secret: true}
  subnet: {type: vswitch}
modules:
  inner: {source: ./inner, inputs: {note: "{{ env('NOTE') }}"}}
"""
MODULE = """
variables:
  note: {type: string}
resources:
  net: {kind: vpc, cidr: 10.0.0.0/16, description: "{{ note }} {{ file('note.txt') }}"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    (tmp_path / "stack.yaml").write_text(FILE)
    (tmp_path / "inner" / "stack.yaml").write_text(MODULE)
    (tmp_path / "inner" / "note.txt").write_text("inside")
    return tmp_path


def loaded(path: Path, **values: str) -> Stack:
    given = {"password": "hunter2", "subnet": "vsw-bp1", **values}
    return load(path, Inputs(given, environ={"NOTE": "told"}), SCHEMAS)


def test_files_are_named_from_the_stack_s_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for path in (Path("stack.yaml"), Path(), folder / "stack.yaml", Path(os.path.relpath(folder, Path.cwd()))):
        stack = loaded(path)
        assert stack.files == {"stack.yaml": FILE, "inner/stack.yaml": MODULE}
        assert stack.values == {"env NOTE": "told", "file inner/note.txt": "inside"}


def test_variables_are_told_with_their_values_wherever_these_come_from(folder: Path) -> None:
    stack = loaded(folder)
    assert stack.variables == {"nodes": 3, "password": Secret("hunter2"), "subnet": ["vsw-bp1"]}
    assert loaded(folder, nodes="5").variables["nodes"] == 5
    (folder / "values.yaml").write_text("nodes: 3\npassword: hunter2\nsubnet: vsw-bp1\n")
    other = load(folder, Inputs(files=(folder / "values.yaml",), environ={"NOTE": "told"}), SCHEMAS)
    assert (other.variables, other.files) == (stack.variables, stack.files)


def test_what_it_was_made_from_is_not_shown(folder: Path) -> None:
    assert "hunter2" not in repr(loaded(folder))
