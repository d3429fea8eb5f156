"""Running a handler: with its ClientToken remembered, undone when it fails, cut to the tree of a legacy action."""

from typing import Any

from acsctl.emulator import answers, api
from acsctl.emulator.actions import served_as
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError, NotImplementedHere
from acsctl.emulator.faults.oddities import Tokens
from acsctl.emulator.services import HANDLERS
from acsctl.emulator.tokens import Outcome, digest, token_name

_PROCESSING = (
    "IdempotentProcessing",
    "LastTokenProcessing",
    "TOKEN_PROCESSING",
    "OperationFailed.IdempotentTokenProcessing",
    "OperationFailed.TokenIsProcessing",
)
"""What a product says of a token whose first call still runs (sheet behaviour.md 4)."""


def perform(call: Call) -> Any:
    """The handler's answer. Raises ApiError, and then the world is as it was before."""
    key = served_as(call.action)
    if key is None:
        raise NotImplementedHere(call.action.key)
    try:
        call.world.faults.run_short()
        return HANDLERS[key](call)
    except ApiError:
        call.world.store.rollback()
        raise


def fitted(answer: Any, *, call: Call) -> Any:
    """The answer, cut to the older tree when the action is served by a newer one."""
    own = served_as(call.action) == call.action.key
    return answer if own else answers.cut(answer, tree=call.action.response)


def once(call: Call) -> Any:
    """Performs a call with a ClientToken, or answers as the same call was answered before (sheet behaviour.md 4)."""
    name = token_of(call)
    tokens, odd = call.world.tokens, call.world.faults.odd(Tokens) or Tokens()
    if tokens.is_held(name):
        message = "The first request with this client token is still being processed."
        raise ApiError(call.published(*_PROCESSING), message=message)
    now = call.world.store.unheld
    memory = call.settings.token_memory if odd.memory is None else odd.memory
    earlier = tokens.recall(name, parameters=call.parameters, now=now, memory=memory)
    if earlier is not None:
        return _replay(earlier, call=call)
    try:
        answer = perform(call)
    except ApiError as error:
        keeps = call.settings.keep_failed_tokens if odd.keep_failed is None else odd.keep_failed
        if keeps and error.code != "DryRunOperation":
            status = error.status or api.status_of(error.code, action=call.action)
            failure = (error.code, error.message, status)
            tokens.remember(name, outcome=Outcome(digest(call.parameters), now, error=failure))
        raise
    tokens.remember(name, outcome=Outcome(digest(call.parameters), now, answer=answer))
    return answer


def token_of(call: Call) -> str:
    """The key under which the token of a call is remembered. Raises ApiError for a malformed one."""
    key = served_as(call.action) or call.action.key
    try:
        return token_name(call.text("ClientToken"), account=call.scope.account, region=call.scope.region, action=key)
    except ValueError as error:
        code = "InvalidClientToken.ValueNotSupported" if call.action.product == "ecs" else "InvalidParameter"
        raise ApiError(code, message="A client token has at most 64 ASCII characters.", status=400) from error


def _replay(earlier: Outcome, *, call: Call) -> dict[str, Any]:
    """ECS says that the first attempt failed; the VPC family repeats its error (sheet behaviour.md 4)."""
    if earlier.error is None:
        return earlier.answer or {}
    code, message, status = earlier.error
    if call.action.product == "ecs":
        raise ApiError("IdempotentFailed", message=f"The first request with this client token failed: {code}.")
    raise ApiError(code, message=message, status=status)
