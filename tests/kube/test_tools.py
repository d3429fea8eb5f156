"""Programs of others: how they are run, and what becomes of one that is missing, fails, is slow or says a secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from acsctl.kube import tools
from acsctl.kube.chart import Chart, concealed, place_in, render, source_of
from acsctl.kube.kustomize import PlacedError, build
from acsctl.kube.tools import Call, ToolError
from acsctl.model.unknown import Secret
from tests.kube.programs import Program, install


@pytest.fixture
def bin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder of a stack with a kustomization in `web`."""
    folder = tmp_path / "stack"
    (folder / "web").mkdir(parents=True)
    (folder / "web" / "kustomization.yaml").write_text("resources: [a.yaml]\n")
    (folder / "web" / "a.yaml").write_text("a: b\n")
    return folder


def test_a_program_gets_no_shell_no_kubeconfig_no_credentials_and_no_network(bin: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("KUBECONFIG", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "HTTPS_PROXY", "HELM_KUBECONTEXT"):
        monkeypatch.setenv(name, "poison")
    program = install(bin, "helm", "out")
    assert tools.run(program.path, Call(["a b", "$HOME; exit 1"], "x: 1")) == "out"
    (call,) = program.calls
    assert call["args"] == ["a b", "$HOME; exit 1"] and call["stdin"] == "x: 1"
    assert "poison" not in str(call["env"])
    assert call["env"]["KUBECONFIG"] == os.devnull and call["env"]["HTTPS_PROXY"] == tools._CLOSED
    assert call["env"]["GIT_ALLOW_PROTOCOL"] == "none"


def test_the_network_is_given_where_it_is_asked_for(bin: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    program = install(bin, "helm")
    tools.run(program.path, Call((), network=True))
    env = program.calls[0]["env"]
    assert env["HTTPS_PROXY"] == "http://proxy.example:3128" and "GIT_ALLOW_PROTOCOL" not in env


def test_a_program_that_fails_is_quoted_without_secrets(bin: Path):
    Secret("correct-horse").reveal()
    program = install(bin, "helm", said="Error: no such thing\nit said correct-horse\n", code=1)
    with pytest.raises(ToolError, match=r"^helm fails: no such thing; it said \(secret\)$"):
        tools.run(program.path, Call(()))


def test_a_program_that_does_not_end_is_ended(bin: Path):
    program = install(bin, "helm", seconds=600)
    with pytest.raises(ToolError, match=r"did not end within 0\.2 s"):
        tools.run(program.path, Call(()), seconds=0.2)


def test_a_program_that_cannot_be_run_or_says_too_much(bin: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ToolError, match="helm cannot be run"):
        tools.run(str(bin / "helm"), Call(()))
    monkeypatch.setattr(tools, "MAX_SIZE", 3)
    with pytest.raises(ToolError, match="prints more than"):
        tools.run(install(bin, "helm", "long").path, Call(()))


def test_kustomize_is_taken_before_kubectl(bin: Path, base: Path):
    kubectl = install(bin, "kubectl", "by kubectl")
    assert build(base / "web", fence=base) == "by kubectl"
    kustomize = install(bin, "kustomize", "by kustomize")
    assert build(base / "web", fence=base) == "by kustomize"
    assert [program.calls[0]["args"] for program in (kubectl, kustomize)] == [
        ["kustomize", str(base / "web")],
        ["build", str(base / "web")],
    ]


def test_without_a_program_the_remedy_is_told(bin: Path, base: Path):
    with pytest.raises(ToolError, match="neither kustomize nor kubectl is on the PATH") as raised:
        build(base / "web", fence=base)
    assert "install" in raised.value.hint
    with pytest.raises(ToolError, match="helm is not on the PATH") as raised:
        render(Chart("web", "default", path=str(base)), {})
    assert "install Helm" in raised.value.hint


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ("resources:\n- https://example.com/a.yaml\n", "is not a file or a folder here", 2),
        ("resources:\n- a.yaml\n- github.com/shop/web?ref=v1\n", "is not a file or a folder here", 3),
        ("components: [../../..]\n", "is outside of the stack's folder", 1),
        ("resources: [\n", "this is not YAML", 2),
    ],
)
def test_what_is_elsewhere_is_refused_before_anything_is_run(bin: Path, base: Path, text: str, says: str, line: int):
    program = install(bin, "kustomize")
    (base / "web" / "kustomization.yaml").write_text(text)
    with pytest.raises(PlacedError, match=says) as raised:
        build(base / "web", fence=base)
    assert (raised.value.file.name, raised.value.line) == ("kustomization.yaml", line)
    assert program.calls == []


def test_a_base_of_the_stack_is_followed(bin: Path, base: Path):
    install(bin, "kustomize", "out")
    (base / "live").mkdir()
    (base / "live" / "kustomization.yaml").write_text("resources: [../web]\n")
    assert build(base / "live", fence=base) == "out"
    (base / "web" / "kustomization.yaml").write_text("resources: [https://example.com]\n")
    with pytest.raises(PlacedError) as raised:
        build(base / "live", fence=base)
    assert raised.value.file == base / "web" / "kustomization.yaml"
    (base / "web" / "kustomization.yaml").unlink()
    with pytest.raises(ToolError, match="web has no kustomization"):
        build(base / "live", fence=base)


@pytest.mark.parametrize(
    ("chart", "args", "open"),
    [
        (Chart("web", "shop", path="/stack/web"), ["web", "/stack/web", "--namespace", "shop"], False),
        (
            Chart("web", "shop", repo="https://charts.example", name="nginx", version="1.2.3"),
            ["web", "nginx", "--repo", "https://charts.example", "--version", "1.2.3", "--namespace", "shop"],
            True,
        ),
        (
            Chart("web", "shop", repo="oci://example/charts/", name="nginx", version="1.2.3"),
            ["web", "oci://example/charts/nginx", "--version", "1.2.3", "--namespace", "shop"],
            True,
        ),
    ],
)
def test_a_chart_is_rendered_with_its_values_from_the_standard_input(bin: Path, chart: Chart, args: list[str], open: bool):
    program: Program = install(bin, "helm", "out")
    assert render(chart, {"password": "hunter2"}) == "out"
    (call,) = program.calls
    assert call["args"] == ["template", *args, "--include-crds", "--values", "-"]
    assert call["stdin"] == '{"password": "hunter2"}'
    assert ("GIT_ALLOW_PROTOCOL" not in call["env"]) is open


def test_helm_tells_where():
    said = 'helm fails: template: web/templates/a.yaml:3:7: executing "web/templates/a.yaml" at <.Values.x>: nil'
    assert place_in(said) == ("web/templates/a.yaml", 3, 7)
    assert place_in("helm fails: chart not found") is None
    text = "---\n# Source: web/templates/a.yaml\na: 1\n---\n# Source: web/crds/b.yaml\nb: 1\n"
    assert (source_of(text, 3), source_of(text, 6), source_of(text, 1)) == ("web/templates/a.yaml", "web/crds/b.yaml", "")


def test_what_a_chart_makes_of_a_secret_is_secret():
    values = {"db": {"password": Secret("hunter2"), "port": Secret(5432), "on": Secret(True)}}
    made = concealed({"a": "url://:hunter2@db", "b": ["aHVudGVyMg=="], "c": 5432, "d": True, "e": "web"}, values)
    assert [key for key, value in made.items() if isinstance(value, Secret)] == ["a", "c"]
    assert isinstance(made["b"][0], Secret) and made["e"] == "web"
