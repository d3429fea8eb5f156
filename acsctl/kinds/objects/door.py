"""From the id of a cluster to its API: the cloud gives access for a few hours (API DescribeClusterUserKubeconfig)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.cloud import Cloud, dig, is_absent
from acsctl.errors import CloudError, UnknownOutcomeError, UnreachableError
from acsctl.kinds.kubeadm import access
from acsctl.kinds.kubeadm.settings import is_id
from acsctl.kube.client import Conduct, Kube, connect

SILENT = (UnreachableError, UnknownOutcomeError)
"""Where nothing listens, and where something takes connections for an API server that has gone: a load balancer."""
MINUTES = 240  # of 15 to 4320 (sheet containers.md 1.7)
GOING = ("deleting", "deleted")


def opened(cloud: Cloud, cluster: str) -> Kube:
    """The connection to a cluster, made once. Raises what the door to the cloud raises."""

    def make() -> Kube:
        return connect(kubeconfig(cloud, cluster), conduct(cloud, cluster))

    return cloud.kept(f"kubernetes {cluster}", make)


@dataclass(frozen=True)
class Granted:
    """Access for a time: a kubeconfig with all data in it, when it ends (RFC 3339; empty: not told), and if it leads
    into the VPC only."""

    config: str = field(repr=False)
    expires: str
    private: bool = False


def granted(cloud: Cloud, cluster: str, *, minutes: int = MINUTES) -> Granted:
    """New access to a cluster. Raises what the door to the cloud raises."""
    if is_id(cluster):
        grant = access.granted(cloud, cluster, minutes=minutes)
        return Granted(grant.config, grant.expires, grant.private)
    private = is_private(cloud.call("cs", "DescribeClusterDetail", {"ClusterId": cluster}))
    params = {"ClusterId": cluster, "PrivateIpAddress": private, "TemporaryDurationMinutes": minutes}
    answer = cloud.call("cs", "DescribeClusterUserKubeconfig", params)
    return Granted(dig(answer, "config", str), str(answer.get("expiration") or ""), private)


def kubeconfig(cloud: Cloud, cluster: str) -> str:
    """New access to a cluster, for a few hours. Raises what the door to the cloud raises."""
    return granted(cloud, cluster).config


def is_private(detail: Mapping[str, Any]) -> bool:
    """Whether a cluster has an address inside of its VPC only; then acsctl has to run there, too."""
    try:
        urls = json.loads(detail.get("master_url") or "{}")
    except ValueError:
        return False
    return bool(urls.get("intranet_api_server_endpoint")) and not urls.get("api_server_endpoint")


def gone(cloud: Cloud, cluster: str) -> bool:
    """Whether there is no such cluster any more, or soon: to be asked where one that was there does not answer."""
    if is_id(cluster):
        return access.gone(cloud, cluster)
    try:
        detail = cloud.call("cs", "DescribeClusterDetail", {"ClusterId": cluster})
    except CloudError as error:
        if is_absent(error):
            return True
        raise
    return detail.get("state") in GOING


def conduct(cloud: Cloud, cluster: str) -> Conduct:
    """A run that is stopped, or has lost its lock, sends nothing there either; requests count as calls, and waits as waits."""

    def before(name: str, writes: bool) -> None:
        cloud.check(f"kubernetes.{name} was not sent: the run was stopped")
        if writes and cloud.guard is not None:
            cloud.guard()
        cloud.tally.sent(f"kubernetes.{name.split(' ')[0]}")

    def pause(seconds: float, name: str, code: str) -> None:
        code = f"Throttling.{code}" if code == "TooManyRequests" else code
        cloud.delay("kubernetes", name.split(" ")[0], seconds=seconds, code=code)

    return Conduct(pause, before, cluster, lambda: kubeconfig(cloud, cluster))


@dataclass(frozen=True)
class Id:
    """The id of a workload, `c123/shop/workload.web`; behind a `#` the part of it that is waited for."""

    cluster: str
    stack: str
    address: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.cluster}/{self.stack}/{self.address}" + (f"#{self.part}" if self.part else "")


def parse(text: str) -> Id:
    """Reads an id. Raises ValueError."""
    whole, _, part = text.partition("#")
    cluster, stack, address = whole.split("/")
    return Id(cluster, stack, address, part)
