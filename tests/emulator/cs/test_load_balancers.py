"""Load balancers of Services, as the cloud controller manager makes them; addresses of Ingresses; what addons run."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from acsctl.emulator.background import held
from acsctl.emulator.kubernetes import client as c
from acsctl.emulator.services.cs.ingresses import INGRESSES
from tests.emulator.conftest import LocalCloud
from tests.emulator.cs.tended import CLUSTER_ID, Tended, make
from tests.emulator.ecs.conftest import Net, net
from tests.emulator.slb.test_load_balancer import Balancers

__all__ = ["net"]
PREFIX = "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-"
FINALIZER = "service.k8s.alibaba/resources"


@pytest.fixture
def cluster(cloud: LocalCloud, net: Net) -> Iterator[Tended]:
    yield make(cloud, net)


@pytest.fixture
def slb(cloud: LocalCloud) -> Balancers:
    return Balancers(cloud)


def service(cluster: Tended, *, ports: tuple[int, ...] = (80,), **notes: str) -> dict[str, Any]:
    """A Service of type LoadBalancer; the annotations without their prefix, - as _."""
    annotations = {f"{PREFIX}{name.replace('_', '-')}": value for name, value in notes.items()}
    rows = [{"name": f"p{one}", "port": one, "nodePort": 30000 + one, "protocol": "TCP"} for one in ports]
    made = cluster.plane.make(
        c.SERVICES, "web", metadata={"annotations": annotations}, spec={"type": "LoadBalancer", "ports": rows}
    )
    made["status"] = {"loadBalancer": {}}
    cluster.settle()
    return made


def live(cluster: Tended) -> dict[str, Any]:
    return cluster.plane.one(c.SERVICES, "web")


def reasons(cluster: Tended) -> list[str]:
    return [one["reason"] for one in cluster.plane.all(c.EVENTS) if one["involvedObject"]["kind"] == "Service"]


def test_a_service_gets_one(cluster: Tended, slb: Balancers) -> None:
    machine = cluster.joined()
    made = service(cluster, ports=(80, 443), additional_resource_tags="team=shop,stack=a")
    [id_] = slb.ids()
    there = slb.one(id_)
    name = "a" + made["metadata"]["uid"].replace("-", "")
    assert there["LoadBalancerName"] == name[:32]
    tags = {one["TagKey"]: one["TagValue"] for one in there["Tags"]["Tag"]}
    assert tags == {"kubernetes.do.not.delete": name, "ack.aliyun.com": CLUSTER_ID, "team": "shop", "stack": "a"}
    assert (there["AddressType"], there["DeleteProtection"]) == ("internet", "on")
    now = live(cluster)
    assert now["metadata"]["finalizers"] == [FINALIZER]
    assert now["metadata"]["labels"]["service.k8s.alibaba/loadbalancer-id"] == id_
    assert now["metadata"]["labels"]["service.beta.kubernetes.io/hash"]
    assert now["status"]["loadBalancer"]["ingress"][0]["ip"] == there["Address"]
    assert there["ListenerPorts"]["ListenerPort"] == [80, 443]
    cluster.pass_time(5)
    health = slb("describe_health_status", load_balancer_id=id_)["BackendServers"]["BackendServer"]
    assert {(one["ServerId"], one["Port"], one["ServerHealthStatus"]) for one in health} == {
        (machine, 30080, "normal"),
        (machine, 30443, "normal"),
    }
    assert reasons(cluster) == ["EnsuringLoadBalancer", "EnsuredLoadBalancer"]


def test_an_intranet_one_lies_in_the_vswitch_of_the_cluster(cluster: Tended, slb: Balancers) -> None:
    service(cluster, address_type="intranet", spec="slb.s2.small", name="inside")
    there = slb.one(slb.ids()[0])
    assert (there["AddressType"], there["VSwitchId"]) == ("intranet", cluster.net.vswitch_id)
    assert (there["LoadBalancerSpec"], there["LoadBalancerName"]) == ("slb.s2.small", "inside")
    assert live(cluster)["status"]["loadBalancer"]["ingress"][0]["ip"].startswith("10.")


def test_ports_and_nodes_follow(cluster: Tended, slb: Balancers) -> None:
    made = service(cluster, ports=(80,))
    [id_] = slb.ids()
    changed = [{"name": "p81", "port": 81, "nodePort": 30081, "protocol": "TCP"}]
    cluster.plane.change(live(cluster), spec={**made["spec"], "ports": changed})
    cluster.settle()
    assert slb.one(id_)["ListenerPorts"]["ListenerPort"] == [81]
    groups = slb("describe_vserver_groups", load_balancer_id=id_)["VServerGroups"]["VServerGroup"]
    assert [(one["VServerGroupName"], one["ServerCount"]) for one in groups] == [(f"k8s/30081/web/default/{CLUSTER_ID}", 0)]
    cluster.joined()
    groups = slb("describe_vserver_groups", load_balancer_id=id_)["VServerGroups"]["VServerGroup"]
    assert [one["ServerCount"] for one in groups] == [1]


def test_what_is_asked_anew_is_changed(cluster: Tended, slb: Balancers) -> None:
    service(cluster, spec="slb.s1.small")
    [id_] = slb.ids()
    now = live(cluster)
    notes = {"spec": "slb.s3.large", "delete-protection": "off", "name": "front", "scheduler": "rr"}
    annotations = {f"{PREFIX}{name}": value for name, value in notes.items()}
    cluster.plane.change(now, metadata={**now["metadata"], "annotations": annotations})
    cluster.settle()
    there = slb.one(id_)
    assert (there["LoadBalancerSpec"], there["DeleteProtection"], there["LoadBalancerName"]) == ("slb.s3.large", "off", "front")
    listener = slb("describe_load_balancer_tcplistener_attribute", load_balancer_id=id_, listener_port=80)
    assert (listener["Scheduler"], listener["Status"]) == ("rr", "starting")


def test_local_traffic_goes_where_pods_are(cluster: Tended, slb: Balancers) -> None:
    first, second = cluster.joined(), cluster.joined()
    made = service(cluster)
    [id_] = slb.ids()

    def behind() -> set[str]:
        rows = slb("describe_health_status", load_balancer_id=id_)["BackendServers"]["BackendServer"]
        return {one["ServerId"] for one in rows}

    assert behind() == {first, second}
    endpoint = {
        "addresses": ["172.20.0.9"],
        "nodeName": cluster.node(second)["metadata"]["name"],
        "conditions": {"ready": True},
    }
    labels = {"kubernetes.io/service-name": "web"}
    cluster.plane.make(c.SLICES, "web-1", metadata={"labels": labels}, endpoints=[endpoint])
    cluster.plane.change(live(cluster), spec={**made["spec"], "externalTrafficPolicy": "Local"})
    cluster.settle()
    assert behind() == {second}


def test_a_deleted_service_waits_for_its_load_balancer(cluster: Tended, slb: Balancers) -> None:
    service(cluster)
    cluster.plane.remove(live(cluster))
    cluster.settle()
    assert (slb.ids(), cluster.plane.all(c.SERVICES)) == ([], [])


def test_another_type_takes_it_away(cluster: Tended, slb: Balancers) -> None:
    made = service(cluster)
    cluster.plane.change(live(cluster), spec={**made["spec"], "type": "ClusterIP"})
    cluster.settle()
    now = live(cluster)
    assert (slb.ids(), now["metadata"]["finalizers"], now["status"]["loadBalancer"]) == ([], [], {})
    assert now["metadata"]["labels"] == {}


def test_one_that_is_removed_comes_back(cluster: Tended, slb: Balancers) -> None:
    service(cluster)
    [old] = slb.ids()
    slb("set_load_balancer_delete_protection", load_balancer_id=old, delete_protection="off")
    slb("delete_load_balancer", load_balancer_id=old)
    cluster.settle()
    [new] = slb.ids()
    assert new != old
    assert live(cluster)["metadata"]["labels"]["service.k8s.alibaba/loadbalancer-id"] == new
    assert live(cluster)["status"]["loadBalancer"]["ingress"][0]["ip"] == slb.one(new)["Address"]


def test_one_that_exists_is_used_and_left(cluster: Tended, slb: Balancers) -> None:
    own = slb.make(load_balancer_name="own")
    service(cluster, id=own, force_override_listeners="true")
    assert slb.ids() == [own]
    assert slb.one(own)["ListenerPorts"]["ListenerPort"] == [80]
    assert live(cluster)["status"]["loadBalancer"]["ingress"][0]["ip"] == slb.one(own)["Address"]
    cluster.plane.remove(live(cluster))
    cluster.settle()
    assert (slb.ids(), cluster.plane.all(c.SERVICES)) == ([own], [])
    assert slb.one(own)["ListenerPorts"]["ListenerPort"] == []


def test_one_of_a_cluster_is_not_used(cluster: Tended, slb: Balancers) -> None:
    own = slb.make()
    slb("add_tags", load_balancer_id=own, tags=json.dumps([{"TagKey": "ack.aliyun.com", "TagValue": "other"}]))
    service(cluster, id=own, force_override_listeners="true")
    assert reasons(cluster) == ["EnsuringLoadBalancer", "SyncLoadBalancerFailed"]
    assert slb.one(own)["ListenerPorts"]["ListenerPort"] == []
    slb("remove_tags", load_balancer_id=own, tags=json.dumps([{"TagKey": "ack.aliyun.com", "TagValue": "other"}]))
    cluster.pass_time(5)
    assert slb.one(own)["ListenerPorts"]["ListenerPort"] == [80]


def test_it_can_be_kept_on_delete(cluster: Tended, slb: Balancers) -> None:
    service(cluster, preserve_lb_on_delete="true")
    cluster.plane.remove(live(cluster))
    cluster.settle()
    assert (len(slb.ids()), cluster.plane.all(c.SERVICES)) == (1, [])


def test_an_ingress_has_the_address_of_its_controller(cluster: Tended) -> None:
    cluster.plane.make(INGRESSES, "web", spec={"ingressClassName": "nginx"})
    cluster.settle()
    assert "status" not in cluster.plane.one(INGRESSES, "web")
    cluster.add_addon("nginx-ingress-controller")
    cluster.settle()
    lb = cluster.plane.one(c.SERVICES, "nginx-ingress-lb", "kube-system")
    # The tiny API server gives no node ports, so the load balancer has an address and no listeners.
    address = lb["status"]["loadBalancer"]["ingress"][0]["ip"]
    assert cluster.plane.one(INGRESSES, "web")["status"]["loadBalancer"]["ingress"] == [{"ip": address}]


def test_addons_run_what_they_are_made_of(cluster: Tended) -> None:
    for name in ("kube-flannel-ds", "managed-kube-proxy", "coredns", "metrics-server", "csi-plugin", "csi-provisioner"):
        cluster.add_addon(name, version="v1.2")
    cluster.add_addon("kube-apiserver")
    cluster.settle()
    names = {one["metadata"]["name"] for one in cluster.plane.all(c.DAEMON_SETS)}
    assert names == {"kube-flannel-ds", "kube-proxy-worker", "csi-plugin"}
    assert {one["metadata"]["name"] for one in cluster.plane.all(c.DEPLOYMENTS)} == {
        "coredns",
        "metrics-server",
        "csi-provisioner",
    }
    assert cluster.plane.one(c.SERVICES, "kube-dns", "kube-system")["spec"]["clusterIP"] == "172.21.0.10"
    assert cluster.plane.one(c.BUDGETS, "coredns-pdb", "kube-system")["spec"]["minAvailable"] == 1
    net_conf = cluster.plane.one(c.CONFIG_MAPS, "kube-flannel-cfg", "kube-system")["data"]["net-conf.json"]
    assert json.loads(net_conf) == {"Network": "172.20.0.0/16", "Backend": {"Type": "alloc"}}
    image = cluster.plane.one(c.DEPLOYMENTS, "coredns", "kube-system")["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image.endswith("/coredns:v1.2")


def test_an_addon_changes_and_goes(cluster: Tended) -> None:
    cluster.add_addon("coredns", version="v1")
    cluster.settle()
    addon = cluster.addon("coredns")
    with held(cluster.world):
        addon.set(Version="v2")
    cluster.settle()
    deployment = cluster.plane.one(c.DEPLOYMENTS, "coredns", "kube-system")
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":v2")
    with held(cluster.world):
        addon.remove()
    cluster.settle()
    assert cluster.plane.all(c.DEPLOYMENTS) == [] and cluster.plane.all(c.BUDGETS) == []
