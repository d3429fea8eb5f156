"""What is refused of containers."""

import re
from collections.abc import Mapping
from typing import Any

from acsctl.emulator.kubernetes.objects import naming
from acsctl.emulator.kubernetes.objects.environment_rules import environment
from acsctl.emulator.kubernetes.objects.quantity import amount
from acsctl.emulator.kubernetes.objects.refusals import NOT_NEGATIVE, Object, Refusals
from acsctl.emulator.kubernetes.objects.security_rules import container_context
from acsctl.emulator.kubernetes.objects.validate import Problem, shown
from acsctl.emulator.kubernetes.objects.volume_rules import relative

PULLS = ("Always", "IfNotPresent", "Never")
MESSAGES = ("File", "FallbackToLogsOnError")
PROTOCOLS = ("SCTP", "TCP", "UDP")
RESOURCES = ("cpu", "memory", "ephemeral-storage")
STANDARD = ("storage", *naming.COUNTED)
"""Of something else than a container."""
HEADER = "[-A-Za-z0-9]+"
HEADER_WORDS = (
    "a valid HTTP header must consist of alphanumeric characters or '-' "
    f"(e.g. 'X-Header-Name', regex used for validation is '{HEADER}')"
)
HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")


def containers(spec: Object, *, at: str, volumes: Mapping[str, Object], into: Refusals) -> None:
    plain, first = spec.get("containers") or [], spec.get("initContainers") or []
    if not plain:
        into.required(f"{at}.containers")
    names: set[str] = set()
    ports: set[str] = set()
    for kind, found in (("containers", plain), ("initContainers", first)):
        for index, one in enumerate(found):
            here = f"{at}.{kind}[{index}]"
            _container(one, at=here, volumes=volumes, into=into)
            _sleeps(
                one.get("lifecycle", {}), at=f"{here}.lifecycle", grace=spec.get("terminationGracePeriodSeconds"), into=into
            )
            _claims(one, at=f"{here}.resources.claims", known=spec.get("resourceClaims", []), into=into)
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


def _container(one: Object, *, at: str, volumes: Mapping[str, Object], into: Refusals) -> None:
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
    environment(one, at=at, into=into)
    _mounts(one.get("volumeMounts", []), at=f"{at}.volumeMounts", volumes=volumes, into=into)
    for index, device in enumerate(one.get("volumeDevices", [])):
        _device(device, at=f"{at}.volumeDevices[{index}]", volumes=volumes, into=into)
    into.one_of(one, "imagePullPolicy", at=at, allowed=PULLS)
    _resources(one.get("resources", {}), at=f"{at}.resources", into=into)
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if name in one:
            _probe(one[name], at=f"{at}.{name}", into=into, once=name != "readinessProbe")
    for name in ("postStart", "preStop"):
        if name in one.get("lifecycle", {}):
            _handler(one["lifecycle"][name], at=f"{at}.lifecycle.{name}", into=into)
    container_context(one.get("securityContext", {}), at=f"{at}.securityContext", into=into)


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


def _mounts(values: list[Any], *, at: str, volumes: Mapping[str, Object], into: Refusals) -> None:
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
        if one.get("subPath"):
            into.texts(f"{at}.subPath", value=one["subPath"], whys=relative(one["subPath"]))
            if one.get("subPathExpr"):
                why = "subPathExpr and subPath are mutually exclusive"
                into.invalid(f"{here}.subPathExpr", value=one["subPathExpr"], why=why)
        into.one_of(one, "mountPropagation", at=at, allowed=("Bidirectional", "HostToContainer", "None"))


def _device(one: Object, *, at: str, volumes: Mapping[str, Object], into: Refusals) -> None:
    """A volume that a container takes as a disk."""
    name = one.get("name", "")
    if not name:
        into.required(f"{at}.name")
    elif name not in volumes:
        into.missing(f"{at}.name", value=name)
    elif not {"persistentVolumeClaim", "ephemeral"} & set(volumes[name]):
        why = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
        into.invalid(f"{at}.name", value=name, why=why)
    if not one.get("devicePath"):
        into.required(f"{at}.devicePath")


def _sleeps(lifecycle: Object, *, at: str, grace: int | None, into: Refusals) -> None:
    for name in ("postStart", "preStop"):
        sleep = lifecycle.get(name, {}).get("sleep")
        seconds = (sleep or {}).get("seconds", 0)
        if sleep is not None and grace is not None and not 0 <= seconds <= grace:
            why = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
            into.invalid(f"{at}.{name}.sleep", value=seconds, why=why)


def _claims(container: Object, *, at: str, known: list[Any], into: Refusals) -> None:
    names = [one.get("name", "") for one in known]
    for index, one in enumerate(container.get("resources", {}).get("claims", [])):
        if one.get("name") not in names:
            which = f"one of the names in pod.spec.resourceClaims {', '.join(names)}" if names else ""
            why = which or "one of the names in pod.spec.resourceClaims which is empty"
            text = f"Not found: {shown(one.get('name', ''))}: must be {why}"
            into.append(Problem(f"{at}[{index}]", "FieldValueNotFound", text, one.get("name")))


def _resources(value: Object, *, at: str, into: Refusals) -> None:
    limits, requests = value.get("limits", {}), value.get("requests", {})
    for kind, found in (("limits", limits), ("requests", requests)):
        for name, quantity in found.items():
            here = f"{at}.{kind}[{name}]"
            _resource_name(name, at=here, into=into)
            if amount(quantity) < 0:
                into.invalid(here, value=quantity, why=NOT_NEGATIVE)
            if _is_extended(name) and amount(quantity) % 1:
                into.invalid(here, value=quantity, why="must be an integer")
            if kind == "requests":
                _request(name, quantity=quantity, limits=limits, at=at, into=into)
    names = {*limits, *requests}
    if any(name.startswith("hugepages-") for name in names) and not names & {"cpu", "memory"}:
        into.forbidden(at, why="HugePages require cpu or memory")


def _request(name: str, *, quantity: Any, limits: Object, at: str, into: Refusals) -> None:
    """A request beside its limit; of what cannot be shared the two are equal."""
    limit, is_shared = limits.get(name), _is_native(name) and not name.startswith("hugepages-")
    if limit is None:
        if not is_shared:
            into.required(f"{at}.limits", "Limit must be set for non overcommitable resources")
    elif not is_shared and amount(quantity) != amount(limit):
        into.invalid(f"{at}.requests", value=quantity, why=f"must be equal to {name} limit of {limit}")
    elif amount(quantity) > amount(limit):
        into.invalid(f"{at}.requests", value=quantity, why=f"must be less than or equal to {name} limit of {limit}")


def _is_native(name: str) -> bool:
    return "/" not in name or "kubernetes.io/" in name


def _is_extended(name: str) -> bool:
    return not _is_native(name) and not name.startswith("requests.") and not naming.qualified(f"requests.{name}")


def _resource_name(name: str, *, at: str, into: Refusals) -> None:
    into.texts(at, value=name, whys=naming.qualified(name))
    if "/" in name:
        if not _is_native(name) and not _is_extended(name):
            into.invalid(at, value=name, why="doesn't follow extended resource name standard")
        return
    if name in RESOURCES or name.startswith("hugepages-"):
        return
    if name not in STANDARD:
        into.invalid(at, value=name, why="must be a standard resource type or fully qualified")
    into.invalid(at, value=name, why="must be a standard resource for containers")


def _probe(value: Object, *, at: str, into: Refusals, once: bool) -> None:
    _handler(value, at=at, into=into)
    names = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
    into.not_negative(value, *names, at=at)
    grace = value.get("terminationGracePeriodSeconds")
    if grace is not None and not once:
        into.invalid(f"{at}.terminationGracePeriodSeconds", value=grace, why="must not be set for readinessProbes")
    elif grace is not None and grace <= 0:
        into.invalid(f"{at}.terminationGracePeriodSeconds", value=grace, why="must be greater than 0")
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
        for header in value["httpGet"].get("httpHeaders", []):
            if not re.fullmatch(HEADER, header.get("name", "")):
                into.invalid(f"{at}.httpGet.httpHeaders", value=header.get("name", ""), why=HEADER_WORDS)
    if kind == "grpc":
        into.texts(f"{at}.grpc.port", value=value["grpc"].get("port", 0), whys=naming.port(value["grpc"].get("port", 0)))
