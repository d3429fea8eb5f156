"""Bad manifests and templates: said with their own file and line, exit code 3, and no call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from acsctl import emulator
from tests.bad.command import run

HEAD = "stack: bad\nregion: cn-hangzhou\nresources:\n"
CLUSTER = "c" + "0" * 32
GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n"


@pytest.fixture(scope="module")
def cloud() -> Iterator[emulator.Server]:
    with emulator.run(emulator.Options()) as server:
        yield server


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


CASES = {
    "no yaml": ("manifests: web.yaml", "a: [\n", "web.yaml:2:1: this is not YAML"),
    "no object": ("manifests: web.yaml", "a: b\n", "web.yaml:1:1: this object has no apiVersion"),
    "no name": ("manifests: web.yaml", GOOD + "---\napiVersion: v1\nkind: Pod\n", "web.yaml:6:1: this Pod has no metadata"),
    "generated name": (
        "manifests: web.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: web-\n",
        "web.yaml:4:1: generateName makes another object at each apply",
    ),
    "twice": ("manifests: web.yaml", GOOD + "---\n" + GOOD, "web.yaml:6:1: ConfigMap default/web is there twice"),
    "status": ("manifests: web.yaml", GOOD + "status: {a: b}\n", "web.yaml:5:1: status is the cluster's to write"),
    "managed fields": (
        "manifests: web.yaml",
        GOOD + "  managedFields: [{manager: x}]\n",
        "web.yaml:5:1: metadata.managedFields is the cluster's to write",
    ),
    "foreign set": (
        "manifests: web.yaml",
        GOOD + "  labels: {applyset.kubernetes.io/part-of: x}\n",
        "web.yaml:5:1: applyset.kubernetes.io/part-of is written by acsctl",
    ),
    "a label that is no text": ("manifests: web.yaml", GOOD + "  labels: {on: yes}\n", "metadata.labels.true is a text"),
    "a job that deletes itself": (
        "manifests: web.yaml",
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {ttlSecondsAfterFinished: 5}\n",
        "web.yaml:1:1: Job default/a deletes itself when it is done",
    ),
    "nothing in it": ("manifests: web.yaml", "# nothing\n", "there is no object in it"),
    "a template's syntax": ("template: ./web.yaml", "\n{% if %}\n", "web.yaml:2:1: the template cannot be read"),
    "a template's name": (
        "template: ./web.yaml",
        GOOD + "data: {a: {{ nope }}}\n",
        "web.yaml:5:1: the template fails: 'nope' is undefined",
    ),
    "a value that the template cannot take": (
        "template: web-service, values: {image: web, autoscale: {min: 1}}",
        "",
        "the template fails: 'dict object' has no attribute 'max' with the `values` of workload.web",
    ),
    "what a template renders": (
        "template: ./web.yaml",
        "a: b\n",
        "web.yaml: what the template renders is wrong: this object has no",
    ),
    "a secret in the open": (
        "template: ./web.yaml, values: {p: \"{{ secret('hunter2') }}\"}",
        GOOD + "data: {a: {{ p | to_json }}}\n",
        "ConfigMap default/web would show a secret in data.a",
    ),
    "values without a template": ("manifests: web.yaml, values: {a: b}", GOOD, "`values` are for a `template`"),
    "both": ("manifests: web.yaml, template: ./web.yaml", GOOD, "this one has `manifests` and `template`"),
    "none": ("namespace: shop", GOOD, "`kustomize`, `chart`, and this one has none"),
    "a namespace that cannot be": ("manifests: web.yaml, namespace: No", GOOD, "'No' does not have the form"),
    "no such file": ("manifests: nope.yaml", GOOD, "stack.yaml:4:"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_bad_manifest_is_told_with_its_place(name: str, here: Path, cloud: emulator.Server) -> None:
    block, text, says = CASES[name]
    (here / "stack.yaml").write_text(f"{HEAD}  web: {{kind: workload, cluster: {CLUSTER}, {block}}}\n", encoding="utf-8")
    (here / "web.yaml").write_text(text, encoding="utf-8")
    ran = run("plan", "-f", "stack.yaml", "--cloud", cloud.address)
    assert ran.code == 3, ran.text
    assert says in " ".join(ran.text.split())
    assert "hunter2" not in ran.text
    assert cloud.world.ledger.actions.total() == 0


def test_an_object_of_two_workloads_is_told(here: Path, cloud: emulator.Server) -> None:
    blocks = "".join(f"  {name}: {{kind: workload, cluster: {CLUSTER}, manifests: web.yaml}}\n" for name in ("one", "two"))
    (here / "stack.yaml").write_text(HEAD + blocks, encoding="utf-8")
    (here / "web.yaml").write_text(GOOD, encoding="utf-8")
    ran = run("plan", "-f", "stack.yaml", "--cloud", cloud.address)
    assert ran.code == 3 and "ConfigMap default/web belongs to workload.one already" in ran.text
