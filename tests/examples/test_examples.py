"""Every lesson does what its README says: the real command, as a process, on a local cloud in a copy of the folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ACSCTL = str(Path(sys.executable).with_name("acsctl"))
LESSONS = sorted(path.parent.name for path in EXAMPLES.glob("*/stack.yaml"))
RENAMED = "moved:\n  - {from: vpc.network, to: vpc.net}\n"


class Lesson:
    """A copy of a lesson. `commands` are those that were run, without the words that only make them run here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stack = folder / "stack.yaml"
        self.commands: set[str] = set()

    def acsctl(self, *words: str, code: int = 0) -> str:
        """What a command says on both streams. Fails where it does not end with `code`."""
        self.commands.add(" ".join(word for word in words if word not in ("--yes", "--detailed-exitcode")))
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ACSCTL_", "ALIBABA_CLOUD_"))}
        env = {**kept, "PYTHONUTF8": "1"}
        done = subprocess.run((ACSCTL, *words), cwd=self.folder, env=env, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == code, f"{' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def local(self, *words: str, code: int = 0) -> str:
        """The same with the local cloud."""
        return self.acsctl(*words, "--cloud", "local", code=code)

    def settled(self) -> None:
        """A plan has nothing to do."""
        assert "No changes." in self.local("plan", "--detailed-exitcode")

    def edit(self, old: str, new: str) -> None:
        """Change the stack file in one place."""
        text = self.stack.read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        self.stack.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def lesson(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lesson]:
    folder = tmp_path / request.param
    shutil.copytree(EXAMPLES / request.param, folder, ignore=shutil.ignore_patterns(".acsctl"))
    opened = Lesson(folder)
    yield opened
    assert "Destroy complete" in opened.local("destroy", "--yes")
    readme = (EXAMPLES / request.param / "README.md").read_text(encoding="utf-8")
    assert _commands(readme) - opened.commands == set(), "the README names commands that no test runs"


def _commands(readme: str) -> set[str]:
    lines = [*re.findall(r"^acsctl (.+)$", readme, re.MULTILINE), *re.findall(r"`acsctl ([^`]+)`", readme)]
    plain = (line.partition("#")[0].replace("--yes", "").split() for line in lines)
    return {" ".join(words) for words in plain}


@pytest.mark.parametrize("lesson", ["01-vpc"], indirect=True)
def test_one_vpc(lesson: Lesson):
    lesson.acsctl("validate")
    assert "Plan: 1 to create" in lesson.local("plan")
    lesson.local("apply", "--yes")
    lesson.settled()
    assert "lesson-01-network" in lesson.local("show")

    lesson.edit("cidr: 10.0.0.0/16", "cidr: 10.0.0.0/16\n    description: my first network")
    assert re.search(r"^  ~ vpc.network .*\n +description .*→ my first network", lesson.local("plan"), re.MULTILINE)
    lesson.edit("10.0.0.0/16", "10.1.0.0/16")
    assert re.search(r"^-/\+ vpc.network .* replace", lesson.local("plan"), re.MULTILINE)
    lesson.edit("10.1.0.0/16\n    description: my first network", "10.0.0.0/16")

    lesson.edit("  network:\n", "  net:\n")
    lesson.edit("network.id", "net.id")
    renamed = lesson.local("plan")
    assert "Plan: 1 to create, 0 to change, 0 to replace, 1 to destroy." in renamed
    assert "moved: [{from: vpc.network, to: vpc.net}]" in renamed
    lesson.stack.write_text(lesson.stack.read_text() + RENAMED)
    assert "1 changed" in lesson.local("apply", "--yes")
    lesson.settled()


@pytest.mark.long
@pytest.mark.parametrize("lesson", ["02-subnets-and-rules"], indirect=True)
def test_subnets_and_rules(lesson: Lesson):
    lesson.acsctl("validate")
    assert "Stack lesson-02-prod" in lesson.local("plan", "--var", "stage=prod")
    lesson.local("apply", "--yes")
    lesson.settled()
    assert len(json.loads(lesson.local("output", "subnets", "--json"))["subnets"]) == 2
    graph = lesson.acsctl("graph", "--format", "mermaid")
    assert '["vswitch.subnet.cn-hangzhou-i"]' in graph

    rule = "- {protocol: tcp, port: 22, from: 10.0.0.0/16}"
    lesson.edit(rule, f"{rule}\n      - {{protocol: tcp, port: 8080, from: 10.0.0.0/16}}")
    changes = lesson.local("plan")
    assert re.findall(r"[-+] (?:tcp|udp|all).*", changes) == ["+ tcp 8080 from 10.0.0.0/16"]

    good = lesson.stack.read_text()
    lesson.edit("cidr: 10.0.0.0/16\n", "cidrs: 10.0.0.0/16\n")
    assert "did you mean 'cidr'?" in lesson.acsctl("validate", code=3)
    lesson.stack.write_text(good)
    lesson.edit("each.value)", "1)")
    assert "overlaps vswitch.subnet.cn-hangzhou-" in lesson.acsctl("validate", code=3)
    lesson.stack.write_text(good)


@pytest.mark.long
@pytest.mark.parametrize("lesson", ["03-nodes"], indirect=True)
def test_nodes(lesson: Lesson):
    assert "vswitch.net.private.cn-hangzhou-i:" in lesson.acsctl("render")
    assert "instance.node  ×3" in lesson.local("plan")
    lesson.local("apply", "--yes")
    lesson.settled()
    for nodes, said in ((5, "2 created"), (2, "3 destroyed")):
        assert said in lesson.acsctl("apply", "--yes", "--cloud", "local", "--var", f"nodes={nodes}")
    assert "1 created" in lesson.local("apply", "--yes")
    assert "1 replaced" in lesson.local("apply", "--replace", "instance.node.2", "--yes")
    lesson.settled()


@pytest.mark.long
@pytest.mark.parametrize("lesson", ["04-registry"], indirect=True)
def test_registry(lesson: Lesson):
    assert "registry.images" in lesson.local("plan")
    lesson.local("apply", "--yes")
    assert json.loads(lesson.local("output", "url", "--json"))["url"].endswith("/shop")
    assert "registry-vpc" in lesson.local("output", "url")
    lesson.settled()
    assert "immutable_tags" in lesson.acsctl("explain", "registry.repositories")

    lesson.edit("repositories: [web, worker]", "repositories: [web, jobs]")
    changes = lesson.local("plan", code=5)
    assert re.findall(r"[-+] (?:jobs|worker)", changes) == ["+ jobs", "- worker"]
    assert "--allow registry.images" in changes
    lesson.local("apply", "--yes", "--allow", "registry.images")
    lesson.settled()


@pytest.mark.long
@pytest.mark.parametrize("lesson", ["05-cluster"], indirect=True)
def test_cluster(lesson: Lesson):
    first = lesson.local("plan")
    assert "+ Deployment default/hello" in first
    lesson.local("apply", "--yes")
    lesson.settled()
    for size, said in ((3, "1 changed"), (1, "1 changed")):
        assert said in lesson.acsctl("apply", "--yes", "--cloud", "local", "--var", f"size={size}")
    app = lesson.folder / "hello" / "app.yaml"
    app.write_text(app.read_text().replace("replicas: 2", "replicas: 1"))
    changes = lesson.acsctl("plan", "--cloud", "local", "--var", "size=1")
    assert re.search(r"spec\.replicas +2 → 1", changes)
    lesson.acsctl("apply", "--yes", "--cloud", "local", "--var", "size=1")
    assert "No changes." in lesson.acsctl("plan", "--cloud", "local", "--var", "size=1")


@pytest.mark.long
@pytest.mark.parametrize("lesson", ["06-flannel-cluster"], indirect=True)
def test_flannel_cluster(lesson: Lesson):
    first = lesson.local("plan")
    assert "/25 a node (128 addresses): up to 100 nodes" in " ".join(first.split())
    assert "+ Secret default/web" in first
    lesson.local("apply", "--yes")
    lesson.settled()
    assert "http://" in lesson.local("output", "url")
    rolled = lesson.acsctl("apply", "--yes", "--cloud", "local", "--var", "tag=1.5")
    assert re.search(r"Deployment default/web\n(.*\n)?.*/lesson/web:1.4\n.*→ .*/lesson/web:1.5", rolled)
    shrunk = lesson.acsctl("apply", "--yes", "--cloud", "local", "--var", "nodes=2")
    assert "1 destroyed" in shrunk
    assert re.search(r"nodes +2", lesson.local("show", "flannel.cluster.overlay"))
    lesson.local("apply", "--yes")


def test_every_lesson_is_run():
    assert LESSONS == [
        "01-vpc",
        "02-subnets-and-rules",
        "03-nodes",
        "04-registry",
        "05-cluster",
        "06-flannel-cluster",
    ]
