"""Objects against schemas, without a cluster: what is wrong, in which words, and what is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from acsctl.kube import schemas
from acsctl.kube.conform import Rules
from acsctl.model.unknown import UNKNOWN, Secret


def rules(version: str = "1.35", *items: dict[str, Any]) -> Rules:
    book = schemas.nearest(version)
    assert book is not None
    return Rules(book, items)


def said(item: dict[str, Any], *items: dict[str, Any], version: str = "1.35") -> list[str] | None:
    found = rules(version, *items).of(item)
    return None if found is None else [f"{row.text}: {row.message}" + (f" ({row.hint})" if row.hint else "") for row in found]


def pod(**container: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "web", "image": "web:1", **container}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec}


def deployment(**spec: Any) -> dict[str, Any]:
    given = {"selector": {"matchLabels": {"app": "web"}}, "template": {"spec": pod()["spec"]}, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": given}


def secret(**words: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web"}, **words}


def test_what_is_right_is_right():
    limits = {"cpu": 1, "memory": "1Gi", "ephemeral-storage": None}
    assert said(deployment(replicas=None)) == []
    assert said(pod(ports=[{"containerPort": 80}], resources={"limits": limits})) == []
    assert said({**pod(), "metadata": {"name": "web", "creationTimestamp": None}, "status": {}}) == []
    assert said(secret(data={"a": "eA=="}, stringData={"b": "x"})) == []


@pytest.mark.parametrize(
    ("item", "says"),
    [
        (deployment(replica=3), "spec.replica: Kubernetes 1.35 has no such field (did you mean 'replicas'?)"),
        (deployment(replicas="3"), "spec.replicas: expected an integer, found the text '3' (write 3 without quotes)"),
        (
            pod(env=[{"name": "PORT", "value": 80}]),
            'spec.containers[0].env[0].value: expected a text, found the number 80 (write "80")',
        ),
        (
            pod(livenessProbe={"httpGet": {"port": []}}),
            "spec.containers[0].livenessProbe.httpGet.port: expected a text or an integer, found a list",
        ),
        (pod(ports=[{"name": "http"}]), "spec.containers[0].ports[0].containerPort: is missing: Kubernetes 1.35 wants it"),
        (
            {**deployment(), "apiVersion": "apps/v1beta1"},
            "apiVersion: Kubernetes 1.35 has no Deployment in apps/v1beta1 (write apiVersion: apps/v1)",
        ),
        ({**pod(), "kind": "Pood"}, "kind: Kubernetes 1.35 has no Pood in v1 (did you mean 'Pod'?)"),
        ({**deployment(), "apiVersion": "v1"}, "kind: Kubernetes 1.35 has no Deployment in v1"),
        (secret(data={"a": "not base64!"}), "data.a: what stands in `data` is base64 (write it into stringData as it is)"),
        (secret(stringData={"port": 5432}), "stringData.port: expected a text, found a number (write it in quotes)"),
    ],
)
def test_what_is_wrong_is_told_with_its_path_and_what_is_near(item, says):
    assert said(item) == [says]


def test_every_mistake_is_told():
    assert len(said(deployment(replicas="3", template={"spec": {"container": []}})) or ()) == 3


def test_what_is_not_known_yet_or_secret_is_wrong_in_no_way():
    assert said(deployment(replicas=UNKNOWN, template=UNKNOWN)) == []
    assert said(pod(image=UNKNOWN, resources={"limits": {"cpu": UNKNOWN}})) == []
    assert said(secret(data={"a": Secret("no base64!")}, stringData=UNKNOWN)) == []


@pytest.mark.parametrize(("version", "used"), [("1.32.1-aliyun.1", "1.32"), ("1.99", None), ("1.3", "1.25")])
def test_the_nearest_older_version_is_taken(version, used):
    book = schemas.nearest(version)
    newest = ".".join(map(str, max(schemas.shipped())))
    assert book is not None and book.version == (used or newest)


def test_fields_belong_to_versions():
    item = deployment(template={"spec": {**pod()["spec"], "hostnameOverride": "web"}})
    assert said(item, version="1.35") == []
    assert said(item, version="1.32") == [
        "spec.template.spec.hostnameOverride: Kubernetes 1.32 has no such field (did you mean 'hostname'?)"
    ]


def widget(version: str = "v1", **spec: Any) -> dict[str, Any]:
    return {"apiVersion": f"example.com/{version}", "kind": "Widget", "metadata": {"name": "a"}, "spec": spec}


def definition(**schema: Any) -> dict[str, Any]:
    """The definition of Widget with a schema of its spec."""
    whole = {"type": "object", "properties": {"spec": {"type": "object", **schema}}}
    rows = [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": whole}}]
    names = {"kind": "Widget", "plural": "widgets", "singular": "widget"}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": rows}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": spec,
    }


def test_a_kind_that_nothing_knows_is_not_judged():
    assert said(widget(size=1)) is None
    assert said({**widget(), "apiVersion": "apps.example.com/v1", "kind": "Deployment"}) is None


def test_a_definition_is_checked_itself():
    assert said(definition(properties={"size": {"type": "integer"}})) == []
    wrong = definition()
    wrong["spec"]["scop"] = wrong["spec"].pop("scope")
    assert [row.split(":")[0] for row in said(wrong) or ()] == ["spec.scop", "spec.scope"]


SCHEMA = definition(
    required=["size", "mode"],
    properties={
        "size": {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
        "mode": {"type": "string", "enum": ["fast", "slow"], "default": "fast"},
        "port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "pod": {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"spec": {"type": "object"}}},
        "name": {"type": "string", "pattern": "^[a-z]+$", "nullable": True},
        "odd": {"type": "string", "pattern": "(?P<a>[a-z"},
    },
)


def test_objects_of_a_definition_are_checked_against_it():
    whole = {
        "size": 2,
        "port": "http",
        "free": {"a": 1},
        "labels": {"a": "b"},
        "pod": {"kind": "Pod"},
        "name": None,
        "odd": "x",
    }
    assert said(widget(**whole), SCHEMA) == []
    assert said(widget(size=2, port=80), SCHEMA) == []


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"size": 1}, "spec.size: expected more than 1, found the number 1"),
        ({}, "spec.size: is missing: the definition widgets.example.com wants it"),
        ({"size": 2, "sice": 2}, "spec.sice: the definition widgets.example.com has no such field (did you mean 'size'?)"),
        ({"size": 2, "mode": "fats"}, "spec.mode: the text 'fats' is none of fast, slow (did you mean 'fast'?)"),
        ({"size": 2, "port": []}, "spec.port: expected an integer or a text, found a list"),
        ({"size": 2, "labels": {"a": 1}}, 'spec.labels.a: expected a text, found the number 1 (write "1")'),
        ({"size": 2, "name": "A"}, "spec.name: expected a text of the form ^[a-z]+$, found the text 'A'"),
    ],
)
def test_what_a_definition_refuses(spec, says):
    assert said(widget(**spec), SCHEMA) == [says]


def test_a_version_that_a_definition_does_not_serve():
    assert said(widget("v2", size=2), SCHEMA) == [
        "apiVersion: widgets.example.com has no Widget in example.com/v2 (write apiVersion: example.com/v1)"
    ]


def test_a_definition_without_a_known_schema_refuses_nothing():
    assert said(widget(size="x"), definition(properties=UNKNOWN)) == []
    bare = definition()
    bare["spec"]["versions"][0].pop("schema")
    assert said(widget(size="x"), bare) == []


def test_without_the_package_nothing_is_known(monkeypatch):
    monkeypatch.setattr(schemas, "PACKAGE", "no_such_package")
    schemas.shipped.cache_clear()
    try:
        assert schemas.nearest("1.35") is None
    finally:
        schemas.shipped.cache_clear()
