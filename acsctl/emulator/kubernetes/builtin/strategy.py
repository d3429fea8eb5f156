"""What the server itself writes into an object before it is stored (the strategies of its registry, `PrepareForCreate/Update`).

Functions here take objects that are theirs to change.
"""

import uuid
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.kubernetes.builtin import quality
from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.storage import Object

_COUNTED = {
    "PriorityClass", "IngressClass", "NetworkPolicy", "Ingress", "EndpointSlice", "PodDisruptionBudget", "DaemonSet",
    "StatefulSet", "Deployment", "ReplicaSet", "Job", "CronJob", "Pod", "PodTemplate", "ReplicationController",
    "ValidatingAdmissionPolicy", "MutatingAdmissionPolicy", "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicyBinding", "CustomResourceDefinition", "FlowSchema",
    "PriorityLevelConfiguration",
}  # fmt: skip
"""Kinds whose metadata.generation the server counts; custom resources are counted too."""

_FIRST_STATUS: Mapping[str, Mapping[str, Any]] = {
    "Namespace": {"phase": "Active"},
    "PersistentVolume": {"phase": "Pending"},
    "PersistentVolumeClaim": {"phase": "Pending"},
    "Service": {"loadBalancer": {}},
    "Ingress": {"loadBalancer": {}},
    "Deployment": {},
    "ReplicaSet": {"replicas": 0},
    "ReplicationController": {"replicas": 0},
    "StatefulSet": {"replicas": 0, "availableReplicas": 0},
    "DaemonSet": {
        "currentNumberScheduled": 0,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 0,
        "numberReady": 0,
    },
    "Job": {},
    "CronJob": {},
    "ResourceQuota": {},
    "HorizontalPodAutoscaler": {"desiredReplicas": 0, "currentMetrics": None},
    "PodDisruptionBudget": {"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0},
}
"""Of new objects, as the server's types are written with nothing in them."""

_KEPT = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink")
"""What a change cannot touch in metadata."""


_CHANGED = {"Pod", "Namespace", "PersistentVolumeClaim", "Job", "Service", "Node", "CustomResourceDefinition"}
"""Kinds that the server completes deeper than in their metadata."""


def _own(obj: Object) -> Object:
    """A copy, as deep as the server changes the kind."""
    if obj["kind"] in _CHANGED:
        return deepcopy(obj)
    metadata = dict(obj["metadata"])
    if "finalizers" in metadata:
        metadata["finalizers"] = list(metadata["finalizers"] or ())
    return {**obj, "metadata": metadata}


def is_counted(call: Call) -> bool:
    return call.entry.custom is not None or call.entry.resource.kind in _COUNTED


def without_status(call: Call, *, obj: Object, live: Object | None) -> Object:
    """The object with the status of the live one, when status has a subresource of its own. A Node brings its own when new."""
    if not call.entry.has_status or (live is None and call.entry.resource.kind in ("Node", "APIService")):
        return obj
    rest = {name: value for name, value in obj.items() if name != "status"}
    return {**rest, "status": live["status"]} if live is not None and "status" in live else rest


def only_status(call: Call, *, obj: Object, live: Object) -> Object:
    """The live object with the status of another, as the status subresource writes it.

    Of built-in kinds metadata may change too; of custom resources it may not, but for its managedFields.
    """
    kept = {name: value for name, value in live.items() if name not in ("status", "metadata")}
    status = {"status": obj["status"]} if "status" in obj else {}
    if call.entry.custom is None:
        metadata = {**obj["metadata"], **{name: live["metadata"][name] for name in ("labels",) if name in live["metadata"]}}
    else:
        metadata = dict(live["metadata"])
        if "managedFields" in obj["metadata"]:
            metadata["managedFields"] = obj["metadata"]["managedFields"]
    return {**kept, "metadata": metadata, **status}


def begin(call: Call, *, obj: Object) -> Object:
    """A new object with uid, time, generation and first status."""
    made = _own(obj)
    metadata = made["metadata"]
    for name in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"):
        metadata.pop(name, None)
    metadata["uid"] = str(uuid.uuid4())
    metadata["creationTimestamp"] = iso_seconds(call.control.now())
    if is_counted(call):
        metadata["generation"] = 1
    kind = call.entry.resource.kind
    if call.entry.custom is None and kind in _FIRST_STATUS and "status" not in made:
        made["status"] = deepcopy(dict(_FIRST_STATUS[kind]))
    if call.entry.custom is None and kind in _NEW:
        _NEW[kind](made)
    return made


def go_on(call: Call, *, obj: Object, live: Object) -> Object:
    """A changed object with what the server keeps of the live one, and the next generation when what is wanted changed."""
    made = _own(obj)
    metadata = made["metadata"]
    for name in _KEPT:
        if name in live["metadata"]:
            metadata[name] = live["metadata"][name]
        else:
            metadata.pop(name, None)
    metadata["resourceVersion"] = live["metadata"]["resourceVersion"]
    if is_counted(call) and call.subresource != "status" and _wanted(call, obj=made) != _wanted(call, obj=live):
        metadata["generation"] = live["metadata"].get("generation", 0) + 1
    if made["kind"] == "DaemonSet" and made["apiVersion"] == "apps/v1":
        _count_template(made, live=live)
    return made


def same(one: Object, other: Object) -> bool:
    """Whether two states of an object differ in nothing but the times of its managers and the resourceVersion."""
    return _timeless(one) == _timeless(other)


def _wanted(call: Call, *, obj: Object) -> Any:
    ignored = {"metadata", "apiVersion", "kind"} | ({"status"} if call.entry.has_status or not call.entry.custom else set())
    wanted = {name: value for name, value in obj.items() if name not in ignored}
    if obj["kind"] == "Deployment" and call.entry.custom is None:  # its annotations count too (deployment/strategy.go)
        wanted["annotations"] = obj["metadata"].get("annotations") or {}
    return wanted


def _timeless(obj: Object) -> Object:
    metadata = {
        name: value for name, value in obj["metadata"].items() if name != "resourceVersion" and value not in ({}, [], None)
    }
    managers = [{name: value for name, value in one.items() if name != "time"} for one in metadata.pop("managedFields", [])]
    return {**obj, "metadata": {**metadata, "managedFields": managers}}


def _new_pod(obj: Object) -> None:
    obj["status"] = {"phase": "Pending", "qosClass": quality.qos_class(obj["spec"])}


def _new_namespace(obj: Object) -> None:
    obj.setdefault("spec", {})["finalizers"] = ["kubernetes"]


def _new_claim(obj: Object) -> None:
    obj["metadata"].setdefault("finalizers", [])
    if "kubernetes.io/pvc-protection" not in obj["metadata"]["finalizers"]:
        obj["metadata"]["finalizers"].append("kubernetes.io/pvc-protection")


def _new_job(obj: Object) -> None:
    """The selector that only this Job's pods match, and their labels, unless the user has taken that on."""
    spec, name, uid = obj["spec"], obj["metadata"]["name"], obj["metadata"]["uid"]
    if spec.get("manualSelector"):
        return
    labels = spec["template"].setdefault("metadata", {}).setdefault("labels", {})
    inherited = obj["metadata"].get("labels") or labels
    if inherited == labels:  # its own labels are then those of the template, for good
        obj["metadata"]["labels"] = labels
    for label in ("job-name", "batch.kubernetes.io/job-name"):
        labels.setdefault(label, name)
    for label in ("controller-uid", "batch.kubernetes.io/controller-uid"):
        labels.setdefault(label, uid)
    wanted = spec.setdefault("selector", {}).setdefault("matchLabels", {})
    wanted.setdefault("batch.kubernetes.io/controller-uid", uid)


TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"


def with_annotations(obj: Object) -> Object:
    """A DaemonSet that counts its templates, from its first moment."""
    if (obj["apiVersion"], obj["kind"]) != ("apps/v1", "DaemonSet"):
        return obj
    annotations = {TEMPLATE_GENERATION: "1", **(obj["metadata"].get("annotations") or {})}
    return {**obj, "metadata": {**obj["metadata"], "annotations": annotations}}


def without_scale_times(obj: Object) -> Object:
    """Whoever scales is recorded without a time."""
    managers = [
        {name: value for name, value in one.items() if name != "time" or one.get("subresource") != "scale"}
        for one in obj["metadata"].get("managedFields", [])
    ]
    return {**obj, "metadata": {**obj["metadata"], "managedFields": managers}}


def _new_volume(obj: Object) -> None:
    finalizers = obj["metadata"].setdefault("finalizers", [])
    if "kubernetes.io/pv-protection" not in finalizers:
        finalizers.append("kubernetes.io/pv-protection")


def _count_template(obj: Object, *, live: Object) -> None:
    count = int((live["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "0"))
    changed = obj["spec"]["template"] != live["spec"]["template"]
    annotations = {**(obj["metadata"].get("annotations") or {}), TEMPLATE_GENERATION: str(count + changed)}
    obj["metadata"]["annotations"] = annotations


_NEW: Mapping[str, Callable[[Object], None]] = {
    "Pod": _new_pod,
    "Namespace": _new_namespace,
    "PersistentVolumeClaim": _new_claim,
    "Job": _new_job,
    "PersistentVolume": _new_volume,
}
