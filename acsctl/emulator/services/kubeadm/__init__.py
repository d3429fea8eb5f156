"""Clusters that ECS instances make of themselves, by the `kubeadm` commands of their user data. No product of the cloud.

booting.py takes an instance through its first boot; orders.py and flags.py read what kubeadm was told; planes.py opens the
control plane, populate.py fills it as `kubeadm init` does, joining.py checks who joins, nodes.py makes and keeps the Node
objects, tokens.py looks after bootstrap tokens, addresses.py tells under which addresses a control plane is reached, console.py
and assistant.py let a user look into the machine. Nothing is executed.
"""

from acsctl.emulator.services.kubeadm import assistant, booting, console, planes, tending

__all__ = ["assistant", "booting", "console", "planes", "tending"]
