"""Machines that become nodes: stopped, given user data and an empty system disk, started (compute.md 1.4, containers.md 1.5).

Cloud-init runs user data on the first start of a system disk, so that a machine of a fleet becomes a node as it does on ACK: it
keeps its id and its address, and whatever was on it is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from acsctl.cloud import Cloud, dig
from acsctl.errors import AcsctlError, CloudError
from acsctl.kinds import marks
from acsctl.kinds.contract import Scope, Steps, Token, Update, Wait
from acsctl.kinds.ecs import launch, rows
from acsctl.kinds.kubeadm import access, assistant
from acsctl.kinds.kubeadm import marks as node_marks
from acsctl.model import ownership

RUNNING = "Running"
RESET = "#!/bin/bash\nset -eu\nkubeadm reset --force\n"


def found(cloud: Cloud, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The rows of these machines. Raises CloudError where one is not there."""
    here = {dig(row, "InstanceId", str): row for row in rows.instances(cloud, ids)}
    for id in ids:
        if id not in here:
            raise CloudError("InvalidInstanceId.NotFound", action=rows.INSTANCES.name, said=f"{id} is not there")
    return here


def of_stack(cloud: Cloud, scope: Scope) -> list[dict[str, Any]]:
    """The machines of the stack as they are now, in a stack that has such clusters, or wants one; else none.

    Its instances may have been listed a while ago: that a machine has become a node changes nothing that makes a run list them.
    """
    there = [item.raw for item in scope.live.get("instance", ()) if item.raw]
    wanted = any(one.spec.get("provider") == "kubeadm" for one in scope.desired.values() if one.address.kind == "cluster")
    if not wanted and not any(node_marks.CLUSTER in marks.read_tags(row) for row in there):
        return []
    return rows.instances(cloud, [dig(row, "InstanceId", str) for row in there])


def check_free(cloud: Cloud, row: rows.Row, *, cluster: str = "") -> None:
    """That a machine is no other cluster's, of those that there still are. Raises AcsctlError."""
    id, owner = dig(row, "InstanceId", str), node_marks.node_of(marks.read_tags(row))[0]
    other = node_marks.id_of(row) or ("" if owner in ("", cluster) or access.gone(cloud, owner) else owner)
    if other:
        raise AcsctlError(f"{id} is a machine of cluster {other} already", remedy="Name machines that are free.")


def renew(cloud: Cloud, ids: Sequence[str], texts: Callable[[], Mapping[str, str]], token: Token) -> Steps:
    """Give machines their user data and an empty disk each, and start them. `texts` makes the user data by id, once all are
    stopped: what is in them begins to age then."""
    ids = list(ids)
    cloud.call("ecs", "StopInstances", {"RegionId": cloud.region, "InstanceId": ids, "StoppedMode": "KeepCharging"})
    yield Wait(tuple(ids), until="stopped", kind="instance")
    here = found(cloud, ids)
    for id, text in texts().items():
        cloud.call("ecs", "ModifyInstanceAttribute", {"InstanceId": id, "UserData": launch.encoded(text) or ""})
        _empty_disk(cloud, here[id], token)


def start(cloud: Cloud, ids: Sequence[str]) -> Steps:
    """Start stopped machines, and wait until they run."""
    cloud.call("ecs", "StartInstances", {"RegionId": cloud.region, "InstanceId": list(ids)})
    yield Wait(tuple(ids), kind="instance")


def _empty_disk(cloud: Cloud, row: rows.Row, token: Token) -> None:
    """ReplaceSystemDisk with the machine's own image, size and key pair; the new disk gets the tags of the old one."""
    id = dig(row, "InstanceId", str)
    (disk, *_) = rows.disks_of(cloud, id, of="system")
    params = {
        "InstanceId": id,
        "ImageId": dig(row, "ImageId", str),
        "SystemDisk": {"Size": dig(disk, "Size", int)},
        "KeyPairName": row.get("KeyPairName") or None,
        "ClientToken": token("node", id, dig(disk, "DiskId", str)),
    }
    made = dig(cloud.call("ecs", "ReplaceSystemDisk", params), "DiskId", str, action="ecs.ReplaceSystemDisk")
    mark = ownership.read(marks.read_tags(row))
    if mark:
        marks.write_tags(cloud, "ecs", "disk", ids=[made], change=Update({}, set_tags=mark.tags()))


def reset(cloud: Cloud, row: rows.Row) -> None:
    """`kubeadm reset` on a machine: it is no node any more. One that does not run has nothing that could go on.

    Raises CloudError where the command fails.
    """
    id = dig(row, "InstanceId", str)
    if row.get("Status") != RUNNING:
        return
    result = assistant.run(cloud, id, RESET)
    if result.code != 0:
        said = f"kubeadm reset failed on {id}: {result.output.strip()[-300:]}"
        raise CloudError("acsctl.CommandFailed", action="ecs.RunCommand", said=said)
