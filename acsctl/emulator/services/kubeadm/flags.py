"""The command line of kubeadm (cmd/kubeadm/app/cmd/{init,join}.go, app/apis/kubeadm/validation)."""

from collections.abc import Sequence
from dataclasses import dataclass, field


class Wrong(Exception):
    """What kubeadm was told cannot be; the message is kubeadm's."""


@dataclass(frozen=True)
class Line:
    """verb: init or join. given: values by flag, as often as it was given. rest: what is no flag."""

    verb: str
    given: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    rest: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """The last value; empty without one."""
        return self.given.get(name, [""])[-1]

    def has(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.text(name) == "true"

    def several(self, name: str) -> list[str]:
        """All values, comma lists taken apart."""
        return [one for text in self.given.get(name, ()) for one in text.split(",") if one]


_SWITCHES = frozenset({"dry-run", "help", "skip-token-print", "upload-certs", "skip-certificate-key-print"})
_COMMON = frozenset(
    {"config", "node-name", "cri-socket", "certificate-key", "ignore-preflight-errors", "skip-phases", "patches"}
)
_COMMON_TOO = frozenset(
    {"apiserver-advertise-address", "apiserver-bind-port", "token", "rootfs", "v", "kubeconfig", "log-file"}
)
_KNOWN = {
    "init": _COMMON
    | _COMMON_TOO
    | {"control-plane-endpoint", "pod-network-cidr", "service-cidr", "service-dns-domain", "kubernetes-version", "token-ttl"}
    | {"apiserver-cert-extra-sans", "cert-dir", "image-repository", "feature-gates"},
    "join": _COMMON
    | _COMMON_TOO
    | {"discovery-token", "discovery-token-ca-cert-hash", "discovery-file", "tls-bootstrap-token"},
}
_SWITCHES_OF_JOIN = frozenset({"control-plane", "discovery-token-unsafe-skip-ca-verification"})
_BESIDE_CONFIG = frozenset(
    {"config", "ignore-preflight-errors", "dry-run", "kubeconfig", "node-name", "upload-certs", "rootfs", "v"}
)


def parse(words: Sequence[str]) -> Line:
    """words: `kubeadm init ...`. Raises Wrong for a flag that there is not, and for one that cannot stand beside --config."""
    verb = words[1]
    switches = _SWITCHES | (_SWITCHES_OF_JOIN if verb == "join" else frozenset())
    given: dict[str, list[str]] = {}
    rest: list[str] = []
    queue = list(words[2:])
    while queue:
        word = queue.pop(0)
        if not word.startswith("-"):
            rest.append(word)
            continue
        name, equals, value = word.lstrip("-").partition("=")
        if name not in switches and name not in _KNOWN[verb]:
            raise Wrong(f"unknown flag: --{name}")
        if not equals and name not in switches:
            if not queue:
                raise Wrong(f"flag needs an argument: --{name}")
            value = queue.pop(0)
        given.setdefault(name, []).append(value if equals or name not in switches else "true")
    mixed = sorted(one for one in given if one not in _BESIDE_CONFIG and not one.startswith("skip-"))
    if "config" in given and mixed:
        raise Wrong(f"can not mix '--config' with arguments [{' '.join(mixed)}]")
    return Line(verb, given, tuple(rest))
