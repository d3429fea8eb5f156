"""Programs of others that build manifests: found on the PATH and run without a shell, in bounds, away from any cluster.

They get no kubeconfig, of the environment only what a program needs to run, and no network unless it is asked for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from acsctl.model.unknown import hidden

SECONDS = 60
MAX_SIZE = 32_000_000
_LINES = 6
_KEPT = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LANG", "LC_ALL", "SYSTEMROOT")
_NET = (
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HELM_REGISTRY_CONFIG", "HELM_REPOSITORY_CONFIG"),
    *("HELM_REPOSITORY_CACHE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"),
)
_CLOSED = "http://127.0.0.1:9"
"""A proxy that nobody is: port 9 discards."""
_OFFLINE = {
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _CLOSED),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), ""),
    "GIT_ALLOW_PROTOCOL": "none",
}


class ToolError(ValueError):
    """A program is missing or failed; the message has what it said, without secrets."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Call:
    """One run: arguments, what the program reads from its standard input, and whether it may use the network."""

    args: Sequence[str]
    stdin: str = field(default="", repr=False)
    network: bool = False


def find(*names: str) -> str | None:
    """The full path of the first of these programs that is on the PATH."""
    return next((found for name in names if (found := shutil.which(name))), None)


def run(program: str, call: Call, *, seconds: float = SECONDS) -> str:
    """What it prints. Raises ToolError where it fails, takes too long or prints too much."""
    name = Path(program).name
    try:
        ran = subprocess.run(
            [program, *call.args],
            input=call.stdin.encode(),
            capture_output=True,
            timeout=seconds,
            env=environment(os.environ, network=call.network),
        )
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{name} did not end within {seconds:g} s", hint=_slow(call)) from error
    except OSError as error:
        raise ToolError(f"{name} cannot be run: {error.strerror}") from error
    if ran.returncode != 0:
        raise ToolError(f"{name} fails: {_said(ran.stderr) or f'exit code {ran.returncode}'}")
    if len(ran.stdout) > MAX_SIZE:
        raise ToolError(f"{name} prints more than {MAX_SIZE // 1_000_000} MB")
    return ran.stdout.decode("utf-8", "replace")


def environment(given: Mapping[str, str], *, network: bool) -> dict[str, str]:
    """What of our environment a program gets: no credentials, no kubeconfig, and no way out where none is asked for."""
    kept = {name: given[name] for name in (*_KEPT, *(_NET if network else ())) if name in given}
    ours = {"KUBECONFIG": os.devnull, "KUBERC": "off", "GIT_TERMINAL_PROMPT": "0", "HELM_NO_PLUGINS": "1"}
    return {**kept, **ours, **({} if network else _OFFLINE)}


def _slow(call: Call) -> str:
    return "it loads from the network; is the repository reachable?" if call.network else ""


def _said(stderr: bytes) -> str:
    """The last lines of what it says, which name the cause, in one."""
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return hidden("; ".join(lines[-_LINES:]))[:1000].removeprefix("Error: ").removeprefix("error: ")
