"""Subresources with a way of their own: scale, eviction, binding, log, token, finalize."""

import secrets
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.kubernetes.builtin import body, deletion, patches, selectors, writes
from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.request import Answer
from acsctl.emulator.kubernetes.builtin.status import bad_request, conflict, invalid, too_many_requests
from acsctl.emulator.kubernetes.builtin.storage import Object
from acsctl.emulator.kubernetes.objects import managed
from acsctl.emulator.kubernetes.objects.schema import schema_of
from acsctl.emulator.kubernetes.objects.validate import Problem

DONE = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
SHORTEST_TOKEN = 600
_SCALE_PATHS = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}


def get_scale(call: Call) -> Answer:
    return Answer(200, _scale_of(call, obj=writes.require(call)))


def put_scale(call: Call) -> Answer:
    given = body.read_as(call, version="autoscaling/v1", kind="Scale")
    with call.control.storage.lock:
        return Answer(200, _scaled(call, scale=given))


def patch_scale(call: Call) -> Answer:
    given = body.parse(call)
    with call.control.storage.lock:
        scale = _scale_of(call, obj=writes.require(call))
        if body.content_type(call.request) == patches.APPLY_PATCH:
            how = managed.Applying(
                manager=call.manager,
                force=call.request.flag("force"),
                now=call.control.now(),
                schema=schema_of("autoscaling/v1", kind="Scale"),
            )
            return Answer(200, _scaled(call, scale=managed.apply(scale, given, how=how)))
        return Answer(200, _scaled(call, scale=patches.patched_document(call, live=scale, patch=given)))


def evict(call: Call) -> Answer:
    """Raises StatusError 429 when a disruption budget forbids it."""
    given = body.read_as(call, version="policy/v1", kind="Eviction")
    options = given.get("deleteOptions") or {}
    with call.control.storage.lock:
        pod = writes.require(call)
        for budget in call.control.storage.all(("policy", "poddisruptionbudgets"), namespace=call.namespace):
            _check_budget(budget, pod=pod)
        deletion.delete_with(call, live=pod, options=options)
    return Answer(201, DONE)


def bind(call: Call) -> Answer:
    """Raises StatusError 409 when the pod has a node."""
    given = body.read_as(call, version="v1", kind="Binding")
    node = (given.get("target") or {}).get("name", "")
    if not node:
        raise bad_request("target.name: Required value")
    with call.control.storage.lock:
        pod = deepcopy(writes.require(call))
        if pod["spec"].get("nodeName"):
            why = f'pod {call.name} is already assigned to node "{pod["spec"]["nodeName"]}"'
            raise conflict(replace(call.entry.resource, plural="pods/binding"), name=call.name, why=why)
        pod["spec"]["nodeName"] = node
        pod["status"]["conditions"] = [
            *(one for one in pod["status"].get("conditions", []) if one["type"] != "PodScheduled"),
            {
                "type": "PodScheduled",
                "status": "True",
                "observedGeneration": pod["metadata"].get("generation", 1),
                "lastProbeTime": None,
                "lastTransitionTime": iso_seconds(call.control.now()),
            },
        ]
        writes.settle(call, obj=pod)
    return Answer(201, DONE)


def log(call: Call) -> Answer:
    """What a container wrote: nothing runs here, so a line that says when it started. Raises StatusError 400."""
    pod = writes.require(call)
    names = [one["name"] for one in pod["spec"].get("containers", [])]
    name = call.request.query.get("container", "") or (names[0] if len(names) == 1 else "")
    if not name:
        raise bad_request(f"a container name must be specified for pod {call.name}, choose one of: [{' '.join(names)}]")
    specs = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
    if all(one["name"] != name for one in specs):
        raise bad_request(f"container {name} is not valid for pod {call.name}")
    image = next(one["image"] for one in specs if one["name"] == name)
    started = _started(pod, container=name)
    lines = f"{started} {image} started\n" if started else ""
    if not pod["spec"].get("nodeName"):
        return Answer(204, "", content_type="")
    if not started:
        raise bad_request(f'container "{name}" in pod "{call.name}" is waiting to start: {_waiting(pod, container=name)}')
    return Answer(200, lines, content_type="text/plain")


def request_token(call: Call) -> Answer:
    """A token of a ServiceAccount; nobody takes it here, since what would use it does not run."""
    given = body.read_as(call, version="authentication.k8s.io/v1", kind="TokenRequest")
    account = writes.require(call)
    defaults = {"expirationSeconds": 3600, "audiences": ["https://kubernetes.default.svc"]}
    spec = {**defaults, **(given.get("spec") or {})}
    if spec["expirationSeconds"] < SHORTEST_TOKEN:
        message = f"Invalid value: {spec['expirationSeconds']}: may not specify a duration less than 10 minutes"
        problem = Problem("spec.expirationSeconds", "FieldValueInvalid", message, spec["expirationSeconds"])
        resource = replace(call.entry.resource, group="authentication.k8s.io", kind="TokenRequest")
        raise invalid(resource, name="", problems=[problem])
    until = iso_seconds(call.control.now() + spec["expirationSeconds"])
    kept = {name: account["metadata"][name] for name in ("name", "namespace", "uid", "creationTimestamp")}
    status = {"token": secrets.token_urlsafe(32), "expirationTimestamp": until}
    made = {**given, "metadata": kept, "spec": spec}
    how = managed.Recording(
        manager=call.manager,
        now=call.control.now(),
        schema=schema_of("authentication.k8s.io/v1", kind="TokenRequest"),
        subresource=call.subresource,
    )
    recorded = managed.record(None, made, how=how)
    return Answer(201, {**recorded, "spec": {"boundObjectRef": None, **recorded["spec"]}, "status": status})


def finalize(call: Call) -> Answer:
    """PUT on namespaces/NAME/finalize: only spec.finalizers is taken."""
    given = body.read(call, body=body.parse(call))
    with call.control.storage.lock:
        live = writes.require(call)
        wanted = (given.get("spec") or {}).get("finalizers")
        spec = {name: value for name, value in live.get("spec", {}).items() if name != "finalizers"}
        obj = {**live, "spec": {**spec, **({"finalizers": wanted} if wanted else {})}}
        return Answer(200, writes.settle(call, obj=obj))


Action = Callable[[Call], Answer]
ACTIONS: Mapping[tuple[str, str], Action] = {
    ("scale", "GET"): get_scale,
    ("scale", "PUT"): put_scale,
    ("scale", "PATCH"): patch_scale,
    ("eviction", "POST"): evict,
    ("binding", "POST"): bind,
    ("log", "GET"): log,
    ("token", "POST"): request_token,
    ("finalize", "PUT"): finalize,
}
"""By subresource and method."""


def _paths(call: Call) -> Mapping[str, str]:
    if call.entry.custom is None:
        return _SCALE_PATHS
    return (call.entry.custom.get("subresources") or {}).get("scale") or _SCALE_PATHS


def _scale_of(call: Call, *, obj: Object) -> Object:
    """The Scale of an object."""
    paths, metadata = _paths(call), obj["metadata"]
    kept = {
        name: metadata[name]
        for name in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        if name in metadata
    }
    selector = (obj.get("spec") or {}).get("selector")
    status: dict[str, Any] = {"replicas": selectors.value_at(obj, path=paths["statusReplicasPath"][1:]) or 0}
    if "labelSelectorPath" in paths:
        status["selector"] = selectors.value_at(obj, path=paths["labelSelectorPath"][1:]) or ""
    elif isinstance(selector, Mapping):
        status["selector"] = _selector_text(selector)
    replicas = selectors.value_at(obj, path=paths["specReplicasPath"][1:])
    spec = {"replicas": replicas} if replicas else {}
    return {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": kept, "spec": spec, "status": status}


def _selector_text(selector: Mapping[str, Any]) -> str:
    """As kubectl and autoscalers read it: `app=web,tier in (a,b)`."""
    if "matchLabels" not in selector and "matchExpressions" not in selector:
        return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))  # of a ReplicationController
    terms = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for one in selector.get("matchExpressions") or []:
        values = ",".join(sorted(one.get("values") or []))
        shapes = {"In": f"{one['key']} in ({values})", "NotIn": f"{one['key']} notin ({values})", "Exists": one["key"]}
        terms.append(shapes.get(one["operator"], f"!{one['key']}"))
    return ",".join(terms)


def _scaled(call: Call, *, scale: Mapping[str, Any]) -> Object:
    """The Scale after the object took its replicas. The lock is held."""
    live = writes.require(call)
    wanted = scale["metadata"]
    obj = deepcopy(live)
    for name in ("uid", "resourceVersion"):
        if wanted.get(name):
            obj["metadata"][name] = wanted[name]
    *folders, last = _paths(call)["specReplicasPath"][1:].split(".")
    place = obj
    for name in folders:
        place = place.setdefault(name, {})
    place[last] = (scale.get("spec") or {}).get("replicas", 0)
    if place[last] < 0:
        message = f"Invalid value: {place[last]}: must be greater than or equal to 0"
        problem = Problem("spec.replicas", "FieldValueInvalid", message, place[last])
        raise invalid(replace(call.entry.resource, group="autoscaling", kind="Scale"), name=call.name, problems=[problem])
    return _scale_of(call, obj=writes.change(call, live=live, wish=obj))


def _check_budget(budget: Object, *, pod: Object) -> None:
    matches = selectors.by_selector(budget["spec"].get("selector"))
    status = budget.get("status", {})
    if pod.get("status", {}).get("phase") in ("Pending", "Succeeded", "Failed") or "deletionTimestamp" in pod["metadata"]:
        return
    if not matches(pod["metadata"].get("labels") or {}) or status.get("disruptionsAllowed", 0) > 0:
        return
    name, needed, healthy = budget["metadata"]["name"], status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
    message = f"The disruption budget {name} needs {needed} healthy pods and has {healthy} currently"
    cause = {"reason": "DisruptionBudget", "message": message}
    raise too_many_requests("Cannot evict pod as it would violate the pod's disruption budget.", causes=[cause])


def _state(pod: Object, *, container: str) -> Mapping[str, Any]:
    status = pod.get("status", {})
    statuses = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
    return next((one.get("state") or {} for one in statuses if one["name"] == container), {})


def _started(pod: Object, *, container: str) -> str:
    """When a container started; empty when it never did."""
    state = _state(pod, container=container)
    return str((state.get("running") or state.get("terminated") or {}).get("startedAt") or "")


def _waiting(pod: Object, *, container: str) -> str:
    return str((_state(pod, container=container).get("waiting") or {}).get("reason") or "ContainerCreating")
