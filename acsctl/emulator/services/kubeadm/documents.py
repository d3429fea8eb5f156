"""Configuration files of kubeadm: kubeadm.k8s.io/v1beta4 and v1beta3, and readings of their fields that both share."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from acsctl.emulator.services.kubeadm.flags import Wrong

GROUP = "kubeadm.k8s.io"
VERSIONS = (f"{GROUP}/v1beta4", f"{GROUP}/v1beta3")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def load(path: str, *, files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    """The documents of a file by kind. Raises Wrong."""
    if path not in files:
        raise Wrong(f'unable to read config from "{path}": open {path}: no such file or directory')
    try:
        loaded: list[Any] = list(yaml.safe_load_all(files[path].decode(errors="replace")))
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a timestamp that is none
        raise Wrong(f"error converting YAML to JSON: {' '.join(str(error).split())}") from error
    found: dict[str, dict[str, Any]] = {}
    for one in loaded:
        if one is None:
            continue
        if not isinstance(one, dict) or not one.get("kind") or not one.get("apiVersion"):
            raise Wrong("invalid configuration: kind and apiVersion is mandatory information that must be specified")
        version, kind = str(one["apiVersion"]), str(one["kind"])
        if version.startswith(f"{GROUP}/") and version not in VERSIONS:
            raise Wrong(
                f'your configuration file uses an old API spec: "{version}" (kind: "{kind}"). Please use '
                "'kubeadm config migrate --old-config old-config-file --new-config new-config-file'"
            )
        found[kind] = one
    return found


def group(document: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """An object below; empty when it is not there. Raises Wrong for something else."""
    value: Any = document
    for name in path:
        value = value.get(name) or {}
        if not isinstance(value, dict):
            raise Wrong(f"json: cannot unmarshal {_kind(value)} into Go struct field {'.'.join(path)} of type object")
    return dict(value)


def several(document: Mapping[str, Any], name: str) -> list[Any]:
    """A list below; empty when it is not there. Raises Wrong for something else."""
    value: Any = document.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Wrong(f"json: cannot unmarshal {_kind(value)} into Go struct field {name} of type list")
    return value


def arguments(document: Mapping[str, Any], name: str, *, version: str) -> dict[str, str]:
    """Extra arguments: a map in v1beta3, since v1beta4 a list of {name, value}. Raises Wrong for the other form."""
    value: Any = document.get(name)
    if value is None:
        return {}
    listed = not version.endswith("v1beta3")
    if listed != isinstance(value, list):
        kind, wanted = _kind(value), "[]v1beta4.Arg" if listed else "map[string]string"
        raise Wrong(f"json: cannot unmarshal {kind} into Go struct field .{name} of type {wanted}")
    if not listed:
        return {str(key): str(one) for key, one in value.items()}
    return {str(one["name"]): str(one.get("value", "")) for one in value if isinstance(one, dict) and one.get("name")}


def seconds(text: Any, *, default: float) -> float:
    """A duration of Go, `24h0m0s`; 0 is written `0` or `0s`. Raises Wrong."""
    if text in (None, ""):
        return default
    if str(text) in ("0", "0s"):
        return 0.0
    pieces: Sequence[tuple[str, str]] = _DURATION.findall(str(text))
    if "".join(f"{amount}{unit}" for amount, unit in pieces) != str(text):
        raise Wrong(f'time: invalid duration "{text}"')
    return sum(float(amount) * _UNITS[unit] for amount, unit in pieces)


def _kind(value: Any) -> str:
    return {dict: "object", list: "array", str: "string", bool: "bool"}.get(type(value), "number")
