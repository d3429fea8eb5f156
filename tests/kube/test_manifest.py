import pytest

from acsctl.kube.manifest import (
    ADDRESS,
    STACK,
    Key,
    ManifestError,
    custom,
    key_of,
    label_of,
    labelled,
    misplaced,
    objects,
    settled,
)
from acsctl.model.unknown import Secret

GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: b}\n"


def read(text):
    return [item for item, _ in objects(text)]


def test_documents_and_lists_become_objects():
    text = (
        GOOD
        + "---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n- "
        + ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: b, namespace: x}}\n")
    )
    assert [str(key_of(item)) for item in read(text)] == ["ConfigMap web", "Pod a", "Deployment x/b"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\n", 1, "no apiVersion"),
        ("- a\n", 1, "no Kubernetes object"),
        ("apiVersion: v1\nkind: 5\nmetadata: {name: a}\n", 2, "strange kind"),
        ("apiVersion: v1\nkind: Pod\n", 1, "no metadata"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {}\n", 3, "no name"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: a-\n", 4, "generateName"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a b\n", 4, "cannot be"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  managedFields: [{}]\n", 5, "managedFields"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  uid: x\n", 5, "uid"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nstatus: {phase: Running}\n", 4, "status"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n    acsctl.dev/stack: x\n", 6, "by acsctl"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n    applyset.kubernetes.io/part-of: x\n", 6, "acsctl"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n    on: yes\n", 6, "is a text"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  ownerReferences: [{}]\n", 5, "owner"),
        ("apiVersion: v1\nkind: Event\nmetadata: {name: a}\n", 2, "nothing that a stack can own"),
        (GOOD + "---\napiVersion: v1\nkind: List\nitems:\n- {kind: Pod}\n", 9, "no apiVersion"),
    ],
)
def test_what_is_no_object_is_refused_with_its_line(text, line, words):
    with pytest.raises(ManifestError, match=words) as raised:
        read(text)
    assert raised.value.line == line


def test_namespaces_are_put_in_where_a_kind_has_them():
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gates.x.dev"},
        "spec": {"scope": "Cluster", "group": "x.dev", "names": {"kind": "Gate"}},
    }
    gate = {"apiVersion": "x.dev/v1", "kind": "Gate", "metadata": {"name": "g"}}
    wide = custom([crd, gate])
    assert wide == {("x.dev", "Gate")}
    keys = [key_of(settled(item, namespace="shop", wide=wide)) for item in (crd, gate, *read(GOOD))]
    assert keys == [
        Key("apiextensions.k8s.io", "CustomResourceDefinition", "", "gates.x.dev"),
        Key("x.dev", "Gate", "", "g"),
        Key("", "ConfigMap", "shop", "web"),
    ]


def test_the_data_of_a_secret_is_hidden_and_nothing_else():
    item = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}, "type": "Opaque"}
    found = settled(item, namespace="default")
    assert found["stringData"] == {"a": Secret("b")}
    assert "b" not in repr(found["stringData"]) and found["type"] == "Opaque"
    assert misplaced(found) == ""


def test_a_secret_in_the_open_is_found():
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "s"}, "data": {"list": ["a", Secret("b")]}}
    assert misplaced(item) == "data.list.1"


def test_labels_are_ours_and_legal():
    item = labelled({"metadata": {"name": "a", "labels": {"x": "y"}}}, stack="shop", address="workload.web")
    assert item["metadata"]["labels"] == {"x": "y", STACK: "shop", ADDRESS: "workload.web"}
    long = [label_of("workload." + "a" * length) for length in (200, 201)]
    assert len(set(long)) == 2 and all(len(label) <= 63 for label in long)
