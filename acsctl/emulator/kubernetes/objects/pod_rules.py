"""What is refused of pods and pod templates."""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.kubernetes.objects import naming
from acsctl.emulator.kubernetes.objects.affinity_rules import affinity, spread, tolerations
from acsctl.emulator.kubernetes.objects.container_rules import containers
from acsctl.emulator.kubernetes.objects.refusals import Object, Refusals
from acsctl.emulator.kubernetes.objects.security_rules import pod_context
from acsctl.emulator.kubernetes.objects.volume_rules import volumes

RESTARTS = ("Always", "OnFailure", "Never")
DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
MOST_SECONDS = 2**31 - 1


def pod_spec(spec: Object, *, at: str, into: Refusals) -> None:
    names = volumes(spec.get("volumes", []), at=f"{at}.volumes", into=into)
    containers(spec, at=at, volumes=names, into=into)
    into.one_of(spec, "restartPolicy", at=at, allowed=RESTARTS)
    into.one_of(spec, "dnsPolicy", at=at, allowed=DNS_POLICIES)
    pod_context(spec, at=at, into=into)
    _resolving(spec, at=at, into=into)
    naming.labels(spec.get("nodeSelector", {}), at=f"{at}.nodeSelector", into=into)
    for name in ("serviceAccountName", "nodeName"):
        if spec.get(name):
            into.texts(f"{at}.{name}", value=spec[name], whys=naming.subdomain(spec[name]))
    seconds = spec.get("activeDeadlineSeconds")
    if seconds is not None and not 1 <= seconds <= MOST_SECONDS:
        into.invalid(f"{at}.activeDeadlineSeconds", value=seconds, why=f"must be between 1 and {MOST_SECONDS}, inclusive")
    for name in ("hostname", "subdomain"):
        if spec.get(name):
            into.texts(f"{at}.{name}", value=spec[name], whys=naming.label(spec[name]))
    affinity(spec.get("affinity", {}), at=f"{at}.affinity", into=into)
    tolerations(spec.get("tolerations", []), at=f"{at}.tolerations", into=into)
    spread(spec.get("topologySpreadConstraints", []), at=f"{at}.topologySpreadConstraints", into=into)
    _conditions(spec, at=at, into=into)


def _resolving(spec: Object, *, at: str, into: Refusals) -> None:
    """How the containers look names up."""
    config = spec.get("dnsConfig")
    servers = (config or {}).get("nameservers", [])
    if spec.get("dnsPolicy") == "None":
        if config is None:
            into.required(f"{at}.dnsConfig", "must provide `dnsConfig` when `dnsPolicy` is None")
        elif not servers:
            why = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            into.required(f"{at}.dnsConfig.nameservers", why)
    for index, one in enumerate(servers):
        into.texts(f"{at}.dnsConfig.nameservers[{index}]", value=one, whys=naming.ip(one))
    for index, one in enumerate(spec.get("hostAliases", [])):
        here = f"{at}.hostAliases[{index}]"
        into.texts(f"{here}.ip", value=one.get("ip", ""), whys=naming.ip(one.get("ip", "")))
        for place, name in enumerate(one.get("hostnames", [])):
            into.texts(f"{here}.hostnames[{place}]", value=name, whys=naming.subdomain(name))


def _conditions(spec: Object, *, at: str, into: Refusals) -> None:
    """What is to be so before a pod is ready, or is placed."""
    for index, one in enumerate(spec.get("readinessGates", [])):
        kind = one.get("conditionType", "")
        into.texts(f"{at}.readinessGates[{index}].conditionType", value=kind, whys=naming.qualified(kind))
    for index, one in enumerate(spec.get("schedulingGates", [])):
        into.texts(f"{at}.schedulingGates[{index}]", value=one.get("name", ""), whys=naming.qualified(one.get("name", "")))
    system = spec.get("os", {}).get("name")
    if system is not None and system not in ("linux", "windows"):
        into.unsupported(f"{at}.os", value=system, allowed=("linux", "windows"))


def template(value: Object, *, at: str, into: Refusals) -> None:
    """A pod template, wherever it is."""
    metadata = value.get("metadata", {})
    naming.labels(metadata.get("labels", {}), at=f"{at}.labels", into=into)
    for name in metadata.get("annotations", {}):
        into.texts(f"{at}.annotations", value=name, whys=naming.qualified(name.lower()))
    pod_spec(value.get("spec", {}), at=f"{at}.spec", into=into)


def selected_template(spec: Object, *, at: str, into: Refusals) -> None:
    """Whether the selector of a controller selects the pods of its template."""
    labels = dict(sorted(spec.get("template", {}).get("metadata", {}).get("labels", {}).items()))
    selector: Mapping[str, Any] | None = spec.get("selector")
    if selector is None or (selector and not naming.matches(selector, labels=labels)):
        into.invalid(f"{at}.template.metadata.labels", value=labels or None, why="`selector` does not match template `labels`")


def pod(obj: Object, *, into: Refusals) -> None:
    pod_spec(obj["spec"], at="spec", into=into)
    if obj["spec"].get("ephemeralContainers"):
        into.forbidden("spec.ephemeralContainers", why="cannot be set on create")
