"""The real control plane: etcd, kube-apiserver, kube-controller-manager and kube-scheduler as processes of one cluster.

`make kube-assets` builds them. The kubelets are played (kubelet.py): a pod runs as far as its status tells. What needs a
container, the logs of a pod or a command in it, is answered by nobody here.
"""

from acsctl.emulator.kubernetes.real.plane import start

__all__ = ["start"]
