"""DELETE: at once, or a mark with a time for those who must finish first (finalizers, kubelets, the namespace controller)."""

from copy import deepcopy
from typing import Any

from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.kubernetes.builtin import body, custom, reads, writes
from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.request import Answer
from acsctl.emulator.kubernetes.builtin.selectors import whole_number
from acsctl.emulator.kubernetes.builtin.status import StatusError, forbidden, invalid_options, success
from acsctl.emulator.kubernetes.builtin.storage import Object
from acsctl.emulator.kubernetes.objects.validate import Problem

ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"
_POLICIES = {"Orphan": ORPHAN, "Foreground": FOREGROUND}
_RETURNED = {
    "CSIDriver", "CSINode", "Namespace", "PersistentVolume", "PersistentVolumeClaim", "Pod", "PodTemplate",
    "ResourceQuota", "Service", "ServiceAccount", "StorageClass", "VolumeAttachment",
}  # fmt: skip
"""Kinds whose delete answers with the object, although it is gone (`ReturnDeletedObject`)."""
_SYSTEM_NAMESPACES = ("default", "kube-system", "kube-public")


def delete(call: Call) -> Answer:
    """DELETE on an object. Raises StatusError."""
    options = _options(call)
    with call.control.storage.lock:
        live = writes.require(call)
        if call.entry.stored_as == ("", "namespaces") and call.name in _SYSTEM_NAMESPACES:
            raise forbidden(call.entry.resource, name=call.name, why="this namespace may not be deleted")
        last, gone = delete_with(call, live=live, options=options)
    if gone and (call.entry.custom is not None or live["kind"] not in _RETURNED):
        document = success(call.entry.resource, name=call.name, uid=live["metadata"]["uid"])
        return Answer(200, document)
    return Answer(202 if not gone and options.get("orphanDependents") is False else 200, last)


def delete_collection(call: Call) -> Answer:
    """DELETE on a kind: all that the selectors match."""
    options = _options(call)
    with call.control.storage.lock:
        found = reads.selected(call)
        for one in found:
            delete_with(_call_of(call, obj=one), live=one, options=options)
    return Answer(200, reads.as_list(call, items=found))


def remove_all(call: Call, *, objects: list[Object]) -> None:
    """Deletes objects of the call's kind, each as by its own request. The lock is held."""
    for one in objects:
        delete_with(_call_of(call, obj=one), live=one, options={})


def _call_of(call: Call, *, obj: Object) -> Call:
    metadata = obj["metadata"]
    return Call(call.control, call.request, call.entry, metadata.get("namespace", ""), metadata["name"], "")


def _options(call: Call) -> dict[str, Any]:
    """From the body, else from the query."""
    sent = call.request.body or call.request.document is not None
    options = body.read_as(call, version="meta.k8s.io/v1", kind="DeleteOptions") if sent else {}
    query = call.request.query
    if "propagationPolicy" in query:
        options.setdefault("propagationPolicy", query["propagationPolicy"])
    if "gracePeriodSeconds" in query:
        options.setdefault("gracePeriodSeconds", whole_number(query["gracePeriodSeconds"]))
    if "orphanDependents" in query:
        options.setdefault("orphanDependents", call.request.flag("orphanDependents"))
    _check_policy(options)
    if "orphanDependents" in options and "propagationPolicy" not in options:
        options["propagationPolicy"] = "Orphan" if options["orphanDependents"] else "Background"
    return options


def _check_policy(options: dict[str, Any]) -> None:
    policy = options.get("propagationPolicy")
    if policy is None:
        return
    field = "propagationPolicy"
    if "orphanDependents" in options:
        message = f'Invalid value: "{policy}": orphanDependents and deletionPropagation cannot be both set'
        raise invalid_options("DeleteOptions", problem=Problem(field, "FieldValueInvalid", message, policy))
    if policy not in (*_POLICIES, "Background"):
        message = f'Unsupported value: "{policy}": supported values: "Foreground", "Background", "Orphan", "nil"'
        raise invalid_options("DeleteOptions", problem=Problem(field, "FieldValueNotSupported", message, policy))


def delete_with(call: Call, *, live: Object, options: dict[str, Any]) -> tuple[Object, bool]:
    """The object as it is now or was in the end, and whether it is gone. The lock is held. Raises StatusError 409."""
    _check_preconditions(call, live=live, wanted=options.get("preconditions") or {})
    dry_run = call.dry_run or options.get("dryRun") == ["All"]
    if call.entry.stored_as == custom.DEFINITIONS and not dry_run:
        live = custom.hold(call, live=live)
    obj = _marked(call, live=live, options=options)
    if dry_run:
        return obj, writes.is_done(obj)
    if writes.is_done(obj):
        storage = call.control.storage
        # What never waited for anything goes as it was, without the mark.
        # A Pod's grace has been settled before, and shows.
        last = live if "deletionTimestamp" not in live["metadata"] and live["kind"] != "Pod" else obj
        return call.entry.present(storage.remove(call.key, last=call.entry.keep(last))), True
    return (live if obj == live else call.entry.present(call.control.storage.put(call.key, obj=call.entry.keep(obj)))), False


def _check_preconditions(call: Call, *, live: Object, wanted: dict[str, Any]) -> None:
    for name, words, happened in (
        ("uid", "UID", "deleted and then recreated"),
        ("resourceVersion", "ResourceVersion", "modified"),
    ):
        have = live["metadata"][name]
        if wanted.get(name) in (None, have):
            continue
        found = f"the {words} in the precondition ({wanted[name]}) does not match the {words} in record ({have})"
        message = f"{found}. The object might have been {happened}"
        kind = call.entry.resource.kind  # and not the plural, as elsewhere
        text = f'Operation cannot be fulfilled on {kind} "{call.name}": {message}'
        details = {"name": call.name, "group": call.entry.resource.group, "kind": kind}
        raise StatusError(409, reason="Conflict", message=text, details=details)


def _marked(call: Call, *, live: Object, options: dict[str, Any]) -> Object:
    """The object with the time of its end and those who must agree to it."""
    obj = deepcopy(live)
    metadata = obj["metadata"]
    _set_finalizers(call, metadata=metadata, policy=options.get("propagationPolicy"))
    grace = _grace(live, wish=options.get("gracePeriodSeconds"))
    if "deletionTimestamp" in metadata:
        if grace < metadata.get("deletionGracePeriodSeconds", 0):  # it can only come sooner
            metadata["deletionGracePeriodSeconds"] = grace
            metadata["deletionTimestamp"] = iso_seconds(call.control.now() + grace)
        return obj
    metadata["deletionTimestamp"] = iso_seconds(call.control.now() + grace)
    if obj["kind"] != "Namespace" or obj["apiVersion"] != "v1":
        metadata["deletionGracePeriodSeconds"] = grace
    if metadata.get("generation"):
        metadata["generation"] += 1
    if obj["kind"] == "Namespace" and call.entry.custom is None:
        obj["status"] = {**obj.get("status", {}), "phase": "Terminating"}
    return obj


def _set_finalizers(call: Call, *, metadata: dict[str, Any], policy: str | None) -> None:
    if policy is None and not {ORPHAN, FOREGROUND} & set(metadata.get("finalizers") or ()):
        is_job = call.entry.resource.kind == "Job" and call.entry.api_version == "batch/v1"
        policy = "Orphan" if is_job else "Background"  # Jobs for the sake of old clients (batch/job/strategy.go)
    if policy is not None:
        others = [one for one in metadata.get("finalizers") or [] if one not in (ORPHAN, FOREGROUND)]
        metadata["finalizers"] = [*others, *([_POLICIES[policy]] if policy in _POLICIES else [])]
    if not metadata.get("finalizers"):
        metadata.pop("finalizers", None)


def _grace(live: Object, *, wish: int | None) -> int:
    """Only Pods take their time, and only those that a kubelet runs (pod/strategy.go, CheckGracefulDelete)."""
    if live["kind"] != "Pod" or live["apiVersion"] != "v1":
        return 0
    spec = live["spec"]
    if not spec.get("nodeName") or live.get("status", {}).get("phase") in ("Failed", "Succeeded"):
        return 0
    if wish is not None:
        return max(0, wish)
    return int(spec.get("terminationGracePeriodSeconds", 30))
