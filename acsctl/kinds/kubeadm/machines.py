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
from acsctl.kinds.contract import Steps, Token, Update, Wait
from acsctl.kinds.ecs import launch, rows
from acsctl.kinds.kubeadm import assistant
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


def check_free(row: rows.Row, *, cluster: str = "") -> None:
    """That a machine is no other cluster's. Raises AcsctlError."""
    tags, id = marks.read_tags(row), dig(row, "InstanceId", str)
    other = tags.get(node_marks.CLUSTER) or tags.get(node_marks.NODE, "")
    if other and not (cluster and node_marks.node_of(tags)[0] == cluster):
        raise AcsctlError(f"{id} is a machine of another cluster already ({other})", remedy="Name machines that are free.")


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
