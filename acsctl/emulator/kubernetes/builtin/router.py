"""A request to what answers it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from acsctl.emulator.kubernetes import paths
from acsctl.emulator.kubernetes.builtin import (
    advice,
    custom,
    definitions,
    deletion,
    deprecations,
    discovery,
    negotiation,
    openapi,
    patches,
    rbac,
    reads,
    reviews,
    subresources,
    watching,
    writes,
)
from acsctl.emulator.kubernetes.builtin.call import Call, Control
from acsctl.emulator.kubernetes.builtin.rbac import Attributes
from acsctl.emulator.kubernetes.builtin.request import Answer, Request
from acsctl.emulator.kubernetes.builtin.status import StatusError, forbidden, method_not_allowed, no_route
from acsctl.emulator.kubernetes.paths import Target

Action = Callable[[Call], Answer]

_ON_OBJECT: Mapping[str, tuple[str, Action]] = {
    "GET": ("get", reads.get),
    "PUT": ("update", writes.replace),
    "PATCH": ("patch", patches.patch),
    "DELETE": ("delete", deletion.delete),
}
_ON_KIND: Mapping[str, tuple[str, Action]] = {
    "GET": ("list", reads.list_objects),
    "POST": ("create", writes.create),
    "DELETE": ("deletecollection", deletion.delete_collection),
}
_PLAIN_SUBRESOURCES = ("status", "resize", "ephemeralcontainers", "approval")
"""Written as the object itself is."""
_HEALTH = ("/healthz", "/livez", "/readyz")


def respond(control: Control, request: Request) -> Answer:
    """Never raises StatusError."""
    try:
        return _respond(control, request=request)
    except StatusError as error:
        return Answer(error.code, error.document)


def _respond(control: Control, *, request: Request) -> Answer:
    target = paths.parse(request.path)
    if target is None or not target.plural:
        _authorize_path(control, request=request)
        return _plain_path(control, request=request, target=target)
    entry = control.registry.find(target.group, version=target.version, plural=target.plural)
    wanted = Attributes(
        verb=_verb(request, target=target),
        group=target.group,
        resource="/".join(filter(None, (target.plural, target.subresource))),
        namespace=target.namespace,
        name=target.name,
    )
    if not rbac.allows(control, user=request.user, wanted=wanted):
        _forbid(control, request=request, wanted=wanted)
    if entry is None or (entry.resource.namespaced < bool(target.namespace)):
        return _no_page(control, target=target)
    negotiation.check(request)
    if target.watch:
        request = replace(request, query={**request.query, "watch": "true"})
    call = Call(control, request, entry, target.namespace, target.name, target.subresource)
    call.warnings.extend(deprecations.warnings(entry))
    answer = _answer(call)
    if request.method != "GET" and answer.status < 300 and isinstance(answer.document, dict):
        call.warnings.extend(advice.of(answer.document, entry=entry, is_new=answer.status == 201))
    if call.warnings:
        answer = replace(answer, warnings=tuple(call.warnings))
    if request.method != "GET" and (entry.custom is not None or entry.stored_as == custom.DEFINITIONS):
        definitions.refresh(control)
    return answer


def _verb(request: Request, *, target: Target) -> str:
    if request.method == "GET" and (target.watch or request.flag("watch")):
        return "watch"
    if request.method == "POST" and target.name:
        return "create"
    table = _ON_OBJECT if target.name else _ON_KIND
    return table[request.method][0] if request.method in table else request.method.lower()


def _forbid(control: Control, *, request: Request, wanted: Attributes) -> None:
    why = rbac.why_not(request.user, wanted=wanted)
    plural, _, _ = wanted.resource.partition("/")
    entry = next(
        (one for one in control.registry.entries() if (one.resource.group, one.resource.plural) == (wanted.group, plural)), None
    )
    if entry is None:
        raise StatusError(403, reason="Forbidden", message=f"forbidden: {why}", details={})
    raise forbidden(entry.resource, name=wanted.name, why=why)


def _authorize_path(control: Control, *, request: Request) -> None:
    wanted = Attributes(verb=request.method.lower(), path=request.path)
    if not rbac.allows(control, user=request.user, wanted=wanted):
        why = rbac.why_not(request.user, wanted=wanted)
        raise StatusError(403, reason="Forbidden", message=f"forbidden: {why}", details={})


def _plain_path(control: Control, *, request: Request, target: Target | None) -> Answer:
    path = request.path.rstrip("/")
    if request.method != "GET":
        raise method_not_allowed()
    if path == "/version":
        return Answer(200, discovery.version(control))
    if path.startswith(_HEALTH):
        return Answer(200, "ok", content_type="text/plain; charset=utf-8")
    if path.startswith("/openapi/v3"):
        return openapi.answer(control, path=path) or Answer(404, "", content_type="")
    answer = discovery.answer(control, request=request, target=target)
    return _no_page(control, target=target) if answer is None else answer


def _no_page(control: Control, *, target: Target | None) -> Answer:
    """404; as a Status inside a group that is built in. Raises StatusError."""
    if target is not None and any(
        one.resource.group == target.group and one.custom is None for one in control.registry.entries()
    ):
        raise no_route()
    return Answer(404, "404 page not found\n", content_type="text/plain; charset=utf-8")


def _answer(call: Call) -> Answer:
    if call.subresource:
        return _answer_subresource(call)
    table = _ON_OBJECT if call.name else _ON_KIND
    if call.request.method not in table:
        raise method_not_allowed()
    verb, action = table[call.request.method]
    if verb not in call.entry.resource.verbs:
        raise method_not_allowed()
    if call.entry.resource.kind in reviews.REVIEWS and call.entry.custom is None:
        return reviews.review(call)
    if call.entry.resource.namespaced and not call.namespace and verb != "list":
        raise no_route() if call.name else method_not_allowed()
    if call.request.method == "GET" and call.request.flag("watch"):
        return watching.watch(call, transform=negotiation.watch_shaper(call))
    return _shaped(call, answer=action(call))


def _answer_subresource(call: Call) -> Answer:
    method, name = call.request.method, call.subresource
    known = call.entry.resource.subresources.get(name)
    if known is None:
        raise no_route()
    own = subresources.ACTIONS.get((name, method))
    if own is not None:
        return _shaped(call, answer=own(call))
    if name not in _PLAIN_SUBRESOURCES or method not in ("GET", "PUT", "PATCH"):
        raise StatusError(
            501, reason="", message=f"{call.entry.resource.plural}/{name} needs containers that run; here none does"
        )
    return _shaped(call, answer=_ON_OBJECT[method][1](call))


def _shaped(call: Call, *, answer: Answer) -> Answer:
    return replace(answer, document=negotiation.shaped(call, document=answer.document))
