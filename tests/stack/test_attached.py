"""Fields that hold files: what is read, by whom it is found, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from acsctl.errors import StackError
from acsctl.model.schema import Files, FileText, Meta, Schema, SpecModel, attr
from acsctl.stack import Inputs, load
from acsctl.stack.render import render


class BundleSpec(SpecModel):
    files: list[str] = attr(doc="files", meta=Meta(files=Files(globs=True)), min_length=1)
    shape: str = attr(doc="a shape", meta=Meta(files=Files(shipped=".yaml.j2")))


SCHEMAS = {"bundle": Schema("bundle", BundleSpec, "a bundle", {}, "")}
HEAD = "stack: shop\nregion: cn-hangzhou\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.yaml", "a.yaml", "sub/c.yaml", "note.txt"):
        (tmp_path / "shop" / "k8s" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / "k8s" / name).write_text(f"text of {name}")
    (tmp_path / "outside.yaml").write_text("outside")
    return tmp_path / "shop"


def loaded(folder: Path, block: str, *, head: str = HEAD, file: str = "stack.yaml"):
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(f"{head}resources:\n  it: {{kind: bundle, {block}}}\n")
    return load(folder / "stack.yaml", Inputs(), SCHEMAS)


def files(folder: Path, block: str) -> list[str]:
    (desired,) = loaded(folder, block).resources.values()
    return [Path(item.path).relative_to(folder).as_posix() for item in desired.spec["files"]]


def problem(folder: Path, block: str) -> str:
    with pytest.raises(StackError) as raised:
        loaded(folder, block)
    (found,) = raised.value.problems
    assert found.place.line == 4
    return f"{found.message} | {found.hint}"


def test_a_file_is_its_text_and_knows_for_whom_it_was_read(folder):
    (desired,) = loaded(folder, "files: k8s/a.yaml").resources.values()
    assert desired.spec["files"] == [FileText(str(folder / "k8s" / "a.yaml"), "text of a.yaml", "shop", "bundle.it")]


@pytest.mark.parametrize(
    ("block", "found"),
    [
        ("files: k8s/*.yaml", ["k8s/a.yaml", "k8s/b.yaml"]),
        ("files: [k8s/b.yaml, 'k8s/*.yaml']", ["k8s/b.yaml", "k8s/a.yaml"]),
        ("files: ['k8s/**/*.yaml']", ["k8s/a.yaml", "k8s/b.yaml", "k8s/sub/c.yaml"]),
        ("files: ['k8s/[ab].yaml']", ["k8s/a.yaml", "k8s/b.yaml"]),
        ("files: [\"{{ 'k8s' ~ '/a.yaml' }}\"]", ["k8s/a.yaml"]),
    ],
)
def test_patterns_mean_files_in_the_order_of_their_names(folder, block, found):
    assert files(folder, block) == found


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("files: none.yaml", "none.yaml does not exist | paths are relative"),
        ("files: k8s", "k8s is a folder"),
        ("files: x/*.yaml", "x/*.yaml matches no file"),
        ("files: ../outside.yaml", "../outside.yaml is outside of the stack's folder"),
        ("files: ../*.yaml", "../*.yaml is outside of the stack's folder"),
        ("files: [{a: b}]", "files: the path of a file is wanted"),
        ("files: []", "files has 0 items: at least 1"),
        ("files: [\"{{ secret('a') }}\"]", "must be known, and in the open"),
        ("shape: nothing", "there is no template 'nothing'"),
        ("shape: ./k8s/*.yaml", "does not exist"),
    ],
)
def test_what_is_no_file_of_the_stack_is_refused_with_its_place(folder, block, words):
    assert words in problem(folder, block)


def test_a_link_that_leaves_the_folder_is_refused(folder):
    (folder / "link.yaml").symlink_to(folder.parent / "outside.yaml")
    (folder / "k8s" / "link.yaml").symlink_to(folder.parent / "outside.yaml")
    assert "outside of the stack's folder" in problem(folder, "files: link.yaml")
    assert "outside of the stack's folder" in problem(folder, "files: k8s/*.yaml")


@pytest.mark.parametrize(
    ("data", "words"), [(b"x" * 1_000_001, "larger than 1 MB"), (b"a\x00b", "binary"), (b"\xff\xfe", "UTF-8")]
)
def test_what_is_no_text_is_refused(folder, data, words):
    (folder / "big.yaml").write_bytes(data)
    with pytest.raises(StackError) as raised:
        loaded(folder, "files: big.yaml")
    assert words in raised.value.problems[0].message and raised.value.problems[0].place.file.endswith("big.yaml")


def test_the_content_counts_among_the_files_of_the_stack(folder):
    found = loaded(folder, "files: k8s/*.yaml").files
    assert found["k8s/a.yaml"] == "text of a.yaml" and found.keys() > {"stack.yaml"}


def test_render_shows_paths(folder):
    loaded(folder, "files: k8s/*.yaml")
    assert "k8s/a.yaml" in render(folder / "stack.yaml", Inputs(), SCHEMAS)
