"""Dynamic volumes: cloud disks that claims ask for, and their PersistentVolumes (addons csi-provisioner, csi-plugin).

A claim of a class of the disk driver gets a disk with the cluster's tag and a volume that stands for it; a larger request lets
both grow; a released volume goes with its disk when its policy is Delete. A disk is found by its tag, so that none is bought
twice. What a pod of a node uses is attached to the node's machine (volume_attach.py).
"""

from functools import partial
from zlib import crc32

from acsctl.emulator.errors import ApiError
from acsctl.emulator.kubernetes.client import CLAIMS, CONFLICT, NODES, STORAGE_CLASSES, VOLUMES, Object, message
from acsctl.emulator.kubernetes.drivers import DISK_DRIVER, PROVISIONED, SELECTED, STORAGE_PROVISIONER
from acsctl.emulator.kubernetes.objects.quantity import amount
from acsctl.emulator.services.cs import volume_attach
from acsctl.emulator.services.cs.rounds import Failed, Round, Seen
from acsctl.emulator.services.cs.types import ADDON
from acsctl.emulator.services.cs.volume_wishes import (
    CLUSTER_TAG,
    FINALIZER,
    VOLUME_TAG,
    ZONE_LABEL,
    Attempt,
    Wish,
    asked,
    gibibytes,
    name_of,
    told,
    too_small,
    volume_of,
    wish_of,
)
from acsctl.emulator.services.ecs.disk import AVAILABLE, DISK

PROVISIONERS = ("csi-provisioner", "managed-csiprovisioner")
NEXT_CATEGORY = ("InvalidDataDiskCategory", "InvalidDiskSize", "InvalidDataDiskSize", "OperationDenied.PerformanceLevel")
"""Codes of CreateDisk after which the driver tries the next category of a class."""


def tend(job: Round) -> None:
    volumes = [one for one in job.client.listed(VOLUMES) if (one["spec"].get("csi") or {}).get("driver") == DISK_DRIVER]
    pending = [one for one in job.client.listed(CLAIMS) if _is_waiting(one)]
    provides = any(one["Name"] in PROVISIONERS and one["State"] != "deleting" for one in job.own(ADDON))
    if provides and pending:
        _provide(job, claims=pending, names={one["metadata"]["name"] for one in volumes})
    for volume in volumes if provides else ():
        job.tried(f"volume {volume['metadata']['uid']}", work=partial(_tend_volume, job, volume=volume))
    if volumes:
        volume_attach.tend(job, volumes=volumes)


def _is_waiting(claim: Object) -> bool:
    """Whether the volume controller has handed a claim over to this driver, and nothing was made for it yet."""
    meta = claim["metadata"]
    handed = (meta.get("annotations") or {}).get(STORAGE_PROVISIONER) == DISK_DRIVER
    return handed and not claim["spec"].get("volumeName") and not meta.get("deletionTimestamp")


def _provide(job: Round, *, claims: list[Object], names: set[str]) -> None:
    classes = {one["metadata"]["name"]: one for one in job.client.listed(STORAGE_CLASSES)}
    for claim in claims:
        found = classes.get(claim["spec"].get("storageClassName") or "")
        if found is None or found["provisioner"] != DISK_DRIVER or name_of(claim) in names:
            continue
        problem = job.tried(f"claim {claim['metadata']['uid']}", work=partial(_provision, job, claim, found))
        if problem:
            note = f'failed to provision volume with StorageClass "{found["metadata"]["name"]}": {problem}'
            job.client.event(claim, reason="ProvisioningFailed", note=note, warning=True)


def _provision(job: Round, claim: Object, storage_class: Object) -> None:
    """Raises Failed, ApiError, Refused."""
    zone = _zone(job, claim, storage_class)
    if not zone:
        return
    wish = wish_of(claim, storage_class, cluster_id=job.cluster.id)
    disk = _disk_of(job, name=wish.name)
    attempt = (str(disk["Category"]), "") if disk else _buy(job, wish=wish, zone=zone)
    disk = disk or _disk_of(job, name=wish.name)
    if disk is None:
        return
    made = volume_of(claim, storage_class, disk_id=disk.id, zone=str(disk["ZoneId"]), attempt=attempt)
    reply = job.client.create(VOLUMES, made)
    if not reply.ok and reply.status != CONFLICT:
        raise Failed(message(reply))
    job.client.event(claim, reason="ProvisioningSucceeded", note=f"Successfully provisioned volume {wish.name}")


def _zone(job: Round, claim: Object, storage_class: Object) -> str:
    """Where the disk is to be: with the node that was chosen for the pod, or anywhere that nodes are.

    Empty when the chosen node is gone: another one is chosen then. Raises Failed.
    """
    nodes = {one["metadata"]["name"]: (one["metadata"].get("labels") or {}).get(ZONE_LABEL) for one in job.client.listed(NODES)}
    notes = claim["metadata"].get("annotations") or {}
    if storage_class.get("volumeBindingMode") == "WaitForFirstConsumer":
        zone = nodes.get(notes.get(SELECTED, ""))
        if zone is None:
            kept = {key: value for key, value in notes.items() if key != SELECTED}
            job.client.update(CLAIMS, {**claim, "metadata": {**claim["metadata"], "annotations": kept}})
        return zone or ""
    given = storage_class.get("parameters") or {}
    zones = [one for one in str(given.get("zoneId") or given.get("zoneid") or "").split(",") if one]
    zones = zones or sorted({one for one in nodes.values() if one})
    if not zones:
        raise Failed("error generating accessibility requirements: no available topology found")
    return zones[crc32(name_of(claim).encode()) % len(zones)]


def _disk_of(job: Round, *, name: str) -> Seen | None:
    tags = {VOLUME_TAG: name, CLUSTER_TAG: job.cluster.id}
    return next((one for one in job.all(DISK) if tags.items() <= one.tags.items()), None)


def _buy(job: Round, *, wish: Wish, zone: str) -> Attempt:
    """Makes a disk of the first category that goes. Raises Failed, ApiError."""
    told_so_far: list[str] = []
    if not wish.attempts:
        raise Failed("rpc error: code = InvalidArgument desc = illegal required parameter type: ")
    rows = [{"Key": key, "Value": value} for key, value in wish.tags.items()]
    for attempt in wish.attempts:
        small = too_small(wish, attempt)
        if small:
            told_so_far.append(small)
            continue
        category, level = attempt
        order = {"DiskCategory": category, "PerformanceLevel": level, "Size": wish.size, "ZoneId": zone, **wish.texts}
        try:
            job.ask("ecs.CreateDisk", **order, DiskName=wish.name, Tag=rows)
        except ApiError as error:
            if not error.code.startswith(NEXT_CATEGORY):
                raise
            told_so_far.append(f"{told(attempt)}: {error.message}")
            continue
        return attempt
    raise Failed(f"rpc error: code = InvalidArgument desc = all attempts failed: {'; '.join(told_so_far)}")


def _tend_volume(job: Round, *, volume: Object) -> None:
    """Raises ApiError, Refused."""
    meta, spec = volume["metadata"], volume["spec"]
    mine = (meta.get("annotations") or {}).get(PROVISIONED) == DISK_DRIVER
    if not mine:
        return
    if (volume.get("status") or {}).get("phase") == "Released":
        if spec.get("persistentVolumeReclaimPolicy") == "Delete":
            _delete(job, volume=volume)
        elif FINALIZER in (meta.get("finalizers") or ()):
            _let_go(job, volume=volume)
    else:
        _grow(job, volume=volume)


def _delete(job: Round, *, volume: Object) -> None:
    """The disk first, then the object. A disk that is still attached is waited for."""
    disk = next((one for one in job.all(DISK) if one.id == volume["spec"]["csi"]["volumeHandle"]), None)
    if disk is not None and disk["Status"] != AVAILABLE:
        return
    if disk is not None:
        job.ask("ecs.DeleteDisk", DiskId=disk.id)
    if not volume["metadata"].get("deletionTimestamp"):
        job.client.delete(VOLUMES, volume)
        job.client.stale = True
    else:
        _let_go(job, volume=volume)


def _let_go(job: Round, *, volume: Object) -> None:
    kept = [one for one in volume["metadata"].get("finalizers") or () if one != FINALIZER]
    if kept != volume["metadata"].get("finalizers"):
        job.client.update(VOLUMES, {**volume, "metadata": {**volume["metadata"], "finalizers": kept}})


def _grow(job: Round, *, volume: Object) -> None:
    """A claim that asks for more: the disk, then what volume and claim tell."""
    reference = volume["spec"].get("claimRef") or {}
    claims = job.client.listed(CLAIMS, namespace=reference.get("namespace", ""))
    claim = next((one for one in claims if one["metadata"]["uid"] == reference.get("uid")), None)
    status = (claim or {}).get("status") or {}
    if claim is None or status.get("phase") != "Bound":
        return
    wanted, size = gibibytes(asked(claim)), {"storage": f"{gibibytes(asked(claim))}Gi"}
    if wanted > gibibytes(volume["spec"]["capacity"]["storage"]):
        job.ask("ecs.ResizeDisk", DiskId=volume["spec"]["csi"]["volumeHandle"], NewSize=wanted, Type="online")
        job.client.update(VOLUMES, {**volume, "spec": {**volume["spec"], "capacity": size}})
    elif amount((status.get("capacity") or size)["storage"]) < amount(asked(claim)):
        job.client.set_status(CLAIMS, claim, status={**status, "capacity": volume["spec"]["capacity"]})
        job.client.event(claim, reason="FileSystemResizeSuccessful", note="MountVolume.NodeExpandVolume succeeded for volume")
