"""Brings what is served in line with the CustomResourceDefinitions that are stored."""

from acsctl.emulator.kubernetes.builtin import custom, deletion
from acsctl.emulator.kubernetes.builtin.call import Call, Control
from acsctl.emulator.kubernetes.builtin.registry import custom_entries, is_established
from acsctl.emulator.kubernetes.builtin.request import LOCAL, Request
from acsctl.emulator.kubernetes.builtin.storage import Key, Object


def refresh(control: Control) -> None:
    """Establishes new definitions, cleans up after deleted ones, and serves the rest."""
    with control.storage.lock:
        for one in control.storage.all(custom.DEFINITIONS):
            if "deletionTimestamp" in one["metadata"]:
                _finish(control, definition=one)
            elif (now := custom.established(one, now=control.now())) != one:
                control.storage.put(_key(one), obj=now)
        control.registry.define(control.storage.all(custom.DEFINITIONS))


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
