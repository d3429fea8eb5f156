"""Workloads in a cluster of the local cloud: made, changed, fought over, moved, pruned, cut off anywhere, destroyed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from acsctl.cloud import connect
from acsctl.errors import AcsctlError
from acsctl.kinds.objects import door
from acsctl.kube.client import APPLY, MERGE, Kube, _Request
from tests.e2e.cluster_cases import NETWORK, SMALL
from tests.e2e.trouble import CRD, GATE
from tests.support.lab import REGION, Block, Lab

POOL = {"kind": "node_pool", "cluster": "kube", "vswitches": ["a"], "instance_types": ["ecs.g7.xlarge"], "size": 1}
WEB = "workload.web"
PATIENT = "8h"
"""At a thousandfold speed half a minute: controllers and requests take their time in the wall's seconds."""


@pytest.fixture
def lab(either: Lab) -> Lab:
    """All of this is tried on both control planes."""
    return either


def config(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def deployment(*, image: str = "web:1", replicas: int = 2, name: str = "web") -> dict[str, Any]:
    pod = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "web", "image": image}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": pod}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]},
}
JOB = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "once"},
    "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "once", "image": "once:1"}]}}},
}


def write(lab: Lab, *objects: dict[str, Any], pool: bool = True, others: dict[str, Block] | None = None, **more: Any) -> None:
    """The stack with one workload of these objects; without any, without the workload."""
    lab.write(yaml.safe_dump_all(objects), "k8s/web.yaml")
    needs = ["workers"] if pool else []
    block = {"kind": "workload", "cluster": "kube", "needs": needs, "manifests": ["k8s/*.yaml"], "timeout": PATIENT}
    web = {"web": block}
    nodes = {"workers": POOL} if pool else {}
    lab.stack({**NETWORK, "kube": SMALL, **nodes, **(web if objects else {}), **(others or {})}, **more)


def kube_of(lab: Lab) -> Kube:
    cloud = connect(REGION, endpoint=lab.address)
    return door.opened(cloud, lab.id("cluster.kube"))


def there(lab: Lab, kind: str, name: str = "web", api: str = "v1", namespace: str = "default") -> Any:
    return kube_of(lab).get(api, kind, name=name, namespace=namespace)


def edit(lab: Lab, path: str, body: dict[str, Any], *, by: str = "kubectl-edit") -> None:
    """What somebody else does with kubectl."""
    kube_of(lab)._send(_Request("PATCH", path, "edit", (("fieldManager", by),), body, type=MERGE))


def paths(change: Any) -> list[str]:
    return [field["path"] for field in change["fields"]]


def test_from_nothing_to_an_address_and_back(lab):
    write(lab, config("web", a="1"), deployment(), SERVICE, outputs={"url": "http://{{ web.load_balancer }}"})
    planned = lab.plan().change(WEB)
    assert [part["title"] for part in planned["parts"]] == [
        "ConfigMap default/web",
        "Deployment default/web",
        "Service default/web",
    ]
    done = lab.apply()
    address = done.of("outputs")[0]["outputs"]["url"]["value"].removeprefix("http://")
    assert address and lab.thing(WEB)["outputs"] == {"objects": 3, "load_balancer": address}
    assert there(lab, "Deployment", api="apps/v1")["status"]["readyReplicas"] == 2
    labels = there(lab, "ConfigMap")["metadata"]["labels"]
    (parent,) = kube_of(lab).list("v1", "ConfigMap", selector="applyset.kubernetes.io/id")
    id = parent["metadata"]["labels"]["applyset.kubernetes.io/id"]
    assert labels == {"acsctl.dev/stack": "shop", "acsctl.dev/address": WEB, "applyset.kubernetes.io/part-of": id}
    lab.destroy()
    assert lab.world("cluster") == [] and lab.show() == {}


def test_changes_are_in_place_and_name_their_fields(lab):
    write(lab, config("web", a="1"), deployment(), pool=True)
    lab.apply()
    uid = there(lab, "Deployment", api="apps/v1")["metadata"]["uid"]
    write(lab, config("web", a="2"), deployment(image="web:2", replicas=3), config("new"))
    change = lab.plan().only
    assert (change["reason"], change["impact"]) == ("edit", "rolling")
    assert sorted(paths(change)) == [
        "ConfigMap default/web data.a",
        "Deployment default/web spec.replicas",
        "Deployment default/web spec.template.spec.containers[web].image",
        "objects",
    ]
    lab.apply()
    found = there(lab, "Deployment", api="apps/v1")
    assert (found["metadata"]["uid"], found["spec"]["replicas"]) == (uid, 3)


def test_a_plan_makes_one_dry_run_of_each_object(lab, monkeypatch):
    write(lab, config("one"), config("two"), pool=False)
    lab.apply()
    sent: list[str] = []
    send = Kube._send
    monkeypatch.setattr(Kube, "_send", lambda self, request: (sent.append(request.name), send(self, request))[1])
    lab.still()
    assert sorted(name for name in sent if name.startswith("try")) == ["try ConfigMap default/one", "try ConfigMap default/two"]
    assert [name for name in sent if name.startswith(("get", "apply"))] == []


def test_an_apply_makes_no_second_dry_run_and_writes_what_differs(lab, monkeypatch):
    write(lab, config("one"), config("two"), pool=False)
    lab.apply()
    write(lab, config("one"), config("two", a="1"), pool=False)
    sent: list[str] = []
    send = Kube._send
    monkeypatch.setattr(Kube, "_send", lambda self, request: (sent.append(request.name), send(self, request))[1])
    done = lab.run("apply", "--yes")
    assert done.code == 0, done.text
    assert sorted(name for name in sent if name.startswith("try")) == ["try ConfigMap default/one", "try ConfigMap default/two"]
    assert [name for name in sent if name.startswith("apply") and "default/acsctl-" not in name] == [
        "apply ConfigMap default/two"
    ]


def test_what_leaves_the_manifests_is_pruned_without_a_record_too(lab):
    write(lab, config("web"), config("old"), pool=False)
    lab.apply()
    write(lab, config("web"), pool=False)
    lab.forget()
    change = lab.plan().only
    assert change["fields"][0]["removed"] == ["ConfigMap default/old"] and change["reason"] == "unknown"
    lab.apply()
    assert there(lab, "ConfigMap", "old") is None and there(lab, "ConfigMap") is not None
    write(lab, pool=False)
    lab.apply()
    assert there(lab, "ConfigMap") is None


def test_what_somebody_else_changed_is_drift_and_repaired(lab):
    write(lab, config("web", a="1", b="1"), pool=False)
    lab.apply()
    edit(lab, "/api/v1/namespaces/default/configmaps/web", {"data": {"a": "9", "mine": "x"}})
    change = lab.plan().only
    (field,) = change["fields"]
    assert (field["path"], field["before"], field["after"]) == ("ConfigMap default/web data.a", "9", "1")
    assert (field["reason"], field["note"], field["holder"]) == ("drift", "changed by kubectl-edit", "kubectl-edit")
    lab.apply()
    assert there(lab, "ConfigMap")["data"] == {"a": "1", "b": "1", "mine": "x"}


def test_what_another_tool_applies_is_taken_with_consent_only(lab):
    write(lab, config("web", a="1"), pool=False)
    lab.apply()
    body = {**config("web", a="9"), "metadata": {"name": "web", "namespace": "default"}}
    query = (("fieldManager", "argocd"), ("force", "true"))
    kube_of(lab)._send(_Request("PATCH", "/api/v1/namespaces/default/configmaps/web", "apply", query, body, type=APPLY))
    (field,) = lab.plan().only["fields"]
    assert (field["reason"], field["holder"]) == ("drift", "argocd")
    assert f"--allow {WEB}" in lab.refused().errors[0]
    lab.apply("--allow", WEB)
    assert there(lab, "ConfigMap")["data"] == {"a": "1"}


def test_what_was_deleted_behind_our_back_is_made_again(lab):
    write(lab, config("web", a="1"), config("other"), pool=False)
    lab.apply()
    kube_of(lab).delete(there(lab, "ConfigMap"))
    assert lab.plan().only["reason"] == "drift"
    lab.apply()
    assert there(lab, "ConfigMap")["data"] == {"a": "1"}


def test_what_is_not_ours_is_taken_with_consent_only(lab):
    write(lab, pool=False)
    lab.apply()
    body = {**config("web", a="theirs"), "metadata": {"name": "web", "namespace": "default"}}
    query = (("fieldManager", "kubectl-create"),)
    kube_of(lab)._send(_Request("POST", "/api/v1/namespaces/default/configmaps", "create", query, body))
    write(lab, config("web", a="ours"), pool=False)
    assert "is not ours (kubectl-create)" in lab.refused().errors[0]
    lab.apply("--allow", WEB)
    assert there(lab, "ConfigMap")["data"] == {"a": "ours"}


def test_an_object_moves_between_workloads_and_is_not_made_anew(lab):
    write(lab, config("web", a="1"), config("stays"), pool=False)
    lab.apply()
    uid = there(lab, "ConfigMap")["metadata"]["uid"]
    lab.write(yaml.safe_dump(config("web", a="2")), "other/web.yaml")
    other = {"other": {"kind": "workload", "cluster": "kube", "manifests": "other/web.yaml"}}
    write(lab, config("stays"), pool=False, others=other)
    assert lab.plan().actions == ["create workload.other", f"update {WEB}"]
    lab.apply()
    found = there(lab, "ConfigMap")
    assert (found["metadata"]["uid"], found["data"]) == (uid, {"a": "2"})
    assert found["metadata"]["labels"]["acsctl.dev/address"] == "workload.other"


def test_an_address_that_moves_takes_its_objects_along(lab):
    write(lab, config("web", a="1"), pool=False)
    lab.apply()
    uid = there(lab, "ConfigMap")["metadata"]["uid"]
    front = {"front": {"kind": "workload", "cluster": "kube", "manifests": "k8s/web.yaml"}}
    write(lab, pool=False, others=front, moved=[{"from": WEB, "to": "workload.front"}])
    lab.write(yaml.safe_dump(config("web", a="1")), "k8s/web.yaml")
    assert lab.plan().actions == ["update workload.front"]
    lab.apply()
    found = there(lab, "ConfigMap")
    assert (found["metadata"]["uid"], found["metadata"]["labels"]["acsctl.dev/address"]) == (uid, "workload.front")


def test_what_cannot_change_is_made_anew(lab):
    write(lab, JOB)
    lab.apply()
    uid = there(lab, "Job", "once", api="batch/v1")["metadata"]["uid"]
    other = copy.deepcopy(JOB)
    other["spec"]["template"]["spec"]["containers"][0]["image"] = "once:2"
    write(lab, other)
    change = lab.plan().only
    assert (change["action"], change["impact"], change["fields"][0]["after"]) == ("update", "restart", "made anew")
    lab.apply()
    found = there(lab, "Job", "once", api="batch/v1")
    assert found["metadata"]["uid"] != uid and found["status"]["succeeded"] == 1


def test_a_refusal_of_the_server_is_known_at_plan_time(lab):
    write(lab, config("web"), pool=False)
    lab.apply()
    wrong = deployment()
    wrong["spec"]["replicas"] = "many"
    write(lab, config("web"), wrong, pool=False)
    assert "the cluster refuses Deployment default/web" in lab.refused().errors[0]
    away = config("web")
    away["metadata"]["namespace"] = "nowhere"
    write(lab, away, pool=False)
    assert "there is no namespace nowhere" in lab.refused().errors[0]


def test_namespaces_and_crds_come_before_what_needs_them(lab):
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    gate = {**GATE, "metadata": {"name": "g", "namespace": "shop"}}
    write(lab, gate, CRD, {**config("web"), "metadata": {"name": "web", "namespace": "shop"}}, namespace, pool=False)
    lab.apply()
    assert there(lab, "Gate", "g", api="x.dev/v1", namespace="shop") is not None
    write(lab, pool=False)
    lab.apply()
    assert there(lab, "Namespace", "shop", namespace="") is None


def test_a_broken_image_ends_part_way_and_a_mended_one_goes_on(lab):
    lab.settings(images={"broken:*": "missing"})
    write(lab, deployment(image="broken:1", replicas=1))
    done = lab.run("apply", "--yes")
    assert done.code == 6, done.text
    assert "Deployment web 0 of 1 ready" in done.text and "ImagePullBackOff (broken:1: not found)" in done.text
    write(lab, deployment(image="web:1", replicas=1))
    lab.apply()


def test_a_template_takes_outputs_and_secrets_and_shows_none(lab):
    lab.write(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: {{ workload.name }}}\n"
        "stringData: {vpc: {{ vpc | to_json }}, password: {{ password | to_json }}}\n",
        "k8s/secret.yaml.j2",
    )
    values = {"vpc": "{{ net.id }}", "password": "{{ secret('hunter2') }}"}
    block = {"kind": "workload", "cluster": "kube", "template": "k8s/secret.yaml.j2", "values": values}
    write(lab, pool=False, others={"db": block})
    assert "hunter2" not in lab.plan().text
    assert "hunter2" not in lab.apply().text
    import base64

    found = there(lab, "Secret", "db")["data"]
    assert base64.b64decode(found["password"]) == b"hunter2" and base64.b64decode(found["vpc"]).decode() == lab.id("vpc.net")
    block["values"] = {**values, "password": "{{ secret('hunter3') }}"}
    write(lab, pool=False, others={"db": block})
    change = lab.plan().only
    assert [(row["path"], row["before"], row["after"]) for row in change["fields"]] == [
        ("Secret default/db data.password", "(secret)", "(secret)")
    ]
    lab.apply()
    kept = "".join(path.read_text() for path in (lab.folder / ".acsctl").rglob("*") if path.is_file())
    assert "hunter" not in kept and base64.b64encode(b"hunter3").decode() not in kept


def test_a_block_that_is_retained_leaves_its_objects(lab):
    write(lab, config("web", a="1"), pool=False)
    lab.apply()
    lab.stack(
        {**NETWORK, "kube": SMALL, "web": {"kind": "workload", "cluster": "kube", "manifests": "k8s/web.yaml", "retain": True}}
    )
    lab.apply()
    write(lab, pool=False)
    assert lab.plan().actions == [f"forget {WEB}"]
    lab.apply()
    found = there(lab, "ConfigMap")
    assert found["data"] == {"a": "1"} and "acsctl.dev/stack" not in (found["metadata"].get("labels") or {})


class Cut(AcsctlError):
    """The line is cut."""


def cutting(monkeypatch: pytest.MonkeyPatch, at: int, *, after: bool) -> Callable[[], bool]:
    """From the write number `at` on no request to a cluster comes through: the first of them takes effect, or does not."""
    writes = 0
    once = Kube._once

    def cut(self: Kube, request: _Request) -> Any:
        nonlocal writes
        writes += request.writes
        if writes < at:
            return once(self, request)
        if writes == at and request.writes and after:
            once(self, request)
        raise Cut("the line is cut")

    monkeypatch.setattr(Kube, "_once", cut)
    return lambda: writes >= at


@pytest.mark.long
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_cut_off_at_every_write_the_next_run_goes_on(lab, monkeypatch, after):
    first = (config("web", a="1"), config("old"), config("stays"))
    second = (config("web", a="2"), config("stays"), config("new"))
    write(lab, *first, pool=False)
    lab.apply()
    at = 1
    while True:
        write(lab, *second, pool=False)
        with monkeypatch.context() as patch:
            was_cut = cutting(patch, at, after=after)
            done = lab.run("apply", "--yes")
        assert (done.code != 0) == was_cut(), done.text
        lab.apply()
        names = {
            row["metadata"]["name"]
            for row in kube_of(lab).list("v1", "ConfigMap", selector="acsctl.dev/address=workload.web,!acsctl.dev/inventory")
        }
        assert names == {"web", "stays", "new"}
        if not was_cut():
            break
        first, second = second, first
        write(lab, config("web", a="1"), config("old"), config("stays"), pool=False)
        lab.apply()
        first, second = second, first
        at += 1
    assert at > 5


@pytest.mark.parametrize("after", [pytest.param(False, id="before", marks=pytest.mark.long), pytest.param(True, id="after")])
def test_cut_off_at_every_write_of_the_first_apply_and_of_the_last(lab, monkeypatch, after):
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    objects = (namespace, config("web", a="1"), {**config("in"), "metadata": {"name": "in", "namespace": "shop"}})
    write(lab, pool=False)
    lab.apply()
    cut = [True, True]
    at = 0
    while any(cut):
        at += 1
        for turn, wanted in enumerate((objects, ())):
            write(lab, *wanted, pool=False)
            with monkeypatch.context() as patch:
                was_cut = cutting(patch, at, after=after)
                done = lab.run("apply", "--yes")
            cut[turn] = was_cut()
            assert (done.code != 0) == cut[turn], done.text
            lab.apply()
            kube = kube_of(lab)
            found = [
                row for kind in ("ConfigMap", "Namespace") for row in kube.list("v1", kind, selector="acsctl.dev/stack=shop")
            ]
            inventory = 1 if wanted else 0
            assert len(found) == len(wanted) + inventory, [row["metadata"]["name"] for row in found]
    assert at > 4


def test_a_cluster_that_is_replaced_takes_its_workloads_along(lab):
    write(lab, config("web", a="1"), pool=False)
    lab.apply()
    before = lab.id(WEB)
    network = {**SMALL["network"], "pod_cidr": "172.24.0.0/16"}
    block = {"kind": "workload", "cluster": "kube", "manifests": "k8s/web.yaml"}
    lab.stack({**NETWORK, "kube": {**SMALL, "network": network}, "web": block})
    plan = lab.plan("--allow", "cluster.kube")
    assert plan.actions == ["replace cluster.kube", f"replace {WEB}"]
    assert plan.change(WEB)["parts"] == [{"title": "ConfigMap default/web", "detail": "1 key"}]
    lab.apply("--allow", "cluster.kube")
    assert lab.id(WEB) != before and there(lab, "ConfigMap")["data"] == {"a": "1"}


def test_too_long_a_wait_is_exit_9_and_says_what_for(lab):
    patient = deployment(replicas=1)
    patient["spec"]["progressDeadlineSeconds"] = 1_000_000
    write(lab, patient, pool=False)
    block = {"kind": "workload", "cluster": "kube", "manifests": "k8s/web.yaml", "timeout": "20m"}
    lab.stack({**NETWORK, "kube": SMALL, "web": block})
    done = lab.run("apply", "--yes")
    assert done.code == 9, done.text
    assert "Deployment web 0 of 1 ready" in done.text and "Unschedulable" in done.text
