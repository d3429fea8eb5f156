"""Fields that hold folders, archives and addresses: what of them is read, and what is refused."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from acsctl.errors import StackError
from acsctl.model.resource import Stack
from acsctl.model.schema import Files, Folder, Meta, Schema, SpecModel, attr
from acsctl.stack import Inputs, attached, load
from acsctl.stack.render import render

INNER = Meta(files=Files(folder=True))


class SourceSpec(SpecModel):
    path: str = attr(doc="a folder or an archive", meta=INNER)
    repo: str = attr(doc="an address", meta=Meta(files=Files(url=True)))


class BundleSpec(SpecModel):
    folder: str = attr(doc="a folder", meta=INNER)
    source: SourceSpec = attr(doc="a source")


SCHEMAS = {"bundle": Schema("bundle", BundleSpec, "a bundle", {}, "")}
HEAD = "stack: shop\nregion: cn-hangzhou\nresources:\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("web/b.txt", "web/a/c.txt", "web/.acsctl/record.txt", "web/.hidden"):
        (tmp_path / "shop" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / name).write_text(name)
    (tmp_path / "outside.txt").write_text("outside")
    return tmp_path / "shop"


def loaded(folder: Path, block: str) -> Stack:
    (folder / "stack.yaml").write_text(f"{HEAD}  it: {{kind: bundle, {block}}}\n")
    return load(folder / "stack.yaml", Inputs(), SCHEMAS)


def problem(folder: Path, block: str) -> str:
    with pytest.raises(StackError) as raised:
        loaded(folder, block)
    (found,) = raised.value.problems
    assert found.place.line == 4
    return found.message


def line(name: str) -> str:
    return f"{sha256(name.encode()).hexdigest()}  {name.partition('/')[2]}\n"


def test_a_folder_is_known_by_what_is_in_it_hidden_files_and_records_left_out(folder: Path):
    stack = loaded(folder, "folder: web")
    (desired,) = stack.resources.values()
    found = desired.spec["folder"]
    assert isinstance(found, Folder)
    assert (found.where, found.fence, found.stack, found.address) == (str(folder / "web"), str(folder), "shop", "bundle.it")
    assert Path(found.path) == folder / "web" and found.name == "web"
    assert found.listing == line("web/a/c.txt") + line("web/b.txt") == stack.files["web"]
    (folder / "web" / "b.txt").write_text("changed")
    assert loaded(folder, "folder: web").files["web"] != found.listing


def test_inside_of_an_object_too_and_an_archive_and_an_address(folder: Path):
    (folder / "web-1.tgz").write_bytes(b"x")
    (desired,) = loaded(folder, "source: {path: web-1.tgz, repo: 'https://charts.example'}").resources.values()
    archive, repo = desired.spec["source"]["path"], desired.spec["source"]["repo"]
    assert archive.listing == f"{sha256(b'x').hexdigest()}  web-1.tgz\n"
    assert (repo.path, repo.where, repo.address) == ("https://charts.example", "", "bundle.it")
    assert "path: " in render(folder / "stack.yaml", Inputs(), SCHEMAS)


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("folder: nowhere", "nowhere is no folder and no archive"),
        ("folder: web/b.txt", "web/b.txt is no folder and no archive"),
        ("folder: ../..", "../.. is outside of the stack's folder"),
        ("folder: [web, web/a]", "folder: one file is wanted here"),
        ("folder: \"{{ secret('web') }}\"", "folder: the path of a file must be known, and in the open"),
    ],
)
def test_what_is_no_folder_of_the_stack_is_refused(folder: Path, block: str, says: str):
    assert says in problem(folder, block)


def test_links_out_and_too_much_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / "web" / "link").symlink_to(folder.parent / "outside.txt")
    assert "has a link in it that leads out of the stack's folder" in problem(folder, "folder: web")
    (folder / "web" / "link").unlink()
    monkeypatch.setattr(attached, "MAX_BYTES", 3)
    assert "has more than 0 MB in it" in problem(folder, "folder: web")
    monkeypatch.setattr(attached, "MAX_FILES", 1)
    assert "has more than 1 files in it" in problem(folder, "folder: web")
