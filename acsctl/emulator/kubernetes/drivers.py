"""Storage drivers that the cloud itself plays: their volumes are made and taken away outside the control plane.

Names are those of kubernetes-sigs/alibaba-cloud-csi-driver and of the annotations of kube-controller-manager.
"""

from collections.abc import Mapping
from typing import Any

DISK_DRIVER = "diskplugin.csi.alibabacloud.com"
DRIVERS = frozenset({DISK_DRIVER})
PROVISIONED = "pv.kubernetes.io/provisioned-by"
STORAGE_PROVISIONER = "volume.kubernetes.io/storage-provisioner"
"""Annotation of a claim whose volume the named driver may make."""
SELECTED = "volume.kubernetes.io/selected-node"
"""Annotation of a claim that waited for its first pod: the node that was chosen."""


def is_clouds(volume: Mapping[str, Any]) -> bool:
    """Whether a PersistentVolume is of such a driver."""
    return (volume["spec"].get("csi") or {}).get("driver") in DRIVERS
