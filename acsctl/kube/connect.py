"""From the text of a kubeconfig to a connection, in memory only.

The user's own kubeconfig, KUBECONFIG and a service account of the machine are never looked at. A client certificate has to be
in a file for as long as `ssl` reads it: one of mode 0600, removed at once.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import ipaddress
import os
import ssl
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import yaml

from acsctl.errors import AcsctlError

if TYPE_CHECKING:
    from kubernetes.dynamic import DynamicClient

CONNECTIONS = 16
_LOADING = threading.Lock()
"""The library imports itself in a circle: two threads that load it at once would wait for each other."""


@dataclass(frozen=True)
class Access:
    """What a kubeconfig says: where the server is, what vouches for it, and who asks."""

    server: str
    authority: bytes = field(repr=False)
    certificate: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    token: str = field(default="", repr=False)
    server_name: str = ""
    proxy: str = ""


def access(kubeconfig: str) -> Access:
    """Reads the current context of a kubeconfig, all of whose data is in it. Raises AcsctlError for any other form."""
    try:
        config: Any = yaml.safe_load(kubeconfig)
        contexts = {row["name"]: row["context"] for row in config["contexts"]}
        context = contexts[config.get("current-context") or next(iter(contexts))]
        cluster = next(row["cluster"] for row in config["clusters"] if row["name"] == context["cluster"])
        user = next(row["user"] for row in config["users"] if row["name"] == context["user"]) or {}
        found = Access(
            server=str(cluster["server"]).rstrip("/"),
            authority=_data(cluster, "certificate-authority-data"),
            certificate=_data(user, "client-certificate-data"),
            key=_data(user, "client-key-data"),
            token=str(user.get("token") or ""),
            server_name=str(cluster.get("tls-server-name") or ""),
            proxy=str(cluster.get("proxy-url") or ""),
        )
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, StopIteration, ValueError, binascii.Error) as error:
        raise AcsctlError("the kubeconfig that the cloud gave cannot be read") from error
    if not found.server.startswith("https://") or not found.authority:
        raise AcsctlError(f"the kubeconfig that the cloud gave names no server to trust ({found.server or 'none'})")
    return found


def _data(source: Mapping[str, Any], name: str) -> bytes:
    return base64.b64decode(str(source.get(name) or ""), validate=True)


def client(found: Access, *, user_agent: str) -> DynamicClient:
    """A client of the official library that has sent nothing yet. It repeats nothing by itself and has no discovery."""
    with _LOADING:
        from kubernetes.client import ApiClient, Configuration
        from kubernetes.dynamic import DynamicClient

    configuration = Configuration(host=found.server)
    configuration.proxy = found.proxy or _proxy(found.server)
    configuration.no_proxy = ""
    configuration.retries = False
    configuration.connection_pool_maxsize = CONNECTIONS
    if found.token:
        configuration.api_key = {"authorization": f"Bearer {found.token}"}
    if found.server_name:
        configuration.tls_server_name = found.server_name
    api = ApiClient(configuration)
    api.user_agent = user_agent
    api.rest_client.pool_manager.connection_pool_kw["ssl_context"] = _trust(found)
    return DynamicClient(api, discoverer=_NoDiscovery)


class _NoDiscovery:
    """In the place of the library's discovery, which asks at once, without a time limit, and keeps a file."""

    def __init__(self, client: Any, cache_file: Any) -> None:
        pass


def _trust(found: Access) -> ssl.SSLContext:
    """Only the cluster's own authority vouches for its server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cadata=found.authority.decode("ascii"))
        if found.certificate:
            with _secret_file(found.certificate + b"\n" + found.key) as path:
                context.load_cert_chain(path)
    except (ssl.SSLError, ValueError) as error:
        raise AcsctlError("the certificates in the kubeconfig that the cloud gave cannot be used") from error
    return context


@contextlib.contextmanager
def _secret_file(data: bytes) -> Iterator[str]:
    handle, path = tempfile.mkstemp(prefix="acsctl-")  # of mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        yield path
    finally:
        Path(path).unlink()


def _proxy(server: str) -> str | None:
    host = urlsplit(server).hostname or ""
    if host == "localhost" or _is_loopback(host) or proxy_bypass(host):
        return None
    return getproxies().get("https")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
