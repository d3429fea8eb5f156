from acsctl.kinds.ack import overlay, sight
from acsctl.kinds.ack.overlay import Overlay
from acsctl.kinds.contract import Made, Scope, Wait
from acsctl.kinds.flannel import Flannel, same_config, same_ready
from acsctl.kinds.objects import door as inside
from acsctl.model.address import parse
from acsctl.model.resource import Desired, Live
from tests.kinds.door import Door, refusal, run, token
from tests.kinds.values import change, live, ref, stack, want

FLANNEL = Flannel()
CLUSTER = "c" + "0" * 32
ID = f"{CLUSTER}/flannel"
ADDONS = {"addons": [{"name": "coredns", "version": "v1"}, {"name": "flannel", "version": "v0.28.0.6", "state": "active"}]}


def node(number, *, block=True, ready=True, network=True, provider=True):
    conditions = [
        {"type": "NetworkUnavailable", "status": "False" if network else "True", "reason": "NoRouteCreated"},
        {"type": "Ready", "status": "True" if ready else "False", "reason": "KubeletNotReady", "message": "cni"},
    ]
    spec = {"podCIDR": f"172.20.{number}.0/25"} if block else {}
    return {
        "metadata": {"name": f"cn-hangzhou.10.0.1.{number}"},
        "spec": {**spec, **({"providerID": f"cn-hangzhou.i-{number}"} if provider else {})},
        "status": {"conditions": conditions},
    }


def route(number, instance=None):
    hop = {"NextHopType": "Instance", "NextHopId": instance or f"i-{number}"}
    destination = f"172.20.{number}.0/25"
    return {"RouteEntryId": f"rte-{number}", "DestinationCidrBlock": destination, "NextHops": {"NextHop": [hop]}}


def daemon_set(wanted, ready):
    status = {
        "desiredNumberScheduled": wanted,
        "numberReady": ready,
        "updatedNumberScheduled": wanted,
        "observedGeneration": 1,
    }
    labels = {"matchLabels": {"app": "flannel"}}
    return {"metadata": {"generation": 1, "namespace": "kube-system"}, "spec": {"selector": labels}, "status": status}


def pod(number, ready="True"):
    return {
        "spec": {"nodeName": f"cn-hangzhou.10.0.1.{number}"},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


def seen(nodes, routes=None, daemons=None, pods=()):
    routes = [route(1), route(2)] if routes is None else routes
    return Overlay(tuple(nodes), tuple(routes), daemons or daemon_set(len(nodes), len(nodes)), tuple(pods))


def test_all_is_ready():
    assert seen([node(1), node(2)]).summary == ""
    assert seen([]).summary == ""


def test_the_node_that_is_not_ready_is_named_with_the_reason():
    one = node(1)
    assert seen([one, node(2, block=False)]).summary == "1 of 2 nodes: cn-hangzhou.10.0.1.2 has no pod range (spec.podCIDR)"
    assert "no instance yet" in seen([one, node(2, provider=False)]).summary
    assert seen([one, node(2)], [route(1)]).summary == (
        "1 of 2 nodes: cn-hangzhou.10.0.1.2 has no route entry for 172.20.2.0/25 yet (DescribeRouteEntryList)"
    )
    assert "leads to i-9" in seen([one, node(2)], [route(1), route(2, "i-9")]).summary
    assert "NoRouteCreated" in seen([one, node(2, network=False)]).summary
    assert seen([one, node(2, ready=False)]).summary.endswith("is not ready (KubeletNotReady: cni)")


def test_the_pods_tell_where_the_daemon_set_is_not_ready():
    half = seen([node(1), node(2)], daemons=daemon_set(2, 1), pods=[pod(1), pod(2, "False")])
    assert half.troubles() == {"cn-hangzhou.10.0.1.2": "has no ready flannel pod"}
    assert Overlay((), (), None).summary == "the flannel DaemonSet is not there"
    # No node is wanted although there is one: the scheduler has not looked yet.
    assert seen([node(1)], daemons=daemon_set(0, 0), pods=[pod(1)]).summary == "the flannel DaemonSet is being rolled out"


def test_the_arithmetic_is_shown():
    network = {"pod_cidr": "172.20.0.0/16", "node_cidr_mask": 25}
    text = overlay.arithmetic(network, route_quota=200, node_quota=None)
    assert text == (
        "172.20.0.0/16, /25 a node (128 addresses): up to 200 nodes, the route quota of the VPC's table, "
        "though blocks would do for 512"
    )
    assert overlay.arithmetic(network, route_quota=200, node_quota=100).startswith(
        "172.20.0.0/16, /25 a node (128 addresses): up to 100 nodes, the node quota"
    )
    small = {"pod_cidr": "172.20.0.0/22", "node_cidr_mask": 25}
    assert overlay.arithmetic(small, route_quota=200, node_quota=100).endswith("up to 8 nodes, the address range")
    assert overlay.arithmetic({}, route_quota=200, node_quota=100) == ""


def test_what_counts_as_equal():
    assert same_config({"a": "1"}, {"a": "1", "b": "2"})
    assert not same_config({"a": "1"}, {})
    assert same_ready(False, "1 of 2 nodes")
    assert not same_ready(True, "1 of 2 nodes")


def test_two_overlays_of_one_cluster_are_refused():
    cluster = {"cluster": ref("cluster.kube")}
    resources = stack(flannel_a=dict(cluster), flannel_b=dict(cluster))
    faults = [[fault.message for fault in FLANNEL.schema.check(item.spec, resources)] for item in resources.values()]
    assert faults == [[], ["cluster.kube has its overlay in flannel.a already"]]


def scope(spec=None, state="ready"):
    address = parse("flannel.overlay")
    desired = Desired(address, spec={"cluster": ref("cluster.kube"), "ready": False, **(spec or {})}, protect=True)
    cluster = Live(parse("cluster.kube"), CLUSTER, state=state)
    wanted = {**desired.spec, "cluster": CLUSTER}
    return Scope("shop", "cn-hangzhou", {address: desired}, {"cluster": [cluster]}, wanted=lambda asked: wanted)


def test_it_is_seen_where_its_cluster_is():
    door = Door({"ListClusterAddonInstances": ADDONS})
    (item,) = FLANNEL.list(door, scope())
    assert (str(item.address), item.id, item.state) == ("flannel.overlay", ID, "ready")
    assert item.spec == {"cluster": CLUSTER, "version": "v0.28.0.6", "config": {}, "ready": True}
    assert set(item.spec) == set(FLANNEL.schema.fields)
    assert item.mark and item.mark.protect
    assert door.actions == ["ListClusterAddonInstances"]


def test_nothing_is_asked_of_a_cluster_that_is_not_running():
    assert list(FLANNEL.list(Door(), scope(state="pending"))) == []
    assert list(FLANNEL.list(Door({"ListClusterAddonInstances": refusal("ErrorClusterNotFound")}), scope())) == []


def test_the_configuration_is_read_where_the_file_has_one():
    door = Door({"ListClusterAddonInstances": ADDONS, "GetClusterAddonInstance": {"config": '{"a": "1"}'}})
    (item,) = FLANNEL.list(door, scope({"config": {"a": "1"}}))
    assert item.spec["config"] == {"a": "1"}


def test_create_takes_the_addon_that_is_there():
    door = Door({"ListClusterAddonInstances": ADDONS})
    assert run(FLANNEL.create(door, want("flannel.overlay", {"cluster": CLUSTER}), token)) == [
        Made((ID,)),
        Wait((ID,), soon=True),
    ]
    assert door.actions == ["ListClusterAddonInstances"]


def test_create_installs_what_is_missing():
    door = Door(
        {
            "ListClusterAddonInstances": {"addons": []},
            "DescribeAddon": {"version": "v0.28.0.6"},
            "InstallClusterAddons": {"task_id": "T-1"},
        }
    )
    spec = {"cluster": CLUSTER, "ready": False}
    assert run(FLANNEL.create(door, want("flannel.overlay", spec), token)) == [Wait(("T-1",)), Made((ID,))]
    (sent,) = door.sent("InstallClusterAddons")
    assert sent == {"ClusterId": CLUSTER, "body": [{"name": "flannel", "version": "v0.28.0.6", "config": ""}]}


def test_another_version_is_an_upgrade():
    door = Door({"ListClusterAddonInstances": ADDONS, "UpgradeClusterAddons": {"task_id": "T-2"}})
    item = live("flannel.overlay", ID, cluster=CLUSTER)
    update = change({"cluster": CLUSTER, "version": "v0.29"}, version="v0.29")
    assert run(FLANNEL.update(door, (item,), update, token)) == [Wait(("T-2",)), Wait((ID,), soon=True)]
    (sent,) = door.sent("UpgradeClusterAddons")
    assert sent["body"] == [{"component_name": "flannel", "next_version": "v0.29", "config": None}]


def test_a_configuration_is_merged_into_the_live_one():
    door = Door({"ListClusterAddonInstances": ADDONS, "GetClusterAddonInstance": {"config": '{"a": "1"}'}})
    item = live("flannel.overlay", ID, cluster=CLUSTER)
    update = change({"cluster": CLUSTER, "config": {"b": "2"}, "ready": False}, config={"b": "2"})
    assert run(FLANNEL.update(door, (item,), update, token)) == []
    (sent,) = door.sent("ModifyClusterAddon")
    assert sent == {"cluster_id": CLUSTER, "component_id": "flannel", "config": '{"a": "1", "b": "2"}'}


def test_it_goes_with_its_cluster():
    assert run(FLANNEL.delete(Door(), (live("flannel.overlay", ID),), token)) == []
    assert list(FLANNEL.find(Door(), scope(), {"id": ID})) == []


class Inside:
    """A cluster, from inside."""

    def __init__(self, nodes, daemons, pods=()):
        self.nodes, self.daemons, self.pods = nodes, daemons, pods

    def get(self, api_version, kind, *, name, namespace):
        return self.daemons if namespace == "kube-system" else None

    def list(self, api_version, kind, *, selector="", namespace=""):
        assert kind == "Node" or (selector, namespace) == ("app=flannel", "kube-system")
        return self.nodes if kind == "Node" else list(self.pods)


def looking(monkeypatch, cluster, routes):
    monkeypatch.setattr(inside, "opened", lambda cloud, id: cluster)
    monkeypatch.setattr(sight, "_table", lambda cloud, id: "vtb-1")
    answer = {"RouteEntrys": {"RouteEntry": routes}, "NextToken": ""}
    door = Door({"ListClusterAddonInstances": ADDONS, "DescribeRouteEntryList": answer})
    door.kept = lambda key, make: make()
    return door


def test_ready_looks_inside_and_outside(monkeypatch):
    door = looking(monkeypatch, Inside([node(1), node(2)], daemon_set(2, 2)), [route(1)])
    found = FLANNEL.ready(door, [ID])[ID]
    assert found.state == "pending"
    assert found.reason.startswith("1 of 2 nodes: cn-hangzhou.10.0.1.2 has no route entry")
    assert door.sent("DescribeRouteEntryList")[0]["RouteEntryType"] == "Custom"
    door = looking(monkeypatch, Inside([node(1)], daemon_set(1, 1)), [route(1)])
    found = FLANNEL.ready(door, [ID])[ID]
    assert (found.state, found.outputs["nodes"], found.outputs["addon_version"]) == ("ready", 1, "v0.28.0.6")


def test_pods_are_only_asked_for_when_something_is_missing(monkeypatch):
    cluster = Inside([node(1), node(2)], daemon_set(2, 1), [pod(1)])
    door = looking(monkeypatch, cluster, [route(1), route(2)])
    assert "has no ready flannel pod" in FLANNEL.ready(door, [ID])[ID].reason


def test_an_addon_that_is_being_changed_is_waited_for():
    door = Door({"ListClusterAddonInstances": {"addons": [{"name": "kube-flannel-ds", "version": "v1", "state": "upgrading"}]}})
    assert FLANNEL.ready(door, [ID])[ID].state == "pending"
    door = Door({"ListClusterAddonInstances": {"addons": []}})
    assert FLANNEL.ready(door, [ID])[ID].absent
