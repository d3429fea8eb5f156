"""What is refused of where a pod may run."""

from typing import Any

from acsctl.emulator.kubernetes.objects import naming
from acsctl.emulator.kubernetes.objects.refusals import Object, Refusals

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
REQUIRED, PREFERRED = "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"


def affinity(value: Object, *, at: str, into: Refusals) -> None:
    _of_nodes(value.get("nodeAffinity", {}), at=f"{at}.nodeAffinity", into=into)
    for kind in ("podAffinity", "podAntiAffinity"):
        _of_pods(value.get(kind, {}), at=f"{at}.{kind}", into=into)


def _of_nodes(value: Object, *, at: str, into: Refusals) -> None:
    if REQUIRED in value:
        here, terms = f"{at}.{REQUIRED}.nodeSelectorTerms", value[REQUIRED].get("nodeSelectorTerms") or []
        if not terms:
            into.required(here, "must have at least one node selector term")
        for index, term in enumerate(terms):
            _node_term(term, at=f"{here}[{index}]", into=into)
    for index, one in enumerate(value.get(PREFERRED, [])):
        here = f"{at}.{PREFERRED}[{index}]"
        _weight(one, at=here, into=into)
        _node_term(one.get("preference", {}), at=f"{here}.preference", into=into)


def _weight(one: Object, *, at: str, into: Refusals) -> None:
    if not 1 <= one.get("weight", 0) <= 100:
        into.invalid(f"{at}.weight", value=one.get("weight", 0), why="must be in the range 1-100")


def _node_term(term: Object, *, at: str, into: Refusals) -> None:
    for index, one in enumerate(term.get("matchExpressions", [])):
        here, operator, values = f"{at}.matchExpressions[{index}]", one.get("operator", ""), one.get("values", [])
        if operator in ("In", "NotIn"):
            if not values:
                into.required(f"{here}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                into.forbidden(f"{here}.values", why="may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
        elif operator not in ("Gt", "Lt"):
            into.invalid(f"{here}.operator", value=operator, why="not a valid selector operator")
        elif len(values) != 1:
            into.required(f"{here}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
        into.texts(f"{here}.key", value=one.get("key", ""), whys=naming.qualified(one.get("key", "")))


def _of_pods(value: Object, *, at: str, into: Refusals) -> None:
    for index, term in enumerate(value.get(REQUIRED, [])):
        _pod_term(term, at=f"{at}.{REQUIRED}[{index}]", into=into)
    for index, one in enumerate(value.get(PREFERRED, [])):
        here = f"{at}.{PREFERRED}[{index}]"
        _weight(one, at=here, into=into)
        _pod_term(one.get("podAffinityTerm", {}), at=f"{here}.podAffinityTerm", into=into)


def _pod_term(term: Object, *, at: str, into: Refusals) -> None:
    for name in ("labelSelector", "namespaceSelector"):
        naming.selector(term.get(name, {}), at=f"{at}.{name}", into=into)
    for index, one in enumerate(term.get("namespaces", [])):
        into.texts(f"{at}.namespaces[{index}]", value=one, whys=naming.namespace(one))
    key = term.get("topologyKey", "")
    if not key:
        into.required(f"{at}.topologyKey", "can not be empty")
    into.texts(f"{at}.topologyKey", value=key, whys=naming.qualified(key))


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
    pairs = [(one.get("topologyKey"), one.get("whenUnsatisfiable")) for one in values]
    for index, one in enumerate(values):
        here, key, action = f"{at}[{index}]", one.get("topologyKey", ""), one.get("whenUnsatisfiable", "")
        if one.get("maxSkew", 0) <= 0:
            into.invalid(f"{here}.maxSkew", value=one.get("maxSkew", 0), why="must be greater than zero")
        if not key:
            into.required(f"{here}.topologyKey", "can not be empty")
        if action not in ("DoNotSchedule", "ScheduleAnyway"):
            into.unsupported(f"{here}.whenUnsatisfiable", value=action, allowed=("DoNotSchedule", "ScheduleAnyway"))
        if pairs[index] in pairs[index + 1 :]:
            into.duplicate(f"{here}.{{topologyKey, whenUnsatisfiable}}", value=f"{{{key}, {action}}}")
        _domains(one, at=here, into=into)


def _domains(one: Object, *, at: str, into: Refusals) -> None:
    least, action = one.get("minDomains"), one.get("whenUnsatisfiable", "")
    if least is None:
        return
    if least <= 0:
        into.invalid(f"{at}.minDomains", value=least, why="must be greater than zero")
    if action != "DoNotSchedule":
        why = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
        into.invalid(f"{at}.minDomains", value=least, why=why)
