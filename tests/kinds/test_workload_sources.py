"""What workloads are made of, and what is said of them while their cluster has no API: built once, hooks left out, versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from acsctl.errors import DeniedError, StackError
from acsctl.kinds import workload
from acsctl.kinds.ack import versions
from acsctl.kinds.contract import Scope
from acsctl.kinds.objects import sources
from acsctl.kube import render, schemas
from acsctl.model.address import parse
from acsctl.model.foresight import Foresight
from acsctl.model.resource import Desired
from acsctl.model.schema import FileText, Folder
from acsctl.model.unknown import UNKNOWN, Deferred, Ref, Secret
from acsctl.plan import values
from tests.kinds.door import Door
from tests.kube.cluster import binaries
from tests.kube.programs import Program, install

KIND = workload.Workload()
WEB, KUBE = parse("workload.web"), parse("cluster.kube")
HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
HOOK = "---\napiVersion: batch/v1\nkind: Job\nmetadata: {generateName: migrate-, annotations: {helm.sh/hook: pre-install}}\n"
WIDGET = "---\napiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {size: 1}\n"
CRD = """\
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: string}}}}}}
status: {acceptedNames: {kind: "", plural: ""}, conditions: [], storedVersions: []}
"""


@pytest.fixture
def bin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "bin"


def file(text: str, name: str = "web.yaml") -> FileText:
    return FileText(name, text, "shop", "workload.web")


def folder(path: Path, name: str = "web") -> Folder:
    path.mkdir(exist_ok=True)
    return Folder(name, str(path), str(path.parent), "listing", stack="shop", address="workload.web")


def chart(path: Path, **words: Any) -> dict[str, Any]:
    return {"cluster": Ref(KUBE), "chart": {"path": folder(path), **words}}


def wanted(spec: dict[str, Any]) -> Any:
    return KIND.schema.normalise(values.resolve(spec, {}))["manifests"]


def scope(spec: dict[str, Any], others: dict[str, Any] | None = None, **cluster: Any) -> Scope:
    """A stack with a cluster that is not there, this workload in it, and more workloads."""
    specs = {WEB: spec, **{parse(name): other for name, other in (others or {}).items()}}
    desired = {KUBE: Desired(KUBE, spec=cluster), **{at: Desired(at, spec=one) for at, one in specs.items()}}
    return Scope("shop", "cn-hangzhou", desired, wanted=lambda at: values.resolve(specs[at], {}) if at in specs else None)


def foreseen(spec: dict[str, Any], others: dict[str, Any] | None = None, *, cloud: Any = None, **cluster: Any) -> Foresight:
    return KIND.foresee(cloud or Door(), scope(spec, others, **cluster))[WEB]


def manifests(text: str, name: str = "web.yaml") -> dict[str, Any]:
    return {"cluster": Ref(KUBE), "manifests": [file(text, name)]}


def test_a_template_is_read_once_and_rendered_once_for_the_same_values(monkeypatch: pytest.MonkeyPatch):
    rendered: list[Any] = []

    def counted(text: str, names: Any) -> Any:
        rendered.append(names["values"])
        return template(text, names)

    template = render.template
    monkeypatch.setattr(render, "template", counted)
    spec = {"cluster": Ref(KUBE), "template": file(HEAD + "data: {a: {{ x }}}\n"), "values": {"x": "b", "s": Secret("hush")}}
    assert next(iter(KIND.schema.check(spec, {}))).message == "web.yaml has no value 's'"
    first = wanted(spec)
    assert wanted(spec) == first and foreseen(spec, version="1.35").spec["manifests"] == first
    assert len(rendered) == 1
    later = {**spec, "values": {"x": 1, "s": Secret("hush")}}
    assert wanted(later)["ConfigMap default/web"]["data"] == {"a": 1} and len(rendered) == 2
    wanted({**spec, "values": {"x": True, "s": Secret("hush")}})
    wanted({**spec, "values": {"x": "b", "s": Secret("other")}})
    assert len(rendered) == 4
    text = spec["template"].text
    assert render._compiled(text) is render._compiled(text)


def test_what_is_known_later_is_rendered_again():
    spec = {"cluster": Ref(KUBE), "template": file(HEAD + "data: {a: {{ x }}}\n"), "values": {"x": UNKNOWN}}
    assert wanted(spec)["ConfigMap default/web"]["data"] == {"a": UNKNOWN}
    known = {**spec, "values": {"x": "b"}}
    assert wanted(known)["ConfigMap default/web"]["data"] == {"a": "b"}
    assert sources.frozen(Deferred(frozenset(), lambda known: 1)) == sources.frozen(Ref(KUBE)) == UNKNOWN


def test_a_kustomization_is_built_once_and_loses_the_status_of_definitions(bin: Path, tmp_path: Path):
    program = install(bin, "kustomize", HEAD + CRD)
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "kustomization.yaml").touch()
    spec = {"cluster": Ref(KUBE), "kustomize": folder(tmp_path / "web")}
    assert list(KIND.schema.check(spec, {})) == []
    made = wanted(spec)
    assert list(made) == ["ConfigMap default/web", "CustomResourceDefinition widgets.example.com"]
    assert "status" not in made["CustomResourceDefinition widgets.example.com"]
    assert made["ConfigMap default/web"]["metadata"]["labels"]["acsctl.dev/address"] == "workload.web"
    assert len(program.calls) == 1


@pytest.mark.skipif(binaries() is None, reason="the Kubernetes binaries are not there; `make kube-assets` builds them")
def test_kubectl_builds_a_kustomization(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(binaries()))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "poison"))
    (tmp_path / "poison").write_text("{{ this is no kubeconfig")
    for name, text in {
        "base/kustomization.yaml": "resources: [web.yaml]\n",
        "base/web.yaml": HEAD + "data: {a: b}\n",
        "live/kustomization.yaml": "resources: [../base]\nnamespace: live\nsecretGenerator: [{name: s, literals: [a=word]}]\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    made = wanted({"cluster": Ref(KUBE), "kustomize": folder(tmp_path / "live")})
    secret = next(title for title in made if title.startswith("Secret live/s-"))
    assert set(made) == {"ConfigMap live/web", secret} and isinstance(made[secret]["data"]["a"], Secret)


def test_a_chart_becomes_objects_without_its_hooks(bin: Path, tmp_path: Path):
    secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: kube-system}\nstringData: {p: x-hunter2}\n"
    program: Program = install(bin, "helm", HEAD + HOOK + secret)
    spec = {**chart(tmp_path / "web", values={"p": Secret("hunter2")}, kube_version="1.35"), "namespace": "shop"}
    assert list(KIND.schema.check(spec, {})) == []
    made = wanted(spec)
    assert list(made) == ["ConfigMap shop/web", "Secret kube-system/s"]
    assert isinstance(made["Secret kube-system/s"]["stringData"]["p"], Secret)
    told = foreseen(spec, version="1.35")
    assert [finding.message for finding in told.findings] == ["workload.web: 1 hook left out: Job migrate-"]
    (call,) = program.calls
    where = str(tmp_path / "web")
    assert call["args"] == [
        *("template", "web", where, "--namespace", "shop", "--include-crds", "--values", "-", "--kube-version", "1.35")
    ]
    assert call["stdin"] == '{"p": "hunter2"}'


def test_a_program_that_fails_is_not_run_again(bin: Path, tmp_path: Path):
    program = install(bin, "helm", said="Error: no\n", code=1)
    spec = chart(tmp_path / "web")
    assert [next(iter(KIND.schema.check(spec, {}))).message for _ in range(2)] == ["helm fails: no"] * 2
    with pytest.raises(StackError):
        wanted(spec)
    assert len(program.calls) == 1


def test_a_chart_waits_for_values_that_are_not_known(bin: Path, tmp_path: Path):
    program = install(bin, "helm", HEAD)
    spec = chart(tmp_path / "web", values={"x": Deferred(frozenset({KUBE}), lambda known: 1)})
    assert list(KIND.schema.check(spec, {})) == [] and wanted(spec) is UNKNOWN
    assert program.calls == []
    known = chart(tmp_path / "web", values={"x": 1}, release="front")
    assert list(wanted(known)) == ["ConfigMap default/web"]
    assert program.calls[0]["args"][1] == "front"


def test_a_chart_of_a_repository_is_loaded_over_the_network(bin: Path):
    program = install(bin, "helm", HEAD)
    repo = Folder("https://charts.example", stack="shop", address="workload.net.web_1")
    spec = {"cluster": Ref(KUBE), "chart": {"repo": repo, "name": "nginx", "version": "1.2.3"}}
    assert list(wanted(spec)) == ["ConfigMap default/web"]
    (call,) = program.calls
    assert call["args"][:7] == ["template", "net-web-1", "nginx", "--repo", "https://charts.example", "--version", "1.2.3"]
    assert "GIT_ALLOW_PROTOCOL" not in call["env"]


def test_a_kind_that_no_schema_knows_is_unverified_unless_a_definition_of_the_stack_has_it():
    spec = manifests(HEAD + WIDGET)
    assert foreseen(spec, version="1.35").note == "1 object unverified"
    assert list(KIND.schema.check(spec, scope(spec, version="1.35").desired)) == []
    with pytest.raises(StackError) as raised:
        foreseen(spec, {"workload.crds": manifests(CRD.rpartition("status:")[0], "crd.yaml")}, version="1.35")
    (problem,) = raised.value.problems
    assert str(problem.place) == "web.yaml:8:8" and raised.value.late
    assert problem.message == "Widget default/a: spec.size: expected a text, found the number 1"


def test_a_definition_of_the_stack_counts_at_load_whatever_the_version():
    spec, crds = manifests(HEAD + WIDGET), manifests(CRD.rpartition("status:")[0], "crd.yaml")
    for cluster in ({"version": "1.35"}, {}):
        (fault,) = KIND.schema.check(spec, scope(spec, {"workload.crds": crds}, **cluster).desired)
        assert fault.message == "Widget default/a: spec.size: expected a text, found the number 1"
    pod = manifests("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {container: []}\n")
    assert list(KIND.schema.check(pod, scope(pod, {"workload.crds": crds}).desired)) == []


def test_definitions_of_another_cluster_do_not_count():
    other = {"cluster": Ref(parse("cluster.other")), "manifests": [file(CRD.rpartition("status:")[0], "crd.yaml")]}
    assert foreseen(manifests(HEAD + WIDGET), {"workload.crds": other}, version="1.35").note == "1 object unverified"


def test_the_version_is_the_written_one_or_that_of_the_catalogue():
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostnameOverride: a, containers: [{name: a, image: a}]}\n"
    rows = [{"version": "1.33.1-aliyun.1"}, {"version": "1.32.0-aliyun.1"}, {"version": "1.35.0-aliyun.1", "creatable": False}]
    cloud = Door({"DescribeKubernetesVersionMetadata": {"body": rows}})
    with pytest.raises(StackError) as raised:
        foreseen(manifests(pod), cloud=cloud)
    assert "Kubernetes 1.33 has no such field" in raised.value.problems[0].message
    cloud = Door({"DescribeKubernetesVersionMetadata": {"body": rows}})
    assert foreseen(manifests(pod), cloud=cloud, version="1.35").note == "" and cloud.calls == []
    assert (
        foreseen(manifests(pod), version="1.99").note
        == f"checked as for Kubernetes {'.'.join(map(str, max(schemas.shipped())))}"
    )


def test_a_key_that_may_not_read_the_catalogue_still_plans():
    cloud = Door({"DescribeKubernetesVersionMetadata": DeniedError("Forbidden.RAM", action="cs", status=403)})
    assert versions.newest(cloud) == "" and foreseen(manifests(HEAD), cloud=cloud).findings == ()


def test_without_the_schemas_it_says_what_brings_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(schemas, "nearest", lambda version: None)
    monkeypatch.setattr(schemas, "shipped", dict)
    cloud = Door()
    (finding,) = foreseen(manifests(HEAD + WIDGET), cloud=cloud).findings
    assert finding.severity == "note" and "acsctl[schemas]" in finding.remedy and cloud.calls == []


def test_a_cluster_of_somebody_else_is_not_judged():
    spec = {**manifests(WIDGET), "cluster": UNKNOWN}
    assert KIND.foresee(Door(), scope(spec, version="1.35")) == {}
