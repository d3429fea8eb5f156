"""What real nodes need of the machine, and the command that installs what is missing."""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from acsctl.emulator.kubernetes.real.assets import CHECKOUT, binaries

BUILT = ("kubelet", "kube-proxy", "flanneld")
PLUGINS = ("bridge", "host-local", "loopback", "portmap")
PLUGIN_FOLDERS = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
CGROUPS = Path("/sys/fs/cgroup")
# Program -> the Debian package that has it.
PROGRAMS = {
    "containerd": "containerd",
    "runc": "runc",
    "docker-registry": "docker-registry",
    "busybox": "busybox-static",
    "ip": "iproute2",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "mount": "mount",
}


class MissingPartsError(Exception):
    """Real nodes cannot be had here. missing: what is missing and how to get it, one line each."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__("; ".join(missing))
        self.missing = tuple(missing)


@dataclass(frozen=True)
class Parts:
    """Where the programs are. built: the folder of BUILT. plugins: of the CNI plugins. control: of the control plane."""

    built: Path
    plugins: Path
    control: Path
    path: str = ":".join(SYSTEM_FOLDERS)

    def program(self, name: str, *, version: str = "") -> str:
        """The absolute path of one of BUILT or PROGRAMS. version: that it is to tell, `v1.35.7-aliyun.1`; another one is taken
        where there is none of it. Raises FileNotFoundError."""
        told = self.built / version / name
        if version and os.access(told, os.X_OK):
            return str(told)
        found = str(self.built / name) if name in BUILT else shutil.which(name, path=self.path)
        if found is None:
            raise FileNotFoundError(f"{name} is not in {self.path}")
        return found


def find(*, is_root: Callable[[], bool] = lambda: os.geteuid() == 0, path: str = ":".join(SYSTEM_FOLDERS)) -> Parts:
    """The parts, all of them there. Raises MissingPartsError that names all that are not."""
    missing: list[str] = []
    if sys.platform != "linux":
        raise MissingPartsError([f"real nodes need Linux, this is {sys.platform}"])
    if not is_root():
        missing.append("real nodes need root: run it with sudo")
    missing += _packages(path)
    built = Path(os.environ.get("ACSCTL_NODE_ASSETS") or CHECKOUT / "build" / "node-assets" / "bin").absolute()
    absent = [name for name in BUILT if not os.access(built / name, os.X_OK)]
    if absent:
        missing.append(f"{', '.join(absent)} not found in {built}: run `make node-assets` in a checkout of acsctl")
    control = Path()
    try:
        control = binaries()
    except FileNotFoundError as error:
        missing.append(str(error))
    if not (CGROUPS / "cgroup.controllers").exists() and not (CGROUPS / "memory").is_dir():
        missing.append(f"there are no control groups at {CGROUPS}")
    if missing:
        raise MissingPartsError(missing)
    return Parts(built, _plugins() or PLUGIN_FOLDERS[0], control, path)


def _packages(path: str) -> list[str]:
    """One line with the command that installs all Debian packages that are missing, or nothing."""
    absent = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    packages = [PROGRAMS[name] for name in absent]
    if _plugins() is None:
        absent.append("the CNI plugins")
        packages.append("containernetworking-plugins")
    if not absent:
        return []
    return [f"{', '.join(absent)} not found: apt-get install --no-install-recommends {' '.join(dict.fromkeys(packages))}"]


def _plugins() -> Path | None:
    return next((one for one in PLUGIN_FOLDERS if all(os.access(one / name, os.X_OK) for name in PLUGINS)), None)
