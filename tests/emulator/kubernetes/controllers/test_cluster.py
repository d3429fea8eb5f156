"""Nodes, namespaces, Services, budgets and autoscalers."""

import copy

from acsctl.emulator.kubernetes.client import (
    AUTOSCALERS,
    BUDGETS,
    CONFIG_MAPS,
    DEPLOYMENTS,
    ENDPOINTS,
    EVENTS,
    LEASES,
    NAMESPACES,
    NODES,
    PODS,
    SECRETS,
    SERVICE_ACCOUNTS,
    SERVICES,
    SLICES,
)
from acsctl.emulator.kubernetes.conditions import find, is_true
from tests.emulator.kubernetes.controllers.conftest import template

STOPPED = {"local.acsctl.dev/stopped": "true"}
TOLERATED = [
    {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
]


def deployment(cluster, replicas=2, **spec):
    fields = {"selector": {"matchLabels": {"app": "web"}}, "replicas": replicas, "template": template(**spec)}
    return cluster.api.make(DEPLOYMENTS, "web", spec=fields)


def stop(cluster, name):
    node = cluster.api.one(NODES, name)
    cluster.api.change(node, metadata={**node["metadata"], "annotations": STOPPED})
    return node


# nodes


def test_nodes_get_the_first_free_blocks_until_there_are_none(cluster) -> None:
    assert [one["spec"]["podCIDR"] for one in cluster.api.all(NODES)] == ["172.20.0.0/25", "172.20.0.128/25"]
    third = cluster.node("n3")
    cluster.run(3)
    assert "podCIDR" not in third["spec"]
    assert "CIDRNotAvailable" in [one["reason"] for one in cluster.api.all(EVENTS)]
    cluster.api.remove(cluster.api.one(NODES, "n1"))
    cluster.run(20)
    assert (third["spec"]["podCIDR"], third["spec"]["podCIDRs"]) == ("172.20.0.0/25", ["172.20.0.0/25"])


def test_a_new_node_is_tainted_until_it_is_ready_and_others_taints_stay(cluster) -> None:
    foreign = {"key": "node.cloudprovider.kubernetes.io/uninitialized", "value": "true", "effect": "NoSchedule"}
    made = cluster.node("n3", spec={"taints": [foreign]})
    cluster.controllers.tick()
    assert [one["key"] for one in made["spec"]["taints"]] == [foreign["key"], "node.kubernetes.io/not-ready"]
    cluster.run(6)
    assert made["spec"]["taints"] == [foreign]
    route = {"type": "NetworkUnavailable", "status": "True", "reason": "NoRouteCreated"}
    cluster.api.change(made, status={**made["status"], "conditions": [*made["status"]["conditions"], route]})
    cluster.run(2)
    assert "node.kubernetes.io/network-unavailable" in [one["key"] for one in made["spec"]["taints"]]


def test_a_node_that_stays_silent_loses_its_pods_in_time(cluster) -> None:
    made = deployment(cluster, tolerations=TOLERATED)
    cluster.run()
    lost = stop(cluster, "n1")
    cluster.run(10)
    assert find(lost["status"], "Ready")["status"] == "Unknown"
    assert {one["key"] for one in lost["spec"]["taints"]} == {"node.kubernetes.io/unreachable"}
    assert made["status"]["readyReplicas"] == 1 and len(cluster.pods()) == 2
    cluster.run(320)
    assert made["status"]["readyReplicas"] == 2
    assert [one["spec"]["nodeName"] for one in cluster.pods() if not one["metadata"].get("deletionTimestamp")] == ["n2"] * 2
    assert len(cluster.pods()) == 3, "nobody can end the pod of a silent kubelet"
    cluster.api.remove(lost)
    cluster.run()
    assert len(cluster.pods()) == 2


def test_a_machine_that_comes_back_has_its_pods_ready_again(cluster) -> None:
    made = deployment(cluster, tolerations=TOLERATED)
    cluster.run()
    node = stop(cluster, "n1")
    cluster.run(30)
    cluster.api.change(node, metadata={**node["metadata"], "annotations": {}})
    cluster.run(10)
    assert made["status"]["readyReplicas"] == 2 and node["spec"].get("taints", []) == []


# namespaces


def test_a_namespace_is_furnished(cluster) -> None:
    cluster.api.make(NAMESPACES, "shop", spec={"finalizers": ["kubernetes"]}, status={"phase": "Active"})
    cluster.run(1)
    assert cluster.api.one(SERVICE_ACCOUNTS, "default", "shop")
    assert cluster.api.one(CONFIG_MAPS, "kube-root-ca.crt", "shop")["data"] == {"ca.crt": "PEM"}


def test_a_namespace_goes_with_what_is_in_it(cluster) -> None:
    made = cluster.api.make(NAMESPACES, "shop", spec={"finalizers": ["kubernetes"]}, status={"phase": "Active"})
    cluster.api.make(SECRETS, "s", namespace="shop")
    fields = {"selector": {"matchLabels": {"app": "web"}}, "replicas": 2, "template": template()}
    cluster.api.make(DEPLOYMENTS, "web", namespace="shop", spec=fields)
    kept = cluster.api.make(SECRETS, "s", namespace="default")
    held = cluster.api.make(SECRETS, "held", namespace="shop", metadata={"finalizers": ["example.com/mine"]})
    cluster.run()
    cluster.api.remove(made)
    cluster.run()
    assert made["status"]["phase"] == "Terminating"
    assert find(made["status"], "NamespaceContentRemaining")["message"] == (
        "Some resources are remaining: secrets. has 1 resource instances"
    )
    assert find(made["status"], "NamespaceFinalizersRemaining")["message"] == (
        "Some content in the namespace has finalizers remaining: example.com/mine in 1 resource instances"
    )
    cluster.api.change(held, metadata={**held["metadata"], "finalizers": []})
    cluster.api.request("PUT", "/api/v1/namespaces/shop/secrets/held", body=copy.deepcopy(held))
    cluster.run(5)
    assert [key for key in cluster.api.objects if "shop" in key[1:]] == []
    assert cluster.api.all(SECRETS) == [kept]


# garbage


def test_what_has_lost_all_owners_goes(cluster) -> None:
    owners = [cluster.api.make(CONFIG_MAPS, name) for name in ("a", "b")]
    references = [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": one["metadata"]["name"], "uid": one["metadata"]["uid"]}
        for one in owners
    ]
    cluster.api.make(SECRETS, "s", metadata={"ownerReferences": references})
    cluster.api.remove(owners[0])
    cluster.run(3)
    assert len(cluster.api.all(SECRETS)) == 1
    cluster.api.remove(owners[1])
    cluster.run(3)
    assert cluster.api.all(SECRETS) == []


def test_the_lease_of_a_node_goes_with_it(cluster) -> None:
    assert len(cluster.api.all(LEASES)) == 2
    cluster.api.remove(cluster.api.one(NODES, "n1"))
    cluster.run(3)
    assert [one["metadata"]["name"] for one in cluster.api.all(LEASES)] == ["n2"]


def test_events_stay_within_bounds_and_the_newest_stay(cluster) -> None:
    for number in range(2100):
        cluster.api.make(EVENTS, f"e{number}", lastTimestamp=f"2026-01-01T00:{number // 60:02d}:{number % 60:02d}Z")
    cluster.controllers.tick()
    kept = cluster.api.all(EVENTS)
    assert (
        len(kept) == 1000
        and min(int(one["metadata"]["name"][1:]) for one in kept if one["metadata"]["name"][1:].isdigit()) >= 1100
    )


# Services


def service(cluster, **spec):
    ports = [{"name": "http", "port": 80, "targetPort": "web", "protocol": "TCP"}]
    return cluster.api.make(SERVICES, "web", spec={"selector": {"app": "web"}, "ports": ports, **spec})


def named_port(made):
    spec = copy.deepcopy(made["spec"])
    spec["template"]["spec"]["containers"][0]["ports"] = [{"name": "web", "containerPort": 8080}]
    return spec


def test_endpoints_follow_the_pods(cluster) -> None:
    made = deployment(cluster)
    cluster.api.change(made, spec=named_port(made))
    service(cluster)
    cluster.run()
    found = cluster.api.all(SLICES)[0]
    assert found["metadata"]["labels"]["kubernetes.io/service-name"] == "web"
    assert found["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]
    assert [one["conditions"]["ready"] for one in found["endpoints"]] == [True, True]
    assert {one["addresses"][0] for one in found["endpoints"]} == {pod["status"]["podIP"] for pod in cluster.pods()}
    subset = cluster.api.one(ENDPOINTS, "web")["subsets"][0]
    assert len(subset["addresses"]) == 2 and subset["ports"][0]["port"] == 8080
    cluster.faults["nginx*"] = "unready"
    cluster.run(3)
    assert [one["conditions"]["ready"] for one in found["endpoints"]] == [False, False]
    assert "addresses" not in cluster.api.one(ENDPOINTS, "web")["subsets"][0]


def test_endpoints_go_with_their_service(cluster) -> None:
    deployment(cluster)
    made = service(cluster)
    cluster.run()
    cluster.api.remove(made)
    cluster.run(3)
    assert [*cluster.api.all(SLICES), *cluster.api.all(ENDPOINTS)] == []


def test_many_endpoints_take_several_slices(cluster) -> None:
    service(cluster)
    for number in range(120):
        cluster.api.make(
            PODS,
            f"p{number:03d}",
            metadata={"labels": {"app": "web"}},
            spec={"nodeName": "n1", "containers": [{"name": "c", "image": "i"}]},
            status={"phase": "Running", "podIP": f"10.9.0.{number}", "startTime": "2026-01-01T00:00:00Z"},
        )
    cluster.controllers.tick()
    assert sorted(len(one["endpoints"]) for one in cluster.api.all(SLICES)) == [20, 100]


# budgets and autoscalers


def test_a_budget_tells_how_many_may_go(cluster) -> None:
    deployment(cluster, replicas=3)
    selector = {"matchLabels": {"app": "web"}}
    least = cluster.api.make(BUDGETS, "least", spec={"minAvailable": 2, "selector": selector})
    most = cluster.api.make(BUDGETS, "most", spec={"maxUnavailable": "50%", "selector": selector})
    cluster.run()
    assert (least["status"]["disruptionsAllowed"], least["status"]["desiredHealthy"]) == (1, 2)
    assert (most["status"]["disruptionsAllowed"], most["status"]["expectedPods"]) == (2, 3)
    assert find(least["status"], "DisruptionAllowed")["reason"] == "SufficientPods"
    cluster.faults["nginx*"] = "unready"
    cluster.run(3)
    assert least["status"]["disruptionsAllowed"] == 0 and not is_true(least["status"], "DisruptionAllowed")


def test_an_autoscaler_keeps_its_bounds_and_says_that_it_has_no_metrics(cluster) -> None:
    made = deployment(cluster, replicas=1)
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    scaler = cluster.api.make(AUTOSCALERS, "web", spec={"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 4})
    cluster.run()
    assert made["spec"]["replicas"] == 2 and made["status"]["readyReplicas"] == 2
    assert (scaler["status"]["currentReplicas"], scaler["status"]["desiredReplicas"]) == (2, 2)
    assert is_true(scaler["status"], "AbleToScale")
    assert find(scaler["status"], "ScalingActive")["reason"] == "FailedGetResourceMetric"
    cluster.api.change(scaler, spec={**scaler["spec"], "scaleTargetRef": {**target, "name": "none"}})
    cluster.run(3)
    assert find(scaler["status"], "AbleToScale")["message"].endswith('deployments.apps "none" not found')
