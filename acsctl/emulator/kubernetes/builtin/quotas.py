"""ResourceQuotas: what they refuse, and how much of them is used (plugin/pkg/admission/resourcequota and its controller).

Only new objects are refused, not changes that take more. Quotas with a scopeSelector bound nothing here.
What is used is counted anew each time, from the objects that are there.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from acsctl.emulator.kubernetes.builtin.call import Call, Control
from acsctl.emulator.kubernetes.builtin.status import forbidden
from acsctl.emulator.kubernetes.builtin.storage import Key, Object
from acsctl.emulator.kubernetes.objects.quantity import amount, canonical
from acsctl.emulator.kubernetes.objects.usage import Amounts, unnamed, usage, written

_QUOTAS = ("", "resourcequotas")


def _quotas(control: Control, *, namespace: str) -> list[Object]:
    return [one for one in control.storage.all(_QUOTAS) if one["metadata"]["namespace"] == namespace]


def check(call: Call, *, obj: Object) -> None:
    """Raises StatusError 403 when a new object is more than a quota of its namespace leaves. The lock is held."""
    kind = call.entry.resource
    if not kind.namespaced:
        return
    asked = usage(obj, plural=kind.plural, group=kind.group)
    for quota in _quotas(call.control, namespace=call.namespace):
        if not _is_meant(quota, kind=call.entry.stored_as, obj=obj):
            continue
        hard, name = quota["spec"].get("hard") or {}, quota["metadata"]["name"]
        missing = unnamed(obj["spec"], bounded=hard) if call.entry.stored_as == ("", "pods") else {}
        if missing:
            told = "; ".join(f"{resource} for: {','.join(containers)}" for resource, containers in missing.items())
            raise forbidden(kind, name=call.name, why=f"failed quota: {name}: must specify {told}")
        used = _used(call.control, quota=quota)
        over = [one for one in sorted(hard) if asked.get(one) and used[one] + asked[one] > amount(hard[one])]
        if over:
            requested, taken = (",".join(f"{one}={written(side[one], name=one)}" for one in over) for side in (asked, used))
            limited = ",".join(f"{one}={canonical(hard[one])}" for one in over)
            why = f"exceeded quota: {name}, requested: {requested}, used: {taken}, limited: {limited}"
            raise forbidden(kind, name=call.name, why=why)


def _is_meant(quota: Mapping[str, Any], *, kind: tuple[str, str], obj: Mapping[str, Any]) -> bool:
    """Whether a quota counts an object: one with scopes counts pods only, and those that are in all of them."""
    spec = quota["spec"]
    if not spec.get("scopes"):
        return not spec.get("scopeSelector")
    return kind == ("", "pods") and all(_is_in(one, pod=obj) for one in spec["scopes"])


def _is_in(scope: str, *, pod: Mapping[str, Any]) -> bool:
    best_effort = pod.get("status", {}).get("qosClass") == "BestEffort"
    ends = pod["spec"].get("activeDeadlineSeconds") is not None
    known: dict[str, bool] = {
        "BestEffort": best_effort,
        "NotBestEffort": not best_effort,
        "Terminating": ends,
        "NotTerminating": not ends,
    }
    return known.get(scope, False)


def _used(control: Control, *, quota: Mapping[str, Any]) -> Amounts:
    """By every resource that the quota bounds."""
    hard, namespace = quota["spec"].get("hard") or {}, quota["metadata"]["namespace"]
    used = dict.fromkeys(hard, Decimal(0))
    for entry in control.registry.stored():
        kind = entry.resource
        if not kind.namespaced or not _may_count(hard, plural=kind.plural, group=kind.group):
            continue
        for one in control.storage.all(entry.stored_as):
            if one["metadata"]["namespace"] == namespace and _is_meant(quota, kind=entry.stored_as, obj=one):
                for name, number in usage(one, plural=kind.plural, group=kind.group).items():
                    if name in used:
                        used[name] += number
    return used


def _may_count(hard: Mapping[str, Any], *, plural: str, group: str) -> bool:
    """Whether any bound of a quota can be one of a kind's; most kinds need not be looked through."""
    if f"count/{plural}.{group}".rstrip(".") in hard:
        return True
    if group:
        return False
    if plural == "pods":
        return any(name in ("pods", "cpu", "memory") or name.startswith(("requests.", "limits.")) for name in hard)
    if plural == "persistentvolumeclaims":
        return any(name.endswith(("requests.storage", "persistentvolumeclaims")) for name in hard)
    return any(name.split(".")[0] == plural for name in hard)


def refresh(control: Control, *, namespace: str = "") -> None:
    """Writes into the quotas of a namespace, or into all, how much of them is used."""
    with control.storage.lock:
        for quota in control.storage.all(_QUOTAS):
            if namespace in ("", quota["metadata"]["namespace"]):
                used = {name: written(number, name=name) for name, number in _used(control, quota=quota).items()}
                status = {"hard": quota["spec"]["hard"], "used": used} if used else {}
                if status != quota.get("status"):
                    key = Key(_QUOTAS, quota["metadata"]["namespace"], quota["metadata"]["name"])
                    control.storage.put(key, obj={**quota, "status": status})
