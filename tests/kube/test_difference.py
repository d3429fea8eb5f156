import copy

from hypothesis import given
from hypothesis import strategies as st

from acsctl.kube.difference import GONE, Holder, differences, holders, path_text, value_at, wanting
from acsctl.model.unknown import UNKNOWN, Secret

LIVE = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "uid": "u",
        "resourceVersion": "5",
        "labels": {"app.kubernetes.io/name": "web"},
        "managedFields": [
            {"manager": "acsctl", "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
            {
                "manager": "kubectl-edit",
                "operation": "Update",
                "fieldsV1": {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"web"}': {"f:image": {}}}}}}},
            },
            {"manager": "kubelet", "operation": "Update", "subresource": "status", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
        ],
    },
    "spec": {
        "replicas": 3,
        "template": {
            "spec": {
                "containers": [
                    {"name": "web", "image": "a:1", "args": ["x"], "ports": [{"containerPort": 80, "protocol": "TCP"}]},
                    {"name": "side", "image": "b:1"},
                ]
            }
        },
    },
    "status": {"replicas": 3},
}
IMAGE = ("spec", "template", "spec", "containers", {"name": "web"}, "image")


def changed(**more):
    item = copy.deepcopy(LIVE)
    item["spec"].update(more)
    return item


def rows(before, after):
    return [(found.text, found.before, found.after) for found in differences(before, after)]


def test_what_the_server_keeps_is_no_difference():
    other = copy.deepcopy(LIVE)
    other["metadata"].update(resourceVersion="6", managedFields=[], generation=4)
    other["status"] = {}
    assert rows(LIVE, other) == []


def test_items_of_lists_are_told_apart_by_their_names():
    other = changed(replicas=2)
    containers = other["spec"]["template"]["spec"]["containers"]
    containers[0].update(image="a:2", ports=[{"containerPort": 81, "protocol": "TCP"}], args=["x", "y"])
    containers.append({"name": "new"})
    assert rows(LIVE, other) == [
        ("spec.replicas", 3, 2),
        ("spec.template.spec.containers[web].image", "a:1", "a:2"),
        ("spec.template.spec.containers[web].args", ["x"], ["x", "y"]),
        ("spec.template.spec.containers[web].ports[81/TCP]", None, {"containerPort": 81, "protocol": "TCP"}),
        ("spec.template.spec.containers[web].ports[80/TCP]", {"containerPort": 80, "protocol": "TCP"}, None),
        ("spec.template.spec.containers[new]", None, {"name": "new"}),
    ]


def test_another_order_is_a_difference_of_the_whole_list():
    other = changed()
    other["spec"]["template"]["spec"]["containers"].reverse()
    assert [text for text, _, _ in rows(LIVE, other)] == ["spec.template.spec.containers"]


def test_keys_with_dots_stand_in_brackets():
    assert path_text(("metadata", "labels", "app.kubernetes.io/name")) == "metadata.labels[app.kubernetes.io/name]"


def test_of_a_secret_it_is_told_only_that_it_differs():
    before = {"kind": "Secret", "metadata": {}, "data": {"a": "eA=="}}
    after = {"kind": "Secret", "metadata": {}, "data": {"a": "eQ==", "b": "eg=="}}
    found = list(differences(before, after))
    assert [(row.text, row.before, row.after) for row in found] == [
        ("data.a", Secret("eA=="), Secret("eQ==")),
        ("data.b", None, Secret("eg==")),
    ]


def test_without_a_dry_run_only_what_is_written_counts():
    intent = {
        "metadata": {"name": "web"},
        "spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "web", "image": UNKNOWN}]}}},
    }
    found = list(wanting(intent, LIVE))
    assert [(row.text, row.after) for row in found] == [
        ("spec.template.spec.containers[web].image", UNKNOWN),
        ("spec.template.spec.containers[side]", None),
    ]


def test_string_data_is_compared_as_the_data_that_it_becomes():
    have = {"kind": "Secret", "metadata": {}, "data": {"a": "eA=="}}
    same = {"kind": "Secret", "metadata": {}, "stringData": {"a": Secret("x")}}
    assert list(wanting(same, have)) == []
    other = {"kind": "Secret", "metadata": {}, "stringData": {"a": Secret("y")}}
    assert [row.text for row in wanting(other, have)] == ["data.a"]


def test_holders_are_read_from_managed_fields():
    assert holders(LIVE, IMAGE, besides="acsctl") == (Holder("kubectl-edit"),)
    assert holders(LIVE, ("spec", "template"), besides="acsctl") == (Holder("kubectl-edit"),)
    assert holders(LIVE, ("spec", "replicas"), besides="acsctl") == ()
    assert holders(LIVE, ("spec", "paused"), besides="acsctl") == ()


def test_who_applies_or_controls_will_set_it_again():
    fields = {"f:spec": {"f:replicas": {}}}
    rows = [
        {"manager": "acsctl", "operation": "Apply", "fieldsV1": fields},
        {"manager": "argocd-controller", "operation": "Apply", "fieldsV1": fields},
        {"manager": "kube-controller-manager", "operation": "Update", "subresource": "scale", "fieldsV1": fields},
        {"manager": "kubectl", "operation": "Update", "subresource": "scale", "fieldsV1": fields},
    ]
    found = holders({"metadata": {"managedFields": rows}}, ("spec", "replicas"), besides="acsctl")
    assert {one.name: one.lasting for one in found} == {
        "argocd-controller": True,
        "kube-controller-manager": True,
        "kubectl": False,
    }


def test_value_at_follows_a_path():
    assert value_at(LIVE, IMAGE) == "a:1"
    assert value_at(LIVE, (*IMAGE[:4], {"name": "none"}, "image")) is GONE


leaves = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from("abc")
trees = st.recursive(
    leaves,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["name", "b", "c"]), below, max_size=3),
    max_leaves=12,
)
specs = st.dictionaries(st.sampled_from("xyz"), trees, max_size=3)


@given(specs, specs)
def test_there_is_a_difference_exactly_where_two_objects_differ(one, other):
    before, after = ({"kind": "X", "metadata": {"name": "n"}, "spec": spec} for spec in (one, other))
    assert (not rows(before, after)) == (one == other)
