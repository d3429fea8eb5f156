"""`acsctl emulator`: the local cloud for any other client."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from acsctl.cli.options import Options, take, view_options
from acsctl.cli.session import FOLDER, viewed
from acsctl.errors import UnreachableError, UsageError

if TYPE_CHECKING:
    from acsctl.emulator import Server

PORT = 8730


@click.group("emulator")
def command() -> None:
    """Run the local cloud for any client: Terraform, the aliyun command line, SDKs in any language."""


@command.command("serve")
@click.option("--port", default=PORT, show_default=True, help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--speed", default=100.0, show_default=True, help="Cloud seconds per second.")
@click.option("--list-lag", default=0.0, help="How late lists show creates and deletes, in cloud seconds.")
@click.option("--tag-lag", default=0.0, help="How late tags show, in cloud seconds.")
@click.option("--token-memory", default=86400.0, help="How long ClientTokens are remembered, in cloud seconds.")
@click.option(
    "--kubernetes",
    type=click.Choice(["builtin", "real"]),
    default="builtin",
    show_default=True,
    envvar="ACSCTL_LOCAL_KUBERNETES",
    help="What plays the control planes of clusters; real ones need the binaries of `make kube-assets`.",
)
@click.option(
    "--nodes",
    type=click.Choice(["played", "real"]),
    default="played",
    show_default=True,
    help="Whether the nodes of clusters are real: with --kubernetes real, on Linux, as root.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=None,
    help="Keep the world here: by default where `--cloud local` keeps it in this folder, if it does, else in memory.",
)
@click.option("--faults", "files", multiple=True, metavar="FILE", help="Faults to begin with, in YAML or JSON; - is stdin.")
@click.option("--fault", "words", multiple=True, metavar="TEXT", help="A fault in one line: 'ACTION KIND [NAME=VALUE ...]'.")
def serve(**values: Any) -> None:
    """Serve until Ctrl-C. Prints its address when it is ready, and how to look into each cluster."""
    from acsctl import emulator
    from acsctl.cli.faults import read_faults

    with viewed(Options()):
        values["faults"] = tuple(read_faults(files=values.pop("files"), words=values.pop("words")))
    kept = Path.cwd() / FOLDER / "local"
    values["folder"] = values["folder"] or (kept if kept.is_dir() else None)

    try:
        with emulator.run(emulator.Options(**values)) as server:
            signal.signal(signal.SIGTERM, _interrupt)
            click.echo(server.address)
            click.echo("access key id local, secret local; Ctrl-C ends it", err=True)
            _serve(server)
    except KeyboardInterrupt:
        return
    except emulator.MissingPartsError as error:
        raise UsageError("real nodes cannot be had here", remedy="\n".join(error.missing)) from error
    except OSError as error:
        raise UsageError(
            f"port {values['port']}: {error.strerror}", remedy="Choose another --port; 0 takes a free one."
        ) from error


def _serve(server: Server) -> None:
    """Until it is closed. A cluster is told of when it is there."""
    from acsctl import emulator

    told: set[str] = set()
    said: set[str] = set()
    while True:
        for id in server.clusters() - told:
            click.echo(f"kubectl --kubeconfig {server.kubeconfig(id)} get nodes,pods -A", err=True)
            told.add(id)
        for line in emulator.node_lines(server.world) - said:
            click.echo(line, err=True)
            said.add(line)
        if server.wait(1.0):
            return


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@command.command("status")
@click.option("--cloud", default=f"http://127.0.0.1:{PORT}", envvar="ACSCTL_CLOUD", show_default=True)
@view_options
def status(cloud: str, **values: Any) -> None:
    """Show the calls that a served local cloud has had, and what it holds."""
    with viewed(take(values)) as view:
        calls, world = _ask(cloud, "calls"), _ask(cloud, "world")
        kinds: dict[str, int] = {}
        for row in world:
            kinds[row["type"]] = kinds.get(row["type"], 0) + 1
        view.table(
            [{"what": "calls", "count": calls["total"]}, *({"what": name, "count": kinds[name]} for name in sorted(kinds))]
        )


@command.command("faults")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--fault", "words", multiple=True, metavar="TEXT", help="A fault in one line: 'ACTION KIND [NAME=VALUE ...]'.")
@click.option("--add", is_flag=True, help="Keep those that there are.")
@click.option("--clear", is_flag=True, help="End all: calls go well again at once.")
@click.option("--cloud", default=f"http://127.0.0.1:{PORT}", envvar="ACSCTL_CLOUD", show_default=True)
@view_options
def faults(files: tuple[str, ...], words: tuple[str, ...], cloud: str, **values: Any) -> None:
    """Let calls of a served local cloud go wrong, or list what is asked for and how often it has struck.

    FILE holds faults in YAML or JSON, - is stdin; they replace those that there are. docs/local-cloud.md has all kinds.
    """
    add, clear = values.pop("add"), values.pop("clear")
    with viewed(take(values)) as view:
        if clear and (files or words or add):
            raise UsageError("--clear stands alone", remedy="Leave it out: faults that are set replace those that there are.")
        if clear:
            _ask(cloud, "faults", method="DELETE")
            view.note("No call goes wrong any more.")
            return
        if files or words:
            from acsctl.cli.faults import read_faults

            _ask(cloud, "faults", method="POST" if add else "PUT", body=read_faults(files=files, words=words))
        rows = [_shown(one) for one in _ask(cloud, "faults?all=1")]
        view.table(rows) if rows else view.note("No faults are asked for.")


def _shown(fault: dict[str, Any]) -> dict[str, Any]:
    """A row of the table: the call, what happens to it, how often it has and will."""
    actions, left = fault["action"], fault["left"]
    row = {"action": " ".join([actions] if isinstance(actions, str) else actions), "kind": fault["kind"]}
    counts = {"seen": fault["seen"], "struck": fault["struck"], "left": "always" if left is None else left}
    return {**row, "when": fault.get("when", ""), **counts}


@command.command("reset")
@click.option("--cloud", default=None, envvar="ACSCTL_CLOUD", help="A served local cloud; else the one kept in this folder.")
@view_options
def reset(cloud: str | None, **values: Any) -> None:
    """Empty the local cloud: a served one, or the one that `--cloud local` keeps in this folder."""
    import shutil

    with viewed(take(values)) as view:
        if cloud and cloud != "local":
            _ask(cloud, "reset", method="POST")
        else:
            shutil.rmtree(Path.cwd() / FOLDER / "local", ignore_errors=True)
        view.note("The local cloud is empty.")


def _ask(cloud: str, path: str, *, method: str = "GET", body: Any = None) -> Any:
    import json
    import urllib.request
    from urllib.error import HTTPError, URLError

    from acsctl.cloud.call import check_address

    check_address(cloud)
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{cloud.rstrip('/')}/_emulator/{path}", data=data, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            body = answer.read()
    except HTTPError as error:  # another version of the local cloud may know less
        with error:
            raise UsageError(f"the local cloud at {cloud} refuses it: {error.read().decode(errors='replace')}") from error
    except (URLError, OSError, ValueError) as error:
        failure = UnreachableError("acsctl.Unreachable", action=f"emulator.{path}", said=f"no local cloud answers at {cloud}")
        failure.remedy = "Start one with  acsctl emulator serve"
        raise failure from error
    return json.loads(body) if body else {}
