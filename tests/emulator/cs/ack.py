"""ACK for tests: the real SDK, control planes that only say that they serve, and nodes that boot when a test says so."""

from collections.abc import Mapping, Sequence
from typing import Any

from alibabacloud_cs20151215 import models as cs
from alibabacloud_cs20151215.client import Client as CsClient
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_vpc20160428 import models as vpc

from acsctl.emulator import background
from acsctl.emulator.kubernetes.plane import Face, Pair, Reply
from acsctl.emulator.kubernetes.planes import Surroundings
from acsctl.emulator.services.cs.types import NODE
from acsctl.emulator.services.ecs.instance import INSTANCE
from acsctl.emulator.world import World
from tests.emulator.conftest import REGION, LocalCloud


class StillPlane:
    """A control plane that serves nothing but is ready."""

    ports = iter(range(20001, 30000))

    def __init__(self, face: Face, around: Surroundings) -> None:
        self.face = face
        self.ready = True
        self.closed = False
        self.server = f"https://127.0.0.1:{face.port or next(self.ports)}"
        self.authority = "-----BEGIN CERTIFICATE-----\n"
        self.issued: list[tuple[str, tuple[str, ...], float]] = []
        self.requests: list[tuple[str, str, Any]] = []

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Reply:
        self.requests.append((method, path, body))
        return Reply(201, {})

    def issue(self, user: str, *, groups: Sequence[str], seconds: float) -> Pair:
        self.issued.append((user, tuple(groups), seconds))
        return Pair(f"certificate {len(self.issued)}", f"key {len(self.issued)}")

    def tick(self) -> None: ...

    def close(self) -> None:
        self.closed = True


class Ack:
    """A cloud with a VPC of two vSwitches."""

    node_type = NODE

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.vpc_id = str(cloud.vpc.create_vpc(vpc.CreateVpcRequest(region_id=REGION, cidr_block="10.0.0.0/8")).body.vpc_id)
        cloud.pass_time(30)
        self.vswitch_ids = [self._vswitch(cidr, zone=zone) for cidr, zone in (("10.1.0.0/16", "h"), ("10.2.0.0/16", "i"))]

    @classmethod
    def found(cls, cloud: LocalCloud, before: "Ack") -> "Ack":
        """The same after a restart."""
        self = cls.__new__(cls)
        self.cloud, self.vpc_id, self.vswitch_ids = cloud, before.vpc_id, before.vswitch_ids
        return self

    def _vswitch(self, cidr: str, *, zone: str) -> str:
        request = vpc.CreateVSwitchRequest(region_id=REGION, vpc_id=self.vpc_id, zone_id=f"{REGION}-{zone}", cidr_block=cidr)
        made = str(self.cloud.vpc.create_vswitch(request).body.v_switch_id)
        self.cloud.pass_time(30)
        return made

    @property
    def world(self) -> World:
        return self.cloud.server.world

    @property
    def client(self) -> CsClient:
        return CsClient(self.cloud.config())

    def request(self, **changes: Any) -> cs.CreateClusterRequest:
        given: dict[str, Any] = {
            "name": "one",
            "region_id": REGION,
            "cluster_type": "ManagedKubernetes",
            "cluster_spec": "ack.pro.small",
            "kubernetes_version": "1.35.7-aliyun.1",
            "vpcid": self.vpc_id,
            "vswitch_ids": self.vswitch_ids,
            "container_cidr": "172.20.0.0/16",
            "service_cidr": "172.21.0.0/20",
            "node_cidr_mask": "25",
            "addons": [cs.Addon(name="flannel")],
            "tags": [cs.Tag(key="acsctl:stack", value="s")],
            **changes,
        }
        return cs.CreateClusterRequest(**given)

    def pass_time(self, seconds: float, *, boot: bool = True) -> None:
        """Time passes, the cloud moves, nodes come and go as they are told."""
        self.cloud.pass_time(seconds)
        for _ in range(3):
            background.turn(self.world)
            if boot:
                self.boot()

    def boot(self) -> None:
        """Plays those who make nodes: at once, when the instance runs."""
        with background.held(self.world):
            running = {one.id for one in self.world.store.of(INSTANCE) if one["Status"] == "Running"}
            for node in self.world.store.of(NODE):
                if node["State"] == "initial" and node.id in running:
                    node.set(State="running")
                elif node["State"] == "removing":
                    node.remove()
                elif node.get("Renew"):
                    node.set(Renew="drained" if node["Renew"] == "drain" else "")

    def cluster(self, **changes: Any) -> str:
        """A running one."""
        made = self.client.create_cluster(self.request(**changes)).body
        self.finish(made.task_id)
        assert self.detail(made.cluster_id)["state"] == "running"
        return str(made.cluster_id)

    def pool_request(self, *, size: int | None = 0, **changes: Any) -> cs.CreateClusterNodePoolRequest:
        group: dict[str, Any] = {
            "vswitch_ids": self.vswitch_ids,
            "instance_types": ["ecs.g7.xlarge"],
            "instance_charge_type": "PostPaid",
            "tags": [cs.CreateClusterNodePoolRequestScalingGroupTags(key="acsctl:stack", value="s")],
            **({} if size is None else {"desired_size": size}),
            **changes.pop("group", {}),
        }
        return cs.CreateClusterNodePoolRequest(
            nodepool_info=cs.CreateClusterNodePoolRequestNodepoolInfo(name=changes.pop("name", "workers")),
            scaling_group=cs.CreateClusterNodePoolRequestScalingGroup(**group),
            **changes,
        )

    def pool(self, cluster_id: str, **changes: Any) -> str:
        """An active one."""
        made = self.client.create_cluster_node_pool(cluster_id, self.pool_request(**changes)).body
        self.finish(made.task_id)
        assert self.pool_detail(cluster_id, made.nodepool_id)["status"]["state"] == "active"
        return str(made.nodepool_id)

    def finish(self, task_id: str, *, state: str = "success") -> dict[str, Any]:
        """Lets a task come to its end."""
        for _ in range(30):
            self.pass_time(10)
            if self.task(task_id)["state"] != "running":
                break
        found = self.task(task_id)
        assert found["state"] == state, found
        return found

    def detail(self, cluster_id: str) -> dict[str, Any]:
        return dict(self.client.describe_cluster_detail(cluster_id).body.to_map())

    def pool_detail(self, cluster_id: str, pool_id: str) -> dict[str, Any]:
        return dict(self.client.describe_cluster_node_pool_detail(cluster_id, pool_id).body.to_map())

    def task(self, task_id: str) -> dict[str, Any]:
        return dict(self.client.describe_task_info(task_id).body.to_map())

    def nodes(self, cluster_id: str, **query: Any) -> list[dict[str, Any]]:
        request = cs.DescribeClusterNodesRequest(page_size="100", **query)
        return [one.to_map() for one in self.client.describe_cluster_nodes(cluster_id, request).body.nodes]

    def instances(self) -> list[dict[str, Any]]:
        request = ecs.DescribeInstancesRequest(region_id=REGION, max_results=100)
        return [one.to_map() for one in self.cloud.ecs.describe_instances(request).body.instances.instance]
