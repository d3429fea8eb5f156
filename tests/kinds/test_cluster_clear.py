"""What a cluster has made in the cloud by itself goes before its nodes do, whoever asked for it."""

from __future__ import annotations

import pytest

from acsctl.errors import AcsctlError, CloudError, DeniedError
from acsctl.kinds.ack import nodes, outside
from acsctl.kinds.cluster import Cluster
from acsctl.kinds.contract import Wait
from tests.kinds.door import Door, page, run, token
from tests.kinds.inside import Inside, pod, thing
from tests.kinds.test_cluster import DETAIL, ID
from tests.kinds.values import live

CLUSTER = Cluster()
PROVISIONED = {"pv.kubernetes.io/provisioned-by": "diskplugin.csi.alibabacloud.com"}
WHOLE = f"{ID}#outside/d-1"


def service(name, *, type="LoadBalancer", **meta):
    return thing("Service", name, spec={"type": type}, **meta)


def claim(name, **spec):
    return thing("PersistentVolumeClaim", name, spec=spec)


def volume(name, *, claim="data", disk="d-1", policy="Delete", annotations=PROVISIONED):
    spec = {
        "persistentVolumeReclaimPolicy": policy,
        "claimRef": {"namespace": "shop", "name": claim},
        "csi": {"volumeHandle": disk},
    }
    return thing("PersistentVolume", name, spec=spec, annotations=annotations)


def inside(**more):
    objects = {
        "Service": [service("web"), service("db", type="ClusterIP")],
        "Ingress": [thing("Ingress", "way")],
        "PersistentVolume": [
            volume("pv-1"),
            volume("pv-2", claim="kept", disk="d-2", policy="Retain"),
            volume("pv-3", claim="made", disk="d-3", annotations={}),
        ],
        "PersistentVolumeClaim": [
            claim("data", volumeName="pv-1"),
            claim("kept", volumeName="pv-2"),
            claim("made", volumeName="pv-3"),
            claim("later"),
            claim("never", storageClassName=""),
        ],
        "Pod": [
            pod(
                "db-0",
                "n1",
                owner="StatefulSet",
                app="db",
                spec={"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]},
            ),
            pod("web-1", "n1", spec={"volumes": [{"emptyDir": {}}]}),
        ],
        "StatefulSet": [thing("StatefulSet", "db")],
        **more,
    }
    return Inside(objects)


def cleared(door, **spec):
    return run(CLUSTER.clear(door, (live("cluster.kube", ID, **spec),), token))


def test_load_balancers_ways_in_and_what_has_dynamic_volumes():
    door = Door(inside=(there := inside()))
    (wait,) = cleared(door)
    assert there.written == [
        "delete Service web",
        "delete Ingress way",
        "delete StatefulSet db",
        "delete PersistentVolumeClaim data",
        "delete PersistentVolumeClaim later",
    ]
    assert (wait.ids, wait.until) == ((WHOLE,), "gone")
    assert wait.said.startswith("deletes Service shop/web, Ingress shop/way, PersistentVolumeClaim shop/data")
    # Nothing has to be moved off its nodes any more.
    assert nodes.leaves(door, ID) and not nodes.leaves(door, "other")


def test_what_goes_already_is_not_deleted_again():
    there = inside(Service=[service("web", deletionTimestamp="2026-11-20T10:00:00Z")], Ingress=[], PersistentVolumeClaim=[])
    assert [wait.ids for wait in cleared(Door(inside=there))] == [(WHOLE,)]
    assert there.written == []


def test_one_that_is_empty_is_asked_for_in_the_cloud_all_the_same():
    (wait,) = cleared(Door(inside=Inside()))
    assert (wait.ids, wait.said) == ((f"{ID}#outside/",), "")


def test_a_pod_of_nobody_goes_itself_and_an_owner_that_changed_is_not_taken_for_it():
    uses = {"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]}
    alone, other = pod("alone", "n1", owner="", spec=uses), pod("db-0", "n1", owner="StatefulSet", app="db", spec=uses)
    there = inside(Pod=[alone, other], StatefulSet=[{**thing("StatefulSet", "db"), "metadata": {"name": "db", "uid": "u-new"}}])
    cleared(Door(inside=there))
    assert [entry for entry in there.written if "Pod" in entry] == ["delete Pod alone", "delete Pod db-0"]


def test_a_cluster_that_cannot_be_reached_is_told_and_gone_on_with():
    (wait,) = cleared(Door())
    assert wait == Wait((f"{ID}#silent",), until="gone", said=wait.said)
    assert "cannot be reached (acsctl.Unreachable)" in wait.said and "disks of its volumes stay" in wait.said
    assert CLUSTER.ready(Door(), wait.ids)[wait.ids[0]].absent


def test_what_is_protected_or_failed_is_not_touched():
    there = inside()
    with pytest.raises(AcsctlError, match="protected against deletion"):
        cleared(Door(inside=there), deletion_protection=True)
    failed = live("cluster.kube", ID)
    assert run(CLUSTER.clear(Door(inside=there), (type(failed)(failed.address, ID, state="failed"),), token)) == []
    assert there.written == []


def test_another_refusal_is_no_silence():
    class Refusing(Inside):
        def list(self, api_version, kind, **rest):
            raise CloudError("Internal", action="kubernetes.list", status=500)

    with pytest.raises(CloudError, match="Internal"):
        cleared(Door(inside=Refusing()))


# Waiting


def balancer(id, *keys):
    rows = [{"TagKey": key, "TagValue": "x"} for key in keys]
    return {"LoadBalancerId": id, "Tags": {"Tag": rows}}


def standing(there, *, balancers=(), disks=(), **answers):
    found = {
        "DescribeLoadBalancers": page("LoadBalancers.LoadBalancer", balancers),
        "DescribeDisks": page("Disks.Disk", [{"DiskId": disk} for disk in disks]),
        **answers,
    }
    door = Door(found, inside=there)
    return CLUSTER.ready(door, [WHOLE])[WHOLE], door


def test_it_waits_for_both_sides():
    of_service = balancer("lb-1", "ack.aliyun.com", "kubernetes.do.not.delete")
    at, door = standing(inside(), balancers=[of_service, balancer("lb-2", "ack.aliyun.com")], disks=["d-1"])
    assert not at.absent and at.message.startswith("waits for Service shop/web, Ingress shop/way, PersistentVolumeClaim")
    at, door = standing(Inside(), balancers=[of_service, balancer("lb-2", "ack.aliyun.com")], disks=["d-1"])
    assert at.message == "waits for load balancer lb-1, disk d-1 to go"
    assert door.sent("DescribeLoadBalancers")[0]["Tag"] == [{"Key": "ack.aliyun.com", "Value": ID}]
    assert door.sent("DescribeDisks")[0]["DiskIds"] == '["d-1"]'


def test_what_is_left_is_the_api_server_s_own():
    at, _ = standing(Inside(), balancers=[balancer("lb-2", "ack.aliyun.com")])
    assert at.absent


def test_a_key_that_may_not_list_load_balancers_relies_on_finalizers():
    denied = DeniedError("Forbidden.RAM", action="slb.DescribeLoadBalancers", status=403)
    assert standing(Inside(), DescribeLoadBalancers=denied)[0].absent
    assert not standing(inside(), DescribeLoadBalancers=denied)[0].absent


def test_a_cluster_that_goes_meanwhile_has_taken_it_along():
    gone, there = {"DescribeClusterDetail": {**DETAIL, "state": "deleting"}}, {"DescribeClusterDetail": DETAIL}
    assert standing(None, **gone)[0].absent
    with pytest.raises(CloudError, match="Unreachable"):
        standing(None, **there)


def test_ids():
    assert [outside.is_outside(id) for id in (WHOLE, f"{ID}#silent", ID, "T-1")] == [True, True, False, False]
