"""Members of a workload's set as lists show them, and what a plan says of those that others have laid hands on."""

from __future__ import annotations

from typing import Any, cast

import pytest

from acsctl.errors import AcsctlError
from acsctl.kinds.objects import seen, write
from acsctl.kinds.objects.compare import Outlook, compare
from acsctl.kinds.objects.door import Id
from acsctl.kinds.objects.seen import Seen
from acsctl.kube.applyset import ID
from acsctl.kube.client import Kube
from acsctl.kube.forecast import Verdict
from acsctl.kube.inventory import Inventory, Member
from acsctl.kube.manifest import ADDRESS, PART_OF, STACK, Key, key_of
from acsctl.model.address import parse
from acsctl.model.change import FieldChange, Reason
from acsctl.model.foresight import Compared
from acsctl.model.resource import Live

OURS = {STACK: "shop", ADDRESS: "workload.web"}
GATE = {"kind": "Gate", "name": "g", "uid": "gate"}


def member(name: str, namespace: str = "default", group: str = "", kind: str = "ConfigMap") -> Member:
    return Member(Key(group, kind, namespace, name), "v1")


WEB, OTHER = Inventory("shop", "workload.web", (member("web"),)), Inventory("shop", "workload.other", (member("other"),))


def config(name: str = "web", namespace: str = "default", *, of: Inventory | None = WEB, **meta: Any) -> dict[str, Any]:
    labels = {**OURS, **({PART_OF: of.set_id} if of else {})}
    found = {"name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}", "resourceVersion": "7", "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {**found, **meta}}


def parent(of: Inventory) -> dict[str, Any]:
    found = of.manifest()
    return {**found, "metadata": {**found["metadata"], "uid": "parent"}}


class Cluster:
    """Objects that are listed by the labels that a selector names, and what is asked of it."""

    def __init__(self, *rows: dict[str, Any], versions: tuple[str, ...] = ("v1",)) -> None:
        self.rows = list(rows)
        self.versions = versions
        self.asked: list[str] = []
        self.applied: list[Any] = []
        self.deleted: list[str] = []

    def served(self, api_version: str, kind: str) -> str:
        return api_version if api_version in self.versions else self.versions[0]

    def list(self, api_version: str, kind: str, *, selector: str, namespace: str = "") -> list[dict[str, Any]]:
        self.asked.append(f"{api_version} {kind} {selector}")
        return [row for row in self.rows if row["kind"] == kind and _selects(selector, row["metadata"]["labels"])]

    def get(self, *what: str, name: str, namespace: str = "") -> dict[str, Any] | None:
        return next((row for row in self.rows if row["metadata"]["name"] == name), None)

    def confirm(self, uid: str) -> None:
        pass

    def apply(self, item: Any, *, force: bool = False) -> None:
        self.applied.append(item)

    def delete(self, item: Any, *, exact: bool = False) -> bool:
        assert exact
        self.deleted.append(item["metadata"]["name"])
        return True


def _selects(selector: str, labels: dict[str, str]) -> bool:
    if " in (" in selector:
        word, _, rest = selector.partition(" in (")
        return labels.get(word) in rest.rstrip(")").split(",")
    for term in selector.split(","):
        word, equals, value = term.partition("=")
        if (word.startswith("!") and word[1:] in labels) or (equals and labels.get(word) != value):
            return False
        if not word.startswith("!") and word not in labels:
            return False
    return True


def kube(cluster: Cluster) -> Kube:
    return cast("Kube", cast("Any", cluster))


def listed(*rows: dict[str, Any], of: tuple[Inventory, ...] = (WEB, OTHER)) -> seen.Members:
    return seen.members(kube(Cluster(*rows)), of)


def names(found: Any) -> list[str]:
    return sorted(key.name for key in found)


def test_one_list_a_kind_shows_the_members_of_all_sets() -> None:
    cluster = Cluster(config(), config("other", of=OTHER), config("old", of=None))
    found = seen.members(kube(cluster), (WEB, OTHER))
    assert names(found.rows) == ["other", "web"] and len(cluster.asked) == 1
    assert names(seen.having(found.rows, WEB)) == ["web"]


def test_what_an_older_acsctl_has_applied_is_told_by_its_labels_once_more() -> None:
    old = Inventory("shop", "workload.web", (member("web"),), legacy=True)
    cluster = Cluster(config(of=None), config("other", of=OTHER), parent(old))
    found = seen.members(kube(cluster), (old, OTHER))
    assert names(found.rows) == ["other", "web"] and len(cluster.asked) == 2
    assert names(seen.having(found.rows, old)) == ["web"] and names(seen.having(found.rows, WEB)) == []


def test_a_version_that_an_upgrade_took_away_loses_nothing() -> None:
    beta = Inventory("shop", "workload.web", (Member(Key("", "ConfigMap", "default", "web"), "v1beta1"),))
    cluster = Cluster(config(of=beta))
    assert names(seen.members(kube(cluster), (beta,)).rows) == ["web"]


def test_what_bears_the_id_where_the_set_does_not_reach_is_no_member() -> None:
    assert names(listed(config(), config("web", "elsewhere")).rows) == ["web"]


def test_copies_that_controllers_make_are_no_members() -> None:
    slice = config("slice", ownerReferences=[{"kind": "ConfigMap", "name": "web", "uid": "uid-default-web"}])
    stranger = config("copy", ownerReferences=[GATE])
    found = listed(config(), slice, stranger)
    assert (names(found.rows), found.owned) == (["web"], {})


def test_what_we_have_applied_and_somebody_else_owns_is_told() -> None:
    found = listed(config(ownerReferences=[GATE]))
    assert found.owned == {Key("", "ConfigMap", "default", "web"): "Gate g"}
    inside = listed(config(ownerReferences=[{**GATE, "uid": "uid-default-other"}]), config("other", of=OTHER))
    assert (names(inside.rows), inside.owned) == (["other", "web"], {})


ID_OF = Id("c1", "shop", "workload.web")


def trimmed(*rows: dict[str, Any], former: tuple[Member, ...], moved: tuple[str, ...] = ()) -> Cluster:
    wide = Inventory("shop", "workload.web", (member("web"),), former)
    cluster = Cluster(parent(wide), config(), *rows)
    list(write.trim(kube(cluster), ID_OF, frozenset(moved)))
    return cluster


def test_trimming_deletes_what_is_to_go_and_narrows_the_parent() -> None:
    cluster = trimmed(config("old", "shop"), former=(member("old", "shop"),))
    assert cluster.deleted == ["old"]
    (narrow,) = cluster.applied
    assert narrow["metadata"]["annotations"]["applyset.kubernetes.io/additional-namespaces"] == ""
    assert narrow["data"]["former"] == "[]" and narrow["metadata"]["labels"][ID] == WEB.set_id


def test_what_another_workload_has_taken_over_is_not_deleted() -> None:
    cluster = trimmed(config("old", of=OTHER), former=(member("old"),))
    assert cluster.deleted == [] and cluster.applied[0]["data"]["former"] == "[]"


def test_what_another_workload_will_take_over_stays_and_is_not_forgotten() -> None:
    cluster = trimmed(config("old"), former=(member("old"),), moved=("ConfigMap default/old",))
    assert cluster.deleted == [] and "old" in cluster.applied[0]["data"]["former"]


def test_what_somebody_else_owns_is_not_deleted_and_nothing_beside_it() -> None:
    with pytest.raises(AcsctlError, match="ConfigMap default/old is owned by Gate g"):
        trimmed(config("old", ownerReferences=[GATE]), config("also"), former=(member("old"), member("also")))


def rows(current: dict[str, Any], predicted: dict[str, Any], *, owner: str = "", of: Inventory = WEB) -> list[FieldChange]:
    want = {**config(), "metadata": {"name": "web", "namespace": "default", "labels": OURS}}
    key = key_of(want)
    live = Live(parse("workload.web"), "id", state="ready", raw=Seen(of, {key: current}, {key: current}))
    foreseen = Outlook({key: Verdict(want, "there", current, predicted, owner=owner)})
    return list(compare(Compared({str(key): want}, live, foreseen=foreseen, recorded=True, last={str(key): want})))


def test_an_object_of_an_older_acsctl_gets_its_set_quietly() -> None:
    old = Inventory("shop", "workload.web", (member("web"),), legacy=True)
    assert rows(config(of=None), config(), of=old) == []


def test_a_set_that_somebody_took_off_is_drift() -> None:
    (row,) = rows(config(of=None), config())
    assert (row.path.endswith(f"metadata.labels[{PART_OF}]"), row.reason, row.before) == (True, Reason.DRIFT, None)


def test_a_set_of_another_tool_names_its_holder() -> None:
    theirs = config()
    theirs["metadata"]["labels"] = {**OURS, PART_OF: "applyset-theirs-v1"}
    (row,) = rows(theirs, config(), owner="the ApplySet Secret default/x of kubectl")
    assert (row.holder, row.note) == (
        "the ApplySet Secret default/x of kubectl",
        "held by the ApplySet Secret default/x of kubectl",
    )


def test_an_object_that_moves_tells_its_address_alone() -> None:
    before = config(of=OTHER)
    before["metadata"]["labels"][ADDRESS] = "workload.other"
    assert [row.path for row in rows(before, config())] == [f"ConfigMap default/web metadata.labels[{ADDRESS}]"]


def test_what_is_being_deleted_is_made_anew_once_it_is_gone() -> None:
    going = config(deletionTimestamp="now", finalizers=["x.dev/held"])
    (row,) = rows(going, config())
    assert (row.before, row.after, row.reason) == ("being deleted", "made anew", Reason.DRIFT)
    assert "held by x.dev/held" in row.note
