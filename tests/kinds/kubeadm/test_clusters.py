"""Self-managed clusters: what a file may say, how a machine becomes one, killed after every call, and how it ends."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from acsctl.errors import AcsctlError
from acsctl.kinds.cluster import Cluster
from acsctl.kinds.contract import Made, Scope, Wait
from acsctl.kinds.ecs import rows
from acsctl.kinds.kubeadm import clusters, marks
from acsctl.kinds.node_pool import NodePool
from acsctl.model import ownership
from acsctl.model.address import parse
from acsctl.model.resource import Desired, Lookup
from acsctl.model.unknown import Ref
from tests.kinds.door import Door, page, run, token
from tests.kinds.values import change, ref, stack, want

CLUSTER, POOL = Cluster(), NodePool()
NETWORK = {"plugin": "flannel", "pod_cidr": "172.20.0.0/16", "service_cidr": "172.21.0.0/20", "node_cidr_mask": 25}
SPEC = {"provider": "kubeadm", "control_plane": ["i-plane"], "version": "1.35.4", "network": NETWORK, "public_api": True}
MINE = {"acsctl:stack": "shop", "acsctl:address": "instance.master"}
IS_CLUSTER = {
    "acsctl:cluster": "cluster.kube",
    "acsctl:cluster-shape": "1.35.4 172.20.0.0/16 172.21.0.0/20 25 1a2b3c4d",
}
ID = "kubeadm-i-plane-1a2b3c4d"


def row(status="Running", **tags):
    return {
        "InstanceId": "i-plane",
        "InstanceName": "shop-master",
        "InstanceType": "ecs.g7.xlarge",
        "ImageId": "aliyun_3.vhd",
        "KeyPairName": "shop-key",
        "Status": status,
        "ZoneId": "cn-hangzhou-h",
        "SecurityGroupIds": {"SecurityGroupId": ["sg-1"]},
        "VpcAttributes": {"VpcId": "vpc-1", "VSwitchId": "vsw-1", "PrivateIpAddress": {"IpAddress": ["10.0.1.5"]}},
        "PublicIpAddress": {"IpAddress": []},
        "Tags": {"Tag": [{"TagKey": key, "TagValue": value} for key, value in {**MINE, **tags}.items()]},
    }


def door(found=None, **answers):
    disk = {"DiskId": "d-old", "Size": 40, "Type": "system", "Category": "cloud_essd"}
    return Door({
        "DescribeInstances": page("Instances.Instance", [found or row()]),
        "DescribeDisks": page("Disks.Disk", [disk]),
        "ReplaceSystemDisk": {"RequestId": "r", "DiskId": "d-new"},
        **answers,
    })  # fmt: skip


def create(cloud):
    return CLUSTER.create(cloud, want("cluster.kube", SPEC), token)


def tagged(cloud):
    """The tags that the machine got."""
    return {
        tag["Key"]: tag["Value"]
        for params in cloud.sent("TagResources")
        if params["ResourceId"] == ["i-plane"]
        for tag in params["Tag"]
    }


def test_a_machine_becomes_a_control_plane():
    cloud = door()
    steps = run(create(cloud))
    assert [step.until for step in steps if isinstance(step, Wait)] == ["stopped", "ready"]
    (made,) = [step for step in steps if isinstance(step, Made)]
    (replaced,) = cloud.sent("ReplaceSystemDisk")
    assert replaced == {
        "InstanceId": "i-plane",
        "ImageId": "aliyun_3.vhd",
        "SystemDisk": {"Size": 40},
        "KeyPairName": "shop-key",
    }
    (changed,) = cloud.sent("ModifyInstanceAttribute")
    text = base64.b64decode(changed["UserData"]).decode()
    assert text.startswith("#cloud-config\n") and "kind: ClusterConfiguration" in text and "PRIVATE KEY" not in text
    tags = tagged(cloud)
    assert tags["acsctl:cluster"] == "cluster.kube" and tags["acsctl:cluster-up"] == "true"
    assert made.ids == (f"kubeadm-i-plane-{tags['acsctl:cluster-shape'].split()[-1]}",)
    # The new disk bears the mark that the old one bore.
    assert {"Key": "acsctl:address", "Value": "instance.master"} in cloud.sent("TagResources")[0]["Tag"]


def test_two_clusters_on_one_machine_have_two_ids():
    ids = set()
    for _ in range(2):
        ids |= {step.ids for step in run(create(door())) if isinstance(step, Made)}
    assert len(ids) == 2


class Killed(Exception):
    pass


def killed_after(calls):
    """A door that is shut after so many calls, and what had been written by then."""
    cloud = door()
    sent, answer = 0, cloud.call

    def call(product, action, params):
        nonlocal sent
        if sent == calls:
            raise Killed
        sent += 1
        return answer(product, action, params)

    cloud.call = call
    return cloud


def test_killed_anywhere_it_is_no_cluster_or_one_that_is_waited_for():
    whole = door()
    run(create(whole))
    seen = set()
    for calls in range(len(whole.calls)):
        cloud = killed_after(calls)
        with pytest.raises(Killed):
            run(create(cloud))
        tags = tagged(cloud)
        found = clusters.read(row("Stopped", **tags))
        if found is None:
            assert marks.CLUSTER not in tags
        else:
            # Its user data and its empty disk are there; starting and waiting is left.
            assert "ReplaceSystemDisk" in cloud.actions and found.state == "pending"
            again = door(row("Stopped", **tags))
            run(CLUSTER.update(again, (found,), change(SPEC), token))
            assert "ReplaceSystemDisk" not in again.actions and "StartInstances" in again.actions
        seen.add(found is None)
    assert seen == {True, False}


def test_made_once_more_it_is_not_emptied_again():
    cloud = door(row(**IS_CLUSTER))
    steps = run(create(cloud))
    assert [step.ids for step in steps] == [(ID,), (ID,)]
    assert "ReplaceSystemDisk" not in cloud.actions and "StopInstances" not in cloud.actions


def test_a_machine_of_another_cluster_is_not_taken():
    other = {**IS_CLUSTER, "acsctl:cluster": "cluster.other"}
    with pytest.raises(AcsctlError, match=f"i-plane is a machine of cluster {ID} already"):
        run(create(door(row(**other))))


def test_the_node_of_a_cluster_that_is_gone_is_free():
    run(create(door(row(**{"acsctl:node": "kubeadm-i-plane-00000000 node_pool.a"}))))


def test_a_live_one_is_what_its_tags_say():
    found = clusters.read(row(**IS_CLUSTER, **{"acsctl:cluster-up": "true", "acsctl:cluster-protect": "true"}))
    assert found is not None
    assert (found.id, found.state, found.spec) == (ID, "ready", SPEC)
    assert found.mark == replace(found.mark, address=parse("cluster.kube"), protect=True, retain=False)
    assert set(found.outputs) == set(CLUSTER.schema.outputs)
    assert found.outputs["intranet_endpoint"] == "https://10.0.1.5:6443" and found.outputs["endpoint"] == ""
    assert clusters.read(row()) is None
    assert clusters.read(row(**{**IS_CLUSTER, "acsctl:cluster-shape": "odd"})) is None


def test_without_such_clusters_no_call_is_made():
    live = {"instance": [rows.read(row())]}
    cloud = door()
    assert list(clusters.listed(cloud, Scope("shop", "cn-hangzhou", live=live))) == [] and cloud.calls == []


def test_what_was_listed_before_is_read_anew():
    live = {"instance": [rows.read(row(**IS_CLUSTER))]}
    cloud = door(row())
    assert list(clusters.listed(cloud, Scope("shop", "cn-hangzhou", live=live))) == []


def test_marks_are_tags_of_the_machine():
    found = clusters.read(row(**IS_CLUSTER, **{"acsctl:cluster-up": "true"}))
    cloud = door(row(**IS_CLUSTER))
    update = replace(change(SPEC), set_tags={ownership.PROTECT: "true", "team": "b"}, unset_tags=(ownership.RETAIN,))
    run(CLUSTER.update(cloud, (found,), update, token))
    assert tagged(cloud) == {"acsctl:cluster-protect": "true"}
    assert cloud.sent("UntagResources")[0]["TagKey"] == ["acsctl:cluster-retain"]


def test_one_that_is_let_go_keeps_running():
    found = clusters.read(row(**IS_CLUSTER, **{"acsctl:cluster-up": "true"}))
    cloud = door(row(**IS_CLUSTER, **{"acsctl:pool:node_pool.a": "-"}))
    run(CLUSTER.update(cloud, (found,), replace(change(SPEC), unset_tags=(ownership.STACK, ownership.ADDRESS)), token))
    (sent,) = cloud.sent("UntagResources")
    assert {"acsctl:cluster", "acsctl:cluster-shape", "acsctl:pool:node_pool.a"} <= set(sent["TagKey"])
    assert "RunCommand" not in cloud.actions


def spec(**fields):
    written = {**SPEC, "control_plane": [ref("instance.master")], **fields}
    return {key: value for key, value in written.items() if value is not None}


def faults(wanted, **others):
    every = stack(instance_master={"vswitch": []}, cluster_kube=wanted, **others)
    return [fault.message for fault in CLUSTER.schema.check(wanted, every)]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, ""),
        ({"vswitches": ["vsw-1"]}, "has no vswitches"),
        ({"deletion_protection": True}, "has no deletion_protection"),
        ({"public_api": False}, "as public as its control plane"),
        ({"version": None}, "needs a version"),
        ({"version": "1.35"}, "1.35 is not a whole version"),
        ({"version": "1.30.4"}, "1.30.4 is too old"),
        ({"control_plane": None}, "needs a control plane"),
        ({"control_plane": ["i-1"]}, "i-1 is not a machine of this stack"),
        ({"control_plane": [ref("instance.master"), ref("instance.other")]}, "more than one control plane"),
        ({"network": {**NETWORK, "pod_cidr": "8.8.0.0/16"}}, "is not private"),
    ],
)
def test_what_is_refused_at_load(fields, says):
    found = faults(spec(**fields))
    assert bool(found) is bool(says) and all(says in text for text in found[:1])


def test_a_fleet_is_no_control_plane_but_its_member_is():
    master = parse("instance.master")
    fleet = {master: Desired(master, spec={"vswitch": []}, count=3)}
    assert any("more than one" in fault.message for fault in clusters.faults(spec(), fleet))
    assert list(clusters.faults(spec(control_plane=[Ref(master.member(1))]), fleet)) == []
    outside = {master: Desired(master, existing=Lookup({"id": "i-1"}))}
    assert any("would get an empty system disk" in fault.message for fault in clusters.faults(spec(), outside))


def test_a_managed_cluster_needs_its_own_fields():
    managed = {"network": NETWORK, "public_api": True}
    assert faults(managed) == ["a managed cluster needs vswitches"]
    assert "control_plane is for `provider: kubeadm`" in faults({**managed, "control_plane": ["i-1"]})


def test_pools_take_machines_of_the_stack():
    pool = {"cluster": ref("cluster.kube"), "size": 3, "image_type": "AliyunLinux3"}
    others = stack(cluster_kube=spec(), node_pool_a=pool)
    found = [fault.message for fault in POOL.schema.check(pool, others)]
    assert "a pool of a cluster with `provider: kubeadm` has no size" in found
    assert "a pool of a cluster with `provider: kubeadm` has no image_type" in found
    assert any("needs machines" in text for text in found)
