"""Sets of objects in a cluster of the local cloud: another tool's, an older acsctl's, and what leaves one for another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from acsctl.kube.applyset import ID, TOOLING
from acsctl.kube.client import MERGE, Kube, _Request
from acsctl.kube.inventory import INVENTORY
from acsctl.kube.manifest import PART_OF
from tests.e2e.cluster_cases import NETWORK, SMALL
from tests.e2e.trouble import PATIENT, WEB, config, ended, kube_of, person, refused
from tests.support.lab import Block, Lab, laboratory
from tests.support.rungs import REAL_SPEED, RUNGS, on

CONFIGS = "/api/v1/namespaces/default/configmaps"
SECRETS = "/api/v1/namespaces/default/secrets"


def write(lab: Lab, *objects: dict[str, Any], others: dict[str, Block] | None = None, **more: Any) -> None:
    """The stack with a workload of these objects, and with other blocks."""
    lab.write(yaml.safe_dump_all(objects), "web.yaml")
    web = {"kind": "workload", "cluster": "kube", "manifests": ["web.yaml"], "timeout": PATIENT}
    lab.stack({**NETWORK, "kube": SMALL, **({"web": web} if objects else {}), **(others or {})}, **more)


def other(lab: Lab, *objects: dict[str, Any]) -> dict[str, Block]:
    """Another workload of these objects."""
    lab.write(yaml.safe_dump_all(objects), "other.yaml")
    return {"other": {"kind": "workload", "cluster": "kube", "manifests": ["other.yaml"], "timeout": PATIENT}}


@pytest.fixture(scope="module", params=RUNGS)
def standing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    options = {"speed": REAL_SPEED, **on(request.param)}  # so that a busy machine has made the cluster in time
    with pytest.MonkeyPatch.context() as patch, laboratory(tmp_path_factory.mktemp("sets"), patch, **options) as lab:
        write(lab)
        lab.apply()
        yield lab


@pytest.fixture
def lab(standing: Lab) -> Iterator[Lab]:
    yield standing
    write(standing)
    standing.apply()


def there(lab: Lab, name: str = "web", kind: str = "ConfigMap") -> Any:
    return kube_of(lab).get("v1", kind, name=name, namespace="default")


def patch(lab: Lab, path: str, **meta: Any) -> None:
    """What somebody else does with kubectl to the metadata of an object."""
    edit(kube_of(lab), path, meta)


def edit(kube: Kube, path: str, meta: Any) -> None:
    kube._send(_Request("PATCH", path, "edit", (("fieldManager", "kubectl-edit"),), {"metadata": meta}, type=MERGE))


def parent(lab: Lab) -> Any:
    (found,) = kube_of(lab).list("v1", "ConfigMap", selector=f"{INVENTORY}")
    return found


def set_of(item: Any) -> str | None:
    found: str | None = item["metadata"]["labels"].get(PART_OF)
    return found


def test_what_an_older_acsctl_has_applied_goes_on_without_a_word(lab: Lab) -> None:
    write(lab, config(data={"a": "1"}), config("old"))
    lab.apply()
    for name in ("web", "old"):
        patch(lab, f"{CONFIGS}/{name}", labels={PART_OF: None})
    patch(lab, f"{CONFIGS}/{parent(lab)['metadata']['name']}", labels={ID: None, INVENTORY: "v1"})
    lab.still()
    write(lab, config(data={"a": "2"}))
    change = lab.plan().only
    assert [field["path"] for field in change["fields"]] == ["objects", "ConfigMap default/web data.a"]
    lab.apply()
    labels = parent(lab)["metadata"]["labels"]
    assert (set_of(there(lab)), labels[INVENTORY]) == (labels[ID], "v2")
    assert there(lab, "old") is None


def test_an_object_that_another_tool_has_in_a_set_of_its_own(lab: Lab) -> None:
    write(lab, config(data={"a": "1"}))
    lab.apply()
    meta = {"name": "theirs", "labels": {ID: "applyset-theirs-v1"}, "annotations": {TOOLING: "kubectl/v1.35.4"}}
    kube_of(lab)._send(_Request("POST", SECRETS, "make", body={"apiVersion": "v1", "kind": "Secret", "metadata": meta}))
    patch(lab, f"{CONFIGS}/web", labels={PART_OF: "applyset-theirs-v1"})
    refused(lab, "ConfigMap default/web", "is not ours (the ApplySet Secret default/theirs of kubectl)", f"--allow {WEB}")
    lab.apply("--allow", WEB)
    assert set_of(there(lab)) == parent(lab)["metadata"]["labels"][ID]
    kube_of(lab).delete(there(lab, "theirs", "Secret"))


@pytest.mark.long
def test_a_set_that_another_tool_has_taken_over(lab: Lab) -> None:
    write(lab, config())
    lab.apply()
    kube, name = kube_of(lab), parent(lab)["metadata"]["name"]
    edit(kube, f"{CONFIGS}/{name}", {"annotations": {TOOLING: "kubectl/v1.35.4"}})
    done = person(lab, "plan")
    edit(kube, f"{CONFIGS}/{name}", {"annotations": {TOOLING: "acsctl/v1"}})
    assert (done.code, f"ConfigMap default/{name}" in done.text) == (1, True)
    assert "is managed by kubectl and not by acsctl" in done.text
    lab.still()


def test_an_object_that_somebody_else_owns(lab: Lab) -> None:
    write(lab, config(), config("held"))
    lab.apply()
    owner = kube_of(lab)._send(_Request("POST", CONFIGS, "make", body=config("owner")))[1]
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    patch(lab, f"{CONFIGS}/held", ownerReferences=[reference])
    refused(lab, "ConfigMap default/held is owned by ConfigMap owner")
    write(lab, config())
    refused(lab, "ConfigMap default/held is owned by ConfigMap owner")
    write(lab)
    ended(lab, 6, "ConfigMap default/held is owned by ConfigMap owner", "Take the ownerReferences off")
    assert there(lab, "held") is not None and there(lab) is not None
    patch(lab, f"{CONFIGS}/held", ownerReferences=None)
    kube_of(lab).delete(owner)


def test_what_only_the_apply_shows_to_be_taken_over_is_not_pruned_before(lab: Lab) -> None:
    """Which objects the other workload has is known once the vSwitch is there: the plan cannot tell that one moves."""
    write(lab, config(), config("moves", data={"a": "1"}))
    lab.apply()
    uid = there(lab, "moves")["metadata"]["uid"]
    lab.write("{% if id %}" + yaml.safe_dump(config("moves", data={"a": "2"})) + "{% endif %}", "other.yaml.j2")
    values = {"id": "{{ c.id }}"}
    block = {"kind": "workload", "cluster": "kube", "template": "./other.yaml.j2", "values": values, "timeout": PATIENT}
    fresh = {"kind": "vswitch", "vpc": "net", "zone": "cn-hangzhou-h", "cidr": "10.0.9.0/24"}
    write(lab, config(), others={"c": fresh, "other": block})
    assert lab.plan().change(WEB)["fields"][0]["removed"] == ["ConfigMap default/moves"]
    lab.apply()
    found = there(lab, "moves")
    assert (found["metadata"]["uid"], found["data"]) == (uid, {"a": "2"})


def test_nothing_is_pruned_while_another_workload_of_the_cluster_fails(lab: Lab) -> None:
    write(lab, config(), config("old"), others=other(lab, config("theirs")))
    lab.apply()
    widget = {**config("w"), "apiVersion": "x.dev/v1", "kind": "Widget"}
    write(lab, config(data={"a": "1"}), others=other(lab, config("theirs"), widget))
    ended(lab, 6, "the cluster has no Widget in x.dev/v1")
    assert there(lab)["data"] == {"a": "1"} and there(lab, "old") is not None
    write(lab, config(data={"a": "1"}), others=other(lab, config("theirs")))
    lab.apply()
    assert there(lab, "old") is None


@pytest.mark.long
def test_what_somebody_has_put_into_a_set_is_pruned_as_the_plan_said(lab: Lab) -> None:
    write(lab, config())
    lab.apply()
    stray = config("stray")
    stray["metadata"]["labels"] = {PART_OF: set_of(there(lab))}
    kube_of(lab)._send(_Request("POST", CONFIGS, "make", body=stray))
    assert lab.plan().only["fields"][0]["removed"] == ["ConfigMap default/stray"]
    lab.apply()
    assert there(lab, "stray") is None


def test_what_is_going_is_made_again_once_it_has_gone(lab: Lab) -> None:
    held = config(data={"a": "1"})
    held["metadata"]["finalizers"] = ["x.dev/held"]
    write(lab, held)
    lab.apply()
    uid = there(lab)["metadata"]["uid"]
    kube_of(lab).delete(there(lab))
    (field,) = lab.plan().only["fields"]
    assert (field["before"], field["after"]) == ("being deleted", "made anew") and "x.dev/held" in field["note"]
    patch(lab, f"{CONFIGS}/web", finalizers=None)
    lab.apply()
    assert there(lab)["metadata"]["uid"] != uid
    patch(lab, f"{CONFIGS}/web", finalizers=None)


def test_a_plan_lists_each_kind_once_however_many_workloads_there_are(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    write(lab, config(), secret, others=other(lab, config("theirs")))
    lab.apply()
    sent: list[str] = []
    send = Kube._send
    monkeypatch.setattr(Kube, "_send", lambda self, request: (sent.append(request.name), send(self, request))[1])
    lab.still()
    assert sorted(name for name in sent if not name.startswith(("discover", "try"))) == [
        "list ConfigMap",  # the parents
        "list ConfigMap",
        "list Secret",
    ]
    assert len([name for name in sent if name.startswith("try")]) == 3


def test_an_update_sends_what_differs_and_nothing_else(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    write(lab, config(data={"a": "1"}), config("same"), config("also"))
    lab.apply()
    write(lab, config(data={"a": "2"}), config("same"), config("also"), config("new"))
    sent: list[str] = []
    send = Kube._send
    monkeypatch.setattr(Kube, "_send", lambda self, request: (sent.append(request.name), send(self, request))[1])
    assert lab.run("apply", "--yes").code == 0
    applied = [name for name in sent if name.startswith("apply")]
    name = parent(lab)["metadata"]["name"]
    assert sorted(applied) == sorted(f"apply ConfigMap default/{item}" for item in (name, "web", "new"))
