from acsctl.kube.inventory import Inventory, Member, name_of, read, selector
from acsctl.kube.manifest import Key
from acsctl.kube.order import sorted_keys, stages, waves

WEB = Member(Key("apps", "Deployment", "shop", "web"), "v1")
MAP = Member(Key("", "ConfigMap", "default", "web"), "v1")
ROLE = Member(Key("rbac.authorization.k8s.io", "ClusterRole", "", "web"), "v1")


def test_what_is_no_longer_wanted_becomes_former_and_is_not_forgotten():
    first = Inventory("shop", "workload.web", (WEB, MAP))
    second = first.aiming([MAP])
    third = second.aiming([ROLE])
    assert (second.members, second.former) == ((MAP,), (WEB,))
    assert (third.members, third.former) == ((ROLE,), (MAP, WEB))
    assert third.aiming([WEB]).former == (MAP, ROLE)


def test_it_is_read_as_it_was_written():
    written = Inventory(
        "shop", "workload.web", (WEB,), (MAP,), tags={"a": "b"}, cluster="uid", name=name_of("shop", "workload.web")
    )
    manifest = written.manifest()
    assert read(manifest) == written
    annotations = manifest["metadata"]["annotations"]
    assert annotations["applyset.kubernetes.io/contains-group-kinds"] == "ConfigMap,Deployment.apps"
    assert annotations["applyset.kubernetes.io/additional-namespaces"] == "shop"
    assert selector("shop") == "acsctl.dev/stack=shop,acsctl.dev/inventory"


def test_what_cannot_be_read_is_none():
    assert read({"metadata": {"name": "x", "labels": {}}}) is None
    item = Inventory("shop", "workload.web").manifest()
    item["data"]["members"] = "[[1]]"
    assert read(item) is None


def test_names_are_the_same_in_every_run_and_legal():
    assert name_of("shop", "workload.web") == name_of("shop", "workload.web")
    assert name_of("shop", "workload.web") != name_of("shop", "workload.web", salt="x")
    assert len(name_of("s" * 40, "workload." + "a.b_c" * 60)) <= 253


def test_namespaces_and_crds_come_first_and_webhooks_last():
    kinds = [
        "ValidatingWebhookConfiguration",
        "Deployment",
        "ValidatingAdmissionPolicy",
        "NetworkPolicy",
        "Gate",
        "Secret",
        "Namespace",
        "APIService",
        "CustomResourceDefinition",
    ]
    keys = [Key("", kind, "", "x") for kind in kinds]
    ordered = [key.kind for key in sorted_keys(keys)]
    assert ordered == [
        "Namespace",
        "CustomResourceDefinition",
        "Secret",
        "NetworkPolicy",
        "Deployment",
        "Gate",
        "APIService",
        "ValidatingAdmissionPolicy",
        "ValidatingWebhookConfiguration",
    ]
    assert [[key.kind for key in wave] for wave in waves(keys)] == [[kind] for kind in ordered]
    assert [[key.kind for key in stage] for stage in stages(sorted_keys(keys))] == [ordered[:2], ordered[2:6], ordered[6:]]
