"""Which changes of an object are refused."""

from collections.abc import Mapping
from copy import deepcopy
from difflib import unified_diff
from json import dumps
from typing import Any

from acsctl.emulator.kubernetes.objects.quantity import amount
from acsctl.emulator.kubernetes.objects.refusals import IMMUTABLE, Object, Refusals

STATEFUL = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)
STATEFUL_WORDS = (
    f"updates to statefulset spec for fields other than {', '.join(repr(one) for one in STATEFUL[:-1])} "
    f"and {STATEFUL[-1]!r} are forbidden"
)
POD_WORDS = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"
)
CLAIM_WORDS = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"
SUSPENDED = ("nodeSelector", "affinity", "tolerations", "schedulingGates")


def selector(old: Object, new: Object, *, into: Refusals) -> None:
    same(old["spec"].get("selector"), new["spec"].get("selector"), field="spec.selector", into=into)


def deployment(old: Object, new: Object, *, into: Refusals) -> None:
    selector(old, new, into=into)
    status = new.get("status", {})
    if status != old.get("status", {}):
        _deployment_status(status, into=into)


def _deployment_status(status: Object, *, into: Refusals) -> None:
    into.not_negative(status, "observedGeneration", "replicas", at="status")
    parts = ("updatedReplicas", "readyReplicas", "availableReplicas")
    into.not_negative(status, *parts, "unavailableReplicas", "terminatingReplicas", "collisionCount", at="status")
    for name in parts:
        if status.get(name, 0) > status.get("replicas", 0):
            into.invalid(f"status.{name}", value=status.get(name, 0), why="cannot be greater than status.replicas")
    available = status.get("availableReplicas", 0)
    if available > status.get("readyReplicas", 0):
        into.invalid("status.availableReplicas", value=available, why="cannot be greater than readyReplicas")


def same(old: Any, new: Any, *, field: str, into: Refusals) -> None:
    """Refuses a change of an immutable field."""
    if old != new:
        into.invalid(field, value=new, why=IMMUTABLE)


def stateful_set(old: Object, new: Object, *, into: Refusals) -> None:
    before, after = ({key: value for key, value in one["spec"].items() if key not in STATEFUL} for one in (old, new))
    if before != after:
        into.forbidden("spec", why=STATEFUL_WORDS)


def job(old: Object, new: Object, *, into: Refusals) -> None:
    before, after = old["spec"], new["spec"]
    if before.get("completions") != after.get("completions"):
        elastic = after.get("completionMode") == "Indexed" and after.get("completions") == after.get("parallelism")
        why = "can only be modified in tandem with spec.parallelism"
        if before.get("completionMode") != "Indexed" and after.get("completionMode") != "Indexed":
            same(before.get("completions"), after.get("completions"), field="spec.completions", into=into)
        elif not elastic:
            into.invalid("spec.completions", value=after.get("completions"), why=why)
    same(before.get("selector"), after.get("selector"), field="spec.selector", into=into)
    _job_template(old, new, into=into)
    for name in ("completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"):
        same(before.get(name), after.get(name), field=f"spec.{name}", into=into)


def _job_template(old: Object, new: Object, *, into: Refusals) -> None:
    """Of a suspended Job that has not started yet the pods' placement may change."""
    before, after = deepcopy(old["spec"]["template"]), new["spec"]["template"]
    if old["spec"].get("suspend") and not old.get("status", {}).get("startTime"):
        before["metadata"] = after.get("metadata", {})
        for name in SUSPENDED:
            before["spec"].pop(name, None)
            if name in after["spec"]:
                before["spec"][name] = after["spec"][name]
        resources = {one["name"]: one.get("resources", {}) for one in after["spec"].get("containers", [])}
        for one in before["spec"]["containers"]:
            one["resources"] = resources.get(one["name"], {})
    same(before, after, field="spec.template", into=into)


def claim(old: Object, new: Object, *, into: Refusals) -> None:
    before, after = deepcopy(dict(old["spec"])), deepcopy(dict(new["spec"]))
    asked, wanted = (one.get("resources", {}).get("requests", {}).get("storage", "0") for one in (before, after))
    bound = old.get("status", {}).get("phase") == "Bound"
    if bound:
        before.get("resources", {})["requests"] = after.get("resources", {}).get("requests")
        before.pop("volumeAttributesClassName", None)
        after.pop("volumeAttributesClassName", None)
    if not before.get("volumeName"):
        after.pop("volumeName", None)  # set by the binder
    if before != after:
        into.forbidden("spec", why=CLAIM_WORDS + difference(*(_inside(one) for one in (before, after)), ordered=True))
    elif bound and amount(wanted) < amount(asked):
        into.forbidden("spec.resources.requests.storage", why="field can not be less than status.capacity")


def _inside(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A claim's spec as the server's own type has it."""
    resources = spec.get("resources", {})
    return {
        "AccessModes": spec.get("accessModes"),
        "Selector": spec.get("selector"),
        "Resources": {"Limits": resources.get("limits"), "Requests": resources.get("requests")},
        "VolumeName": spec.get("volumeName", ""),
        "StorageClassName": spec.get("storageClassName"),
        "VolumeMode": spec.get("volumeMode"),
        "DataSource": spec.get("dataSource"),
        "DataSourceRef": spec.get("dataSourceRef"),
        "VolumeAttributesClassName": spec.get("volumeAttributesClassName"),
    }


def volume(old: Object, new: Object, *, into: Refusals) -> None:
    mutable = (
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
    )
    before, after = ({key: value for key, value in one["spec"].items() if key not in mutable} for one in (old, new))
    if before != after:
        field = "spec.persistentvolumesource"
        into.forbidden(field, why=f"{field} is immutable after creation\n" + difference(before, after))
    same(old["spec"].get("volumeMode"), new["spec"].get("volumeMode"), field="spec.volumeMode", into=into)


def service(old: Object, new: Object, *, into: Refusals) -> None:
    before, after = old["spec"], new["spec"]
    balanced = new.get("status", {}).get("loadBalancer", {}).get("ingress")
    if balanced and after["type"] != "LoadBalancer" and old.get("status") != new.get("status"):
        why = "may only be used when `spec.type` is 'LoadBalancer'"
        into.forbidden("status.loadBalancer.ingress", why=why)
    if "ExternalName" in (before["type"], after["type"]):
        return
    had, has = before.get("clusterIPs", []), after.get("clusterIPs", [])
    if had and has[:1] != had[:1]:
        into.invalid("spec.clusterIPs[0]", value=has or None, why="may not change once set")


def role_reference(old: Object, new: Object, *, into: Refusals) -> None:
    if old["roleRef"] != new["roleRef"]:
        told = {name[:1].upper() + name[1:]: value for name, value in new["roleRef"].items()}
        told = {"APIGroup": told.get("ApiGroup", ""), "Kind": told.get("Kind", ""), "Name": told.get("Name", "")}
        into.invalid("roleRef", value=told, why="cannot change roleRef")


def secret(old: Object, new: Object, *, into: Refusals) -> None:
    same(old.get("type"), new.get("type"), field="type", into=into)
    _fixed(old, new, fields=("data",), into=into)


def config_map(old: Object, new: Object, *, into: Refusals) -> None:
    _fixed(old, new, fields=("data", "binaryData"), into=into)


def _fixed(old: Object, new: Object, *, fields: tuple[str, ...], into: Refusals) -> None:
    if not old.get("immutable"):
        return
    why = "field is immutable when `immutable` is set"
    if not new.get("immutable"):
        into.forbidden("immutable", why=why)
    for name in fields:
        if old.get(name, {}) != new.get(name, {}):
            into.forbidden(name, why=why)


def pod(old: Object, new: Object, *, into: Refusals) -> None:
    before, after = old["spec"], deepcopy(dict(new["spec"]))
    for kind in ("containers", "initContainers"):
        if len(before.get(kind) or []) != len(after.get(kind) or []):
            into.forbidden(f"spec.{kind}", why="pod updates may not add or remove containers")
            return
        for had, has in zip(before.get(kind) or [], after.get(kind) or [], strict=True):
            has["image"] = had.get("image", "")
    had, has = before.get("tolerations", []), after.get("tolerations", [])
    if all(one in has for one in had) and (had or has):
        after["tolerations"] = had
    for name in ("activeDeadlineSeconds", "schedulingGates", "nodeName"):
        if name in before or name in after:
            after = _taken(after, before, name=name, when=name != "nodeName" or not before.get("nodeName"))
    if before != after:
        into.forbidden("spec", why=POD_WORDS + difference(before, after))


def _taken(after: dict[str, Any], before: Mapping[str, Any], *, name: str, when: bool) -> dict[str, Any]:
    """The new fields with one as it was, when it may change."""
    if not when:
        return after
    kept = {key: value for key, value in after.items() if key != name}
    return {**kept, name: before[name]} if name in before else kept


def storage_class(old: Object, new: Object, *, into: Refusals) -> None:
    for name in ("parameters", "provisioner", "reclaimPolicy"):
        if old.get(name) != new.get(name):
            into.forbidden(name, why=f"updates to {name} are forbidden.")
    same(old.get("volumeBindingMode"), new.get("volumeBindingMode"), field="volumeBindingMode", into=into)


def priority_class(old: Object, new: Object, *, into: Refusals) -> None:
    for name in ("value", "preemptionPolicy"):
        if old.get(name, 0) != new.get(name, 0):
            into.forbidden(name, why="may not be changed in an update.")


def ingress_class(old: Object, new: Object, *, into: Refusals) -> None:
    same(old["spec"].get("controller"), new["spec"].get("controller"), field="spec.controller", into=into)


def difference(old: Any, new: Any, *, ordered: bool = False) -> str:
    """What changed, as a text to read. The server prints its internal types here; unless they are given, these are the fields
    as they are sent. ordered: whether the fields stand as they should."""
    before, after = (dumps(one, indent=1, sort_keys=not ordered).splitlines() for one in (old, new))
    return "\n".join(list(unified_diff(before, after, lineterm="", n=3))[2:]) + "\n"
