"""DescribeClusterNodes and DescribeClusterAttachScripts (sheet containers.md 1.5)."""

import base64
import json
import secrets
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs.control_plane import endpoint
from acsctl.emulator.services.cs.types import NODE_POOL
from acsctl.emulator.services.cs.wiring import body, nodes_of, require_cluster, serves
from acsctl.emulator.services.ecs.instance import INSTANCE, RUNNING
from acsctl.emulator.services.naming import whole
from acsctl.emulator.services.paging import part

DEFAULT_PAGE, LARGEST_PAGE = 10, 100
STATES = ("", "all", "running", "removing", "initial", "failed")
NEVER_REGISTERED = ("initial", "failed")  # shown when they are asked for only, sheet ack-facts.md 2


@serves("DescribeClusterNodes")
def describe_cluster_nodes(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call, listed=True)
    if call.text("state") not in STATES:
        raise ApiError("InvalidParameter.State", message=f"state is one of {', '.join(STATES[1:])}.", status=400)
    found = [one for one in nodes_of(call.world, cluster_id=cluster.id) if one.visible and _is_asked(one, call=call)]
    number, size = _number(call, name="pageNumber", default=1), _number(call, name="pageSize", default=DEFAULT_PAGE)
    page = part(call, rows=found, start=(number - 1) * size, size=size)
    counts = {"page_number": number, "page_size": size, "total_count": len(found)}
    return {"nodes": [_row(one, call=call) for one in page], "page": counts}


@serves("DescribeClusterAttachScripts")
def describe_cluster_attach_scripts(call: Call) -> str:
    """One line to run on a machine by hand; nothing here runs it."""
    cluster, given = require_cluster(call, listed=True), body(call)
    pool = call.find(NODE_POOL, id=str(given.get("nodepool_id", ""))) if given.get("nodepool_id") else None
    if given.get("nodepool_id") and (pool is None or pool["ClusterId"] != cluster.id):
        raise ApiError("ErrorNodePoolNotFound", message="The node pool does not exist.", status=404)
    source = f"http://aliacs-k8s-{cluster.region}.oss-{cluster.region}-internal.aliyuncs.com/public/pkg/run/attach"
    token = f"{secrets.token_hex(3)}.{secrets.token_hex(8)}"
    line = f"curl {source}/{cluster['Version']}/attach_node.sh | bash -s -- --openapi-token {token}"
    return f"{line} --endpoint {endpoint(cluster)} {_flags(cluster, pool=pool)}\n"


def _flags(cluster: Resource, *, pool: Resource | None) -> str:
    """What the node will be (sheet ack-facts.md 4)."""
    labels = {"ack.aliyun.com": cluster.id, **({"alibabacloud.com/nodepool-id": pool.id, **pool["Labels"]} if pool else {})}
    taints = pool["Taints"] if pool else ()
    config = pool["KubernetesConfig"] if pool else {"runtime": "containerd", "runtime_version": ""}
    told = json.dumps({"kubelet_config": pool["NodeConfig"].get("kubelet_configuration", {}) if pool else {}})
    flags = {
        "labels": ",".join(f"{key}={value}" for key, value in labels.items()),
        "taints": ",".join(f"{one['key']}={one.get('value', '')}:{one.get('effect', 'NoSchedule')}" for one in taints),
        "runtime": config["runtime"],
        "runtime-version": config["runtime_version"],
        "node-config": base64.b64encode(told.encode()).decode(),
    }
    return " ".join(f"--{name} {value}" for name, value in flags.items() if value)


def _number(call: Call, *, name: str, default: int) -> int:
    """Numbers of this call are text. Raises InvalidParameter.PageSize."""
    found = whole(call.text(name)) if call.text(name) else default
    if found is None or found < 1 or (name == "pageSize" and found > LARGEST_PAGE):
        message = f"pageNumber begins with 1, pageSize is 1 to {LARGEST_PAGE}."
        raise ApiError("InvalidParameter.PageSize", message=message, status=400)
    return found


def _is_asked(node: Resource, *, call: Call) -> bool:
    wanted = {"instanceIds": node.id, "nodeNames": node["NodeName"], "nodeIps": _address(node, call=call)}
    if any(call.commas(name) and value not in call.commas(name) for name, value in wanted.items()):
        return False
    labels = [one.partition("=")[::2] for one in call.commas("nodeLabels")]
    if any(node["Labels"].get(key) != value for key, value in labels):
        return False
    if call.text("nodepool_id") not in ("", node["NodePoolId"]):
        return False
    if call.text("state") in ("", "all"):
        return node["State"] not in NEVER_REGISTERED
    return call.text("state") == str(node["State"])


def _address(node: Resource, *, call: Call) -> str:
    instance = call.find(INSTANCE, id=node.id)
    return str(instance["PrivateIpAddress"]) if instance else ""


def _row(node: Resource, *, call: Call) -> dict[str, Any]:
    instance = call.find(INSTANCE, id=node.id)
    row = {
        "instance_id": node.id,
        "node_name": node["NodeName"],
        "nodepool_id": node["NodePoolId"],
        "state": node["State"],
        "node_status": _status(node, instance=instance),
        "source": "ess_attach" if node["Attached"] else "ess",
        "error_message": "The instance has not become a node." if node["State"] == "failed" else "",
        "is_aliyun_node": True,
        "instance_role": "Worker",
        "creation_time": iso_seconds(node.created),
        "expired_time": "2099-12-31T15:59Z",
    }
    if instance is None:
        return {**row, "instance_status": "Deleted", "ip_address": []}
    return {
        **row,
        "instance_status": instance["Status"],
        "instance_name": instance["InstanceName"],
        "host_name": instance["HostName"],
        "image_id": instance["ImageId"],
        "instance_type": instance["InstanceType"],
        "instance_type_family": instance["InstanceType"].rpartition(".")[0],
        "instance_charge_type": instance["InstanceChargeType"],
        "spot_strategy": instance["SpotStrategy"],
        "ip_address": [instance["PrivateIpAddress"]],
    }


def _status(node: Resource, *, instance: Resource | None) -> str:
    if instance is None:
        return "Offline"
    if instance["Status"] != RUNNING:
        return "NotReady"
    return {"running": "Ready", "removing": "Ready", "failed": "NotReady"}.get(node["State"], "Unknown")
