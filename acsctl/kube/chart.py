"""Helm charts: rendered by `helm template` into objects that are then ours. No release is made, nothing of Helm is kept.

Values go in through the standard input, so that no secret is written to a disk or shows among the arguments. Hooks, tests among
them, are left out: they belong to a release. A chart is on this machine, or the network is used to load it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.kube import tools
from acsctl.kube.manifest import Manifest
from acsctl.kube.tools import Call, ToolError
from acsctl.model.unknown import TOLD_APART, UNKNOWN, Secret

HOOK = "helm.sh/hook"
_PLACE = re.compile(r"([\w.-]+/(?:templates|charts|crds)/[\w./-]+):(\d+)(?::(\d+))?")
_SOURCE = re.compile(r"# Source: (\S+)")


@dataclass(frozen=True)
class Chart:
    """What is rendered: a `path` on this machine, or a `name` and `version` in a `repo`; as which release, in which namespace.

    `kube_version` is what the chart is told of the cluster, or "" for what Helm says by itself.
    """

    release: str
    namespace: str
    path: str = ""
    repo: str = ""
    name: str = ""
    version: str = ""
    kube_version: str = ""


def render(chart: Chart, values: Mapping[str, Any]) -> str:
    """The text of all objects, definitions among them. `values` are known, and in the open. Raises ToolError."""
    program = tools.find("helm")
    if program is None:
        raise ToolError("helm is not on the PATH", hint="install Helm (https://helm.sh/docs/intro/install)")
    args = ["template", chart.release, *_reference(chart), "--namespace", chart.namespace, "--include-crds", "--values", "-"]
    if chart.kube_version:
        args += ["--kube-version", chart.kube_version]
    return tools.run(program, Call(args, json.dumps(values), network=not chart.path))


def _reference(chart: Chart) -> list[str]:
    if chart.path:
        return [chart.path]
    if chart.repo.startswith("oci://"):
        return [f"{chart.repo.rstrip('/')}/{chart.name}", "--version", chart.version]
    return [chart.name, "--repo", chart.repo, "--version", chart.version]


def is_hook(item: Any) -> bool:
    """Whether an object is one that Helm runs at some time in the life of a release."""
    meta = item.get("metadata") if isinstance(item, Mapping) else None
    notes = meta.get("annotations") if isinstance(meta, Mapping) else None
    return isinstance(notes, Mapping) and HOOK in notes


def place_in(said: str) -> tuple[str, int, int] | None:
    """Which template, line and column Helm complains of; the path begins with the chart's name."""
    found = list(_PLACE.finditer(said))
    return (found[-1][1], int(found[-1][2]), int(found[-1][3] or 1)) if found else None


def source_of(text: str, line: int) -> str:
    """From which template a line of the rendered text comes; "" where Helm does not say."""
    before = "\n".join(text.splitlines()[:line])
    found = _SOURCE.findall(before)
    return str(found[-1]) if found else ""


def concealed(item: Manifest, values: Any) -> dict[str, Any]:
    """The object with each text that has a secret of `values` in it as a `Secret`, whatever the chart has put around it."""
    words = [text for secret in _secrets(values) for text in _texts(secret)]
    return {key: _conceal(value, words) for key, value in item.items()} if words else dict(item)


def _secrets(values: Any) -> Iterator[Any]:
    if isinstance(values, Secret):
        yield values.reveal()
    elif isinstance(values, Mapping):
        for value in values.values():
            yield from _secrets(value)
    elif isinstance(values, (list, tuple)):
        for value in values:
            yield from _secrets(value)


def _texts(secret: Any) -> Iterator[str]:
    """The texts of a secret, and what a chart makes of them for the data of a Secret."""
    import base64

    if isinstance(secret, (Mapping, list, tuple)):
        for value in secret.values() if isinstance(secret, Mapping) else secret:
            yield from _texts(value)
    elif not isinstance(secret, bool) and secret is not None and len(str(secret)) >= TOLD_APART:
        yield str(secret)
        yield base64.b64encode(str(secret).encode()).decode()


def _conceal(value: Any, words: list[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _conceal(item, words) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_conceal(item, words) for item in value]
    if value is UNKNOWN or isinstance(value, (Secret, bool)) or value is None:
        return value
    return Secret(value) if any(word in str(value) for word in words) else value
