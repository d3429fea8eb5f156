"""Disks of volumes on the machines that use them (ControllerPublishVolume of the driver, pkg/disk/cloud.go).

A disk is attached to the machine of the node where a pod uses its claim, and detached when no pod does any more. Kubelets here
do not wait for it.
"""

from collections.abc import Iterable
from functools import partial

from acsctl.emulator.kubernetes.client import CLAIMS, NODES, PODS, Object
from acsctl.emulator.services.cs.rounds import Round, Seen
from acsctl.emulator.services.ecs.disk import AVAILABLE, DISK, IN_USE

FINAL = ("Succeeded", "Failed")


def tend(job: Round, *, volumes: Iterable[Object]) -> None:
    """volumes: of the disk driver."""
    disks = {one.id: one for one in job.all(DISK)}
    users = _users(job)
    machines = {one["metadata"]["name"]: _machine(one) for one in job.client.listed(NODES)}
    for volume in volumes:
        disk = disks.get(str(volume["spec"]["csi"]["volumeHandle"]))
        pod = users.get(volume["metadata"]["name"])
        machine = machines.get(pod["spec"]["nodeName"], "") if pod else ""
        if disk is not None and disk["InstanceId"] != machine:
            job.tried(f"attachment {disk.id}", work=partial(_move, job, disk, pod, machine=machine))


def _users(job: Round) -> dict[str, Object]:
    """By volume: a pod that has a node and uses it."""
    claims = {
        (one["metadata"]["namespace"], one["metadata"]["name"]): str(one["spec"].get("volumeName") or "")
        for one in job.client.listed(CLAIMS)
    }
    found: dict[str, Object] = {}
    for pod in job.client.listed(PODS):
        if not pod["spec"].get("nodeName") or (pod.get("status") or {}).get("phase") in FINAL:
            continue
        for one in pod["spec"].get("volumes") or ():
            name = (one.get("persistentVolumeClaim") or {}).get("claimName", "")
            found.setdefault(claims.get((pod["metadata"]["namespace"], name), ""), pod)
    return found


def _machine(node: Object) -> str:
    """The instance id in `<region>.<instance id>`."""
    return str(node["spec"].get("providerID") or "").rpartition(".")[2]


def _move(job: Round, disk: Seen, pod: Object | None, *, machine: str) -> None:
    """Off one machine first, then onto the other. Raises ApiError."""
    if disk["InstanceId"]:
        if disk["Status"] == IN_USE:
            job.ask("ecs.DetachDisk", DiskId=disk.id, InstanceId=disk["InstanceId"])
    elif machine and disk["Status"] == AVAILABLE and pod is not None:
        job.ask("ecs.AttachDisk", DiskId=disk.id, InstanceId=machine)
        note = f'AttachVolume.Attach succeeded for volume "{disk["DiskName"]}"'
        job.client.event(pod, reason="SuccessfulAttachVolume", note=note)
