"""Objects into the storage: POST and PUT, and the way that patches take too."""

import dataclasses

from acsctl.emulator.kubernetes.builtin import admission, allocation, body, custom, limits, quotas, strategy
from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.request import Answer
from acsctl.emulator.kubernetes.builtin.status import (
    StatusError,
    already_exists,
    bad_request,
    conflict,
    invalid,
    not_found,
)
from acsctl.emulator.kubernetes.builtin.storage import Object
from acsctl.emulator.kubernetes.objects import managed, rules
from acsctl.emulator.kubernetes.objects.defaults import with_defaults, with_schema_defaults
from acsctl.emulator.kubernetes.objects.validate import Problem, check

UNSET_VERSION = ("", "0", None)
_API_SERVICES = ("apiregistration.k8s.io", "apiservices")
_OF_STATUS = ("apiVersion", "kind", "metadata", "status")
_SERVER_SET = ("deletionTimestamp", "deletionGracePeriodSeconds")


def create(call: Call) -> Answer:
    """POST on a kind. Raises StatusError."""
    obj = placed(call, obj=body.read(call, body=body.parse(call)))
    with call.control.storage.lock:
        stored = insert(call, obj=recorded(call, obj=defaulted(call, obj=obj), live=None))
    return Answer(201, stored, warnings=tuple(call.warnings))


def replace(call: Call) -> Answer:
    """PUT on an object or its status. Raises StatusError."""
    given = body.parse(call)
    if call.subresource == "status" and isinstance(given, dict):
        given = {name: given[name] for name in _OF_STATUS if name in given}
    obj = body.read(call, body=given)
    check_place(call, obj=obj)
    with call.control.storage.lock:
        live = require(call)
        if call.subresource == "status":
            obj = {**{name: value for name, value in live.items() if name not in _OF_STATUS}, **obj}
        if call.entry.custom is not None and obj["metadata"].get("resourceVersion") in UNSET_VERSION:
            message = "Invalid value: 0: must be specified for an update"
            problem = Problem("metadata.resourceVersion", "FieldValueInvalid", message, 0)
            by_plural = dataclasses.replace(call.entry.resource, kind=call.entry.resource.plural)
            raise invalid(by_plural, name=call.name, problems=[problem])
        stored = change(call, live=live, wish=defaulted(call, obj=obj))
    return Answer(200, stored, warnings=tuple(call.warnings))


def require(call: Call) -> Object:
    """The object that the path names. Raises StatusError 404."""
    live = call.live
    if live is None:
        raise not_found(call.entry.resource, name=call.name)
    return live


def defaulted(call: Call, *, obj: Object) -> Object:
    """An object with its defaults; what it says of its managers stays, an empty list too."""
    if call.entry.custom is None:
        said = {name: value for name, value in obj["metadata"].items() if name == "managedFields"}
        made = strategy.with_annotations(with_defaults(obj))
        return {**made, "metadata": {**made["metadata"], **said}}
    return obj if call.entry.schema is None else dict(with_schema_defaults(obj, call.entry.schema))


def recorded(call: Call, *, obj: Object, live: Object | None) -> Object:
    """The object with its managers, and without a status that it may not bring."""
    subresource = call.subresource if call.subresource in ("status", "scale") else ""
    how = managed.Recording(
        manager=call.manager,
        now=call.control.now(),
        schema=call.entry.schema,
        subresource=subresource,
        status_apart=call.entry.has_status,
    )
    if subresource == "status" and live is not None:
        # Nothing else is theirs to change there, and comparing it all is dear.
        shown = [{name: one[name] for name in _OF_STATUS if name in one} for one in (live, obj)]
        return {**obj, **managed.record(*shown, how=how)}
    obj = strategy.without_status(call, obj=obj, live=live)
    made = managed.record(live, obj, how=how)
    return strategy.without_scale_times(made) if subresource == "scale" else made


def placed(call: Call, *, obj: Object) -> Object:
    """A new object with its namespace and its name, made from generateName when it has none. Raises StatusError 400."""
    metadata = {name: value for name, value in obj["metadata"].items() if name not in _SERVER_SET}
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = metadata["generateName"][:58] + admission.suffix()
    placed = {**obj, "metadata": metadata}
    check_place(call, obj=placed)
    return placed


def check_place(call: Call, *, obj: Object) -> None:
    """Fills in the namespace and the name of the path. Raises StatusError 400 when the object has others."""
    metadata = obj["metadata"]
    if call.entry.resource.namespaced:
        if metadata.get("namespace") not in (None, "", call.namespace):
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        metadata["namespace"] = call.namespace
    else:
        metadata.pop("namespace", None)
    if call.name:
        name = metadata.get("name")
        if not name:
            unknown = f"the name of the object ({call.name} based on URL) was undeterminable"
            raise bad_request(f"{unknown}: name must be provided")
        if name != call.name:
            raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.name})")


def insert(call: Call, *, obj: Object) -> Object:
    """Completes, checks and stores a new object; with dryRun all but the storing. The lock is held. Raises StatusError."""
    name, control = obj["metadata"].get("name", ""), call.control
    named = Call(control, call.request, call.entry, call.namespace, name, call.subresource, call.warnings)
    admission.check_namespace(named)
    if obj["metadata"].get("resourceVersion") not in UNSET_VERSION:
        raise StatusError(500, reason="", message="resourceVersion should not be set on objects to be created")
    made = strategy.begin(named, obj=obj)
    if call.entry.stored_as == custom.DEFINITIONS:
        custom.complete(made)
    admission.admit(named, obj=made)
    problems = _allocated(named, obj=made, live=None) or _problems(named, obj=made, live=None)
    if not name and all(one.field != "metadata.name" for one in problems):
        missing = "Required value: name or generateName is required"
        problems.insert(0, Problem("metadata.name", "FieldValueRequired", missing))
    if problems:
        raise invalid(call.entry.resource, name=name, problems=problems)
    limits.check(named, obj=made)
    quotas.check(named, obj=made)
    there = control.storage.get(named.key)
    if there is not None:
        raise already_exists(call.entry.resource, name=name, ending="deletionTimestamp" in there["metadata"])
    if call.dry_run:
        return made
    stored = call.entry.present(control.storage.put(named.key, obj=call.entry.keep(made)))
    if call.namespace:
        quotas.refresh(control, namespace=call.namespace)
    return stored


def change(call: Call, *, live: Object, wish: Object, applied: bool = False) -> Object:
    """Completes, checks and stores a changed object. applied: its managers are recorded already. Raises StatusError."""
    _check_versions(call, live=live, wish=wish)
    if not applied:
        wish = recorded(call, obj=wish, live=live)
    if call.subresource == "status":
        wish = strategy.only_status(call, obj=wish, live=live)
    else:
        wish = strategy.without_status(call, obj=wish, live=live)
    made = strategy.go_on(call, obj=admission.admitted(call, obj=wish), live=live)
    problems = [
        *_deletion_problems(wish, live=live),
        *_allocated(call, obj=made, live=live),
        *_problems(call, obj=made, live=live),
        *_finalizer_problems(made, live=live),
    ]
    if problems:
        raise invalid(call.entry.resource, name=call.name, problems=problems)
    if strategy.same(made, live):
        return live
    return made if call.dry_run else settle(call, obj=made)


def settle(call: Call, *, obj: Object) -> Object:
    """Stores an object, or removes it when it waited for just this change to be gone."""
    kept, storage = call.entry.keep(obj), call.control.storage
    if is_done(obj):
        return call.entry.present(storage.remove(call.key, last=kept))
    return call.entry.present(storage.put(call.key, obj=kept))


def is_done(obj: Object) -> bool:
    """Whether nothing holds an object any longer whose deletion was asked for."""
    metadata = obj["metadata"]
    if "deletionTimestamp" not in metadata or metadata.get("finalizers"):
        return False
    if obj["kind"] == "Namespace" and obj["apiVersion"] == "v1" and obj.get("spec", {}).get("finalizers"):
        return False
    return not metadata.get("deletionGracePeriodSeconds")


def _check_versions(call: Call, *, live: Object, wish: Object) -> None:
    have, want = live["metadata"], wish["metadata"]
    if want.get("uid") not in (None, "", have["uid"]):
        raise _other_uid(call, have=have["uid"], want=want["uid"])
    if want.get("resourceVersion") not in (*UNSET_VERSION, have["resourceVersion"]):
        raise conflict(call.entry.resource, name=call.name)


def _other_uid(call: Call, *, have: str, want: str) -> StatusError:
    if call.request.method == "PATCH":
        problem = Problem("metadata.uid", "FieldValueInvalid", f'Invalid value: "{want}": field is immutable', want)
        return invalid(call.entry.resource, name=call.name, problems=[problem, problem])  # two validators say so
    key = "/".join(filter(None, ("/registry", call.entry.resource.plural, call.namespace, call.name)))
    found = f"Precondition failed: UID in precondition: {want}, UID in object meta: {have}"
    why = f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: {found}"
    return conflict(call.entry.resource, name=call.name, why=why)


def _allocated(call: Call, *, obj: Object, live: Object | None) -> list[Problem]:
    if call.entry.stored_as != allocation.SERVICES or call.subresource:
        return []
    return allocation.allocate(call.control, obj=obj, live=live)


def _problems(call: Call, *, obj: Object, live: Object | None) -> list[Problem]:
    if call.entry.stored_as == custom.DEFINITIONS:
        return custom.definition_problems(obj)
    problems: list[Problem] = []
    if call.entry.custom is not None and call.entry.schema is not None:
        problems = check(obj, call.entry.schema) + custom.scale_problems(obj, version=call.entry.custom)
    if call.entry.stored_as == _API_SERVICES:
        return problems  # their names are VERSION.GROUP, and `v1.` for core
    return problems + (rules.create_problems(obj) if live is None else rules.update_problems(live, obj))


def _deletion_problems(wish: Object, *, live: Object) -> list[Problem]:
    """A deletion is asked for by DELETE only."""
    moment = wish["metadata"].get("deletionTimestamp")
    if moment in (None, live["metadata"].get("deletionTimestamp")):
        return []
    message = f'Invalid value: "{moment}": field is immutable'
    problem = Problem("metadata.deletionTimestamp", "FieldValueInvalid", message, moment)
    return [problem, problem]  # two validators say so


def _finalizer_problems(obj: Object, *, live: Object) -> list[Problem]:
    if "deletionTimestamp" not in live["metadata"]:
        return []
    added = sorted(set(obj["metadata"].get("finalizers") or ()) - set(live["metadata"].get("finalizers") or ()))
    if not added:
        return []
    listed = ", ".join(f'"{one}"' for one in added)
    why = f"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{listed}}}"
    problem = Problem("metadata.finalizers", "FieldValueForbidden", f"Forbidden: {why}", added)
    return [problem, problem]  # two validators say so
