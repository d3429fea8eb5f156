"""One node: its disk with the files of its programs, its namespaces, and its first process."""

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from acsctl.emulator.kubernetes.nodes import cgroups, configuration
from acsctl.emulator.kubernetes.nodes.configuration import NodeFacts
from acsctl.emulator.kubernetes.nodes.namespaces import Namespace, opened
from acsctl.emulator.kubernetes.nodes.parts import Parts
from acsctl.emulator.kubernetes.pki import LIFETIME, write_private
from acsctl.emulator.kubernetes.plane import Plane
from acsctl.emulator.kubernetes.real.child import Child

BOOT = Path(__file__).with_name("boot.py")
NETWORK_FILE = "05-acsctl.conflist"  # before that of any pod that brings one, since the work is done here
PATIENCE = 15.0  # wall seconds for all of a machine to end
CREDENTIALS = {
    "kubelet": ("system:node:{name}", ("system:nodes",)),
    "kube-proxy": ("system:kube-proxy", ()),
    "flanneld": ("flanneld", ("system:masters",)),
}
"""Of each program: user and groups. Flannel writes into Node objects, which a role of its own would have to allow first."""


@dataclass(frozen=True)
class MachineWish:
    """A machine as it is to be. id: of the instance. boot: another one starts it again. vpc, cluster: ids. subnet: the range of
    its vSwitch. node: name of its Node object."""

    id: str
    boot: str
    vpc: str
    subnet: str
    address: str
    cluster: str
    node: str


class Machine:
    """A running node. folder: its disk, made here, and gone with it. Raises OSError when it cannot be started."""

    def __init__(self, wish: MachineWish, *, folder: Path, facts: NodeFacts, plane: Plane, parts: Parts) -> None:
        self.wish, self.facts, self.folder = wish, facts, folder
        self._parts = parts
        self._net_conf = ""
        self._hosts: dict[str, str] = {}
        self._subnet: tuple[str, int] | None = None
        _lay_down(folder, facts=facts, plane=plane, parts=parts)
        cgroups.make(facts.group)
        self._first = Child(_command(folder, name=facts.name, parts=parts), folder=folder)
        self.namespace: Namespace = opened(self._first)

    @property
    def failure(self) -> str:
        """Why it ended by itself; empty while it runs."""
        return "" if self._first.code is None else f"it ended with {self._first.code}: {self._first.last_words()}"

    def run(self, *names: str) -> None:
        """Runs programs from now on, whenever they end."""
        version = self.facts.cluster.version
        programs = {
            one: self._parts.program(one, version=version) for one in ("containerd", "kubelet", "kube-proxy", "flanneld")
        }
        lines = configuration.commands(self.facts, programs=programs)
        for name in names:
            _put(self.folder / "programs" / f"{name}.json", text=json.dumps(lines[name]))

    def set_network(self, net_conf: str) -> None:
        """Lets flanneld run by this configuration, `net-conf.json`. It is fixed for a node, as it is for a cluster."""
        if net_conf and not self._net_conf:
            self._net_conf = net_conf
            _put(self.folder / "net-conf.json", text=net_conf)
            self.run("flanneld")

    def keep_connected(self, hosts: Mapping[str, str]) -> None:
        """Images come from these hosts, host name of a registry or `_default` -> URL; and pods get their network as soon as
        flanneld has a block of addresses for them."""
        self._set_hosts(hosts)
        file = self.folder / "flannel" / "subnet.env"
        if self._subnet is None and file.exists():
            self._subnet = configuration.subnet_file(file.read_text(encoding="utf-8"))
            if self._subnet is not None:
                subnet, mtu = self._subnet
                _put(self.folder / "cni" / NETWORK_FILE, text=configuration.interface_file(subnet, mtu=mtu))

    def _set_hosts(self, hosts: Mapping[str, str]) -> None:
        if hosts == self._hosts:
            return
        self._hosts = dict(hosts)
        there = {one.name for one in (self.folder / "certs.d").iterdir()}
        for name, url in hosts.items():
            (self.folder / "certs.d" / name).mkdir(exist_ok=True)
            _put(self.folder / "certs.d" / name / "hosts.toml", text=configuration.hosts(url))
        for name in there - hosts.keys():
            (self.folder / "certs.d" / name / "hosts.toml").unlink(missing_ok=True)

    def end(self) -> None:
        """Its disk goes too. Raises TimeoutError when something of it goes on."""
        self._first.end(0.0)  # the kernel kills all that runs in its namespaces
        cgroups.remove(self.facts.group, patience=PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)  # what cannot be removed now is removed at the end


def _command(folder: Path, *, name: str, parts: Parts) -> list[str]:
    own = ["--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc"]
    python = [sys.executable, "-I", "-S", str(BOOT), str(folder), name]
    return [parts.program("unshare"), *own, "--", *python]


def _lay_down(folder: Path, *, facts: NodeFacts, plane: Plane, parts: Parts) -> None:
    """The disk of a machine that has never run."""
    for name in ("programs", "logs", "cni", "flannel", "certs.d", "pki"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    _put(folder / "ca.pem", text=facts.cluster.authority)
    _put(folder / "kubelet.json", text=configuration.kubelet(facts))
    _put(folder / "kube-proxy.json", text=configuration.proxy(facts))
    _put(folder / "containerd.toml", text=configuration.containerd(plugins=str(parts.plugins)))
    for program, (user, groups) in CREDENTIALS.items():
        name = user.format(name=facts.name)
        pair = plane.issue(name, groups=groups, seconds=LIFETIME.total_seconds())
        text = configuration.kubeconfig(facts.cluster, user=name, pair=pair)
        write_private(folder / f"{program}.kubeconfig", text=text)


def _put(file: Path, *, text: str) -> None:
    """At once: nobody reads half of it."""
    new = file.with_name(f".{file.name}.new")
    write_private(new, text=text)
    new.replace(file)
