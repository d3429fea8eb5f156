"""The pages tell the truth: links lead somewhere, stacks are valid, generated pages are fresh, both READMEs say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from acsctl.errors import Problem, StackError
from acsctl.kinds import registry
from acsctl.model.resource import Stack
from acsctl.model.unknown import Deferred, Secret
from acsctl.stack import Inputs, load, words
from acsctl.view import markdown
from tests.docs.pages import ROOT, Fence, anchors, fences, headings, links, pages

LANGUAGE = ROOT / "docs" / "stack-language.md"
HEAD = "stack: shop\nregion: cn-hangzhou\n"
_MODULE = re.compile(r"# (\w+/stack\.yaml)\n")
_TOLD = re.compile(r" # -> (.+)$")
_REFUSED = re.compile(r" # error: (.+)$")


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page: Path):
    wrong = [link for link in links(page) if not _leads_somewhere(page, link)]
    assert not wrong


def _leads_somewhere(page: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return True
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


def _yaml(page: Path) -> list[Fence]:
    return [fence for fence in fences(page) if fence.language == "yaml"]


def _stacks() -> list[tuple[str, Fence]]:
    """Every block of every page that is a whole stack; in the page on the language the parts of stacks, too."""
    found = []
    for page in pages():
        for fence in _yaml(page):
            whole = re.search(r"^stack:", fence.text, re.MULTILINE)
            if whole or (page == LANGUAGE and not _MODULE.match(fence.text)):
                found.append((f"{page.relative_to(ROOT)}:{fence.line}", fence))
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what the stacks of the pages read: modules that the pages show, and a file."""
    (tmp_path / "motd.txt").write_text("welcome\n")
    for fence in _yaml(LANGUAGE):
        if name := _MODULE.match(fence.text):
            path = tmp_path / name[1]
            path.parent.mkdir(exist_ok=True)
            path.write_text(fence.text)
    return tmp_path


def _load(folder: Path, text: str) -> Stack:
    (folder / "stack.yaml").write_text(text)
    return load(folder / "stack.yaml", Inputs(), registry.schemas())


@pytest.mark.parametrize(("place", "fence"), _stacks(), ids=[place for place, _ in _stacks()])
def test_a_stack_of_a_page_is_what_the_page_says(place: str, fence: Fence, folder: Path):
    text = fence.text if re.search(r"^stack:", fence.text, re.MULTILINE) else HEAD + fence.text
    refused = {number: found[1] for number, line in enumerate(text.splitlines(), 1) if (found := _REFUSED.search(line))}
    if refused:
        with pytest.raises(StackError) as error:
            _load(folder, text)
        _compare(error.value.problems, refused)
    else:
        _compare_outputs(_load(folder, text), text)


def _compare(problems: tuple[Problem, ...], refused: dict[int, str]) -> None:
    said = {problem.place.line: problem.message for problem in problems if problem.place}
    assert said.keys() == refused.keys()
    assert [line for line, words_ in refused.items() if words_ not in said[line]] == []


def _compare_outputs(stack: Stack, text: str) -> None:
    for line in text.splitlines():
        if found := _TOLD.search(line):
            name = line.split(":")[0].strip()
            told = found[1] if found[1].startswith("(") else json.loads(found[1])
            assert _shown(stack.outputs[name]) == told, name


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return "(known after apply)" if any(isinstance(item, Deferred) for item in value) else value
    return "(known after apply)" if isinstance(value, Deferred) else "(secret)" if isinstance(value, Secret) else value


def _functions() -> list[tuple[str, str]]:
    table = LANGUAGE.read_text().partition("## Functions\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(.+?)` \| `(.+?)` \|$", table, re.MULTILINE)
    return [(code.replace("\\|", "|"), value) for code, value in rows]


@pytest.mark.parametrize(("code", "value"), _functions(), ids=[code for code, _ in _functions()])
def test_a_function_gives_what_the_page_says(code: str, value: str, folder: Path):
    scalar = json.dumps(f"{{{{ {code} }}}}")
    assert _load(folder, f"{HEAD}outputs:\n  value: {scalar}\n").outputs["value"] == json.loads(value)


def test_every_word_of_the_language_is_explained():
    page = LANGUAGE.read_text()
    every = words.TOP | words.RESOURCE | words.MODULE | words.VARIABLE | words.EXISTING
    assert [word for word in sorted(every) if f"`{word}`" not in page and f"{word}:" not in page] == []


def test_the_page_of_the_kinds_is_generated():
    committed = (ROOT / "docs" / "kinds.md").read_text(encoding="utf-8")
    assert committed == markdown.kinds(registry.schemas()), "run `make docs`"


def test_the_readme_lists_every_kind():
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [kind for kind in registry.schemas() if f"| `{kind}` |" not in table] == []


def test_both_readmes_are_in_step():
    english, chinese = ROOT / "README.md", ROOT / "README.zh-CN.md"
    assert [mark.split()[0] for mark in headings(english)] == [mark.split()[0] for mark in headings(chinese)]
    assert [_code(fence) for fence in fences(english)] == [_code(fence) for fence in fences(chinese)]
    assert len(links(english)) == len(links(chinese))


def _code(fence: Fence) -> str:
    """A block without its comments, which each README has in its own language."""
    return "\n".join(re.sub(r"(^|\s+)# .*$", "", line) for line in fence.text.splitlines())
