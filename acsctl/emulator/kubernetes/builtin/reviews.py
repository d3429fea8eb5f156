"""Questions about users and rights: answered at once, stored nowhere."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.kubernetes.builtin import body, rbac, writes
from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.rbac import Attributes
from acsctl.emulator.kubernetes.builtin.request import Answer, User
from acsctl.emulator.kubernetes.builtin.status import invalid
from acsctl.emulator.kubernetes.objects.validate import Problem


def review(call: Call) -> Answer:
    """POST on one of the kinds of `REVIEWS`."""
    obj = body.read(call, body=body.parse(call))
    kind, spec = call.entry.resource.kind, obj.get("spec") or {}
    if kind.endswith("AccessReview"):
        _check_attributes(call, spec=spec)
    if kind == "SelfSubjectReview":
        obj["metadata"]["creationTimestamp"] = iso_seconds(call.control.now())
    else:
        obj = writes.recorded(call, obj=obj, live=None)
    return Answer(201, {**obj, "status": REVIEWS[kind](call, spec)})


def _check_attributes(call: Call, *, spec: Mapping[str, Any]) -> None:
    """Raises StatusError 422 unless a resource or a path is asked about."""
    if ("resourceAttributes" in spec) is not ("nonResourceAttributes" in spec):
        return
    message = "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"
    problem = Problem("spec.resourceAttributes", "FieldValueInvalid", message)
    raise invalid(replace(call.entry.resource, kind=""), name="", problems=[problem])


def _self_access(call: Call, spec: Mapping[str, Any]) -> dict[str, Any]:
    return _access(call, spec, user=call.user)


def _other_access(call: Call, spec: Mapping[str, Any]) -> dict[str, Any]:
    return _access(call, spec, user=User(spec.get("user", ""), tuple(spec.get("groups") or ())))


def _access(call: Call, spec: Mapping[str, Any], *, user: User) -> dict[str, Any]:
    where = spec.get("resourceAttributes")
    if where is not None:
        wanted = Attributes(
            verb=where.get("verb", ""),
            group=where.get("group", ""),
            resource="/".join(filter(None, (where.get("resource", ""), where.get("subresource", "")))),
            namespace=where.get("namespace", ""),
            name=where.get("name", ""),
        )
    else:
        path = spec.get("nonResourceAttributes") or {}
        wanted = Attributes(verb=path.get("verb", ""), path=path.get("path", ""))
    return {"allowed": rbac.allows(call.control, user=user, wanted=wanted)}


def _self_rules(call: Call, spec: Mapping[str, Any]) -> dict[str, Any]:
    rules = rbac.rules_of(call.control, user=call.user, namespace=spec.get("namespace", ""))
    resources = [{**one, "verbs": one["verbs"]} for one in rules if "resources" in one]
    paths = [{"verbs": one["verbs"], "nonResourceURLs": one["nonResourceURLs"]} for one in rules if "nonResourceURLs" in one]
    return {"resourceRules": resources, "nonResourceRules": paths, "incomplete": False}


def _self_subject(call: Call, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"userInfo": {"username": call.user.name, "groups": list(call.user.groups)}}


def _token(call: Call, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"authenticated": False, "user": {}, "error": "invalid bearer token"}


REVIEWS: Mapping[str, Callable[[Call, Mapping[str, Any]], dict[str, Any]]] = {
    "SelfSubjectAccessReview": _self_access,
    "SubjectAccessReview": _other_access,
    "LocalSubjectAccessReview": _other_access,
    "SelfSubjectRulesReview": _self_rules,
    "SelfSubjectReview": _self_subject,
    "TokenReview": _token,
}
"""By kind: the status of the answer."""
