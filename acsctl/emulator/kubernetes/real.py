"""The real control plane: etcd, kube-apiserver, kube-controller-manager and kube-scheduler as processes."""

from acsctl.emulator.kubernetes.plane import Face, Plane
from acsctl.emulator.kubernetes.planes import Surroundings


def start(face: Face, around: Surroundings) -> Plane:
    """Starts the processes of one cluster."""
    raise NotImplementedError
