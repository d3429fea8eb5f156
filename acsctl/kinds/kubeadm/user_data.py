"""The user data that make a machine a node: a cloud-config document with kubeadm's configuration and one script.

cloud-init runs them on the first start of a system disk. They hold no lasting secret: anybody who may call DescribeUserData,
and any process on the machine, can read them (sheet containers.md 2.5). What lets a worker in is a token that is soon over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import yaml

from acsctl.errors import AcsctlError
from acsctl.kinds.kubeadm.config import Document
from acsctl.kinds.kubeadm.script import PREPARE
from acsctl.kinds.kubeadm.settings import Release

BYTES_AT_MOST = 32 * 1024
CONFIG = "/etc/kubernetes/kubeadm.yaml"
SCRIPT = "/usr/local/sbin/prepare-kubernetes-node"
RELEASE = "/etc/kubernetes/release.env"


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, which a person can read on the machine."""

    def ignore_aliases(self, data: Any) -> bool:
        """A document without anchors."""
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def render(verb: Literal["init", "join"], documents: Sequence[Document], release: Release) -> str:
    """User data in clear. Raises AcsctlError where they are too long."""
    files = [
        _file("/etc/modules-load.d/kubernetes.conf", "overlay\nbr_netfilter\nvxlan\n"),
        _file("/etc/sysctl.d/99-kubernetes.conf", _SYSCTL),
        _file(RELEASE, _release(release)),
        _file(SCRIPT, PREPARE, mode="0755"),
        _file(CONFIG, "---\n".join(map(_dump, documents)), mode="0600"),
    ]
    # Each command sees only that the one before has ended: kubeadm's own checks stop it where that has failed.
    commands = [[SCRIPT, RELEASE], ["kubeadm", verb, "--config", CONFIG]]
    text = "#cloud-config\n" + _dump({"write_files": files, "runcmd": commands})
    if (size := len(text.encode())) > BYTES_AT_MOST:
        raise AcsctlError(f"the user data of a node have {size} bytes, and {BYTES_AT_MOST} is the most", remedy=SHORTER)
    return text


SHORTER = "Leave out labels or taints of the pool, or set them after the nodes are there."

_SYSCTL = """\
net.bridge.bridge-nf-call-iptables = 1
net.bridge.bridge-nf-call-ip6tables = 1
net.ipv4.ip_forward = 1
"""


def _release(release: Release) -> str:
    words = {"VERSION": release.version, "MINOR": release.minor, "MIRROR": release.mirror, "IMAGES": release.images}
    return "".join(f"{name}={value}\n" for name, value in words.items())


def sources(text: str) -> dict[str, str]:
    """Where the node of these user data got its packages and images from: `mirror` and `images`."""
    found = re.findall(r"^\s+(MIRROR|IMAGES)=(\S+)$", text, re.MULTILINE)
    return {name.lower(): value for name, value in found}


def _file(path: str, content: str, *, mode: str = "0644") -> dict[str, str]:
    return {"path": path, "permissions": mode, "owner": "root:root", "content": content}


def _dump(value: Any) -> str:
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=1000))
