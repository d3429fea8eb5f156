"""What a claim asks a cloud disk to be, and the PersistentVolume that stands for the disk; pure.

As in kubernetes-sigs/alibaba-cloud-csi-driver, pkg/disk (getDiskVolumeOptions, createDisk, volumeCreate), and in the
external-provisioner that runs beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from acsctl.emulator.kubernetes.client import Object
from acsctl.emulator.kubernetes.drivers import DISK_DRIVER, PROVISIONED
from acsctl.emulator.kubernetes.objects.quantity import amount

FINALIZER = "external-provisioner.volume.kubernetes.io/finalizer"
ZONE_LABEL = "topology.diskplugin.csi.alibabacloud.com/zone"
VOLUME_TAG, CLUSTER_TAG = "csi.alibabacloud.com/volume-name", "ack.aliyun.com"
GIB = 1024**3
LEAST = {"cloud_efficiency": 20, "cloud_ssd": 20, "cloud_essd": 20, "cloud_essd_entry": 10}
LEAST_OF_LEVEL = {"PL0": 1, "PL1": 20, "PL2": 461, "PL3": 1261}
"""GiB, as the driver checks before it asks for a disk."""

Attempt = tuple[str, str]
"""Category and performance level (empty: its default)."""


@dataclass(frozen=True)
class Wish:
    """size: GiB. attempts: in their order. texts: further parameters of CreateDisk."""

    name: str
    size: int
    attempts: tuple[Attempt, ...]
    tags: Mapping[str, str]
    texts: Mapping[str, Any]


def name_of(claim: Object) -> str:
    """Of the volume of a claim, and of its disk."""
    return f"pvc-{claim['metadata']['uid']}"


def gibibytes(quantity: str) -> int:
    """A size rounded up to GiB. Raises BadQuantity."""
    return ceil(amount(quantity) / GIB)


def asked(claim: Object) -> str:
    """The size that a claim asks for, a quantity."""
    return str(((claim["spec"].get("resources") or {}).get("requests") or {}).get("storage", "0"))


def wish_of(claim: Object, storage_class: Object, *, cluster_id: str) -> Wish:
    given: Mapping[str, str] = storage_class.get("parameters") or {}
    kinds = [one.strip() for one in given.get("type", "").split(",") if one.strip()]
    levels = [one.strip() for one in given.get("performanceLevel", "").split(",") if one.strip()] or [""]
    attempts = [(kind, level) for kind in kinds for level in (levels if kind == "cloud_essd" else [""])]
    meta, name = claim["metadata"], name_of(claim)
    tags = {
        "k8s.aliyun.com": "true",
        "createdby": "alibabacloud-csi-plugin",
        CLUSTER_TAG: cluster_id,
        **_own_tags(given),
        "kubernetes.io/created-for/pvc/name": meta["name"],
        "kubernetes.io/created-for/pvc/namespace": meta["namespace"],
        "kubernetes.io/created-for/pv/name": name,
        VOLUME_TAG: name,
    }
    encrypted = given.get("encrypted", "").lower() in ("yes", "true", "1")
    texts = {
        "Encrypted": encrypted,
        "KMSKeyId": given.get("kmsKeyId", "") if encrypted else "",
        "ResourceGroupId": given.get("resourceGroupId", ""),
    }
    return Wish(name, gibibytes(asked(claim)), tuple(attempts), tags, texts)


def _own_tags(given: Mapping[str, str]) -> dict[str, str]:
    """`diskTags: "a:b,c:d"`, and `diskTags/a: b`."""
    listed = (one.partition(":") for one in given.get("diskTags", "").split(",") if ":" in one)
    named = {key.removeprefix("diskTags/"): value for key, value in given.items() if key.startswith("diskTags/")}
    return {**{key.strip(): value.strip() for key, _, value in listed}, **named}


def too_small(wish: Wish, attempt: Attempt) -> str:
    """Why an attempt is not even made; empty when it is."""
    category, level = attempt
    least = LEAST_OF_LEVEL.get(level, 0) if level else LEAST.get(category, 0)
    if wish.size >= least:
        return ""
    return f"{told(attempt)}: requested size {wish.size}GiB is less than minimum {least}GiB"


def told(attempt: Attempt) -> str:
    return ".".join(one for one in attempt if one)


def volume_of(claim: Object, storage_class: Object, *, disk_id: str, zone: str, attempt: Attempt) -> Object:
    """The PersistentVolume, kept for the claim."""
    meta, policy = claim["metadata"], storage_class.get("reclaimPolicy") or "Delete"
    given: Mapping[str, str] = storage_class.get("parameters") or {}
    mode = claim["spec"].get("volumeMode") or "Filesystem"
    term = {"matchExpressions": [{"key": ZONE_LABEL, "operator": "In", "values": [zone]}]}
    csi: Object = {"driver": DISK_DRIVER, "volumeHandle": disk_id, "volumeAttributes": {**given, "type": attempt[0]}}
    if mode == "Filesystem":
        csi["fsType"] = given.get("csi.storage.k8s.io/fstype") or "ext4"
    secrets = {f"volume.kubernetes.io/provisioner-deletion-secret-{one}": "" for one in ("name", "namespace")}
    return {
        "metadata": {
            "name": name_of(claim),
            "annotations": {PROVISIONED: DISK_DRIVER, **secrets},
            **({"finalizers": [FINALIZER]} if policy == "Delete" else {}),
        },
        "spec": {
            "capacity": {"storage": f"{gibibytes(asked(claim))}Gi"},
            "accessModes": claim["spec"].get("accessModes") or ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": policy,
            "storageClassName": storage_class["metadata"]["name"],
            "volumeMode": mode,
            **({"mountOptions": storage_class["mountOptions"]} if storage_class.get("mountOptions") else {}),
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                **{one: meta[one] for one in ("namespace", "name", "uid", "resourceVersion")},
            },
            "csi": csi,
            "nodeAffinity": {"required": {"nodeSelectorTerms": [term]}},
        },
    }
