"""Kubelets without machines: what they would report of nodes and pods, written through the API of either control plane."""

from acsctl.emulator.kubernetes.kubelet.kubelets import Kubelets

__all__ = ["Kubelets"]
