"""What is refused of containers."""

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from acsctl.emulator.kubernetes.objects import naming
from acsctl.emulator.kubernetes.objects.quantity import amount
from acsctl.emulator.kubernetes.objects.refusals import NOT_NEGATIVE, Object, Refusals

PULLS = ("Always", "IfNotPresent", "Never")
MESSAGES = ("File", "FallbackToLogsOnError")
PROTOCOLS = ("SCTP", "TCP", "UDP")
RESOURCES = ("cpu", "memory", "ephemeral-storage", "storage")
SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
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


def containers(spec: Object, *, at: str, volumes: Collection[str], into: Refusals) -> None:
    plain, first = spec.get("containers") or [], spec.get("initContainers") or []
    if not plain:
        into.required(f"{at}.containers")
    names: set[str] = set()
    ports: set[str] = set()
    for kind, found in (("containers", plain), ("initContainers", first)):
        for index, one in enumerate(found):
            here = f"{at}.{kind}[{index}]"
            _container(one, at=here, volumes=volumes, into=into)
            if one.get("name") in names:
                into.duplicate(f"{here}.name", value=one["name"])
            names.add(one.get("name", ""))
            if kind == "initContainers" and one.get("restartPolicy") != "Always":
                _no_probes(one, at=here, into=into)
            _host_ports(one, at=here, spec=spec, into=into, seen=ports if kind == "containers" else set())


def _no_probes(container: Object, *, at: str, into: Refusals) -> None:
    for name in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
        if name in container:
            into.forbidden(f"{at}.{name}", why="may not be set for init containers without restartPolicy=Always")


def _container(one: Object, *, at: str, volumes: Collection[str], into: Refusals) -> None:
    if not one.get("name"):
        into.required(f"{at}.name")
    else:
        into.texts(f"{at}.name", value=one["name"], whys=naming.label(one["name"]))
    image = one.get("image", "")
    if not image:
        into.required(f"{at}.image")
    elif image != image.strip():
        into.invalid(f"{at}.image", value=image, why="must not have leading or trailing whitespace")
    into.one_of(one, "terminationMessagePolicy", at=at, allowed=MESSAGES)
    _ports(one.get("ports", []), at=f"{at}.ports", into=into)
    for index, variable in enumerate(one.get("env", [])):
        _variable(variable, at=f"{at}.env[{index}]", into=into)
    _mounts(one.get("volumeMounts", []), at=f"{at}.volumeMounts", volumes=volumes, into=into)
    into.one_of(one, "imagePullPolicy", at=at, allowed=PULLS)
    _resources(one.get("resources", {}), at=f"{at}.resources", into=into)
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if name in one:
            _probe(one[name], at=f"{at}.{name}", into=into, once=name != "readinessProbe")
    for name in ("postStart", "preStop"):
        if name in one.get("lifecycle", {}):
            _handler(one["lifecycle"][name], at=f"{at}.lifecycle.{name}", into=into)


def _ports(values: list[Any], *, at: str, into: Refusals) -> None:
    names = set()
    for index, one in enumerate(values):
        here = f"{at}[{index}]"
        name = one.get("name", "")
        if name:
            problems = naming.port_name(name)
            into.texts(f"{here}.name", value=name, whys=problems)
            if not problems and name in names:
                into.duplicate(f"{here}.name", value=name)
            names.add(name)
        if not one.get("containerPort"):
            into.required(f"{here}.containerPort")
        else:
            into.texts(f"{here}.containerPort", value=one["containerPort"], whys=naming.port(one["containerPort"]))
        if one.get("hostPort"):
            into.texts(f"{here}.hostPort", value=one["hostPort"], whys=naming.port(one["hostPort"]))
        into.one_of(one, "protocol", at=here, allowed=PROTOCOLS)


def _host_ports(container: Object, *, at: str, spec: Object, into: Refusals, seen: set[str]) -> None:
    for index, one in enumerate(container.get("ports", [])):
        here, host = f"{at}.ports[{index}].hostPort", one.get("hostPort")
        # Of a template it may be left out: the pod gets it.
        if spec.get("hostNetwork") and host and host != one.get("containerPort"):
            into.invalid(here, value=host, why="must match `containerPort` when `hostNetwork` is true")
        if host:
            told = f"{one.get('protocol', '')}/{one.get('hostIP', '')}/{host}"
            if told in seen:
                into.duplicate(here, value=told)
            seen.add(told)


def _variable(one: Object, *, at: str, into: Refusals) -> None:
    name = one.get("name", "")
    if not name:
        into.required(f"{at}.name")
    elif not re.fullmatch("[ -<>-~]+", name):
        why = "a valid environment variable name must consist only of printable ASCII characters other than '='"
        into.invalid(f"{at}.name", value=name, why=why)
    source = one.get("valueFrom")
    if source is None:
        return
    here = f"{at}.valueFrom"
    if not any(source.get(kind) for kind in SOURCES):
        *most, last = (f"`{kind}`" for kind in SOURCES)
        into.invalid(here, value="", why=f"must specify one of: {', '.join(most)} or {last}")
    elif one.get("value"):
        into.invalid(here, value="", why="may not be specified when `value` is not empty")
    elif len(source) > 1:
        into.invalid(here, value="", why="may not have more than one field specified at a time")
    if source.get("fieldRef"):
        _field_path(source["fieldRef"].get("fieldPath", ""), at=f"{here}.fieldRef.fieldPath", into=into)
    for kind in ("configMapKeyRef", "secretKeyRef"):
        if kind in source and not source[kind].get("name"):
            into.required(f"{here}.{kind}.name")
        if kind in source and not source[kind].get("key"):
            into.required(f"{here}.{kind}.key")


def _field_path(path: str, *, at: str, into: Refusals) -> None:
    if not path:
        into.required(at)
    elif path not in FIELDS and not re.fullmatch(r"metadata\.(labels|annotations)\['.*'\]", path):
        into.invalid(at, value=path, why=f"error converting fieldPath: field label not supported: {path}")


def _mounts(values: list[Any], *, at: str, volumes: Collection[str], into: Refusals) -> None:
    paths = set()
    for index, one in enumerate(values):
        here, name, path = f"{at}[{index}]", one.get("name", ""), one.get("mountPath", "")
        if not name:
            into.required(f"{here}.name")
        elif name not in volumes:
            into.missing(f"{here}.name", value=name)
        if not path:
            into.required(f"{here}.mountPath")
        elif path in paths:
            into.invalid(f"{here}.mountPath", value=path, why="must be unique")
        paths.add(path)


def _resources(value: Object, *, at: str, into: Refusals) -> None:
    limits, requests = value.get("limits", {}), value.get("requests", {})
    for kind, found in (("limits", limits), ("requests", requests)):
        for name, quantity in found.items():
            here = f"{at}.{kind}[{name}]"
            _resource_name(name, at=here, into=into)
            if kind == "requests" and name in limits and amount(quantity) > amount(limits[name]):
                why = f"must be less than or equal to {name} limit of {limits[name]}"
                into.invalid(f"{at}.requests", value=quantity, why=why)
            if amount(quantity) < Decimal(0):
                into.invalid(here, value=quantity, why=NOT_NEGATIVE)


def _resource_name(name: str, *, at: str, into: Refusals) -> None:
    into.texts(at, value=name, whys=naming.qualified(name))
    if "/" not in name and name not in RESOURCES and not name.startswith("hugepages-"):
        into.invalid(at, value=name, why="must be a standard resource type or fully qualified")
        into.invalid(at, value=name, why="must be a standard resource for containers")


def _probe(value: Object, *, at: str, into: Refusals, once: bool) -> None:
    _handler(value, at=at, into=into)
    names = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
    into.not_negative(value, *names, at=at)
    if once and value.get("successThreshold") != 1:
        into.invalid(f"{at}.successThreshold", value=value.get("successThreshold", 0), why="must be 1")


def _handler(value: Mapping[str, Any], *, at: str, into: Refusals) -> None:
    given = [kind for kind in (*HANDLERS, "sleep") if kind in value]
    for kind in given[1:]:
        into.forbidden(f"{at}.{kind}", why="may not specify more than 1 handler type")
    if not given:
        into.required(at, "must specify a handler type")
        return
    kind = given[0]
    if kind == "exec" and not value["exec"].get("command"):
        into.required(f"{at}.exec.command")
    if kind == "httpGet" and not value["httpGet"].get("path"):
        into.required(f"{at}.httpGet.path")
    if kind in ("httpGet", "tcpSocket"):
        port = value[kind].get("port", 0)
        into.texts(f"{at}.{kind}.port", value=port, whys=naming.number_or_name(port))
    if kind == "httpGet":
        into.one_of(value["httpGet"], "scheme", at=f"{at}.httpGet", allowed=("HTTP", "HTTPS"))
