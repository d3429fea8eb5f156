"""The kind `workload` without a cluster: what is wanted, what differs and why, what clusters are looked into."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from acsctl.errors import CloudError, StackError
from acsctl.kinds import workload
from acsctl.kinds.contract import Scope
from acsctl.kinds.objects import door, progress, seen, write
from acsctl.kinds.objects.compare import Outlook, compare
from acsctl.kinds.objects.seen import Seen
from acsctl.kube.forecast import Verdict
from acsctl.kube.inventory import Inventory, Member
from acsctl.kube.manifest import Key, key_of
from acsctl.model.address import parse
from acsctl.model.change import Impact, Reason
from acsctl.model.foresight import Compared
from acsctl.model.resource import Desired, Live
from acsctl.model.schema import FileText
from acsctl.model.unknown import UNKNOWN, Secret
from tests.kinds.door import Door, refusal

KIND = workload.Workload()
CLUSTER = "c" + "1" * 32
MAP = Key("", "ConfigMap", "default", "web")
LABELS = {"acsctl.dev/stack": "shop", "acsctl.dev/address": "workload.web"}


def file(text: str, name: str = "k8s/web.yaml") -> FileText:
    return FileText(name, text, "shop", "workload.web")


def config(name: str = "web", **data: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": "default", "labels": LABELS}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def live(*objects: dict[str, Any], leaving: tuple[Key, ...] = (), state: str = "ready", reason: str = "") -> Live:
    by_key = {key_of(item): item for item in objects}
    former = tuple(Member(key, "v1") for key in leaving)
    found = Inventory("shop", "workload.web", tuple(Member(key, "v1") for key in by_key), former)
    return Live(parse("workload.web"), "id", state=state, reason=reason, raw=Seen(found, by_key, by_key))


def wanting(*objects: dict[str, Any]) -> dict[str, Any]:
    return {str(key_of(item)): item for item in objects}


def changes(want: Any, item: Live, **more: Any) -> list[tuple[Any, ...]]:
    given = {"recorded": True, **more}
    return [(row.path, row.reason, row.note) for row in compare(Compared(want, item, **given))]


def held(item: dict[str, Any], by: str = "kubectl-edit", field: str = "a") -> dict[str, Any]:
    rows = [{"manager": by, "operation": "Update", "fieldsV1": {"f:data": {f"f:{field}": {}}}}]
    return {**item, "metadata": {**item["metadata"], "managedFields": rows}}


def outlook(asked: dict[str, Any], current: dict[str, Any], outcome: str = "there", **more: Any) -> Outlook:
    predicted = {**current, "data": asked["data"]} if outcome == "there" else None
    return Outlook({key_of(asked): Verdict(asked, outcome, current, predicted, **more)})


def test_manifests_become_labelled_objects_by_name():
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: '{{ b }}'}\n"
    spec = KIND.schema.normalise({"cluster": CLUSTER, "namespace": "default", "manifests": [file(text)]})
    assert spec == {"cluster": CLUSTER, "manifests": {"ConfigMap default/web": config(a="{{ b }}")}}
    assert KIND.schema.normalise(spec) == spec
    assert [(part.title, part.detail) for part in KIND.schema.parts(spec)] == [("ConfigMap default/web", "1 key")]


def test_a_template_that_tests_what_is_not_known_gives_an_unknown_list():
    text = "{% if x %}{% endif %}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
    spec = {"cluster": UNKNOWN, "template": file(text, "w.yaml.j2"), "values": {"x": UNKNOWN}}
    assert KIND.schema.normalise(spec) == {"cluster": UNKNOWN, "manifests": UNKNOWN}
    assert list(KIND.schema.check(spec, {})) == []


def test_a_template_that_fails_with_what_it_gets_later_names_its_file():
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: {{ x.y }}}\n"
    with pytest.raises(StackError) as raised:
        KIND.schema.normalise({"template": file(text, "w.yaml.j2"), "values": {"x": {}}})
    assert str(raised.value.problems[0].place) == "w.yaml.j2:4:1"


def test_two_kinds_of_one_name_are_told_apart():
    text = "".join(
        f"---\napiVersion: {group}/v1\nkind: Ingress\nmetadata: {{name: web}}\n" for group in ("networking.k8s.io", "x.dev")
    )
    spec = KIND.schema.normalise({"manifests": [file(text)]})
    assert list(spec["manifests"]) == ["Ingress default/web", "Ingress.x.dev default/web"]


def test_nothing_differs_where_the_dry_run_gives_what_is_there():
    have = config(a="1")
    assert changes(wanting(have), live(have), foreseen=outlook(have, have)) == []


@pytest.mark.parametrize(
    ("last", "by", "reason", "note"),
    [
        ("1", "", Reason.EDIT, ""),
        ("2", "", Reason.DRIFT, ""),
        ("2", "kubectl-edit", Reason.DRIFT, "changed by kubectl-edit"),
        ("0", "kubectl-edit", Reason.BOTH, "changed by kubectl-edit"),
        ("1", "kubectl-edit", Reason.EDIT, "held by kubectl-edit"),
    ],
)
def test_the_record_tells_an_edit_from_a_drift(last, by, reason, note):
    want, have = config(a="2"), config(a="1")
    have = held(have, by) if by else have
    found = changes(wanting(want), live(have), foreseen=outlook(want, have), last=wanting(config(a=last)))
    assert found == [("ConfigMap default/web data.a", reason, note)]


def test_without_a_record_or_after_a_broken_run_the_reason_says_so():
    want, have = config(a="2"), config(a="1")
    given = {"foreseen": outlook(want, have)}
    assert changes(wanting(want), live(have), recorded=False, **given)[0][1] is Reason.UNKNOWN
    assert changes(wanting(want), live(have), unfinished=True, **given)[0][1] is Reason.UNFINISHED


def test_what_somebody_else_holds_names_the_holder():
    want, have = config(a="2", b="2"), held(config(a="1", b="1"))
    rows = list(compare(Compared(wanting(want), live(have), foreseen=outlook(want, have), recorded=True)))
    assert {row.path.rpartition(".")[2]: row.holder for row in rows} == {"a": "kubectl-edit", "b": ""}


@pytest.mark.parametrize(
    ("last", "by", "asks"),
    [
        ("2", "kubectl-edit", False),
        ("2", "kube-controller-manager", True),
        ("0", "kubectl-edit", True),
        ("1", "kubectl-edit", True),
        ("2", "", False),
    ],
)
def test_drift_is_repaired_unless_it_would_come_again(last, by, asks):
    want, have = config(a="2"), config(a="1")
    have = held(have, by) if by else have
    given = {"foreseen": outlook(want, have), "last": wanting(config(a=last)), "recorded": True}
    (row,) = compare(Compared(wanting(want), live(have), **given))
    assert (row.asks, row.holder) == (asks, by)


def test_a_dry_run_of_something_else_is_not_believed():
    want, have = config(a=UNKNOWN, b="1"), config(a="1", b="1")
    foreseen = outlook(config(a="1", b="1"), have)
    (row,) = compare(Compared(wanting(want), live(have), foreseen=foreseen, recorded=True))
    assert (row.path, row.before, row.after) == ("ConfigMap default/web data.a", "1", UNKNOWN)


def test_objects_come_go_and_move():
    old, moving = config("old"), config("moving")
    moves = Outlook(moves={key_of(moving): "workload.other"})
    rows = list(compare(Compared(wanting(config("new", a="1")), live(old, moving), foreseen=moves, recorded=True)))
    assert [(row.path, row.added, row.removed, row.note) for row in rows] == [
        ("objects", ("ConfigMap default/new 1 key",), ("ConfigMap default/old",), ""),
        ("objects that move", (), ("ConfigMap default/moving",), "now of workload.other"),
    ]


def test_what_an_unfinished_run_has_left_is_still_to_go():
    rows = changes(wanting(config()), live(config(), leaving=(Key("", "ConfigMap", "default", "old"),)))
    assert rows == [("objects", Reason.EDIT, "")]


def test_what_an_unfinished_run_was_taking_away_is_kept():
    (row,) = compare(Compared(wanting(config()), live(config(), leaving=(MAP,)), recorded=True))
    assert (row.path, row.added, row.reason) == ("objects that stay", ("ConfigMap default/web",), Reason.UNFINISHED)


def test_losing_a_claim_is_losing_data():
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "default"}}
    (row,) = compare(Compared({}, live(claim), recorded=True))
    assert row.impact is Impact.DATA_LOSS


@pytest.mark.parametrize(
    ("kind", "impact"), [("StatefulSet", Impact.DATA_LOSS), ("Service", Impact.OUTAGE), ("Job", Impact.RESTART)]
)
def test_what_is_made_anew_says_what_that_means(kind, impact):
    item = {**config(a="1"), "kind": kind}
    verdict = Verdict(item, "anew", {**item, "data": {}}, said="spec cannot change in place")
    found = compare(
        Compared(wanting(item), live({**item, "data": {}}), foreseen=Outlook({key_of(item): verdict}), recorded=True)
    )
    first = next(iter(found))
    assert (first.after, first.impact, first.note) == ("made anew", impact, "spec cannot change in place")
    assert first.asks is (impact is Impact.OUTAGE)


def test_an_unknown_list_and_what_was_left_on_its_way_are_said():
    assert [row[0] for row in changes(UNKNOWN, live(config()))] == ["objects"]
    item = live(config(), state="pending", reason="Deployment web 1 of 3 ready")
    assert changes(wanting(config()), item, unfinished=True) == [("ready", Reason.UNFINISHED, "")]
    assert changes(wanting(config()), item) == []


def test_of_a_secret_nothing_is_shown():
    want = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "default"},
        "data": {"a": Secret("eA==")},
    }
    have = {**want, "data": {"a": "eQ=="}}
    verdict = Verdict(want, "there", have, {**have, "data": {"a": "eA=="}})
    (row,) = compare(Compared(wanting(want), live(have), foreseen=Outlook({key_of(want): verdict}), recorded=True, last={}))
    assert isinstance(row.before, Secret) and isinstance(row.after, Secret)


def test_ids_say_where_a_workload_is():
    id = door.Id(CLUSTER, "shop", "workload.net.web", "base")
    assert door.parse(str(id)) == id
    with pytest.raises(ValueError):
        door.parse("workload.web")


def test_outputs_are_one_address_or_those_of_several_services():
    def service(name: str, ip: str = "") -> dict[str, Any]:
        ingress = [{"ip": ip}] if ip else []
        spec, status = {"type": "LoadBalancer"}, {"loadBalancer": {"ingress": ingress}}
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec, "status": status}

    assert seen.outputs([service("a", "1.1.1.1"), config()]) == {"objects": 2, "load_balancer": "1.1.1.1"}
    assert seen.outputs([service("a", "1.1.1.1"), service("b", "2.2.2.2")])["load_balancer"] == {"a": "1.1.1.1", "b": "2.2.2.2"}
    assert seen.outputs([service("a", "1.1.1.1"), service("b")]) == {"objects": 2}
    assert seen.outputs([]) == {"objects": 0}


def test_load_balancers_go_first_and_namespaces_last():
    balancer = {"kind": "Service", "spec": {"type": "LoadBalancer"}}
    rows = [balancer, {"kind": "Service", "spec": {}}, {"kind": "Ingress"}, {"kind": "Pod"}, {"kind": "Namespace"}]
    assert [write.belongs(write.OUTSIDE, row) for row in rows] == [True, False, True, False, False]
    assert [write.belongs(write.CONTENTS, row) for row in rows] == [True, True, True, True, False]
    assert all(write.belongs(write.FORMER, row) for row in rows)


class Closed(Door):
    """A cloud with a cluster that gives no access."""

    def kept(self, key: str, make: Any) -> Any:
        return make()


def scope(state: str = "ready", reason: str = "running", *, wanted: bool = True) -> Scope:
    address = parse("workload.web")
    cluster = Live(parse("cluster.kube"), CLUSTER, state=state, reason=reason)
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
    spec = {"cluster": CLUSTER, "manifests": [file(text)]}
    desired = {address: Desired(address, spec=spec)} if wanted else {}
    return Scope("shop", "cn-hangzhou", desired, live={"cluster": [cluster]}, wanted=lambda at: spec)


@pytest.mark.parametrize("code", ["ErrorClusterNotFound", "ErrorClusterState"])
def test_a_cluster_that_is_gone_or_has_no_api_has_no_workloads(code):
    cloud = Closed({"DescribeClusterUserKubeconfig": refusal(code)})
    assert list(KIND.list(cloud, scope())) == []
    assert KIND.foresee(cloud, scope()) == {}


def test_nothing_is_found_in_a_cluster_that_is_gone():
    cloud = Closed({"DescribeClusterUserKubeconfig": refusal("ErrorClusterNotFound")})
    assert list(KIND.find(cloud, scope(), {"id": f"{CLUSTER}/shop/workload.web"})) == []
    assert list(KIND.find(cloud, scope(), {"name": "web"})) == []


def test_another_refusal_is_no_empty_list():
    cloud = Closed({"DescribeClusterUserKubeconfig": refusal("ErrorCheckAcl")})
    with pytest.raises(CloudError):
        list(KIND.list(cloud, scope()))


@pytest.mark.parametrize("reason", ["initial", "failed", "failed: no stock", "deleting"])
def test_a_cluster_without_an_api_is_not_asked(reason):
    cloud = Closed()
    assert list(KIND.list(cloud, scope("pending", reason, wanted=False))) == [] and cloud.calls == []


def test_what_was_in_a_cluster_that_is_gone_is_gone():
    cloud = Closed({"DescribeClusterUserKubeconfig": refusal("ErrorClusterNotFound")})
    id = f"{CLUSTER}/shop/workload.web"
    assert progress.ready(cloud, [id])[id].absent
    item = replace(live(), id=id)
    assert list(KIND.delete(cloud, (item,), lambda *parts: "t")) == []


@pytest.mark.parametrize(
    ("urls", "private"),
    [
        ('{"api_server_endpoint": "https://1.2.3.4:6443", "intranet_api_server_endpoint": "https://10.0.0.1:6443"}', False),
        ('{"api_server_endpoint": "", "intranet_api_server_endpoint": "https://10.0.0.1:6443"}', True),
        ('{"intranet_api_server_endpoint": "https://10.0.0.1:6443"}', True),
        ("", False),
        ("{", False),
    ],
)
def test_a_cluster_without_a_public_address_is_asked_for_the_private_one(urls, private):
    assert door.is_private({"master_url": urls}) is private
    cloud = Closed(
        {"DescribeClusterDetail": {"master_url": urls}, "DescribeClusterUserKubeconfig": refusal("ErrorClusterState")}
    )
    assert list(KIND.list(cloud, scope())) == []
    sent = cloud.sent("DescribeClusterUserKubeconfig")[0]
    assert sent == {"ClusterId": CLUSTER, "PrivateIpAddress": private, "TemporaryDurationMinutes": 240}
