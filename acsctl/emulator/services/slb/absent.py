"""Lists of what the local cloud's load balancers never have: access lists, certificates, pairs of servers."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.services.paging import by_number
from acsctl.emulator.services.slb.types import require_balancer


@action("slb.DescribeAccessControlLists")
def describe_access_control_lists(call: Call) -> dict[str, Any]:
    _, counts = by_number(call, rows=[])
    return {"Acls": {"Acl": []}, "Count": 0, **counts}


@action("slb.DescribeServerCertificates")
def describe_server_certificates(call: Call) -> dict[str, Any]:
    return {"ServerCertificates": {"ServerCertificate": []}}


@action("slb.DescribeCACertificates")
def describe_ca_certificates(call: Call) -> dict[str, Any]:
    return {"CACertificates": {"CACertificate": []}}


@action("slb.DescribeMasterSlaveServerGroups")
def describe_master_slave_server_groups(call: Call) -> dict[str, Any]:
    require_balancer(call)
    return {"MasterSlaveServerGroups": {"MasterSlaveServerGroup": []}}
