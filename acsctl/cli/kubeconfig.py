"""`acsctl kubeconfig`: access to a cluster for kubectl and its like, for a time. Nothing is written anywhere."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from acsctl.cli.options import Options, cloud_options, take
from acsctl.cli.session import Gauge, Session, session, viewed
from acsctl.cli.signals import stopping
from acsctl.errors import AcsctlError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from acsctl.cloud import Cloud
    from acsctl.model.address import Address
    from acsctl.model.resource import Live
    from acsctl.view.contract import View

KUBEADM = "kubeadm"
LEAST, MOST = 15, 4320
MINUTES = 60
MINUTES_OF_A_PLUGIN = LEAST
"""It is asked again when that is over."""


@dataclass(frozen=True)
class Ask:
    """What is asked for: a cluster, by address or id; in which form; for how many minutes; and where, if no stack says so."""

    cluster: str | None
    plugin: bool = False
    credential: bool = False
    minutes: int | None = None
    region: str | None = None


@dataclass(frozen=True)
class Found:
    """A cluster: its id, and what its context is called."""

    id: str
    name: str


@click.command("kubeconfig")
@click.argument("cluster", required=False)
@cloud_options
@click.option("--exec", "plugin", is_flag=True, help="Print a kubeconfig that has kubectl ask acsctl for credentials.")
@click.option("--credential", is_flag=True, help="Print one credential, as kubectl takes it from a plugin (ExecCredential).")
@click.option(
    "--minutes",
    type=click.IntRange(LEAST, MOST),
    default=None,
    help=f"How long the credential lives: {MINUTES}, of a plugin {MINUTES_OF_A_PLUGIN}.",
)
@click.option("--region", default=None, help="CLUSTER is the id of a cluster there; no stack file is read.")
def command(cluster: str | None, **values: Any) -> None:
    """Print a kubeconfig with a temporary credential for CLUSTER, the address of one of the stack, or an id.

    It goes to stdout and nowhere else; your own kubeconfig is neither read nor written:

    \b
        KUBECONFIG=<(acsctl kubeconfig) kubectl get pods
    """
    options = take(values)
    ask = Ask(cluster, **values)
    with viewed(options):
        _check(ask, options)
    if ask.region is None:
        with session(options) as opened:
            _give(opened.view, opened.cloud, ask=ask, found=_found(opened, ask.cluster), options=options)
    else:
        with _without_stack(options, ask.region) as (view, cloud):
            _give(view, cloud, ask=ask, found=Found(cluster or "", cluster or ""), options=options)


def _check(ask: Ask, options: Options) -> None:
    if ask.plugin and ask.credential:
        raise UsageError("--exec prints a kubeconfig, --credential what it asks for: not both at once")
    if ask.region is not None and not ask.cluster:
        raise UsageError("--region goes with the id of a cluster", remedy="acsctl kubeconfig c0123... --region cn-hangzhou")
    if options.cloud == "local":
        raise UsageError(
            "the local cloud of --cloud local ends with the command, and with it the servers of its clusters",
            remedy="Keep it running:  acsctl emulator serve  in this folder, then here  --cloud http://127.0.0.1:8730",
        )


@contextmanager
def _without_stack(options: Options, region: str) -> Iterator[tuple[View, Cloud]]:
    from acsctl.cloud import connect, resolve_credentials

    gauge = Gauge()
    with viewed(options, gauge) as view, stopping(gauge.clock.stop):
        credentials = None if options.cloud else resolve_credentials(profile=options.profile)
        yield view, connect(region, endpoint=options.cloud or None, credentials=credentials, clock=gauge.clock)


def _found(opened: Session, wanted: str | None) -> Found:
    """The cluster that is meant. Raises UsageError where that cannot be told, AcsctlError where there is none yet."""
    from acsctl.kinds.targets import CLUSTER_ID

    if wanted and re.fullmatch(CLUSTER_ID, wanted):
        return Found(wanted, wanted)
    resources = opened.stack.resources
    address = _address([one for one in resources if one.kind == "cluster" and not resources[one].absent], wanted)
    return Found(_live(opened, address).id, address.default_name(opened.stack.name))


def _address(clusters: Sequence[Address], wanted: str | None) -> Address:
    import difflib

    if not clusters:
        raise UsageError("the stack has no cluster", remedy="Name one that there is by its id:  acsctl kubeconfig c0123...")
    names = {short: one for one in clusters for short in (".".join(one.path), str(one))}
    if wanted is None and len(clusters) == 1:
        return clusters[0]
    if wanted is None:
        raise UsageError(f"the stack has {len(clusters)} clusters", remedy=f"Name one: {', '.join(map(str, clusters))}")
    if wanted not in names:
        near = difflib.get_close_matches(wanted, names, n=1)
        remedy = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(map(str, clusters))}"
        raise UsageError(f"the stack has no cluster {wanted!r}", remedy=remedy)
    return names[wanted]


def _live(opened: Session, address: Address) -> Live:
    """What stands there. Raises AcsctlError where that is nothing, or nothing that can be asked for access."""
    from dataclasses import replace

    from acsctl.run.observe import observe

    desired = opened.stack.resources[address]
    # A cluster on machines of one's own is what those say.
    listed = frozenset({"cluster", "instance"} if desired.spec.get("provider") == KUBEADM else {"cluster"})
    alone = replace(opened.stack, resources={address: desired})
    seen = observe(replace(opened.world, stack=alone), only=listed, ahead=False)
    lives = seen.existing.get(address) or seen.live.get(address) or ()
    standing = [live for live in lives if live.state == "ready"] or list(lives)
    if not standing:
        raise AcsctlError(f"{address} is not there yet", remedy="Make it with  acsctl apply")
    if len(standing) > 1:
        ids = ", ".join(live.id for live in standing)
        raise AcsctlError(f"there is more than one {address}: {ids}", remedy="Name the one that you mean by its id.")
    (live,) = standing
    if live.state == "failed":
        raise AcsctlError(f"{address} ({live.id}) gives no access: {live.reason}", remedy="See what  acsctl plan  says of it.")
    return live


def _give(view: View, cloud: Cloud, *, ask: Ask, found: Found, options: Options) -> None:
    from acsctl.kinds.objects import door
    from acsctl.kube import connect, kubeconfig

    brief = MINUTES_OF_A_PLUGIN if ask.credential else MINUTES
    granted = door.granted(cloud, found.id, minutes=LEAST if ask.plugin else ask.minutes or brief)
    access = connect.access(granted.config)
    if ask.credential:
        view.text(kubeconfig.credential(access, expires=granted.expires))
        return
    if ask.plugin:
        environ = {} if options.cloud else {"ACSCTL_CLOUD": ""}
        line = _plugin(ask, found, region=cloud.region, options=options)
        view.text(kubeconfig.with_command(access, name=found.name, command=line, environ=environ))
    else:
        view.text(kubeconfig.with_credential(access, name=found.name))
    view.note(_hint(ask, options, expires=granted.expires))
    if granted.private:
        view.warn(f"{access.server} answers inside of the cluster's VPC only")


def _plugin(ask: Ask, found: Found, *, region: str, options: Options) -> list[str]:
    """This very acsctl, asked for a credential: by the id, so that it needs neither the stack file nor its variables."""
    script = Path(sys.argv[0])
    is_script = script.name == "acsctl" and os.access(script, os.X_OK)
    # Without -P a folder that somebody else filled would be looked for modules first.
    line = [str(script.absolute())] if is_script else [sys.executable, "-P", "-m", "acsctl"]
    line += ["kubeconfig", found.id, "--region", region, "--credential"]
    line += ["--cloud", options.cloud] if options.cloud else []
    line += ["--profile", options.profile] if options.profile else []
    return line + (["--minutes", str(ask.minutes)] if ask.minutes else [])


def _hint(ask: Ask, options: Options, *, expires: str) -> str:
    """How to use it, in a line that can be copied."""
    again = ["acsctl", "kubeconfig", *([ask.cluster] if ask.cluster else [])]
    again += ["-f", str(options.file)] if options.file != Path() else []
    again += ["--region", ask.region] if ask.region else []
    again += ["--cloud", options.cloud] if options.cloud else []
    again += ["--profile", options.profile] if options.profile else []
    if ask.plugin:
        return f"Keep it where you like, it holds no secret:  {shlex.join([*again, '--exec'])} > kube.yaml"
    until = f" (good until {expires})" if expires else ""
    return f"Use it without keeping it:  KUBECONFIG=<({shlex.join(again)}) kubectl get pods{until}"
