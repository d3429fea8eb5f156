"""What kubeadm was told, with its defaults (cmd/kubeadm/app/apis/kubeadm/v1beta4/{types,defaults}.go and validation)."""

import re
import secrets
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network, ip_network
from typing import Any

from acsctl.emulator.services.kubeadm import documents
from acsctl.emulator.services.kubeadm.flags import Line, Wrong, parse

API_PORT = 6443
SERVICE_SUBNET, DNS_DOMAIN, CLUSTER_NAME, NODE_MASK = "10.96.0.0/12", "cluster.local", "kubernetes", 24
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
SOCKET = "unix:///var/run/containerd/containerd.sock"
NODE_GROUP = "system:bootstrappers:kubeadm:default-node-token"
TOKEN_TTL, DISCOVERY = 86400.0, 300.0  # seconds
LARGEST_SERVICE_SUBNET, LARGEST_DIFFERENCE = 12, 16  # prefix; bits between the pods' subnet and a node's
_TOKEN = re.compile(r"([a-z0-9]{6})\.([a-z0-9]{16})")


@dataclass(frozen=True)
class Registration:
    """How the kubelet registers. name: empty for that of the host. taints: None for the default. arguments: of the kubelet."""

    name: str = ""
    taints: tuple[Mapping[str, Any], ...] | None = None
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    socket: str = SOCKET

    @property
    def labels(self) -> dict[str, str]:
        pairs = (one.partition("=") for one in self.arguments.get("node-labels", "").split(",") if one)
        return {key.strip(): value.strip() for key, _, value in pairs}


@dataclass(frozen=True)
class Token:
    """ttl: seconds from now on, 0 for ever. expires: RFC 3339, instead."""

    id: str
    secret: str
    ttl: float = TOKEN_TTL
    expires: str = ""
    usages: tuple[str, ...] = ("signing", "authentication")
    groups: tuple[str, ...] = (NODE_GROUP,)
    description: str = ""


@dataclass(frozen=True)
class InitOrder:
    """advertise: empty for the instance's own address. version: as asked for, `v1.35.4` or `stable-1`. endpoint: host:port,
    or empty. cluster: the ClusterConfiguration, for kubeadm-config."""

    registration: Registration
    tokens: tuple[Token, ...]
    advertise: str
    port: int
    version: str
    pods: str
    services: str
    mask: int
    domain: str
    endpoint: str
    sans: tuple[str, ...]
    upload_certs: bool
    skipped: tuple[str, ...]
    ignored: tuple[str, ...]
    cluster: Mapping[str, Any]


@dataclass(frozen=True)
class JoinOrder:
    """discovery, tls: tokens, `abcdef.0123...`. hashes: of the authority. file: a kubeconfig for discovery, instead of a
    token. patience: seconds for discovery."""

    registration: Registration
    endpoint: str
    discovery: str
    tls: str
    hashes: tuple[str, ...]
    trusting: bool
    file: str
    control_plane: bool
    certificate_key: str
    patience: float
    ignored: tuple[str, ...]


def split_token(text: str) -> tuple[str, str]:
    """Id and secret. Raises Wrong."""
    found = _TOKEN.fullmatch(text)
    if found is None:
        raise Wrong(f'the bootstrap token "{text}" was not of the form "\\A([a-z0-9]{{6}})\\.([a-z0-9]{{16}})\\z"')
    return found[1], found[2]


def read_init(words: Sequence[str], *, files: Mapping[str, bytes]) -> InitOrder:
    """Of `kubeadm init ...`. Raises Wrong."""
    with _strictly():
        return _read_init(words, files=files)


def read_join(words: Sequence[str], *, files: Mapping[str, bytes]) -> JoinOrder:
    """Of `kubeadm join ...`. Raises Wrong."""
    with _strictly():
        return _read_join(words, files=files)


@contextmanager
def _strictly() -> Generator[None]:
    """Whatever of a configuration is of the wrong type is a mistake of its author."""
    try:
        yield
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise Wrong(f"json: cannot unmarshal the configuration: {error}") from error


def _read_init(words: Sequence[str], *, files: Mapping[str, bytes]) -> InitOrder:
    line = parse(words)
    if line.rest:
        raise Wrong(f'unknown command "{line.rest[0]}" for "kubeadm init"')
    found = documents.load(line.text("config"), files=files) if line.text("config") else _init_documents(line)
    init, cluster = found.get("InitConfiguration"), found.get("ClusterConfiguration")
    if init is None and cluster is None:
        raise Wrong("no InitConfiguration or ClusterConfiguration kind was found in the YAML file")
    init, cluster = init or {}, cluster or {}
    local, networking = documents.group(init, "localAPIEndpoint"), documents.group(cluster, "networking")
    manager = documents.group(cluster, "controllerManager")
    extra = documents.arguments(manager, "extraArgs", version=str(cluster.get("apiVersion", "")))
    order = InitOrder(
        registration=_registration(init, line=line),
        tokens=tuple(_token(one) for one in documents.several(init, "bootstrapTokens")),
        advertise=str(local.get("advertiseAddress") or ""),
        port=int(local.get("bindPort") or API_PORT),
        version=str(cluster.get("kubernetesVersion") or "stable-1"),
        pods=str(networking.get("podSubnet") or ""),
        services=str(networking.get("serviceSubnet") or SERVICE_SUBNET),
        mask=_mask(extra),
        domain=str(networking.get("dnsDomain") or DNS_DOMAIN),
        endpoint=str(cluster.get("controlPlaneEndpoint") or ""),
        sans=tuple(str(one) for one in documents.several(documents.group(cluster, "apiServer"), "certSANs")),
        upload_certs=line.has("upload-certs"),
        skipped=(*line.several("skip-phases"), *(str(one) for one in documents.several(init, "skipPhases")), *_off(cluster)),
        ignored=_ignored(init, line=line),
        cluster=cluster,
    )
    _check_networks(order)
    _check_endpoint(order.endpoint, name="controlPlaneEndpoint", port=False)
    return order


def _read_join(words: Sequence[str], *, files: Mapping[str, bytes]) -> JoinOrder:
    line = parse(words)
    found = documents.load(line.text("config"), files=files) if line.text("config") else _join_documents(line)
    join = found.get("JoinConfiguration")
    if join is None:
        raise Wrong("no JoinConfiguration found in the YAML file")
    discovery = documents.group(join, "discovery")
    token, file = documents.group(discovery, "bootstrapToken"), documents.group(discovery, "file")
    if bool(token) == bool(file):
        raise Wrong('discovery: Invalid value: "": bootstrapToken or file must be set')
    for text in (token.get("token"), discovery.get("tlsBootstrapToken") or token.get("token")):
        if token or text:
            split_token(str(text or ""))
    if token:
        _check_endpoint(str(token.get("apiServerEndpoint") or ""), name="discovery.bootstrapToken.apiServerEndpoint", port=True)
    hashes = tuple(str(one) for one in documents.several(token, "caCertHashes"))
    trusting = token.get("unsafeSkipCAVerification") is True
    if token and not hashes and not trusting:
        raise Wrong(
            'discovery.bootstrapToken.caCertHashes: Invalid value: "": using token-based discovery without caCertHashes can be '
            "unsafe. Set unsafeSkipCAVerification as true in your kubeadm config file or pass "
            "--discovery-token-unsafe-skip-ca-verification flag to continue"
        )
    patience = documents.group(join, "timeouts").get("discovery") or discovery.get("timeout")
    return JoinOrder(
        registration=_registration(join, line=line),
        endpoint=str(token.get("apiServerEndpoint") or ""),
        discovery=str(token.get("token") or ""),
        tls=str(discovery.get("tlsBootstrapToken") or token.get("token") or ""),
        hashes=hashes,
        trusting=trusting,
        file=str(file.get("kubeConfigPath") or ""),
        control_plane=isinstance(join.get("controlPlane"), dict),
        certificate_key=str(documents.group(join, "controlPlane").get("certificateKey") or ""),
        patience=documents.seconds(patience, default=DISCOVERY),
        ignored=_ignored(join, line=line),
    )


def _init_documents(line: Line) -> dict[str, dict[str, Any]]:
    """The flags as a configuration."""
    tokens = [{"token": line.text("token"), "ttl": line.text("token-ttl")}] if line.text("token") else []
    local = {"advertiseAddress": line.text("apiserver-advertise-address"), "bindPort": line.text("apiserver-bind-port")}
    cluster = {
        "kubernetesVersion": line.text("kubernetes-version"),
        "controlPlaneEndpoint": line.text("control-plane-endpoint"),
        "apiServer": {"certSANs": line.several("apiserver-cert-extra-sans")},
        "networking": {
            "podSubnet": line.text("pod-network-cidr"),
            "serviceSubnet": line.text("service-cidr"),
            "dnsDomain": line.text("service-dns-domain"),
        },
    }
    init = {"bootstrapTokens": tokens, "localAPIEndpoint": local, "nodeRegistration": _registration_flags(line)}
    return {"InitConfiguration": init, "ClusterConfiguration": cluster}


def _join_documents(line: Line) -> dict[str, dict[str, Any]]:
    token = line.text("discovery-token") or line.text("token")
    bootstrap = {
        "apiServerEndpoint": line.rest[0] if line.rest else "",
        "token": token,
        "caCertHashes": line.several("discovery-token-ca-cert-hash"),
        "unsafeSkipCAVerification": line.has("discovery-token-unsafe-skip-ca-verification"),
    }
    file = line.text("discovery-file")
    found: dict[str, Any] = {"file": {"kubeConfigPath": file}} if file else {"bootstrapToken": bootstrap} if token else {}
    found["tlsBootstrapToken"] = line.text("tls-bootstrap-token") or line.text("token")
    join: dict[str, Any] = {"discovery": found, "nodeRegistration": _registration_flags(line)}
    if line.has("control-plane"):
        join["controlPlane"] = {"certificateKey": line.text("certificate-key")}
    return {"JoinConfiguration": join}


def _registration_flags(line: Line) -> dict[str, Any]:
    return {"name": line.text("node-name"), "criSocket": line.text("cri-socket")}


def _registration(document: Mapping[str, Any], *, line: Line) -> Registration:
    given = documents.group(document, "nodeRegistration")
    taints = None if given.get("taints") is None else tuple(dict(one) for one in documents.several(given, "taints"))
    arguments = documents.arguments(given, "kubeletExtraArgs", version=str(document.get("apiVersion", "")))
    name = line.text("node-name") or str(given.get("name") or "")
    return Registration(name.strip().lower(), taints, arguments, str(given.get("criSocket") or SOCKET))


def _token(given: Mapping[str, Any]) -> Token:
    """Without a value kubeadm makes one up."""
    id_, secret = split_token(str(given["token"])) if given.get("token") else (secrets.token_hex(3), secrets.token_hex(8))
    ttl, expires = given.get("ttl"), str(given.get("expires") or "")
    if ttl and expires:
        raise Wrong("bootstrapTokens: the BootstrapToken .Expires and .TTL fields are mutually exclusive")
    usages = documents.several(given, "usages") or ["signing", "authentication"]
    groups = documents.several(given, "groups") or [NODE_GROUP]
    seconds = documents.seconds(ttl, default=TOKEN_TTL)
    return Token(id_, secret, seconds, expires, tuple(usages), tuple(groups), str(given.get("description") or ""))


def _ignored(document: Mapping[str, Any], *, line: Line) -> tuple[str, ...]:
    """Names of preflight checks, in lower case."""
    listed = documents.several(documents.group(document, "nodeRegistration"), "ignorePreflightErrors")
    return tuple(str(one).lower() for one in (*line.several("ignore-preflight-errors"), *listed))


def _off(cluster: Mapping[str, Any]) -> list[str]:
    """Addons that the configuration switches off, as phases."""
    phases = {"dns": "addon/coredns", "proxy": "addon/kube-proxy"}
    return [phase for name, phase in phases.items() if documents.group(cluster, name).get("disabled") is True]


def _mask(extra: Mapping[str, str]) -> int:
    text = extra.get("node-cidr-mask-size-ipv4") or extra.get("node-cidr-mask-size") or str(NODE_MASK)
    try:
        return int(text)
    except ValueError as error:
        raise Wrong(f'controllerManager.extraArgs: Invalid value: "{text}": node-cidr-mask-size is no number') from error


def _check_networks(order: InitOrder) -> None:
    services = _network(order.services, name="serviceSubnet")
    if services.prefixlen < LARGEST_SERVICE_SUBNET:
        raise Wrong(f'networking.serviceSubnet: Invalid value: "{services}": specified service subnet is too large')
    if not order.pods:
        return
    pods, where = _network(order.pods, name="podSubnet"), f'networking.podSubnet: Invalid value: "{order.pods}"'
    if pods.prefixlen > order.mask:
        size = f"the size of pod subnet with mask {pods.prefixlen}"
        raise Wrong(f"{where}: {size} is smaller than the size of node subnet with mask {order.mask}")
    if order.mask - pods.prefixlen > LARGEST_DIFFERENCE:
        raise Wrong(
            f"{where}: pod subnet mask ({pods.prefixlen}) and node-mask ({order.mask}) difference is greater than "
            f"{LARGEST_DIFFERENCE}"
        )


def _check_endpoint(text: str, *, name: str, port: bool) -> None:
    """Of the form host:port. port: whether it has to have one; without, an empty text is allowed, too."""
    host, colon, number = text.partition(":")
    if not text and not port:
        return
    if not host or (colon and not number.isdigit()):
        raise Wrong(f'{name}: Invalid value: "{text}": port must be a valid number between 1 and 65535, inclusive')
    if port and not colon:
        raise Wrong(f'{name}: Invalid value: "{text}": address {text}: missing port in address')


def _network(text: str, *, name: str) -> IPv4Network:
    try:
        found = ip_network(text, strict=False)
    except ValueError as error:
        raise Wrong(f'networking.{name}: Invalid value: "{text}": couldn\'t parse subnet') from error
    if not isinstance(found, IPv4Network):
        raise Wrong(f'networking.{name}: Invalid value: "{text}": the local cloud has no IPv6')
    return found
