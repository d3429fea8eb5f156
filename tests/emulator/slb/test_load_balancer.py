"""Load balancers, listeners, servers behind them and tags, as the SDK sees them."""

import json
from typing import Any

import pytest
from alibabacloud_slb20140515 import models
from alibabacloud_slb20140515.client import Client
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, LocalCloud, code_of
from tests.emulator.ecs.conftest import Net, net, running
from tests.emulator.vpc.network import vswitches

__all__ = ["net"]
REQUESTS = {name.lower(): kind for name, kind in vars(models).items() if name.endswith("Request")}


class Balancers:
    """Calls by the SDK's request types, with the region; the bodies as dicts."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._client = Client(cloud.config())

    def __call__(self, name: str, **fields: Any) -> dict[str, Any]:
        request = REQUESTS[f"{name.replace('_', '')}request"](region_id=REGION, **fields)
        body: dict[str, Any] = vars(Client)[name](self._client, request).body.to_map()
        return body

    def code(self, name: str, **fields: Any) -> str:
        with pytest.raises(DaraException) as failure:
            self(name, **fields)
        return code_of(failure)

    def make(self, **fields: Any) -> str:
        return str(self("create_load_balancer", **{"load_balancer_spec": "slb.s1.small", **fields})["LoadBalancerId"])

    def one(self, id_: str) -> dict[str, Any]:
        return self("describe_load_balancer_attribute", load_balancer_id=id_)

    def ids(self, **filters: Any) -> list[str]:
        rows = self("describe_load_balancers", **filters)["LoadBalancers"]["LoadBalancer"]
        return [one["LoadBalancerId"] for one in rows]


@pytest.fixture
def slb(cloud: LocalCloud) -> Balancers:
    return Balancers(cloud)


def test_a_public_one_lives(cloud: LocalCloud, slb: Balancers) -> None:
    id_ = slb.make(load_balancer_name="front", client_token="t")
    assert slb.make(load_balancer_name="front", client_token="t") == id_
    there = slb.one(id_)
    assert (there["LoadBalancerStatus"], there["AddressType"], there["LoadBalancerName"]) == ("active", "internet", "front")
    assert there["Address"].startswith("198.18.")
    slb("set_load_balancer_name", load_balancer_id=id_, load_balancer_name="back")
    slb("set_load_balancer_status", load_balancer_id=id_, load_balancer_status="inactive")
    slb("set_load_balancer_delete_protection", load_balancer_id=id_, delete_protection="on")
    there = slb.one(id_)
    assert (there["LoadBalancerName"], there["LoadBalancerStatus"], there["DeleteProtection"]) == ("back", "inactive", "on")
    assert slb.code("delete_load_balancer", load_balancer_id=id_) == "OperationDenied.DeleteProtectionIsOn"
    slb("set_load_balancer_delete_protection", load_balancer_id=id_, delete_protection="off")
    slb("delete_load_balancer", load_balancer_id=id_)
    assert slb.code("describe_load_balancer_attribute", load_balancer_id=id_) == "InvalidLoadBalancerId.NotFound"
    assert cloud.world() == []


def test_an_intranet_one_takes_an_address_and_blocks_its_vswitch(cloud: LocalCloud, slb: Balancers, net: Net) -> None:
    before = vswitches(cloud, VSwitchId=net.vswitch_id)[0]["AvailableIpAddressCount"]
    assert slb.code("create_load_balancer", load_balancer_spec="s", address_type="intranet") == "MissingParam.VSwitchId"
    id_ = slb.make(address_type="intranet", v_switch_id=net.vswitch_id)
    there = slb.one(id_)
    assert (there["VpcId"], there["VSwitchId"], there["NetworkType"]) == (net.vpc_id, net.vswitch_id, "vpc")
    assert vswitches(cloud, VSwitchId=net.vswitch_id)[0]["AvailableIpAddressCount"] == before - 1
    assert cloud.code("DeleteVSwitch", VSwitchId=net.vswitch_id) == "DependencyViolation"
    slb("delete_load_balancer", load_balancer_id=id_)
    assert cloud.code("DeleteVSwitch", VSwitchId=net.vswitch_id) == ""


def test_an_eip_is_bound_to_an_intranet_one(cloud: LocalCloud, slb: Balancers, net: Net) -> None:
    id_ = slb.make(address_type="intranet", v_switch_id=net.vswitch_id)
    eip = cloud.do("AllocateEipAddress")["AllocationId"]
    bind = {"AllocationId": eip, "InstanceType": "SlbInstance"}
    assert cloud.code("AssociateEipAddress", InstanceId=slb.make(), **bind) != ""
    assert cloud.code("AssociateEipAddress", InstanceId=id_, **bind) == ""


def test_lists_are_filtered_and_paged(slb: Balancers) -> None:
    tag = models.CreateLoadBalancerRequestTag(key="team", value="shop")
    first, second = slb.make(load_balancer_name="a", tag=[tag]), slb.make(load_balancer_name="b")
    assert slb.ids() == [first, second]
    assert slb.ids(load_balancer_name="b") == [second]
    assert slb.ids(load_balancer_id=f"{first},{second}", page_number=2, page_size=1) == [second]
    assert slb.ids(tags=json.dumps([{"TagKey": "team", "TagValue": "shop"}])) == [first]
    assert slb.ids(tag=[models.DescribeLoadBalancersRequestTag(key="team")]) == [first]


def test_tags_in_both_ways(slb: Balancers) -> None:
    id_ = slb.make()
    slb("add_tags", load_balancer_id=id_, tags=json.dumps([{"TagKey": "a", "TagValue": "1"}]))
    new = models.TagResourcesRequestTag(key="b", value="2")
    slb("tag_resources", resource_id=[id_], resource_type="instance", tag=[new])
    slb("remove_tags", load_balancer_id=id_, tags=json.dumps([{"TagKey": "a", "TagValue": "1"}]))
    assert slb.one(id_)["Tags"]["Tag"] == [{"TagKey": "b", "TagValue": "2"}]
    rows = slb("describe_tags")["TagSets"]["TagSet"]
    assert rows == [{"TagKey": "b", "TagValue": "2", "InstanceCount": 1}]
    slb("untag_resources", resource_id=[id_], resource_type="instance", tag_key=["b"])
    assert slb("list_tag_resources", resource_id=[id_], resource_type="instance")["TagResources"]["TagResource"] == []


@pytest.mark.parametrize("protocol", ["tcp", "udp", "http", "https"])
def test_a_listener_lives(cloud: LocalCloud, slb: Balancers, protocol: str) -> None:
    id_ = slb.make()
    which = {"load_balancer_id": id_, "listener_port": 80}
    fields = {**which, "bandwidth": -1, "backend_server_port": 8080, "description": "web"}
    if protocol.startswith("http"):
        fields["health_check"] = "off"
    create, describe = f"create_load_balancer_{protocol}listener", f"describe_load_balancer_{protocol}listener_attribute"
    slb(create, **fields)
    assert slb.code(create, **fields) in ("ListenerAlreadyExists", "ListenerPortConflict")
    there = slb(describe, **which)
    assert (there["Status"], there["BackendServerPort"], there["Scheduler"]) == ("stopped", 8080, "wrr")
    slb("start_load_balancer_listener", **which, listener_protocol=protocol)
    assert slb(describe, **which)["Status"] == "starting"
    cloud.pass_time(1)
    slb(f"set_load_balancer_{protocol}listener_attribute", **which, bandwidth=10)
    there = slb(describe, **which)
    assert (there["Status"], there["Bandwidth"]) == ("running", 10)
    listed = slb("describe_load_balancer_listeners", load_balancer_id=[id_])["Listeners"]
    assert [(one["ListenerPort"], one["ListenerProtocol"], one["Description"]) for one in listed] == [(80, protocol, "web")]
    assert slb.one(id_)["ListenerPortsAndProtocol"]["ListenerPortAndProtocol"][0]["ListenerProtocol"] == protocol
    slb("stop_load_balancer_listener", **which)
    cloud.pass_time(1)
    slb("delete_load_balancer_listener", **which)
    assert slb.code(describe, **which) == "ResourceNotFound.Listener"


def test_servers_run_behind_it(cloud: LocalCloud, slb: Balancers, net: Net) -> None:
    id_, instance_id = slb.make(), running(cloud, net)
    unknown = json.dumps([{"ServerId": "i-nowhere"}])
    assert slb.code("add_backend_servers", load_balancer_id=id_, backend_servers=unknown) != ""
    server = {"ServerId": instance_id, "Weight": 50}
    slb("add_backend_servers", load_balancer_id=id_, backend_servers=json.dumps([server]))
    assert [one["Weight"] for one in slb.one(id_)["BackendServers"]["BackendServer"]] == [50]
    assert slb.ids(server_id=instance_id) == [id_]
    slb("create_load_balancer_tcplistener", load_balancer_id=id_, listener_port=80, bandwidth=-1, backend_server_port=80)
    health = slb("describe_health_status", load_balancer_id=id_)["BackendServers"]["BackendServer"]
    assert [one["ServerHealthStatus"] for one in health] == ["abnormal"]
    slb("start_load_balancer_listener", load_balancer_id=id_, listener_port=80)
    cloud.pass_time(1)
    health = slb("describe_health_status", load_balancer_id=id_)["BackendServers"]["BackendServer"]
    assert [(one["ServerId"], one["ServerHealthStatus"]) for one in health] == [(instance_id, "normal")]
    slb("remove_backend_servers", load_balancer_id=id_, backend_servers=json.dumps([instance_id]))
    assert slb.one(id_)["BackendServers"]["BackendServer"] == []


def test_a_group_of_servers_lives(cloud: LocalCloud, slb: Balancers, net: Net) -> None:
    id_, instance_id = slb.make(), running(cloud, net)
    servers = json.dumps([{"ServerId": instance_id, "Port": 30080, "Weight": 100}])
    made = slb("create_vserver_group", load_balancer_id=id_, vserver_group_name="web", backend_servers=servers)
    group = {"vserver_group_id": made["VServerGroupId"]}
    slb("create_load_balancer_tcplistener", load_balancer_id=id_, listener_port=80, bandwidth=-1, **group)
    assert slb.code("delete_vserver_group", **group) == "RspoolVipExist"
    moved = json.dumps([{"ServerId": instance_id, "Port": 30081, "Weight": 10}])
    slb("modify_vserver_group_backend_servers", **group, old_backend_servers=servers, new_backend_servers=moved)
    there = slb("describe_vserver_group_attribute", **group)
    assert [(one["Port"], one["Weight"]) for one in there["BackendServers"]["BackendServer"]] == [(30081, 10)]
    rows = slb("describe_vserver_groups", load_balancer_id=id_, include_listener=True)["VServerGroups"]["VServerGroup"]
    assert [(one["VServerGroupName"], one["ServerCount"]) for one in rows] == [("web", 1)]
    assert rows[0]["AssociatedObjects"]["Listeners"]["Listener"] == [{"Port": 80, "Protocol": "tcp"}]
    slb("delete_load_balancer_listener", load_balancer_id=id_, listener_port=80)
    slb("remove_vserver_group_backend_servers", **group, backend_servers=moved)
    slb("delete_vserver_group", **group)
    assert slb.code("describe_vserver_group_attribute", **group) == "InvalidParameter"


def test_regions_and_zones(slb: Balancers) -> None:
    assert REGION in [one["RegionId"] for one in slb("describe_regions")["Regions"]["Region"]]
    zones = slb("describe_zones")["Zones"]["Zone"]
    assert all(zone["SlaveZones"]["SlaveZone"] for zone in zones) and len(zones) > 1
