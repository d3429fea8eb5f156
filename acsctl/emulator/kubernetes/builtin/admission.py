"""The admission plugins that stacks meet: NamespaceLifecycle, ServiceAccount, Priority, DefaultTolerationSeconds,
DefaultStorageClass, TaintNodesByCondition, RuntimeClass; LimitRanger and ResourceQuota have modules of their own. Functions
here take objects that are theirs to change."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from acsctl.emulator.kubernetes.builtin import limits
from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.status import forbidden, not_found
from acsctl.emulator.kubernetes.builtin.storage import Key, Object

NAMESPACES = ("", "namespaces")
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # what the server makes names of: no vowels, nothing to mistake
_TOKEN_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
_TOKEN_SECONDS = 3607


def suffix() -> str:
    """Five letters, as generateName appends them."""
    return "".join(secrets.choice(_LETTERS) for _ in range(5))


def check_namespace(call: Call) -> None:
    """Raises StatusError 404 when the namespace of a new object is not there, 403 when it is on its way out."""
    if not call.entry.resource.namespaced:
        return
    namespace = call.control.storage.get(Key(NAMESPACES, "", call.namespace))
    if namespace is None:
        found = call.control.registry.find("", version="v1", plural="namespaces")
        raise not_found((found or call.entry).resource, name=call.namespace)
    if "deletionTimestamp" in namespace["metadata"]:
        why = f"unable to create new content in namespace {call.namespace} because it is being terminated"
        cause = {"reason": "NamespaceTerminating", "message": f"namespace {call.namespace} is being terminated"}
        raise forbidden(call.entry.resource, name=call.name, why=why, causes=[{**cause, "field": "metadata.namespace"}])


def admit(call: Call, *, obj: Object) -> None:
    """Completes a new object. Raises StatusError 403."""
    if call.entry.custom is None and obj["kind"] in _ADMISSION:
        _ADMISSION[obj["kind"]](call, obj)


def _admit_pod(call: Call, obj: Object) -> None:
    spec = obj["spec"]
    limits.fill(call, pod=obj)
    _give_account(call, spec=spec, mirror="kubernetes.io/config.mirror" in (obj["metadata"].get("annotations") or {}))
    _give_priority(call, spec=spec)
    _give_tolerations(spec)
    if spec.get("overhead") and not spec.get("runtimeClassName"):
        why = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
        raise forbidden(call.entry.resource, name=call.name, why=why)


def admitted(call: Call, *, obj: Object) -> Object:
    """A changed object, completed: what only a new one is given is given no more."""
    if call.entry.custom is not None or call.subresource or obj["kind"] != "Pod":
        return obj
    spec = {**obj["spec"], "tolerations": list(obj["spec"].get("tolerations") or [])}
    _give_tolerations(spec)
    return {**obj, "spec": spec}


def _give_tolerations(spec: dict[str, Any]) -> None:
    tolerations = spec.setdefault("tolerations", [])
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(_tolerates(one, key=key) for one in tolerations):
            tolerations.append({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})


def _tolerates(toleration: Mapping[str, Any], *, key: str) -> bool:
    return bool(toleration.get("key", key) == key and toleration.get("effect", "NoExecute") == "NoExecute")


def _give_account(call: Call, *, spec: dict[str, Any], mirror: bool) -> None:
    if mirror:
        return
    name = spec.get("serviceAccountName") or "default"
    account = call.control.storage.get(Key(("", "serviceaccounts"), call.namespace, name))
    if account is None:
        missing = f'serviceaccount "{name}" not found'
        raise forbidden(
            call.entry.resource, name=call.name, why=f"error looking up service account {call.namespace}/{name}: {missing}"
        )
    spec["serviceAccountName"] = spec["serviceAccount"] = name
    if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
        spec["imagePullSecrets"] = account["imagePullSecrets"]
    if spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True)):
        _mount_token(spec)


def _mount_token(spec: dict[str, Any]) -> None:
    volumes = spec.setdefault("volumes", [])
    volume = next((one["name"] for one in volumes if one["name"].startswith("kube-api-access-")), "")
    mounted = False
    name = volume or f"kube-api-access-{suffix()}"
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        mounts = container.setdefault("volumeMounts", [])
        if all(one["mountPath"] != _TOKEN_FOLDER for one in mounts):
            mounts.append({"name": name, "readOnly": True, "mountPath": _TOKEN_FOLDER})
            mounted = True
    if mounted and not volume:
        volumes.append(_token_volume(name))


def _token_volume(name: str) -> dict[str, Any]:
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": _TOKEN_SECONDS, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [namespace]}},
    ]
    return {"name": name, "projected": {"sources": sources, "defaultMode": 420}}


def _give_priority(call: Call, *, spec: dict[str, Any]) -> None:
    classes = call.control.storage.all(("scheduling.k8s.io", "priorityclasses"))
    name = spec.get("priorityClassName", "")
    found = next((one for one in classes if (one["metadata"]["name"] == name if name else one.get("globalDefault"))), None)
    if name and found is None:
        raise forbidden(call.entry.resource, name=call.name, why=f"no PriorityClass with name {name} was found")
    if found is not None:
        spec["priorityClassName"] = found["metadata"]["name"]
    lower = "PreemptLowerPriority"
    policy = lower if found is None else found.get("preemptionPolicy", lower)
    for field, words, value in (
        ("priority", "the integer value of priority", 0 if found is None else found["value"]),
        ("preemptionPolicy", "the string value of PreemptionPolicy", policy),
    ):
        given = spec.get(field, value)
        if given != value:
            computed = f"priority admission controller computed {value} from the given PriorityClass name"
            why = f"{words} ({given}) must not be provided in pod spec; {computed}"
            raise forbidden(call.entry.resource, name=call.name, why=why)
        spec[field] = value


def _admit_claim(call: Call, obj: Object) -> None:
    if obj["spec"].get("storageClassName") is not None:
        return
    classes = call.control.storage.all(("storage.k8s.io", "storageclasses"))
    marked = [one for one in classes if _is_default(one)]
    if marked:
        newest = max(marked, key=lambda one: str(one["metadata"]["creationTimestamp"]))
        obj["spec"]["storageClassName"] = newest["metadata"]["name"]


def _is_default(storage_class: Object) -> bool:
    annotations = storage_class["metadata"].get("annotations") or {}
    return bool(annotations.get("storageclass.kubernetes.io/is-default-class") == "true")


def _admit_node(call: Call, obj: Object) -> None:
    """Nothing is placed on a new node before it says that it is ready (TaintNodesByCondition)."""
    taints = obj.setdefault("spec", {}).setdefault("taints", [])
    wanted = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
    if wanted not in taints:
        taints.append(wanted)


_ADMISSION: Mapping[str, Callable[[Call, Object], None]] = {
    "Pod": _admit_pod,
    "PersistentVolumeClaim": _admit_claim,
    "Node": _admit_node,
}
