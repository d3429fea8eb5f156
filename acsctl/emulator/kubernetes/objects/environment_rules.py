"""What is refused of the environment of a container."""

import re
from collections.abc import Callable
from typing import Any

from acsctl.emulator.kubernetes.objects import naming
from acsctl.emulator.kubernetes.objects.quantity import amount
from acsctl.emulator.kubernetes.objects.refusals import Object, Refusals

SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
CONVERTED = (*FIELDS, "metadata.annotations", "metadata.labels", "spec.restartPolicy", "spec.schedulerName", "status.phase")
"""What can be read of a pod at all."""
VOLUME_FIELDS = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
RESOURCES = tuple(f"{kind}.{name}" for kind in ("limits", "requests") for name in ("cpu", "ephemeral-storage", "memory"))
BYTES = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")
DIVISORS = {
    "cpu": ("1m and 1", ("1m", "1")),
    "memory": (", ".join(BYTES), BYTES),
    "ephemeral-storage": (", ".join(BYTES), BYTES),
}
NAME_WORDS = "a valid environment variable name must consist only of printable ASCII characters other than '='"


def environment(container: Object, *, at: str, into: Refusals) -> None:
    for index, one in enumerate(container.get("env", [])):
        _variable(one, at=f"{at}.env[{index}]", into=into)
    for index, one in enumerate(container.get("envFrom", [])):
        _all_of(one, at=f"{at}.envFrom", index=index, into=into)


def _named(name: str, *, at: str, into: Refusals) -> None:
    if not re.fullmatch("[ -<>-~]+", name):
        into.invalid(at, value=name, why=NAME_WORDS)


def _variable(one: Object, *, at: str, into: Refusals) -> None:
    if not one.get("name"):
        into.required(f"{at}.name")
    else:
        _named(one["name"], at=f"{at}.name", into=into)
    source = one.get("valueFrom")
    if source is None:
        return
    here = f"{at}.valueFrom"
    given = [kind for kind in SOURCES if source.get(kind) is not None]
    for kind in given:
        if kind in _SOURCES:
            _SOURCES[kind](source[kind], at=f"{here}.{kind}", into=into)
    if not given:
        *most, last = (f"`{kind}`" for kind in SOURCES)
        into.invalid(here, value="", why=f"must specify one of: {', '.join(most)} or {last}")
    elif one.get("value"):
        into.invalid(here, value="", why="may not be specified when `value` is not empty")
    elif len(given) > 1:
        into.invalid(here, value="", why="may not have more than one field specified at a time")


def _key(reference: Object, *, at: str, into: Refusals) -> None:
    name, key = reference.get("name", ""), reference.get("key", "")
    into.texts(f"{at}.name", value=name, whys=naming.subdomain(name))
    if not key:
        into.required(f"{at}.key")
    else:
        into.texts(f"{at}.key", value=key, whys=naming.config_key(key))


def _field(reference: Object, *, at: str, into: Refusals) -> None:
    field_path(reference.get("fieldPath", ""), at=at, allowed=FIELDS, into=into)


def field_path(path: str, *, at: str, allowed: tuple[str, ...], into: Refusals) -> None:
    """A field of the pod, or one of its labels or annotations by key."""
    here = f"{at}.fieldPath"
    subscript = re.fullmatch(r"metadata\.(labels|annotations)\['(.*)'\]", path)
    if not path:
        into.required(here)
    elif subscript:
        key = subscript[2]
        into.texts(at, value=key, whys=naming.qualified(key.lower() if subscript[1] == "annotations" else key))
    elif path not in CONVERTED:
        into.invalid(here, value=path, why=f"error converting fieldPath: field label not supported: {path}")
    elif path not in allowed:
        into.unsupported(here, value=path, allowed=allowed)


def resource_field(reference: Object, *, at: str, into: Refusals) -> None:
    """A limit or request of a container."""
    name, divisor = reference.get("resource", ""), str(reference.get("divisor", "0"))
    if not name:
        into.required(f"{at}.resource")
    elif name not in RESOURCES and not re.match(r"(limits|requests)\.hugepages-", name):
        into.unsupported(f"{at}.resource", value=name, allowed=RESOURCES)
    elif amount(divisor):
        kind = name.partition(".")[2]
        words, allowed = DIVISORS.get(kind, DIVISORS["memory"])
        if divisor not in allowed:
            into.invalid(
                f"{at}.divisor", value=name, why=f"only divisor's values {words} are supported with the {kind} resource"
            )


_SOURCES: dict[str, Callable[..., None]] = {
    "fieldRef": _field,
    "resourceFieldRef": resource_field,
    "configMapKeyRef": _key,
    "secretKeyRef": _key,
}


def _all_of(one: Object, *, at: str, index: int, into: Refusals) -> None:
    """All keys of a ConfigMap or Secret."""
    if one.get("prefix"):
        _named(one["prefix"], at=f"{at}[{index}].prefix", into=into)
    given: list[Any] = [kind for kind in ("configMapRef", "secretRef") if one.get(kind) is not None]
    for kind in given:
        here, name = f"{at}[{index}].{kind}.name", one[kind].get("name", "")
        if not name:
            into.required(here)
        else:
            into.texts(here, value=name, whys=naming.subdomain(name))
    if not given:
        into.invalid(at, value="", why="must specify one of: `configMapRef` or `secretRef`")
    elif len(given) > 1:
        into.invalid(at, value="", why="may not have more than one field specified at a time")
