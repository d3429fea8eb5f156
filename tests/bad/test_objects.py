"""Objects that Kubernetes would refuse, kustomizations and charts that cannot be built: said at their place, exit code 3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from acsctl import emulator
from tests.bad.command import Ran, run
from tests.kube.programs import install

STACK = """\
stack: bad
region: cn-hangzhou
resources:
  network: {{kind: vpc, cidr: 10.0.0.0/16}}
  subnet: {{kind: vswitch, vpc: network, zone: cn-hangzhou-h, cidr: 10.0.1.0/24}}
  kube: {{kind: cluster, vswitches: [subnet], network: {{pod_cidr: 172.20.0.0/16}}{version}}}
  web: {{kind: workload, cluster: kube, {block}}}
"""
VERSION = ", version: '1.35'"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n    - {name: web, image: web:1, port: 80}\n"
WRONG = "k8s/web.yaml:6:33: Pod default/web: spec.containers[0].port: Kubernetes {} has no such field did you mean 'ports'?"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: b}\n"


@pytest.fixture(scope="module")
def cloud() -> Iterator[emulator.Server]:
    with emulator.run(emulator.Options()) as server:
        yield server


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the stack; the PATH has a folder beside it and nothing else."""
    folder = tmp_path / "stack"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return folder


def write(here: Path, block: str, *, version: str = VERSION, **files: str) -> None:
    (here / "stack.yaml").write_text(STACK.format(block=block, version=version), encoding="utf-8")
    for name, text in files.items():
        path = here / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def refused(*line: str) -> Ran:
    ran = run(*line)
    assert ran.code == 3, ran.text
    return ran


def test_a_field_that_the_version_has_not_is_told_without_a_cloud(here: Path):
    write(here, "manifests: k8s/*.yaml", k8s__web_yaml=POD)
    said = refused("validate", "-f", "stack.yaml").text
    assert WRONG.format("1.35") in said and "Nothing was read" in said


def test_without_a_version_it_is_told_in_the_plan(here: Path, cloud: emulator.Server):
    write(here, "manifests: k8s/*.yaml", version="", k8s__web_yaml=POD)
    assert run("validate", "-f", "stack.yaml").code == 0
    said = refused("plan", "-f", "stack.yaml", "--cloud", cloud.address).text
    assert WRONG.format("1.36") in said and "Nothing was changed" in said


def test_what_a_template_renders_is_told_with_the_rendered_line(here: Path):
    write(here, "template: ./web.yaml, values: {n: 80}", web_yaml=POD.replace("80", "{{ n }}"))
    said = refused("validate", "-f", "stack.yaml").text
    assert "web.yaml: Pod default/web: spec.containers[0].port: Kubernetes 1.35 has no such field" in said
    assert "line 6 of what it renders" in said


def test_the_value_of_a_secret_is_not_repeated(here: Path):
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: web}\ndata: {a: hunter2!}\nstringData: {pin: 271828}\n"
    write(here, "manifests: web.yaml", web_yaml=secret)
    said = refused("validate", "-f", "stack.yaml").text
    assert "web.yaml:4:8: Secret default/web: data.a: what stands in `data` is base64" in said
    assert "web.yaml:5:14: Secret default/web: stringData.pin: expected a text, found a number" in said
    assert "hunter2" not in said and "271828" not in said


def test_a_missing_program_is_told_with_the_remedy(here: Path):
    write(here, "kustomize: base", base__kustomization_yaml="resources: []\n")
    said = refused("validate", "-f", "stack.yaml").text
    assert said.startswith("stack.yaml:7:") and "neither kustomize nor kubectl is on the PATH" in said and "install" in said
    write(here, "chart: {path: base}")
    said = refused("validate", "-f", "stack.yaml").text
    assert said.startswith("stack.yaml:7:") and "helm is not on the PATH" in said and "install Helm" in said


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"base__x_yaml": ""}, "stack.yaml:7:51: base has no kustomization.yaml"),
        (
            {"base__kustomization_yaml": "resources: [https://x.example]\n"},
            "base/kustomization.yaml:1:1: https://x.example is not",
        ),
        ({"base__kustomization_yaml": "resources: [../../x]\n"}, "base/kustomization.yaml:1:1: ../../x is not a file"),
        ({"base__kustomization_yaml": "bases: ['']\nresources: [a\n"}, "base/kustomization.yaml:3:1: this is not YAML"),
        ({"base__kustomization_yaml": "resources: []\n"}, "base/kustomization.yaml: kustomize fails: no such patch"),
    ],
)
def test_a_kustomization_that_cannot_be_built_is_named(here: Path, tmp_path: Path, files: dict[str, str], says: str):
    install(tmp_path / "bin", "kustomize", said="Error: no such patch\n", code=1)
    write(here, "kustomize: base", **files)
    assert says in refused("validate", "-f", "stack.yaml").text


def test_what_a_kustomization_builds_is_checked(here: Path, tmp_path: Path):
    install(tmp_path / "bin", "kustomize", POD)
    write(here, "kustomize: base", base__kustomization_yaml="resources: []\n")
    said = refused("validate", "-f", "stack.yaml").text
    assert "base/kustomization.yaml: Pod default/web: spec.containers[0].port: Kubernetes 1.35 has no such field" in said
    install(tmp_path / "bin", "kustomize", "a: b\n")
    (here / "base" / "more.yaml").touch()
    said = refused("validate", "-f", "stack.yaml").text
    assert "base/kustomization.yaml: what the kustomization builds is wrong: this object has no apiVersion" in said


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("chart: {}", "a chart has a `path`, or a `repo`"),
        ("chart: {path: web, repo: https://x.example}", "`repo` is for a chart of a `repo`"),
        ("chart: {path: web, version: 1.2.3}", "stack.yaml:7:59: `version` is for a chart of a `repo`"),
        ("chart: {repo: x.example, name: a, version: 1.2.3}", "'x.example' is no address of a repository"),
        ("chart: {repo: https://x.example, name: a}", "a chart of a `repo` has a `version`"),
        ("chart: {repo: https://x.example, name: a, version: --x}", "'--x' does not have the form"),
        ("chart: {path: nowhere}", "nowhere is no folder and no archive"),
        ("chart: {path: ../..}", "../.. is outside of the stack's folder"),
        ("chart: {path: web}, values: {a: b}", "stack.yaml:7:60: `values` are for a `template`"),
        ("chart: {path: web}, kustomize: web", "and this one has `kustomize` and `chart`"),
    ],
)
def test_a_chart_that_is_not_said_right(here: Path, tmp_path: Path, block: str, says: str):
    install(tmp_path / "bin", "helm", MAP)
    write(here, block, web__Chart_yaml="name: web\n")
    assert says in refused("validate", "-f", "stack.yaml").text


def test_a_chart_that_fails_names_its_template(here: Path, tmp_path: Path):
    said = "Error: template: web/templates/a.yaml:3:7: executing: nil pointer, hunter2\n"
    install(tmp_path / "bin", "helm", said=said, code=1)
    write(here, "chart: {path: charts/web, values: {p: \"{{ secret('hunter2') }}\"}}", charts__web__Chart_yaml="name: web\n")
    told = refused("validate", "-f", "stack.yaml").text
    assert "charts/web/templates/a.yaml:3:7: helm fails: template" in told and "hunter2" not in told


def test_what_a_chart_renders_is_checked(here: Path, tmp_path: Path):
    write(here, "chart: {path: web, values: {p: \"{{ secret('hunter2') }}\"}}", web__Chart_yaml="name: web\n")
    install(tmp_path / "bin", "helm", f"# Source: web/templates/a.yaml\n{MAP}---\n# Source: web/templates/b.yaml\na: b\n")
    assert (
        "what the chart renders is wrong (web/templates/b.yaml): this object has no"
        in refused("validate", "-f", "stack.yaml").text
    )
    install(tmp_path / "bin", "helm", MAP.replace("a: b", "a: x-hunter2"))
    (here / "web" / "values.yaml").touch()
    told = refused("validate", "-f", "stack.yaml").text
    assert "ConfigMap default/web would show a secret in data.a" in told and "hunter2" not in told
