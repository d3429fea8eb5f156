"""What is refused of pods and pod templates."""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.kubernetes.objects import naming
from acsctl.emulator.kubernetes.objects.container_rules import containers
from acsctl.emulator.kubernetes.objects.refusals import Object, Refusals
from acsctl.emulator.kubernetes.objects.volume_rules import volumes

RESTARTS = ("Always", "OnFailure", "Never")
DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
MOST_SECONDS = 2**31 - 1


def pod_spec(spec: Object, *, at: str, into: Refusals) -> None:
    names = volumes(spec.get("volumes", []), at=f"{at}.volumes", into=into)
    containers(spec, at=at, volumes=names, into=into)
    into.one_of(spec, "restartPolicy", at=at, allowed=RESTARTS)
    into.one_of(spec, "dnsPolicy", at=at, allowed=DNS_POLICIES)
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
    tolerations(spec.get("tolerations", []), at=f"{at}.tolerations", into=into)
    spread(spec.get("topologySpreadConstraints", []), at=f"{at}.topologySpreadConstraints", into=into)


def tolerations(values: list[Any], *, at: str, into: Refusals) -> None:
    for index, one in enumerate(values):
        here, key, operator = f"{at}[{index}]", one.get("key", ""), one.get("operator", "")
        if key:
            into.texts(f"{here}.key", value=key, whys=naming.qualified(key))
        elif operator != "Exists":
            why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            into.invalid(f"{here}.operator", value=operator, why=why)
        if one.get("tolerationSeconds") is not None and one.get("effect") != "NoExecute":
            why = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            into.invalid(f"{here}.effect", value=one.get("effect", ""), why=why)
        if operator == "Exists" and one.get("value"):
            into.invalid(f"{here}.operator", value=one["value"], why="value must be empty when `operator` is 'Exists'")
        into.one_of(one, "operator", at=here, allowed=("Equal", "Exists"))
        into.one_of(one, "effect", at=here, allowed=EFFECTS)


def spread(values: list[Any], *, at: str, into: Refusals) -> None:
    for index, one in enumerate(values):
        here = f"{at}[{index}]"
        if one.get("maxSkew", 0) <= 0:
            into.invalid(f"{here}.maxSkew", value=one.get("maxSkew", 0), why="must be greater than zero")
        if not one.get("topologyKey"):
            into.required(f"{here}.topologyKey", "can not be empty")
        if one.get("whenUnsatisfiable") not in ("DoNotSchedule", "ScheduleAnyway"):
            into.unsupported(
                f"{here}.whenUnsatisfiable",
                value=one.get("whenUnsatisfiable", ""),
                allowed=("DoNotSchedule", "ScheduleAnyway"),
            )


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
