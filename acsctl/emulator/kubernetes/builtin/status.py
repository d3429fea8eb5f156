"""The errors of the API server: Status objects with its reasons, codes and words (apimachinery, api/errors)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from acsctl.emulator.kubernetes.objects.catalogue import ApiResource
from acsctl.emulator.kubernetes.objects.managed import Conflicts
from acsctl.emulator.kubernetes.objects.validate import Problem

MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


class StatusError(Exception):
    """Ends a request with a Status. details: group, kind, name, causes, retryAfterSeconds; None leaves them out."""

    def __init__(self, code: int, *, reason: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details

    @property
    def document(self) -> dict[str, Any]:
        """The Status object."""
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message}
        known = {"reason": self.reason} if self.reason else {}
        details = {} if self.details is None else {"details": {name: one for name, one in self.details.items() if one}}
        return {**status, **known, **details, "code": self.code}


def title(resource: ApiResource) -> str:
    """`deployments.apps`; `pods` for core."""
    return f"{resource.plural}.{resource.group}" if resource.group else resource.plural


def _details(resource: ApiResource, *, name: str = "", causes: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:
    return {"name": name, "group": resource.group, "kind": resource.plural, "causes": list(causes)}


def bad_request(message: str) -> StatusError:
    return StatusError(400, reason="BadRequest", message=message)


def unauthorized() -> StatusError:
    return StatusError(401, reason="Unauthorized", message="Unauthorized")


def forbidden(resource: ApiResource, *, name: str, why: str, causes: Sequence[Mapping[str, str]] = ()) -> StatusError:
    subject = f'{title(resource)} "{name}"' if name else title(resource)
    details = _details(resource, name=name, causes=causes)
    return StatusError(403, reason="Forbidden", message=f"{subject} is forbidden: {why}", details=details)


def not_found(resource: ApiResource, *, name: str) -> StatusError:
    details = _details(resource, name=name)
    return StatusError(404, reason="NotFound", message=f'{title(resource)} "{name}" not found', details=details)


def no_route() -> StatusError:
    """For a path that nothing serves inside a group that is there."""
    return StatusError(404, reason="NotFound", message="the server could not find the requested resource", details={})


def method_not_allowed() -> StatusError:
    message = "the server does not allow this method on the requested resource"
    return StatusError(405, reason="MethodNotAllowed", message=message, details={})


def not_acceptable(message: str, *, details: Mapping[str, Any] | None = None) -> StatusError:
    return StatusError(406, reason="NotAcceptable", message=message, details=details)


def already_exists(resource: ApiResource, *, name: str, ending: bool) -> StatusError:
    """ending: the one that exists is being deleted."""
    message = f'{"object is being deleted: " if ending else ""}{title(resource)} "{name}" already exists'
    return StatusError(409, reason="AlreadyExists", message=message, details=_details(resource, name=name))


def conflict(resource: ApiResource, *, name: str, why: str = MODIFIED) -> StatusError:
    message = f'Operation cannot be fulfilled on {title(resource)} "{name}": {why}'
    return StatusError(409, reason="Conflict", message=message, details=_details(resource, name=name))


def apply_conflict(conflicts: Conflicts) -> StatusError:
    causes = [{"reason": "FieldManagerConflict", "message": one.message, "field": one.field} for one in conflicts.causes]
    return StatusError(409, reason="Conflict", message=str(conflicts), details={"causes": causes})


def expired(message: str) -> StatusError:
    return StatusError(410, reason="Expired", message=message)


def unsupported_media_type(accepted: Sequence[str] = ()) -> StatusError:
    """accepted: what is, where the server says so."""
    if not accepted:
        return StatusError(415, reason="UnsupportedMediaType", message="415: Unsupported Media Type", details={})
    message = "the body of the request was in an unknown format - accepted media types include: "
    return StatusError(415, reason="UnsupportedMediaType", message=message + ", ".join(accepted))


def invalid(resource: ApiResource, *, name: str, problems: Sequence[Problem]) -> StatusError:
    """422 with a cause per problem."""
    causes = [{"reason": one.reason, "message": one.message, "field": one.field} for one in problems]
    texts = list(dict.fromkeys(str(one) for one in problems))
    joined = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    details = {"name": name, "group": resource.group, "kind": resource.kind, "causes": causes}
    return StatusError(422, reason="Invalid", message=f'{kind} "{name}" is invalid: {joined}', details=details)


def invalid_options(kind: str, *, problem: Problem) -> StatusError:
    """422 for the options of a request; kind: CreateOptions, PatchOptions ..."""
    cause = {"reason": problem.reason, "message": problem.message, "field": problem.field}
    details = {"group": "meta.k8s.io", "kind": kind, "causes": [cause]}
    return StatusError(422, reason="Invalid", message=f'{kind}.meta.k8s.io "" is invalid: {problem}', details=details)


def invalid_patch(value: str, *, why: str) -> StatusError:
    """422 for a patch that leads to no object of its kind. value: what it leads to, as text."""
    message = f"Invalid value: {json.dumps(value, ensure_ascii=False)}: {why}"
    causes = [{"reason": "FieldValueInvalid", "message": message, "field": "patch"}]
    return StatusError(422, reason="Invalid", message=f' "" is invalid: patch: {message}', details={"causes": causes})


def too_many_requests(message: str, *, causes: Sequence[Mapping[str, str]] = ()) -> StatusError:
    return StatusError(429, reason="TooManyRequests", message=message, details={"causes": list(causes)})


def internal_error(message: str) -> StatusError:
    details = {"causes": [{"message": message}]}
    return StatusError(500, reason="InternalError", message=f"Internal error occurred: {message}", details=details)


def success(resource: ApiResource, *, name: str, uid: str) -> dict[str, Any]:
    """What a delete that is done at once answers."""
    details = {"name": name, **({"group": resource.group} if resource.group else {}), "kind": resource.plural, "uid": uid}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
