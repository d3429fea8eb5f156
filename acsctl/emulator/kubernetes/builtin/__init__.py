"""The built-in Kubernetes API: what a stack needs of a control plane, with no binary."""

from acsctl.emulator.kubernetes.builtin.plane import BuiltinPlane
from acsctl.emulator.kubernetes.plane import Face, Plane
from acsctl.emulator.kubernetes.planes import Surroundings


def start(face: Face, around: Surroundings) -> Plane:
    """A control plane inside this process. Raises OSError when its port is taken."""
    return BuiltinPlane(face, around=around)
