"""The controllers of the built-in control plane: kube-controller-manager and kube-scheduler in small.

Each brings the stored objects nearer to what is wanted, reads only through the API, and keeps nothing that it could not find
again: a process that was killed goes on where it stood.
"""

from acsctl.emulator.kubernetes.builtin.controllers.controllers import Controllers

__all__ = ["Controllers"]
