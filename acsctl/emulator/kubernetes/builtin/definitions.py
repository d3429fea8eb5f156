"""Brings what is served in line with the CustomResourceDefinitions that are stored."""

from acsctl.emulator.kubernetes.builtin import custom, deletion, writes
from acsctl.emulator.kubernetes.builtin.call import Call, Control
from acsctl.emulator.kubernetes.builtin.registry import custom_entries, is_established
from acsctl.emulator.kubernetes.builtin.request import LOCAL, Request
from acsctl.emulator.kubernetes.builtin.storage import Key, Object

_SERVICES = ("apiregistration.k8s.io", "apiservices")
_MANAGED = "kube-aggregator.kubernetes.io/automanaged"


def refresh(control: Control) -> None:
    """Establishes new definitions, cleans up after deleted ones, and serves the rest."""
    with control.storage.lock:
        for one in control.storage.all(custom.DEFINITIONS):
            if "deletionTimestamp" in one["metadata"]:
                _finish(control, definition=one)
            elif (now := custom.established(one, now=control.now())) != one:
                control.storage.put(_key(one), obj=now)
        control.registry.define(control.storage.all(custom.DEFINITIONS))
        _list_services(control)


def _list_services(control: Control) -> None:
    """An APIService for every group and version of definitions, and for those only."""
    wanted = {
        f"{one.resource.version}.{one.resource.group}": one.resource
        for one in control.registry.entries()
        if one.custom is not None
    }
    listed = {
        one["metadata"]["name"]: one
        for one in control.storage.all(_SERVICES)
        if (one["metadata"].get("labels") or {}).get(_MANAGED) == "true"
    }
    for name in listed.keys() - wanted.keys():
        control.storage.remove(Key(_SERVICES, "", name), last=listed[name])
    entry = control.registry.find("apiregistration.k8s.io", version="v1", plural="apiservices")
    if entry is None:
        return
    call = Call(control, Request("POST", "", {}, {"user-agent": "kube-apiserver/v1"}, LOCAL), entry, "", "", "")
    for name in sorted(wanted.keys() - listed.keys()):
        spec = {
            "group": wanted[name].group,
            "version": wanted[name].version,
            "groupPriorityMinimum": 1000,
            "versionPriority": 100,
        }
        made = {
            "apiVersion": entry.api_version,
            "kind": entry.resource.kind,
            "metadata": {"name": name, "labels": {_MANAGED: "true"}},
            "spec": spec,
            "status": custom.local_service_status(control.now()),
        }
        writes.insert(call, obj=writes.recorded(call, obj=writes.defaulted(call, obj=made), live=None))


def _key(definition: Object) -> Key:
    return Key(custom.DEFINITIONS, "", definition["metadata"]["name"])


def _finish(control: Control, *, definition: Object) -> None:
    """Deletes the objects of a definition, and the definition when none is left."""
    entries = custom_entries(definition) if is_established(definition) else []
    left: list[Object] = []
    if entries:
        call = Call(control, Request("DELETE", "", {}, {}, LOCAL), entries[0], "", "", "")
        alive = [one for one in control.storage.all(entries[0].stored_as) if "deletionTimestamp" not in one["metadata"]]
        deletion.remove_all(call, objects=[entries[0].present(one) for one in alive])
        left = control.storage.all(entries[0].stored_as)
    finalizers = [one for one in definition["metadata"].get("finalizers") or [] if left or one != custom.CLEANUP]
    if finalizers == (definition["metadata"].get("finalizers") or []):
        return
    changed = {**definition, "metadata": {**definition["metadata"], "finalizers": finalizers}}
    if finalizers:
        control.storage.put(_key(definition), obj=changed)
    else:
        control.storage.remove(_key(definition), last=changed)
