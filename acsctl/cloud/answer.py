"""From the bytes of an answer to a dict or an error, and from a dict to what is looked for in it, strictly.

The SDKs' typed models swallow every error of shape (sheet wire.md 1.4); here a missing key is an error with a name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from acsctl.cloud.advice import advice
from acsctl.cloud.retry import Retry, classify
from acsctl.cloud.routes import Shape
from acsctl.errors import CloudError, DeniedError, UnknownOutcomeError
from acsctl.model.unknown import hidden

T = TypeVar("T", str, int, float, bool, dict[str, Any], list[Any])

UNEXPECTED = "acsctl.UnexpectedAnswer"
UNUSABLE = "acsctl.UnusableAnswer"
_SAID_AT_MOST = 300
_DENIED_REMEDY = {
    "Signature": "Check the access key secret.",
    "InvalidAccessKeyId": "Check the access key id; it may be deleted, disabled or of another account type.",
    "InvalidSecurityToken": "The temporary credentials have expired; get new ones.",
    "InvalidTimeStamp": "Set this machine's clock: the cloud accepts at most 15 minutes of difference.",
    "IllegalTimestamp": "Set this machine's clock: the cloud accepts at most 15 minutes of difference.",
}


@dataclass(frozen=True)
class Answer:
    """What came back: HTTP status, headers with lower-case names, and the body undecoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def retry_after(self) -> float:
        """Cloud seconds that the cloud asks to wait (`x-acs-retry-after` is in milliseconds), or 0."""
        return max(_number(self.headers.get("x-acs-retry-after", "")), 0.0) / 1000.0

    @property
    def speed(self) -> float:
        """Cloud seconds per wall second that a local cloud tells, or 0 when it tells nothing."""
        return max(_number(self.headers.get("x-acsctl-speed", "")), 0.0)


def read(answer: Answer, *, action: str, shape: Shape = "object") -> dict[str, Any]:
    """The body as a dict; one of shape "array" as {"body": [...]}, an empty one of shape "none" as {}.

    Raises DeniedError, UnknownOutcomeError (the body is no use, or the cloud itself failed: there may have been an effect)
    or CloudError.
    """
    body = _document(answer, action=action, shape=shape)
    if answer.status >= 400 or _says_no(body):
        raise _refusal(body, status=answer.status, action=action)
    return body


def dig(answer: Mapping[str, Any], path: str, kind: type[T], *, action: str = "answer") -> T:
    """What stands at a dotted path ("Vpc.VpcId"), which must be there and of that type. A bool is no int.

    Raises UnknownOutcomeError acsctl.UnexpectedAnswer: a write that was answered so has likely had its effect.
    """
    found: Any = answer
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            raise _unexpected(answer, said=f"{path} is missing", action=action)
        found = cast("Mapping[str, Any]", found)[name]
    if not isinstance(found, kind) or (isinstance(found, bool) and kind is not bool):
        raise _unexpected(answer, said=f"{path} is {type(cast('object', found)).__name__}, not {kind.__name__}", action=action)
    return found


def dicts(answer: Mapping[str, Any], path: str, *, action: str = "answer") -> list[dict[str, Any]]:
    """The list of objects at a dotted path ("Vpcs.Vpc"). Raises as `dig` does."""
    found = dig(answer, path, list, action=action)
    if not all(isinstance(item, dict) for item in found):
        raise _unexpected(answer, said=f"{path} holds something else than objects", action=action)
    return found


def strings(answer: Mapping[str, Any], path: str, *, action: str = "answer") -> list[str]:
    """The list of strings at a dotted path ("InstanceIdSets.InstanceIdSet"). Raises as `dig` does."""
    found = dig(answer, path, list, action=action)
    if not all(isinstance(item, str) for item in found):
        raise _unexpected(answer, said=f"{path} holds something else than strings", action=action)
    return found


def _document(answer: Answer, *, action: str, shape: Shape) -> dict[str, Any]:
    if shape == "none" and answer.status < 400 and not answer.body.strip():
        return {}
    try:
        body = json.loads(answer.body)
    except ValueError:
        body = None
    if shape == "array" and isinstance(body, list):
        return {"body": body}
    if not isinstance(body, dict) and answer.status == 429:
        return {}  # a gateway before the cloud turned it away: nothing was done
    if not isinstance(body, dict):
        what = "an empty answer" if not answer.body.strip() else "something else than a JSON object"
        kind = answer.headers.get("content-type", "no content type")
        raise UnknownOutcomeError(
            UNUSABLE, action=action, status=answer.status, said=f"HTTP {answer.status} with {what}, {kind}"
        )
    return cast("dict[str, Any]", body)


def _says_no(body: Mapping[str, Any]) -> bool:
    # Some products answer HTTP 200 and say in the body that they failed: sheet behaviour.md 3.
    return any(str(body.get(name, True)).lower() == "false" for name in ("Success", "success", "IsSuccess"))


def _refusal(body: Mapping[str, Any], *, status: int, action: str) -> CloudError:
    code = _text(body, name="Code") or f"HTTP {status}"
    said = _shortened(hidden(_text(body, name="Message")))
    request_id = _text(body, name="RequestId")
    error: CloudError
    match classify(code, status=status, said=said):
        case Retry.DENIED | Retry.EXPIRED:
            error = DeniedError(code, action=action, status=status, request_id=request_id, said=said)
            error.remedy = _remedy(code, action=action)
        case Retry.SERVER:
            error = UnknownOutcomeError(code, action=action, status=status, request_id=request_id, said=said)
        case _:
            error = CloudError(code, action=action, status=status, request_id=request_id, said=said)
            error.remedy = advice(code)
    return error


def _remedy(code: str, *, action: str) -> str:
    for start, remedy in _DENIED_REMEDY.items():
        if code.startswith(start) or (start == "Signature" and start in code):
            return remedy
    return f"Allow {action.replace('.', ':')} in the RAM policy of these credentials."


def _text(body: Mapping[str, Any], *, name: str) -> str:
    # Some products answer in camelCase.
    value = body.get(name, body.get(name[0].lower() + name[1:]))
    return "" if value is None else str(value)


def _shortened(said: str) -> str:
    # A signature error repeats the whole signed request, which can hold passwords.
    said = re.split(r"server string to sign|specified signature is", said, maxsplit=1, flags=re.IGNORECASE)[0].strip()
    return said if len(said) <= _SAID_AT_MOST else said[:_SAID_AT_MOST] + "..."


def _unexpected(answer: Mapping[str, Any], *, said: str, action: str) -> UnknownOutcomeError:
    return UnknownOutcomeError(UNEXPECTED, action=action, request_id=_text(answer, name="RequestId"), said=said)


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text.strip()) else 0.0
