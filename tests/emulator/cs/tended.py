"""A cluster to tend: its records in a running local cloud, and a tiny API server for a control plane."""

import copy
from dataclasses import dataclass
from typing import Any, cast

from acsctl.emulator.background import held, turn
from acsctl.emulator.kubernetes import client as c
from acsctl.emulator.kubernetes.kubelet import Kubelets
from acsctl.emulator.kubernetes.plane import Face, Reply
from acsctl.emulator.resource import Resource, Scope
from acsctl.emulator.services.cs import ingresses, system_workloads
from acsctl.emulator.services.cs.types import ADDON, CLUSTER, NODE
from acsctl.emulator.world import World
from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.ecs.conftest import Net, instance, running
from tests.emulator.kubernetes.controllers import fake
from tests.emulator.kubernetes.controllers.fake import FakeApi

ACCOUNT = "1000200030004000"
CLUSTER_ID = "c" + "0" * 32
POOL_ID = "np" + "1" * 32
for one in (ingresses.INGRESSES, *system_workloads.KINDS.values()):
    fake.RESOURCES.setdefault((one.api_version, one.plural), one)


class FakePlane(FakeApi):
    """A `Plane` over the tiny API server: server-side apply replaces, nodes get their blocks, kubelets are the real ones.

    budget: whether evictions are allowed.
    """

    def __init__(self, world: World) -> None:
        super().__init__(cast("Any", world.clock.now))
        self.face = Face(CLUSTER_ID, "builtin", "v1.35.7-aliyun.1", "172.20.0.0/16", "172.21.0.0/20", 26)
        self.ready, self.server, self.authority = True, "https://127.0.0.1:1", ""
        self.budget = True
        self._kubelets = Kubelets(self, now=world.clock.now, images=dict)

    def request(self, method, path, *, query=None, body=None, content_type="application/json"):
        if method == "PATCH":
            assert content_type == "application/apply-patch+yaml" and query["fieldManager"]
            return self._apply(path, body)
        if path.endswith("/eviction"):
            return self._evict(path)
        return super().request(method, path, query=query, body=body, content_type=content_type)

    def tick(self) -> None:
        for number, node in enumerate(self.all(c.NODES)):
            if not node["spec"].get("podCIDR"):
                taken = {one["spec"].get("podCIDR") for one in self.all(c.NODES)}
                free = (f"172.20.0.{start}/26" for start in (0, 64, 128, 192))
                self.change(node, spec={**node["spec"], "podCIDR": next(one for one in free if one not in taken)})
            assert number < 4
        self._kubelets.tick()

    def close(self) -> None:
        self.ready = False

    def _apply(self, path: str, body: dict[str, Any]) -> Reply:
        old = super().request("GET", path)
        if old.ok:
            return super().request("PUT", path, body=body)
        return super().request("POST", path.rpartition("/")[0], body=body)

    def _evict(self, path: str) -> Reply:
        if not self.budget:
            return Reply(429, {"message": "Cannot evict pod as it would violate the pod's disruption budget."})
        return super().request("DELETE", path.removesuffix("/eviction"))


@dataclass(frozen=True)
class Tended:
    cloud: LocalCloud
    net: Net
    plane: FakePlane

    @property
    def world(self) -> World:
        return self.cloud.server.world

    def settle(self) -> None:
        """Turns until nothing changes any more."""
        for _ in range(50):
            before = self.world.store.revision, self.plane.revision
            turn(self.world)
            if before == (self.world.store.revision, self.plane.revision):
                return
        raise AssertionError("it does not settle")

    def pass_time(self, seconds: float) -> None:
        """In steps that state machines can follow."""
        for _ in range(int(seconds // 5) or 1):
            self.cloud.pass_time(min(5.0, seconds))
            self.settle()

    def add_node(self, **record: Any) -> str:
        """The id of a running machine with a record that wants it to be a node."""
        id_ = running(self.cloud, self.net)
        address = instance(self.cloud, id_).vpc_attributes.private_ip_address.ip_address[0]
        attributes = {
            "InstanceId": id_,
            "ClusterId": CLUSTER_ID,
            "NodePoolId": POOL_ID,
            "State": "initial",
            "NodeName": f"{REGION}.{address}",
            "Labels": {},
            "Taints": [],
            "Unschedulable": False,
            **record,
        }
        with held(self.world):
            self.world.store.create(NODE, scope=Scope(ACCOUNT, REGION), id=id_, attributes=attributes)
        return id_

    def joined(self, **record: Any) -> str:
        """A node that is running."""
        id_ = self.add_node(**record)
        self.settle()
        self.pass_time(90)
        found = self.record(id_)
        assert found is not None and found["State"] == "running"
        return id_

    def record(self, id_: str) -> Resource | None:
        return self.world.store.find(NODE, scope=Scope(ACCOUNT, REGION), id=id_)

    def set_record(self, id_: str, **changes: Any) -> None:
        with held(self.world):
            found = self.record(id_)
            assert found is not None
            found.set(**changes)

    def add_addon(self, name: str, *, version: str = "v1", config: str = "") -> None:
        attributes = {"ClusterId": CLUSTER_ID, "Name": name, "Version": version, "Config": config, "State": "active"}
        with held(self.world):
            self.world.store.create(ADDON, scope=Scope(ACCOUNT, REGION), id=f"{CLUSTER_ID}/{name}", attributes=attributes)

    def addon(self, name: str) -> Resource:
        found = self.world.store.find(ADDON, scope=Scope(ACCOUNT, REGION), id=f"{CLUSTER_ID}/{name}")
        assert found is not None
        return found

    def node(self, id_: str) -> dict[str, Any]:
        found = self.record(id_)
        assert found is not None
        return copy.deepcopy(self.plane.one(c.NODES, found["NodeName"]))

    def condition(self, id_: str, kind: str) -> tuple[str, str]:
        rows = self.node(id_)["status"]["conditions"]
        return next(((one["status"], one.get("reason", "")) for one in rows if one["type"] == kind), ("", ""))

    def routes(self) -> list[tuple[str, str]]:
        """Destination and next hop of the custom entries."""
        tables = self.cloud.do("DescribeRouteTableList", VpcId=self.net.vpc_id)["RouterTableList"]["RouterTableListType"]
        answer = self.cloud.do("DescribeRouteEntryList", RouteTableId=tables[0]["RouteTableId"], MaxResult=100)
        rows = [one for one in answer["RouteEntrys"]["RouteEntry"] if one["Type"] == "Custom"]
        return [(one["DestinationCidrBlock"], one["NextHops"]["NextHop"][0]["NextHopId"]) for one in rows]


def make(cloud: LocalCloud, net: Net) -> Tended:
    """A running Flannel cluster without nodes."""
    world = cloud.server.world
    plane = FakePlane(world)
    attributes = {
        "Name": "c",
        "State": "running",
        "Version": "1.35.7-aliyun.1",
        "VpcId": net.vpc_id,
        "VSwitchIds": [net.vswitch_id],
        "ContainerCidr": "172.20.0.0/16",
        "ServiceCidr": "172.21.0.0/20",
        "NodeCidrMask": 26,
        "Network": "flannel",
        "ProxyMode": "ipvs",
        "ExtraSans": [],
        "Admitted": True,
        "Rung": "builtin",
        "Port": 0,
    }
    with held(world):
        world.planes._planes[CLUSTER_ID] = plane
        world.store.create(CLUSTER, scope=Scope(ACCOUNT, REGION), id=CLUSTER_ID, attributes=attributes)
    return Tended(cloud, net, plane)
